"""Fields of behaviour between two refreshes: a checkout ripens, a visit ends, a tier falls at midnight."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from tests.profiles.shop_rows import PARIS, naive, put

from relance.clock import start_of_day
from relance.segments import members, refresh, save
from relance.store import Store, add_shop
from relance.warehouse import Warehouse, rows_of

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def ann(sqlite_store: Store, warehouse: Warehouse, now: datetime) -> Warehouse:
    """A shop with one customer, known for long."""
    with sqlite_store.begin() as connection:
        add_shop(connection, PARIS, now)
    put(warehouse, "customer", {"customer_id": "ann", "added_at": naive(now - timedelta(days=900))})
    return warehouse


def watched(store: Store, warehouse: Warehouse, query: str, instants: list[datetime]) -> list[bool]:
    """Whether Ann is a member after a refresh at each of the instants."""
    with store.begin() as connection:
        segment = save(connection, PARIS, None, "Watched", query, instants[0], "ann").segment_id
    found = []
    for at in instants:
        refresh(store, warehouse, PARIS, at, recorded_at=at)
        with store.read() as connection:
            found.append(bool(members(connection, warehouse, PARIS, segment).members))
    return found


def test_a_checkout_ripens(sqlite_store: Store, ann: Warehouse, now: datetime) -> None:
    """S8: it is abandoned an hour later without any new row, and the journal has that instant."""
    begun = now - HOUR / 2
    put(ann, "event", {"customer_id": "ann", "name": "Checkout Started", "occurred_at": naive(begun)})
    instants = [now, begun + HOUR, begun + HOUR + SECOND, begun + 2 * HOUR]
    assert watched(sqlite_store, ann, "abandoned_checkout_date IS NOT NULL", instants) == [False, False, True, True]
    with ann.read() as engine:
        (entry,) = rows_of(engine, engine.table("journal"))
    assert entry["effective_at"] == naive(begun + HOUR)


def test_a_visit_counts_when_it_ended(sqlite_store: Store, ann: Warehouse, now: datetime) -> None:
    """S11."""
    ended = now - timedelta(minutes=10)
    visit = {"customer_id": "ann", "started_at": naive(ended - HOUR), "ended_at": naive(ended)}
    put(ann, "session", visit)
    over = ended + HOUR / 2
    assert watched(sqlite_store, ann, "number_of_sessions = 1", [now, over, over + SECOND]) == [False, False, True]


def test_a_tier_falls_at_midnight(sqlite_store: Store, ann: Warehouse, now: datetime) -> None:
    """180 whole days after the day of the last sign; the day after the last Sunday of March has 23 hours."""
    last = start_of_day(date(2025, 10, 1), PARIS.zone) + HOUR
    put(ann, "session", {"customer_id": "ann", "started_at": naive(last), "ended_at": naive(last)})
    falls = start_of_day(date(2026, 3, 31), PARIS.zone)  # 181 days later
    instants = [now, falls - SECOND, falls, falls + SECOND]
    assert watched(sqlite_store, ann, "engagement_tier = 'dormant'", instants) == [False, False, True, True]
