"""S8, S9: looking at everybody and looking only at those who changed find the same members and the same windows."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from relance import segments
from relance.segments.refresh import RefreshResult
from relance.segments.schedule import stops_for
from relance.segments.words64 import members
from relance.store import Shop, Store, add_shop
from relance.warehouse import Warehouse, rows_of

PARIS = ZoneInfo("Europe/Paris")
FIRST = datetime(2026, 3, 25, 9, 30, tzinfo=UTC)  # four days before the clocks go forward
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
QUERIES = {
    "buyers": "number_of_orders >= 1",
    "recent": "orders_placed MATCHES (date >= -2d)",
    "quiet": "number_of_orders >= 1 AND last_order_date < -1d",
    "fresh": "last_order_date >= -4h",
    "big": "amount_spent IN TOP 20%",
    "above": "average_order_value > 115% OF AVERAGE",
    "champions": "rfm_group = 'CHAMPIONS'",
    "phase": "lifecycle_phase = 'repeat'",
    "fresh-and-big": "segment = 'fresh' AND segment != 'big'",
    "nobody": "number_of_orders < 0",
}


def order(number: int, customer: str, at: datetime, total: int, cancelled: datetime | None = None) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "source": "test",
        "number": str(number),
        "customer_id": customer,
        "ordered_at": at.replace(tzinfo=None),
        "day": at.astimezone(PARIS).date(),
        "currency": "EUR",
        "status": "paid",
        "cancelled_at": cancelled.replace(tzinfo=None) if cancelled else None,
        "test": False,
        "counted": True,
        "discount": 0,
        "total": total,
        "batch": "b",
        "batch_id": "b",
    }


def refund(number: int, customer: str, at: datetime, amount: int) -> dict[str, Any]:
    return {
        "refund_id": f"r{number}",
        "order_id": f"o{number}",
        "customer_id": customer,
        "amount": amount,
        "refunded_at": at.replace(tzinfo=None),
        "day": at.astimezone(PARIS).date(),
        "dated": True,
        "batch": "b",
        "batch_id": "b",
    }


def add(warehouse: Warehouse, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        with warehouse.write() as writer:
            writer.insert(table, pa.Table.from_pylist(rows))


def people(count: int) -> list[dict[str, Any]]:
    return [{"customer_id": f"c{number:02d}", "source": "test", "batch_id": "b"} for number in range(count)]


def save(store: Store, now: datetime, queries: dict[str, str]) -> None:
    with store.begin() as connection:
        add_shop(connection, SHOP, now)
        for name, query in queries.items():
            segments.save(connection, SHOP, name, name, query, now, "test")


def inside(store: Store, warehouse: Warehouse) -> dict[str, set[str]]:
    with store.read() as connection, warehouse.read() as engine:
        words = engine.table("membership")
        return {
            one.segment_id: {row["customer_id"] for row in rows_of(engine, members(words, one.bit))}
            for one in segments.all_segments(connection, SHOP)
        }


def evaluated(store: Store, warehouse: Warehouse, now: datetime) -> dict[str, set[str]]:
    """The members by one evaluation of each query by itself; references are written out."""
    found: dict[str, set[str]] = {}
    with store.read() as connection, warehouse.read() as engine:
        for one in segments.all_segments(connection, SHOP):
            query = one.query.replace("segment = 'fresh'", QUERIES["fresh"])
            query = query.replace("segment != 'big'", f"NOT ({QUERIES['big']})")
            meaning = segments.understood(query, segments.fields_with()).meaning
            table = segments.evaluate(engine, {"x": meaning}, SHOP, now)
            found[one.segment_id] = {row["customer_id"] for row in rows_of(engine, table) if row["x"]}
    return found


def sizes(store: Store, warehouse: Warehouse) -> dict[str, tuple[int, int]]:
    with store.read() as connection:
        listed = segments.summaries(connection, warehouse, SHOP)
    return {
        one.segment.segment_id: (one.latest.members, one.latest.revenue) for one in listed if one.latest is not None
    }


def windows(warehouse: Warehouse, names: tuple[str, ...]) -> set[tuple[Any, ...]]:
    with warehouse.read() as engine:
        journal = engine.table("journal")
        rows = rows_of(engine, journal.filter(journal.cause == "window", journal.segment_id.isin(names)))
    return {(row["customer_id"], row["segment_id"], row["entered"], row["effective_at"]) for row in rows}


def look(store: Store, warehouse: Warehouse, now: datetime) -> RefreshResult:
    return segments.refresh(store, warehouse, SHOP, now, recorded_at=now)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.soak), pytest.param(2, marks=pytest.mark.soak)])
def test_looking_at_some_is_looking_at_everybody(sqlite_store: Store, seed: int) -> None:
    """Orders, refunds and cancellations, some days late, refreshed at any instant: members, sizes and windows agree."""
    dice = random.Random(seed)  # noqa: S311
    save(sqlite_store, FIRST, QUERIES)
    often, seldom = (Warehouse(None, memory_mb=512, threads=1) for _ in range(2))
    for one in (often, seldom):
        add(one, "customer", people(25))
    orders = []
    for number in range(90):
        at = FIRST + timedelta(seconds=dice.randrange(-20 * 86_400, 3 * 86_400))
        cancelled = at + timedelta(hours=dice.randrange(1, 60)) if dice.random() < 0.1 else None
        orders.append(order(number, f"c{dice.randrange(25):02d}", at, dice.randrange(500, 20_000), cancelled))
    late = {row["order_id"]: timedelta(hours=dice.choice([0, 0, 0, 1, 30])) for row in orders}
    arrives = {row["order_id"]: row["ordered_at"].replace(tzinfo=UTC) + late[row["order_id"]] for row in orders}
    refunds = [
        refund(number, row["customer_id"], row["ordered_at"].replace(tzinfo=UTC) + timedelta(hours=5), 300)
        for number, row in enumerate(orders)
        if dice.random() < 0.2
    ]
    instants = sorted(FIRST + timedelta(seconds=dice.randrange(0, 3 * 86_400)) for _ in range(6))
    modes = []
    before = datetime(2000, 1, 1, tzinfo=UTC)
    for now in instants:
        for one in (often, seldom):
            add(one, "order", [row for row in orders if before <= arrives[row["order_id"]] < now])
            add(one, "refund", [row for row in refunds if before <= row["refunded_at"].replace(tzinfo=UTC) < now])
        before = now
        modes.append(look(sqlite_store, often, now).mode)
        assert inside(sqlite_store, often) == evaluated(sqlite_store, often, now)
        if now in {instants[0], instants[3]}:
            look(sqlite_store, seldom, now)
    look(sqlite_store, seldom, instants[-1])
    assert inside(sqlite_store, seldom) == inside(sqlite_store, often)
    assert sizes(sqlite_store, seldom) == sizes(sqlite_store, often)
    assert "incremental" in modes
    often.close()
    seldom.close()


def test_windows_move_at_their_edge_whenever_somebody_looks(sqlite_store: Store) -> None:
    """S8: after downtime every edge is passed in order; hours move to the second, days at the shop's midnight."""
    save(sqlite_store, FIRST, QUERIES)
    at = datetime(2026, 3, 27, 10, 15, 7, tzinfo=UTC)
    schedules = ([at, at + timedelta(days=3)], [at + timedelta(hours=n, minutes=9) for n in (1, 4, 37)])
    found = []
    for instants in schedules:
        warehouse = Warehouse(None, memory_mb=512, threads=1)
        add(warehouse, "customer", people(3))
        look(sqlite_store, warehouse, FIRST)
        add(warehouse, "order", [order(1, "c01", at, 1_000)])
        for now in (*instants, at + timedelta(days=3)):
            look(sqlite_store, warehouse, now)
        found.append(windows(warehouse, ("recent", "quiet", "fresh")))
        warehouse.close()
    midnights = {day: datetime(2026, 3, day, tzinfo=PARIS).astimezone(UTC).replace(tzinfo=None) for day in (29, 30)}
    assert (
        found[0]
        == found[1]
        == {
            ("c01", "fresh", False, (at + timedelta(hours=4)).replace(tzinfo=None)),
            ("c01", "quiet", True, midnights[29]),
            ("c01", "recent", False, midnights[30]),
        }
    )


def test_who_entered_another_segment_is_looked_at_again(sqlite_store: Store, warehouse: Warehouse) -> None:
    """An entry written by one refresh is seen by the next, although nothing else happened."""
    queries = {"buyers": "number_of_orders >= 1", "newly": "segment MATCHES (name = 'buyers', entered >= -1d)"}
    save(sqlite_store, FIRST, queries)
    add(warehouse, "customer", people(8))
    look(sqlite_store, warehouse, FIRST)
    add(warehouse, "order", [order(1, "c01", FIRST + timedelta(minutes=1), 1_000)])
    look(sqlite_store, warehouse, FIRST + timedelta(minutes=5))
    assert inside(sqlite_store, warehouse) == {"buyers": {"c01"}, "newly": set()}
    look(sqlite_store, warehouse, FIRST + timedelta(minutes=6))
    assert inside(sqlite_store, warehouse) == {"buyers": {"c01"}, "newly": {"c01"}}
    assert look(sqlite_store, warehouse, FIRST + timedelta(minutes=7)).entered == 0
    look(sqlite_store, warehouse, FIRST + timedelta(days=2))
    assert inside(sqlite_store, warehouse)["newly"] == set()


def test_a_short_window_after_a_long_rest_takes_coarser_steps() -> None:
    minutes = [FIRST + timedelta(minutes=17 * number) for number in range(500)]
    assert len(stops_for(minutes)) <= 60
    assert stops_for(minutes[:1]) == [FIRST, FIRST + timedelta(minutes=1)]
    assert max(stops_for(minutes)) > max(minutes)
