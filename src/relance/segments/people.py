"""A few members, as lists and samples show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Thresholds, features
from relance.segments.money import decimal_text
from relance.store import Shop
from relance.warehouse import Reader, bucket_of

SHOWN = ("number_of_orders", "amount_spent", "last_order_date")


@dataclass(frozen=True)
class Member:
    """A customer in a sample or a list; `amount_spent` in minor units, net of refunds."""

    customer_id: str
    external_id: str | None
    name: str
    email: str | None
    number_of_orders: int
    amount_spent: int
    last_order_date: datetime | None

    def as_json(self, shop: Shop) -> dict[str, Any]:
        """Plain values: money as a decimal string, the last order's day in the shop's zone."""
        last = self.last_order_date
        return {
            "customer_id": self.customer_id,
            "external_id": self.external_id,
            "name": self.name,
            "email": self.email,
            "number_of_orders": self.number_of_orders,
            "amount_spent": decimal_text(self.amount_spent, shop.currency),
            "last_order_date": last.astimezone(shop.zone).date().isoformat() if last else None,
        }


def members_among(engine: Reader, shop: Shop, now: datetime, ids: Sequence[str]) -> list[Member]:
    """These customers with their figures as of `now`, in the order given."""
    if not ids:
        return []
    given = pa.table({"customer_id": pa.array(ids, pa.string())})
    rows = engine.rows_beside(given, ("members", shop, now), lambda some: _shown(engine, shop, now, some))
    found = {row["customer_id"]: _member(row) for row in rows.to_pylist()}
    return [found[one] for one in ids if one in found]


def _shown(engine: BaseBackend, shop: Shop, now: datetime, some: Table) -> Table:
    """What is shown of these customers."""
    chosen = _in_buckets(some)
    figures = features(engine, shop, now, SHOWN, Thresholds(), chosen)
    people = engine.table("customer").semi_join(chosen, "customer_id")
    named: Table = people.select("customer_id", "external_id", "email", "first_name", "last_name", "company")
    return named.inner_join(figures, "customer_id")


def among(ids: Sequence[str]) -> Table:
    """These ids as a table with the columns `customer_id` and `bucket`."""
    table: Table = ibis.memtable(pa.table({"customer_id": pa.array(ids, pa.string())}))
    return _in_buckets(table)


def _in_buckets(customers: Table) -> Table:
    return customers.mutate(bucket=bucket_of(customers.customer_id))


def _member(row: Mapping[str, Any]) -> Member:
    name = " ".join(part for part in (row["first_name"], row["last_name"]) if part) or row["company"] or ""
    last = row["last_order_date"]
    return Member(
        row["customer_id"],
        row["external_id"],
        name,
        row["email"],
        row["number_of_orders"],
        row["amount_spent"],
        last.replace(tzinfo=UTC) if last else None,
    )
