"""Features of behaviour: checkouts left, visits, engagement, contacts and origin, at their edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles.shop_rows import PARIS, features, naive, one, put

from relance.clock import start_of_day
from relance.profiles import Reading
from relance.profiles.local_days import clock_changes, local_day
from relance.store import Shop
from relance.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def people(warehouse: Warehouse, *ids: str, added: datetime = NOW - 400 * DAY) -> None:
    put(warehouse, "customer", *({"customer_id": who, "added_at": naive(added)} for who in ids))


def event(name: str, at: datetime, customer: str | None = "ann") -> dict[str, Any]:
    return {"customer_id": customer, "name": name, "occurred_at": naive(at)}


def order(at: datetime, customer: str = "ann", **more: Any) -> dict[str, Any]:
    day = at.astimezone(PARIS.zone).date()
    return {"customer_id": customer, "ordered_at": naive(at), "day": day, "total": 1000, **more}


def visit(start: datetime, minutes: int = 5, customer: str = "ann", **more: Any) -> dict[str, Any]:
    ended = naive(start + timedelta(minutes=minutes))
    return {"customer_id": customer, "started_at": naive(start), "ended_at": ended, **more}


def message(kind: str, at: datetime, verdict: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "customer_id": "ann",
        "channel": "email",
        "kind": kind,
        "verdict": verdict,
        "occurred_at": naive(at),
        **more,
    }


@pytest.mark.parametrize(
    ("age", "found"), [(HOUR, False), (HOUR + SECOND, True), (HOUR - SECOND, False), (30 * DAY, True)]
)
def test_a_checkout_is_abandoned_after_an_hour(warehouse: Warehouse, age: timedelta, found: bool) -> None:
    people(warehouse, "ann", "bob")
    put(warehouse, "event", event("Checkout Started", NOW - age), event("Product Viewed", NOW - 2 * HOUR))
    assert one(warehouse, NOW, "abandoned_checkout_date") == (naive(NOW - age) if found else None)
    assert one(warehouse, NOW, "abandoned_checkout_date", customer="bob") is None


@pytest.mark.parametrize(
    ("ordered", "found"), [(-SECOND, True), (timedelta(0), False), (SECOND, False), (100 * HOUR, True)]
)
def test_an_order_takes_the_checkout_up(warehouse: Warehouse, ordered: timedelta, found: bool) -> None:
    """Only a counted order at the checkout's instant or later, known now, does (S12, S24)."""
    checkout = NOW - 50 * HOUR
    people(warehouse, "ann")
    put(warehouse, "event", event("Checkout Started", checkout))
    put(warehouse, "order", order(checkout + ordered), order(checkout + HOUR, counted=False))
    put(warehouse, "order", order(checkout + HOUR, cancelled_at=naive(checkout + 2 * HOUR)))
    assert one(warehouse, NOW, "abandoned_checkout_date") == (naive(checkout) if found else None)


def test_the_last_checkout_counts(warehouse: Warehouse) -> None:
    """One that is not an hour old hides none before it; each sender's name for a checkout counts."""
    people(warehouse, "ann")
    put(
        warehouse,
        "event",
        event("checkout_started", NOW - 3 * DAY),
        event("Checkout Started", NOW - 5 * DAY),
        event("Started Checkout", NOW - HOUR),
    )
    assert one(warehouse, NOW, "abandoned_checkout_date") == naive(NOW - 3 * DAY)
    assert one(warehouse, NOW + SECOND, "abandoned_checkout_date") == naive(NOW - HOUR)


SESSIONS = ("first_session_date", "last_session_date", "number_of_sessions", "days_since_last_visit")


@pytest.mark.parametrize(("silence", "ended"), [(29, False), (30, False), (31, True)])
def test_visits_count_when_they_ended(warehouse: Warehouse, silence: int, ended: bool) -> None:
    """S11: more than 30 minutes of silence end a visit."""
    people(warehouse, "ann", "bob")
    first = visit(NOW - 40 * DAY)
    last = visit(NOW - timedelta(minutes=silence + 5))
    put(warehouse, "session", first, last, visit(NOW - DAY, customer="nobody"))
    found = features(warehouse, NOW, SESSIONS)
    latest = last if ended else first
    assert found["ann"] == (first["started_at"], latest["started_at"], 2 if ended else 1, 0 if ended else 40)
    assert found["bob"] == (None, None, 0, None)


def test_days_since_a_visit_are_local_days(warehouse: Warehouse) -> None:
    """A visit just before midnight in Paris was yesterday, also over the change of the clock."""
    change = start_of_day(date(2026, 3, 30), PARIS.zone)
    people(warehouse, "ann", "bob")
    put(warehouse, "session", visit(change - SECOND, 0), visit(change, 0, "bob"))
    found = features(warehouse, change + DAY / 2, ["days_since_last_visit"])
    assert found == {"ann": (1,), "bob": (0,)}


@given(
    instant=st.datetimes(datetime(2000, 1, 2), datetime(2026, 12, 30)),  # noqa: DTZ001
    zone=st.sampled_from(["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo"]),
)
def test_distances_from_utc_are_those_of_the_zone(instant: datetime, zone: str) -> None:
    aware = instant.replace(tzinfo=UTC)
    offset = [offset for since, offset in clock_changes(zone, 2026) if since <= aware][-1]
    assert aware.astimezone(ZoneInfo(zone)).utcoffset() == offset


def test_local_days_in_the_engine(warehouse: Warehouse) -> None:
    """The expression gives the calendar's day for each second around each change of the clock."""
    shop = Shop("main", "M", "EUR", "America/St_Johns", "en")
    edges = [since + shift * SECOND for since, _ in clock_changes(shop.zone_name, 2026) for shift in (-1, 0, 1)]
    midnights = [start_of_day(date(2026, month, 1), shop.zone) + s * SECOND for month in range(1, 13) for s in (-1, 0)]
    instants = [*edges[3:], *midnights]
    put(warehouse, "session", *(visit(at, 0) for at in instants))
    with warehouse.read() as engine:
        table = engine.table("session")
        day = local_day(table.started_at, Reading(engine, shop, NOW))
        found = engine.to_pyarrow(table.select("started_at", day=day)).to_pylist()
    expected = {naive(at): at.astimezone(shop.zone).date() for at in instants}
    assert {row["started_at"]: row["day"] for row in found} == expected


def test_clicks_of_machines_are_not_clicks(warehouse: Warehouse) -> None:
    """S17: unknown clicks count as human."""
    people(warehouse, "ann")
    put(
        warehouse,
        "message_event",
        message("clicked", NOW - 5 * DAY, "human"),
        message("clicked", NOW - 3 * DAY, "unknown"),
        message("clicked", NOW - 1 * DAY, "machine"),
        message("opened", NOW - 1 * DAY, "human"),
        message("clicked", NOW, "human"),
    )
    assert one(warehouse, NOW, "last_click_date") == naive(NOW - 3 * DAY)


LATE = start_of_day(date(2026, 2, 8), PARIS.zone)  # 30 days before the day of NOW
RECENT = start_of_day(date(2025, 9, 11), PARIS.zone)  # 180 days


@pytest.mark.parametrize(
    ("signs", "at", "tier"),
    [
        ({"visits": 4}, LATE, "super_active"),
        ({"visits": 4}, LATE - SECOND, "moderate"),
        ({"visits": 3}, LATE, "moderate"),
        ({"clicks": 3}, LATE, "super_active"),
        ({"clicks": 3}, LATE - SECOND, "moderate"),
        ({"clicks": 2}, LATE, "moderate"),
        ({"orders": 2}, LATE, "super_active"),
        ({"orders": 2}, LATE - SECOND, "moderate"),
        ({"visits": 1}, RECENT, "moderate"),
        ({"clicks": 1}, RECENT, "moderate"),
        ({"orders": 1}, RECENT, "moderate"),
        ({"visits": 9, "clicks": 9, "orders": 9}, RECENT - SECOND, "dormant"),
        ({}, RECENT, "dormant"),
    ],
)
def test_engagement_tiers(warehouse: Warehouse, signs: dict[str, int], at: datetime, tier: str) -> None:
    """L7, by clicks, visits and orders: each suffices for itself; windows are whole days of the shop's zone."""
    people(warehouse, "ann")
    put(warehouse, "session", *(visit(at) for _ in range(signs.get("visits", 0))))
    put(warehouse, "message_event", *(message("clicked", at, "unknown") for _ in range(signs.get("clicks", 0))))
    put(warehouse, "message_event", *(message("clicked", NOW - DAY, "machine") for _ in range(5)))
    put(warehouse, "order", *(order(at) for _ in range(signs.get("orders", 0))))
    assert one(warehouse, NOW, "engagement_tier") == tier


@pytest.mark.parametrize(("added", "tier"), [(RECENT, None), (RECENT - SECOND, "dormant")])
def test_somebody_new_is_not_dormant_yet(warehouse: Warehouse, added: datetime, tier: str | None) -> None:
    people(warehouse, "ann", added=added)
    assert one(warehouse, NOW, "engagement_tier") == tier


def test_the_numbers_of_the_tiers_are_settings(warehouse: Warehouse) -> None:
    people(warehouse, "ann")
    put(warehouse, "session", visit(NOW - 40 * DAY), visit(NOW - 41 * DAY))
    eager = Shop("main", "M", "EUR", "Europe/Paris", "fr", {"engagement": {"super_days": 60, "super_visits": 2}})
    assert one(warehouse, NOW, "engagement_tier") == "moderate"
    assert one(warehouse, NOW, "engagement_tier", eager) == "super_active"


@pytest.mark.parametrize(("opened", "tier"), [(0, "dormant"), (1, "moderate"), (2, "moderate"), (3, "super_active")])
def test_engagement_by_opens_needs_consent(warehouse: Warehouse, opened: int, tier: str) -> None:
    """Only what humans opened counts, only for who agreed that opens are noticed (S17)."""
    people(warehouse, "ann", "bob", "cid")
    agreed = {"purpose": "opens", "channel": "email", "status": "granted", "at": naive(NOW - 300 * DAY)}
    put(warehouse, "consent_entry", *({"customer_id": who, **agreed} for who in ("ann", "cid")))
    for who in ("ann", "bob"):
        sent = [message("accepted", NOW - 9 * DAY, message_id=f"{who}{n}", customer_id=who) for n in range(4)]
        seen = [
            message("opened", NOW - day * DAY, "human", message_id=f"{who}{n}", customer_id=who)
            for n in range(opened)
            for day in (7, 8)
        ]
        guessed = [message("opened", NOW - DAY, "unknown", message_id=f"{who}3", customer_id=who)]
        put(warehouse, "message_event", *sent, *seen, *guessed)
    assert features(warehouse, NOW, ["engagement_tier_opens"]) == {"ann": (tier,), "bob": (None,), "cid": (None,)}


def test_contacts_of_a_year(warehouse: Warehouse) -> None:
    edge = start_of_day(date(2025, 3, 10), PARIS.zone)
    people(warehouse, "ann", "bob")
    put(
        warehouse,
        "event",
        event("Support Contacted", edge),
        event("Live Chat Conversation Started", edge + DAY),
        event("Support Contacted", edge - SECOND),
        event("Product Viewed", edge + DAY),
        event("Support Contacted", NOW),
        event("Support Contacted", NOW - DAY, None),
    )
    assert features(warehouse, NOW, ["support_contacts"]) == {"ann": (2,), "bob": (0,)}


def test_origin_of_the_first_visit_or_else_the_first_order(warehouse: Warehouse) -> None:
    people(warehouse, "ann", "bob", "cid", "dan")
    ads = {"acquisition_source": "ads", "campaign": "summer"}
    put(
        warehouse,
        "session",
        visit(NOW - 9 * DAY, source="email", campaign="welcome"),
        visit(NOW - 8 * DAY, source="social"),
        visit(NOW - 9 * DAY, customer="bob"),
        visit(NOW - 8 * DAY, customer="bob", source="social"),
        visit(NOW - 9 * DAY, customer="dan", source="search"),
    )
    first, later = order(NOW - 7 * DAY, "bob", **ads), order(NOW - 6 * DAY, "bob", acquisition_source="x")
    put(warehouse, "order", later, first, order(NOW - 9 * DAY, "dan", **ads))
    assert features(warehouse, NOW, ["acquisition_source", "acquisition_campaign"]) == {
        "ann": ("email", "welcome"),
        "bob": ("ads", "summer"),
        "cid": (None, None),
        "dan": ("search", None),
    }
