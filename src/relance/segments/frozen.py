"""One customer's rows as they stood at an instant: what is dated later does not exist, whatever the clock says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Column, instant_literal

# Since when a row is there.
SINCE: Final[Mapping[str, str]] = {
    "order": "ordered_at",
    "refund": "refunded_at",
    "event": "occurred_at",
    "session": "started_at",
    "message_event": "occurred_at",
    "consent_entry": "at",
    "list_member": "added_at",
    "customer_tag": "added_at",
    "journal": "effective_at",
}


class Frozen:
    """Answers for the tables of one customer as an engine does, from rows that are read once and then kept.

    Tables that belong to nobody, such as the names of lists, are the engine's own.
    """

    def __init__(self, engine: BaseBackend, customer_id: str, now: datetime) -> None:
        self.engine = engine
        self.customer_id = customer_id
        self.now = now
        self._kept: dict[str, Table] = {}

    @classmethod
    def of(cls, engine: BaseBackend, customer_id: str, now: datetime) -> BaseBackend:
        """The same, in the place of an engine."""
        return cast(BaseBackend, cls(engine, customer_id, now))

    def table(self, name: str) -> Table:
        """The customer's rows of the table."""
        if name not in self._kept:
            self._kept[name] = self._read(name)
        return self._kept[name]

    def to_pyarrow(self, expression: Any) -> Any:
        """The rows of an expression, in memory."""
        return self.engine.to_pyarrow(expression)

    def _read(self, name: str) -> Table:
        table: Column = self.engine.table(name)
        if name == "product":
            return self._kept_rows(table, self._products(table))
        if name in {"order_line", "refund"}:
            return self._kept_rows(table, self._dated(name, self._of_orders(table)))
        if "customer_id" not in table.columns:
            return cast(Table, table)
        return self._kept_rows(table, self._dated(name, table.filter(table.customer_id == self.customer_id)))

    def _kept_rows(self, table: Table, rows: Table) -> Table:
        found: pa.Table = self.engine.to_pyarrow(rows)
        kept: Table = ibis.memtable(found, schema=table.schema())
        return kept

    def _dated(self, name: str, rows: Column) -> Table:
        """The rows that are there at `now`; a later cancellation has not come yet."""
        if name in SINCE:
            rows = rows.filter(rows[SINCE[name]] < instant_literal(self.now))
        if name == "order":
            later = rows.cancelled_at >= instant_literal(self.now)
            rows = rows.mutate(cancelled_at=later.fill_null(False).ifelse(ibis.null("timestamp"), rows.cancelled_at))
        return cast(Table, rows)

    def _of_orders(self, table: Column) -> Column:
        """Lines and refunds of the customer's orders, and those that name the customer."""
        own = self.table("order").select("order_id")
        return table.filter(
            table.order_id.isin(own.order_id) | (table.customer_id == self.customer_id).fill_null(False)
        )

    def _products(self, table: Column) -> Table:
        """The products that the customer's lines and events name."""
        named = [self.table(name).select("product_id") for name in ("order_line", "event")]
        found: Table = table.semi_join(ibis.union(*named), "product_id")
        return found
