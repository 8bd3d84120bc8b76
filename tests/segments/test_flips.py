"""When a condition changes by time alone: exact instants by hand, and the evaluator asked just before and after."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from tests.segments.random_shops import fill, random_shop
from tests.segments.segment_oracle import Row
from tests.segments.segment_oracle import Shop as Rows

from relance import segments
from relance.store import Shop
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
SECOND = timedelta(seconds=1)


def placed(number: int, at: datetime) -> Row:
    """An order of Ann."""
    local = at.astimezone(SHOP.zone)
    naive = at.replace(tzinfo=None)
    facts = {"order_id": f"o{number}", "customer_id": "ann", "ordered_at": naive, "day": local.date()}
    return {**facts, "currency": "EUR", "counted": True, "discount": 0, "total": 1000}


def ann(warehouse: Warehouse, now: datetime, *orders: datetime) -> None:
    """A shop with one customer and her orders."""
    rows = Rows(SHOP.zone, now)
    rows.customers = [{"customer_id": "ann", "birth_date": date(1990, 3, 15)}]
    rows.orders = [placed(number, at) for number, at in enumerate(orders)]
    fill(warehouse, rows)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("ordered", "query", "flips_at"),
    [
        # Whole days end at midnight in Paris, also across the night of 29 March 2026.
        (utc(2025, 12, 27, 10), "last_order_date < -90d", utc(2026, 3, 27, 23)),
        (utc(2025, 12, 28, 22, 59, 59), "last_order_date < -90d", utc(2026, 3, 28, 23)),
        (utc(2025, 12, 28, 23), "last_order_date < -90d", utc(2026, 3, 29, 22)),
        (utc(2025, 12, 28, 10), "last_order_date <= -90d", utc(2026, 3, 27, 23)),
        (utc(2026, 3, 9, 10), "orders_placed MATCHES (date >= -30d)", utc(2026, 4, 8, 22)),
        (utc(2026, 3, 9, 10), "orders_placed MATCHES (date > -30d)", utc(2026, 4, 7, 22)),
        (utc(2026, 3, 9, 10), "orders_placed NOT MATCHES (date >= -30d)", utc(2026, 4, 8, 22)),
        (utc(2026, 3, 9, 10), "last_order_date = -2w", utc(2026, 3, 22, 23)),
        # Months are clamped: until 31 March, a month ago is 28 February.
        (utc(2026, 2, 28, 10), "last_order_date >= -1m", utc(2026, 3, 31, 22)),
        (utc(2026, 3, 9, 10), "last_order_date >= -1y", utc(2027, 3, 9, 23)),
        # Hours are exact: at four hours to the microsecond `>=` still holds.
        (utc(2026, 3, 10, 8, 0, 7), "last_order_date >= -4h", utc(2026, 3, 10, 12, 0, 7) + timedelta(microseconds=1)),
        (utc(2026, 3, 10, 8, 0, 7), "last_order_date > -4h", utc(2026, 3, 10, 12, 0, 7)),
        (utc(2026, 3, 10, 8, 0, 7), "orders_placed MATCHES (date < -90min)", utc(2026, 3, 10, 9, 30, 7, 1)),
        (utc(2026, 3, 1, 10), "days_since_last_order > 30", utc(2026, 3, 31, 22)),
        (utc(2026, 3, 1, 10), "days_since_last_order BETWEEN 20 AND 25", utc(2026, 3, 20, 23)),
        (utc(2026, 3, 1, 10), "age >= 36", utc(2026, 3, 14, 23)),
        (utc(2026, 3, 1, 10), "anniversary('birth_date') = today", utc(2026, 3, 14, 23)),
        (utc(2026, 3, 1, 10), "anniversary('birth_date') BETWEEN today AND +7d", utc(2026, 3, 15, 23)),
        # A lone order: its usual gap is the shop's 90 days, so she is at risk after 180 days.
        (utc(2026, 3, 1, 10), "lifecycle_phase = 'first_time'", utc(2026, 8, 28, 22)),
        (utc(2026, 3, 1, 10), "orders_last_365_days >= 1", utc(2027, 3, 1, 23)),
        (utc(2026, 3, 1, 10), "number_of_orders = 1", None),
        (utc(2026, 3, 1, 10), "last_order_date >= 2026-01-01", None),
        (utc(2024, 3, 1, 10), "last_order_date < -90d", None),
    ],
)
def test_flips_to_the_second(
    warehouse: Warehouse, now: datetime, ordered: datetime, query: str, flips_at: datetime | None
) -> None:
    """S24, S30: the instant is the first one at which the evaluator says otherwise."""
    if "BETWEEN today AND +7d" in query:
        now = utc(2026, 3, 10, 9)
    ann(warehouse, now, ordered)
    told = segments.explain(warehouse, SHOP, query, "ann", now, language="en")
    assert told.flips_at == flips_at
    if flips_at is not None:
        assert held(warehouse, query, flips_at) != told.holds
        assert held(warehouse, query, flips_at - timedelta(microseconds=1)) == told.holds


def held(warehouse: Warehouse, query: str, at: datetime, who: str = "ann") -> bool:
    return segments.explain(warehouse, SHOP, query, who, at, with_flips=False).holds


def test_the_membership_flips_where_its_parts_let_it(warehouse: Warehouse, now: datetime) -> None:
    """Two orders leave one after the other; the whole changes when the second condition has changed too."""
    ann(warehouse, now, utc(2026, 3, 1, 10), utc(2026, 3, 5, 10), utc(2026, 3, 5, 12))
    query = "orders_placed MATCHES (date >= -10d, count >= 2) OR last_order_date >= -20d"
    told = segments.explain(warehouse, SHOP, query, "ann", now, language="en")
    assert [part.flips_at for part in told.parts] == [utc(2026, 3, 15, 23), utc(2026, 3, 25, 23)]
    assert told.flips_at == utc(2026, 3, 25, 23)
    both = segments.explain(warehouse, SHOP, query.replace(" OR ", " AND "), "ann", now, language="en")
    assert both.flips_at == utc(2026, 3, 15, 23)


def test_what_comes_later_is_no_time_passing(warehouse: Warehouse, now: datetime) -> None:
    """Rows dated after the instant are not there, whatever the later instant that is asked about."""
    ann(warehouse, now, utc(2026, 3, 1, 10), utc(2026, 3, 12, 10))
    told = segments.explain(warehouse, SHOP, "last_order_date >= -30d AND number_of_orders = 1", "ann", now)
    assert told.flips_at == utc(2026, 3, 31, 22)


def test_examples_are_the_newest_rows(warehouse: Warehouse, now: datetime) -> None:
    ann(warehouse, now, *(utc(2026, 1, day, 10) for day in range(1, 6)))
    told = segments.explain(warehouse, SHOP, "orders_placed MATCHES (amount > 5)", "ann", now, language="en")
    assert told.value == 5
    assert told.examples == ("o4, 5 January 2026", "o3, 4 January 2026", "o2, 3 January 2026")


def test_an_objection_is_the_reason(warehouse: Warehouse, now: datetime) -> None:
    """S19: whoever objects meets no condition on behaviour, whatever time passes; the others still flip."""
    ann(warehouse, now, utc(2026, 3, 1, 10))
    entry = {"seq": 1, "customer_id": "ann", "channel": "email", "purpose": "profiling", "status": "objected"}
    with warehouse.write() as writer:
        writer.insert("consent_entry", pa.Table.from_pylist([{**entry, "at": datetime(2026, 3, 2)}]))  # noqa: DTZ001
    told = segments.explain(warehouse, SHOP, "last_order_date < -30d OR customer_language IS NULL", "ann", now)
    assert (told.holds, told.flips_at) == (False, None)
    assert told.reason == told.parts[0].reason is not None
    assert (told.parts[1].holds, told.parts[1].reason) == (True, None)


def test_events_and_visits_flip_too(warehouse: Warehouse, now: datetime) -> None:
    """S11: a visit counts from 30 minutes of silence on, and for 30 days unless the query says otherwise."""
    ann(warehouse, now)
    begun, ended = datetime(2026, 3, 10, 8, 20), datetime(2026, 3, 10, 8, 45)  # noqa: DTZ001
    event = {"event_id": "e", "customer_id": "ann", "name": "Searched", "occurred_at": begun, "received_at": begun}
    counts = ("pages", "product_pages", "longest_product_view", "searches", "recommendation_clicks", "chats", "carts")
    visit = {"session_id": "s", "customer_id": "ann", "started_at": begun, "ended_at": ended}
    with warehouse.write() as writer:
        writer.insert("event", pa.Table.from_pylist([{**event, "batch_id": "b"}]))
        facts = {**dict.fromkeys((*counts, "wishlists"), 3), "batch_id": "b"}
        writer.insert("session", pa.Table.from_pylist([{**visit, **facts}]))
    searched = segments.explain(warehouse, SHOP, "event MATCHES (name = 'Searched', date > -2h)", "ann", now)
    assert (searched.holds, searched.flips_at) == (True, utc(2026, 3, 10, 10, 20))
    visited = segments.explain(warehouse, SHOP, "session MATCHES (pages >= 2)", "ann", now)
    assert (visited.holds, visited.flips_at) == (False, utc(2026, 3, 10, 9, 15) + timedelta(microseconds=1))
    later = segments.explain(warehouse, SHOP, "session MATCHES (pages >= 2)", "ann", now + timedelta(hours=1))
    assert (later.holds, later.flips_at) == (True, utc(2026, 4, 9, 22))


QUERIES = [
    "last_order_date {sign} -{n}d",
    "orders_placed MATCHES (date {sign} -{n}d, count >= 2)",
    "orders_placed MATCHES (date {sign} -{n}d, count <= 1)",
    "orders_placed MATCHES (date BETWEEN -{n}d AND -3d)",
    "orders_placed MATCHES (date {sign} -{h}h)",
    "products_purchased MATCHES (date {sign} -{n}d, sum_quantity >= 2)",
    "orders_placed MATCHES (position = 'last', date {sign} -{n}d)",
    "orders_placed MATCHES (position = 'every', date {sign} -{n}d)",
    "customer_added_date {sign} -{m}m",
    "days_since_last_order {sign} {n}",
    "NOT (last_order_date {sign} -{n}d) AND orders_placed MATCHES (date >= -{h}h)",
    "orders_last_365_days >= 2 OR age >= 36",
    "last_order_date {sign} -{n}d OR anniversary('birth_date') = +{h}d",
]


@pytest.mark.parametrize("seed", range(20))
def test_the_evaluator_agrees_around_every_flip(warehouse: Warehouse, seed: int) -> None:
    """S8: nothing changes before the instant, and there it changes; on days of clock changes and at month ends too."""
    dice = random.Random(seed)  # noqa: S311
    rows = random_shop(seed)
    before = rows.now.replace(tzinfo=None)
    rows.orders = [one for one in rows.orders if one["ordered_at"] < before]
    kept = {one["order_id"] for one in rows.orders}
    rows.lines = [one for one in rows.lines if one["order_id"] in kept]
    rows.refunds = [one for one in rows.refunds if one["refunded_at"] < before and one["order_id"] in kept]
    for one in rows.orders:
        one["cancelled_at"] = None
    fill(warehouse, rows)
    numbers = {"n": dice.choice([1, 7, 30, 31, 90]), "h": dice.choice([1, 5, 30]), "m": dice.choice([1, 6, 12])}
    query = dice.choice(QUERIES).format(sign=dice.choice(["<", "<=", ">", ">=", "="]), **numbers)
    who = dice.choice(rows.customers)["customer_id"]
    told = segments.explain(warehouse, SHOP, query, who, rows.now)
    end = told.flips_at or rows.now + timedelta(days=399)
    for _ in range(3):
        between = rows.now + (end - rows.now) * dice.random()
        assert held(warehouse, query, between, who) == told.holds, (query, between)
    assert held(warehouse, query, end - timedelta(microseconds=1), who) == told.holds, query
    if told.flips_at:
        assert held(warehouse, query, told.flips_at, who) != told.holds, query
