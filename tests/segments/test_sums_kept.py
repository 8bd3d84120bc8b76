"""Counts while somebody types read what the last refresh kept of orders, as long as it holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.segments.test_refresh_modes import FIRST, SHOP, add, look, order, people, refund, save

from relance import segments
from relance.profiles import STANDING, Reading, Thresholds, customers_with
from relance.segments.sums_kept import sums_stand
from relance.store import Store
from relance.warehouse import Warehouse, rows_of

NOW = FIRST + timedelta(hours=2)
LATER = NOW + timedelta(minutes=5)
ASKED = (
    "number_of_orders >= 2",
    "last_order_date >= -3d",
    "amount_spent > 50",
    "lifecycle_phase = 'loyal' OR lifecycle_phase = 'first_time'",
    "average_order_value < 40",
    "orders_placed MATCHES (date >= -2d)",
)


def filled(store: Store) -> Warehouse:
    """A shop of a few days that was refreshed, on which something goes on."""
    warehouse = Warehouse(None, memory_mb=512, threads=1)
    save(store, FIRST, {"buyers": "number_of_orders >= 1"})
    add(warehouse, "customer", people(12))
    rows = [
        order(number, f"c{number % 9:02d}", FIRST - timedelta(hours=7 * number), 900 + 1_300 * (number % 5))
        for number in range(40)
    ]
    add(warehouse, "order", rows)
    add(
        warehouse,
        "refund",
        [refund(number, f"c{number % 9:02d}", FIRST - timedelta(hours=1), 400) for number in (3, 7)],
    )
    look(store, warehouse, FIRST)
    add(warehouse, "order", [order(50, "c10", NOW - timedelta(minutes=1), 5_000)])
    look(store, warehouse, NOW)
    return warehouse


def stands(warehouse: Warehouse, at: datetime) -> bool:
    with warehouse.read() as engine:
        return sums_stand(engine, SHOP, at)


def test_what_is_kept_is_what_the_orders_come_to(sqlite_store: Store) -> None:
    warehouse = filled(sqlite_store)
    assert stands(warehouse, LATER)
    with warehouse.read() as engine:
        kept, asked = (
            customers_with(Reading(engine, SHOP, LATER, stands=known), ("amount_spent",), Thresholds(), STANDING)
            for known in (True, False)
        )
        names = ["customer_id", "amount_spent", *(f"_{one.name}" for one in STANDING)]
        found = [rows_of(engine, rows.select(*names).order_by("customer_id")) for rows in (kept, asked)]
    assert found[0] == found[1]
    assert {row["_orders"] for row in found[0]} > {0, 1}


def test_counts_are_the_same_before_and_after_they_are_kept(sqlite_store: Store) -> None:
    warehouse = filled(sqlite_store)
    for text in ASKED:
        meaning = segments.understood(text, segments.fields_with()).meaning
        with warehouse.read() as engine:
            rows = rows_of(engine, segments.evaluate(engine, {"x": meaning}, SHOP, LATER))
        shown = segments.preview(warehouse, SHOP, text, LATER)
        assert (text, shown.count) == (text, sum(row["x"] for row in rows))
        assert 0 < shown.count < shown.customers


def test_they_do_not_hold_when_something_waits_or_the_day_is_over(sqlite_store: Store) -> None:
    warehouse = filled(sqlite_store)
    assert not stands(warehouse, NOW - timedelta(minutes=30))
    assert not stands(warehouse, NOW + timedelta(days=1))
    add(warehouse, "event", [{"event_id": "e1", "customer_id": "c01", "name": "Page Viewed", **when(NOW)}])
    assert stands(warehouse, LATER)
    add(warehouse, "order", [order(51, "c11", NOW + timedelta(minutes=1), 7_000)])
    assert stands(warehouse, NOW + timedelta(seconds=30))
    assert not stands(warehouse, LATER)
    assert segments.preview(warehouse, SHOP, "number_of_orders = 1 AND amount_spent = 70", LATER).count == 1


def when(at: datetime) -> dict[str, object]:
    """The instants of an event."""
    instant = at.replace(tzinfo=None)
    return {"occurred_at": instant, "received_at": instant, "batch_id": "b"}
