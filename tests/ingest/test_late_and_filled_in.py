"""What is filled in of the past, what comes late and out of order, and how long the inbox remembers."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from sqlalchemy import func, select

from relance.ingest import Record, append, inbox_waiting, load_inbox, prune_inbox
from relance.store import DataFolder, Shop, Store, add_shop, tables
from relance.warehouse import Warehouse


def event(number: int, at: str, **facts: Any) -> Record:
    """A page view of one customer."""
    body = {"event_id": f"e{number}", "name": "Page Viewed", "occurred_at": at, "customer_id": "c1", **facts}
    return Record("event", f"segment:{number}", body)


def rows(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    """A table's rows."""
    with warehouse.read() as engine:
        found: list[dict[str, Any]] = engine.to_pyarrow(engine.table(table)).to_pylist()
    return found


def test_what_is_filled_in_is_put_down_to_an_import(
    sqlite_store: Store, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """S10: a backfill changes memberships like all data, under a cause that starts no flow."""
    shop = made_shop(sqlite_store, now)
    with warehouse.write() as writer:
        refreshed = {"refresh_id": "r", "as_of": now, "recorded_at": now, "segments": 0, "customers": 0}
        facts = {**refreshed, "entered": 0, "left": 0, "seconds": 0.0}
        writer.insert("refresh", pa.Table.from_pylist([facts]))
    past, lately = "2026-03-01T08:00:00Z", "2026-03-10T08:00:00Z"
    with sqlite_store.begin() as connection:
        told = [event(1, past, backfill=True), event(2, lately), event(3, past, backfill=True)]
        append(connection, shop, told, now)
    load_inbox(sqlite_store, warehouse, folder, shop, now)
    assert len(rows(warehouse, "event")) == 3
    causes = {(row["at"], row["cause"]) for row in rows(warehouse, "agenda") if row["what"].startswith("event")}
    assert {cause for _, cause in causes} == {"event", "import"}
    assert {cause for at, cause in causes if at == datetime(2026, 3, 10, 8)} == {"event"}
    assert {cause for at, cause in causes if at == datetime(2026, 3, 1, 8)} == {"import"}


def test_late_and_out_of_order(sqlite_store: Store, warehouse: Warehouse, folder: DataFolder, now: datetime) -> None:
    """S11: events of a visit of days ago cut that visit anew, in whatever order they come."""
    shop = made_shop(sqlite_store, now)
    minutes = [50, 0, 25, 110]
    for number, minute in enumerate(minutes):
        at = datetime(2026, 3, 4, 8) + timedelta(minutes=minute)
        with sqlite_store.begin() as connection:
            append(connection, shop, [event(number, f"{at.isoformat()}Z")], now)
        load_inbox(sqlite_store, warehouse, folder, shop, now)
    visits = sorted((row["started_at"], row["ended_at"], row["pages"]) for row in rows(warehouse, "session"))
    assert visits == [
        (datetime(2026, 3, 4, 8), datetime(2026, 3, 4, 8, 50), 3),
        (datetime(2026, 3, 4, 9, 50), datetime(2026, 3, 4, 9, 50), 1),
    ]


def test_the_inbox_forgets_after_30_days(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """S11: what was loaded goes, what waits stays; the warehouse knows an event for ever."""
    day = "2026-03-10T08:00:00Z"
    with store.begin() as connection:
        append(connection, shop, [event(1, day), event(2, day), Record("consent", "k", {})], now)
    load_inbox(store, warehouse, folder, shop, now)
    later = now + timedelta(days=31)
    with store.begin() as connection:
        append(connection, shop, [event(3, day)], now)
        assert inbox_waiting(connection, shop) == 1
        assert prune_inbox(connection, shop, now + timedelta(days=29)) == 0
        assert prune_inbox(connection, shop, later) == 2
        assert connection.execute(select(func.count()).select_from(tables.inbox)).scalar_one() == 2
        append(connection, shop, [event(1, day)], later)
    load_inbox(store, warehouse, folder, shop, later)
    assert sorted(row["event_id"] for row in rows(warehouse, "event")) == ["e1", "e2", "e3"]


def made_shop(store: Store, now: datetime) -> Shop:
    """A shop on the embedded store."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with store.begin() as connection:
        add_shop(connection, shop, now)
    return shop
