"""A shop into which records are put one batch after the other, and the records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from relance.ingest import Record, append, load_inbox
from relance.store import DataFolder, Shop, Store
from relance.warehouse import Warehouse

Body = dict[str, Any]
KEPT = ("customer", "event", "order", "order_line", "session", "order_session", "list_member", "customer_tag")


class Desk:
    """A shop into which records are put one batch after the other."""

    def __init__(self, store: Store, warehouse: Warehouse, folder: DataFolder, shop: Shop, now: datetime) -> None:
        self.store, self.warehouse, self.folder, self.shop, self.now = store, warehouse, folder, shop, now
        self.count = 0

    def take(self, *records: tuple[str, Body]) -> None:
        """Put these in and load them as one batch."""
        named = []
        for kind, body in records:
            self.count += 1
            named.append(Record(kind, f"test:{self.count}", body))
        with self.store.begin() as connection:
            append(connection, self.shop, named, self.now)
        result = load_inbox(self.store, self.warehouse, self.folder, self.shop, self.now)
        assert result.rejected == 0

    def rows(self, table: str, *columns: str) -> list[Any]:
        """Columns of a table in a fixed order."""
        with self.warehouse.read() as engine:
            found = engine.to_pyarrow(engine.table(table).select(*columns)).to_pylist()
        return sorted((tuple(row.values()) for row in found), key=str)

    def whose(self) -> dict[str, str | None]:
        """The customer of each event."""
        return dict(self.rows("event", "event_id", "customer_id"))

    def everything(self) -> dict[str, list[Any]]:
        """What customers, their rows and their sessions are, but for which batch wrote a session."""
        with self.warehouse.read() as engine:
            tables = {name: engine.to_pyarrow(engine.table(name)).to_pylist() for name in KEPT}
        for name in ("session", "order_session"):
            tables[name] = [{**row, "batch_id": None} for row in tables[name]]
        return {name: sorted(rows, key=str) for name, rows in tables.items()}


def event(number: int, at: str = "08:00", **who: Any) -> tuple[str, Body]:
    """A page that somebody looked at."""
    name, occurred = "Page Viewed", f"2026-03-10T{at}:00Z"
    return "event", {"event_id": f"e{number}", "name": name, "occurred_at": occurred, "who": who}


def identify(at: str = "08:00", facts: Body | None = None, **who: Any) -> tuple[str, Body]:
    """A customer whom the shop names."""
    return "customer", {"occurred_at": f"2026-03-10T{at}:00Z", **(facts or {}), "who": {"source": "site", **who}}


def order(number: int, **who: Any) -> tuple[str, Body]:
    """An order of one line."""
    body = {"order_id": f"o{number}", "source": "site", "number": str(number), "total": 100}
    lines = [{"quantity": 1, "unit_price": "1.00", "sku": "A"}]
    when = "2026-03-10T08:05:00Z"
    return "order", {**body, "ordered_at": when, "lines": lines, "who": {"source": "site", **who}}
