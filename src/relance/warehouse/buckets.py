"""The bucket of a customer's rows, and rows as a table has them."""

from __future__ import annotations

from typing import Any, Final

import ibis
from ibis.expr.types import Table

from relance.warehouse.schema import BUCKETS, TABLES

UNUSED_BITS: Final = 16


def bucket_of(customer_id: Any) -> Any:
    """The bucket of a customer's rows: whole numbers from 0 to `BUCKETS` - 1, null without a customer.

    It is not of the hash's lowest bits: by these the engine spreads the rows of a join, and those of a range of
    buckets would all come to lie in a part of its table.
    """
    bucket = (customer_id.hash() >> UNUSED_BITS) & (BUCKETS - 1)
    return customer_id.isnull().ifelse(ibis.null("int32"), bucket.cast("int32"))


def aligned(name: str, source: Table) -> Table:
    """The rows with the table's columns; those that are missing are null, and the bucket is worked out."""
    have = set(source.columns)
    columns = {
        column: source[column].cast(kind) if column in have else ibis.null(kind)
        for column, kind in TABLES[name].items()
    }
    if "bucket" in columns:
        columns["bucket"] = bucket_of(source.customer_id) if "customer_id" in have else ibis.null("int32")
    return source.select(**columns)
