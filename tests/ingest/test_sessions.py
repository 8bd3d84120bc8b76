"""S7, S11: sessions are cut from events, whatever the order in which these arrive, and their ids are stable."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relance.ingest import Record, append, append_table, cut_sessions, load_inbox, sessions
from relance.ingest.browsing import BROWSING, PAGES, Doing
from relance.ingest.loader import Loader
from relance.ingest.sessions import cut_due, note_due
from relance.store import DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse

START = datetime(2026, 3, 9, 22, 0)
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr", {"shop_url": "https://maison-clairval.example/"})
NAMES = (*("Page Viewed", "Product Viewed", "Products Searched", "Product Added", "Recommendation Clicked"),)
MORE = ("Live Chat Conversation Started", "Product Added to Wishlist", "Checkout Started", "Order Completed")


@dataclass(frozen=True)
class Event:
    """An event as the tests write it; `at` is seconds after the start."""

    number: int
    customer: str | None
    visitor: str | None
    name: str
    at: int
    properties: str | None = None

    @property
    def person(self) -> tuple[bool, str | None]:
        return self.customer is not None, self.customer or self.visitor

    @property
    def when(self) -> datetime:
        return START + timedelta(seconds=self.at)


def table(events: Sequence[Event]) -> pa.Table:
    at = pa.array([event.when for event in events], pa.timestamp("us"))
    return pa.table(
        {
            "event_id": pa.array([f"e{event.number:03}" for event in events], pa.string()),
            "customer_id": pa.array([event.customer for event in events], pa.string()),
            "anonymous_id": pa.array([event.visitor for event in events], pa.string()),
            "name": pa.array([event.name for event in events], pa.string()),
            "occurred_at": at,
            "received_at": at,
            "properties": pa.array([event.properties for event in events], pa.string()),
            "batch_id": pa.array(["b"] * len(events), pa.string()),
        }
    )


def arrive(warehouse: Warehouse, events: Sequence[Event]) -> int:
    """Events come in and their people's sessions are cut again."""
    with warehouse.write() as writer:
        rows = writer.stage(table(events))
        writer.insert("event", rows)
        note_due(writer, rows, "occurred_at")
    return cut_due(warehouse, SHOP, "b")


def rows_of(warehouse: Warehouse, name: str) -> list[dict[str, Any]]:
    with warehouse.read() as engine:
        rows = engine.table(name)
        found: list[dict[str, Any]] = engine.to_pyarrow(rows.drop("batch_id")).to_pylist()
    return sorted(found, key=str)


def empty() -> Warehouse:
    return Warehouse(None, memory_mb=512, threads=1)


def naive(events: Sequence[Event]) -> list[list[Event]]:
    """The sessions as lists of events: one person after the other, event by event."""
    people: dict[Any, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: (event.at, event.number)):
        if event.name in BROWSING and event.person[1] is not None:
            people[event.person].append(event)
    found: list[list[Event]] = []
    for mine in people.values():
        current = [mine[0]]
        for event in mine[1:]:
            if event.at - current[-1].at > 30 * 60:
                found.append(current)
                current = []
            current.append(event)
        found.append(current)
    return found


def described(session: list[Event]) -> dict[str, Any]:
    """What the warehouse should say of a session, apart from its id."""
    doings = [BROWSING[event.name] for event in session]
    pages = 0
    for place, doing in enumerate(doings):
        beside = [near for near in (place - 1, place + 1) if 0 <= near < len(session)]
        named = any(
            doings[near] is Doing.PAGE_CALL and abs(session[near].at - session[place].at) <= 2 for near in beside
        )
        pages += doing is Doing.PAGE_CALL or (doing in PAGES and not named)
    views = [
        after.at - event.at
        for event, after, doing in zip(session, session[1:], doings, strict=False)
        if doing is Doing.PRODUCT_PAGE
    ]
    return {
        "customer_id": session[0].customer,
        "anonymous_id": next((event.visitor for event in session if event.visitor), None),
        "started_at": session[0].when,
        "ended_at": session[-1].when,
        "pages": pages,
        "product_pages": doings.count(Doing.PRODUCT_PAGE),
        "longest_product_view": max(views, default=0),
        "searches": doings.count(Doing.SEARCH),
        "recommendation_clicks": doings.count(Doing.RECOMMENDATION),
        "chats": doings.count(Doing.CHAT),
        "carts": doings.count(Doing.CART),
        "wishlists": doings.count(Doing.WISHLIST),
    }


def without_id(session: dict[str, Any]) -> dict[str, Any]:
    left_out = {"session_id", "source", "campaign", "bucket"}
    return {name: value for name, value in session.items() if name not in left_out}


def page(number: int, minutes: float, customer: str | None = "c1", visitor: str | None = None, **more: Any) -> Event:
    return Event(number, customer, visitor, "Page Viewed", round(minutes * 60), **more)


people = st.sampled_from([("c1", None), ("c1", "v1"), ("c2", "v2"), (None, "v1"), (None, "c1"), (None, None)])
moments = st.one_of(st.integers(0, 4 * 3600), st.integers(0, 20).map(lambda steps: steps * 1800))
event_lists = st.lists(st.tuples(people, st.sampled_from([*NAMES, *MORE]), moments), min_size=1, max_size=25).map(
    lambda drawn: [Event(number, *who, name, at) for number, (who, name, at) in enumerate(drawn)]
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=event_lists, order=st.randoms(use_true_random=False), batches=st.integers(2, 3))
def test_any_order_of_arrival_gives_the_naive_sessions(events: list[Event], order: Any, batches: int) -> None:
    """S11: as many batches as you like, in any order: the sessions of a plain loop, and of one whole cut."""
    _arrive_in_any_order(events, order, -(-len(events) // batches))


@pytest.mark.soak
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=event_lists, order=st.randoms(use_true_random=False), size=st.integers(1, 6))
def test_many_orders_of_arrival_give_the_naive_sessions(events: list[Event], order: Any, size: int) -> None:
    _arrive_in_any_order(events, order, size)


def _arrive_in_any_order(events: list[Event], order: Any, cuts: int) -> None:
    shuffled = list(events)
    order.shuffle(shuffled)
    stepwise, whole = empty(), empty()
    given_to: dict[str, set[str]] = defaultdict(set)
    for start in range(0, len(shuffled), cuts):
        before = {row["session_id"]: row for row in rows_of(stepwise, "session")}
        arrive(stepwise, shuffled[start : start + cuts])
        after = {row["session_id"]: row for row in rows_of(stepwise, "session")}
        assert len(after) == len(rows_of(stepwise, "session"))
        for session_id, row in after.items():
            given_to[session_id].add(row["customer_id"] or f"?{row['anonymous_id']}")
            assert session_id not in before or before[session_id]["started_at"] >= row["started_at"]
            _keeps_the_earliest(row, before)
    assert all(len(owners) == 1 for owners in given_to.values())
    arrive(whole, events)
    expected = sorted((described(session) for session in naive(events)), key=str)
    for warehouse in (stepwise, whole):
        assert sorted(map(without_id, rows_of(warehouse, "session")), key=str) == expected
    held = rows_of(stepwise, "session")
    with stepwise.write() as writer:
        assert cut_sessions(writer, SHOP, None) == 0
    assert rows_of(stepwise, "session") == held


def _keeps_the_earliest(row: dict[str, Any], before: dict[str, dict[str, Any]]) -> None:
    """A session that overlaps older ones of its person has the id of the earliest of them."""
    mine = [
        old
        for old in before.values()
        if (old["customer_id"], old["customer_id"] or old["anonymous_id"])
        == (row["customer_id"], row["customer_id"] or row["anonymous_id"])
        and old["started_at"] <= row["ended_at"]
        and row["started_at"] <= old["ended_at"]
    ]
    if mine:
        assert row["session_id"] == min(mine, key=lambda old: old["started_at"])["session_id"]


def test_thirty_minutes_do_not_end_a_session_and_midnight_neither() -> None:
    """S11: more than 30 minutes of silence; the shop's midnight is 23:00 here, the warehouse's an hour later."""
    warehouse = empty()
    arrive(
        warehouse, [page(1, 50), page(2, 80), page(3, 110), page(4, 140), Event(5, "c1", None, "Page Viewed", 10201)]
    )
    (one, two) = sorted(rows_of(warehouse, "session"), key=lambda row: row["started_at"])
    assert (one["started_at"], one["ended_at"]) == (START + timedelta(minutes=50), START + timedelta(minutes=140))
    assert (two["pages"], two["started_at"]) == (1, START + timedelta(seconds=10201))


def test_a_late_event_joins_sessions_under_the_first_id_and_leaves_the_others_alone() -> None:
    warehouse = empty()
    assert arrive(warehouse, [page(1, 0), page(2, 50), page(3, 200), page(4, 0, "c2")]) == 4
    first, second, third = sorted(
        (row for row in rows_of(warehouse, "session") if row["customer_id"] == "c1"), key=lambda row: row["started_at"]
    )
    assert arrive(warehouse, [page(5, 25)]) == 1
    joined, last = sorted(
        (row for row in rows_of(warehouse, "session") if row["customer_id"] == "c1"), key=lambda row: row["started_at"]
    )
    assert (joined["session_id"], joined["pages"], joined["ended_at"]) == (first["session_id"], 3, second["ended_at"])
    assert last == third
    assert arrive(warehouse, [page(6, -20)]) == 1
    assert {row["session_id"] for row in rows_of(warehouse, "session") if row["pages"] == 4} == {first["session_id"]}


def test_an_id_comes_from_the_events_and_not_from_their_order() -> None:
    one, other = empty(), empty()
    events = [page(1, 0), page(2, 10), page(3, 100), page(4, 0, None, "v1")]
    arrive(one, events)
    arrive(other, events[::-1])
    assert rows_of(one, "session") == rows_of(other, "session")
    assert len({row["session_id"] for row in rows_of(one, "session")}) == 3


def test_a_cut_in_parts_is_the_same_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [page(number, 7 * number % 300, f"c{number % 7}", f"v{number % 5}") for number in range(60)]
    events += [page(number, number, None, f"v{number % 5}") for number in range(60, 90)]
    whole, parted = empty(), empty()
    for warehouse in (whole, parted):
        with warehouse.write() as writer:
            writer.insert("event", table(events))
            assert cut_sessions(writer, SHOP, None) == len(naive(events))
        monkeypatch.setattr(sessions, "AT_ONCE", 20)
    assert rows_of(whole, "session") == rows_of(parted, "session")


def test_a_visitors_session_follows_its_events_to_the_customer() -> None:
    """S7: nobody's session is a customer's once its events are."""
    warehouse = empty()
    visits = [page(1, 0, None, "v1"), page(2, 5, None, "v1"), page(3, 300, None, "v1"), page(4, 2, None, "v2")]
    arrive(warehouse, visits)
    before = {row["started_at"]: row for row in rows_of(warehouse, "session") if row["anonymous_id"] == "v1"}
    assert {row["customer_id"] for row in before.values()} == {None}
    known = [Event(visit.number, "c1", "v1", visit.name, visit.at) for visit in visits[:3]]
    with warehouse.write() as writer:
        rows = writer.stage(table(known))
        writer.delete_matching("event", "event_id", rows)
        writer.insert("event", rows)
        note_due(writer, rows, "occurred_at")
    assert cut_due(warehouse, SHOP, "b") == 2
    after = [row for row in rows_of(warehouse, "session") if row["customer_id"] == "c1"]
    assert [(row["session_id"], row["anonymous_id"]) for row in sorted(after, key=lambda row: row["started_at"])] == [
        (before[at]["session_id"], "v1") for at in sorted(before)
    ]
    assert len(rows_of(warehouse, "session")) == 3


@pytest.mark.parametrize(
    ("properties", "source", "campaign"),
    [
        ('{"utm_source": "Newsletter", "utm_campaign": "Été"}', "newsletter", "Été"),
        ('{"context": {"campaign": {"source": "google_ads", "name": "marque"}}}', "google_ads", "marque"),
        ('{"referrer": "https://www.google.fr/search?q=vase"}', "google", None),
        ('{"context": {"page": {"referrer": "https://l.instagram.com/"}}}', "instagram", None),
        ('{"referrer": "https://mail.google.com/"}', "email", None),
        ('{"referrer": "https://www.un-blog.fr:443/vases"}', "un-blog.fr", None),
        ('{"referrer": "https://maison-clairval.example/produits/1"}', "direct", None),
        ('{"referrer": "", "utm_source": "  "}', "direct", None),
        ('{"utm_source": 7}', "direct", None),
        ("utm_source, but no JSON", "direct", None),
        (None, "direct", None),
    ],
)
def test_source_and_campaign_are_those_of_the_first_page(
    properties: str | None, source: str, campaign: str | None
) -> None:
    warehouse = empty()
    cart = Event(1, "c1", None, "Product Added", 0, '{"utm_source": "cart"}')
    later = page(3, 2, properties='{"utm_source": "later", "utm_campaign": "later"}')
    arrive(warehouse, [cart, page(2, 1, properties=properties), later])
    (session,) = rows_of(warehouse, "session")
    assert (session["source"], session["campaign"]) == (source, campaign)


def test_a_page_call_and_what_it_shows_are_one_page() -> None:
    warehouse = empty()
    shown = [page(1, 0), Event(2, "c1", None, "Product Viewed", 1), Event(3, "c1", None, "Product Viewed", 90)]
    arrive(warehouse, [*shown, Event(4, "c1", None, "Product Added", 171)])
    (session,) = rows_of(warehouse, "session")
    assert (session["pages"], session["product_pages"], session["longest_product_view"]) == (2, 2, 89)


@pytest.mark.parametrize("name", ["Order Completed", "Support Contacted", "Account Created", "Order Refunded", "x"])
def test_what_a_server_says_makes_no_session(name: str) -> None:
    warehouse = empty()
    assert arrive(warehouse, [Event(1, "c1", "v1", name, 0)]) == 0
    assert rows_of(warehouse, "session") == []


def order(number: int, minutes: float, customer: str | None = "c1", **facts: Any) -> Record:
    at = START + timedelta(minutes=minutes)
    body = {"order_id": f"o{number}", "source": "shop", "number": str(number), "customer_id": customer, "total": 100}
    return Record("order", f"order:{number}:{minutes}", {**body, "ordered_at": f"{at.isoformat()}Z", **facts})


def viewed(number: int, minutes: float, **facts: Any) -> Record:
    at = START + timedelta(minutes=minutes)
    body = {"event_id": f"e{number}", "name": "Page Viewed", "customer_id": "c1", "occurred_at": f"{at.isoformat()}Z"}
    return Record("event", f"event:{number}", {**body, **facts})


def test_an_order_joins_the_session_that_contains_it_or_the_last_before(
    sqlite_store: Store, folder: DataFolder, warehouse: Warehouse, now: datetime
) -> None:
    """S11: none when the silence before it is longer, for guests, or when nothing was looked at."""
    records = [viewed(1, 0), viewed(2, 20), viewed(3, 100), order(1, 10), order(2, 50), order(3, 50 + 1 / 60)]
    records += [order(4, -1), order(5, 10, None), order(6, 10, "c2"), order(7, 101, status="voided")]
    with sqlite_store.begin() as connection:
        add_shop(connection, SHOP, now)
        append(connection, SHOP, records, now)
    load_inbox(sqlite_store, warehouse, folder, SHOP, now)
    first, second = sorted(rows_of(warehouse, "session"), key=lambda row: row["started_at"])
    placed = {row["order_id"]: row["session_id"] for row in rows_of(warehouse, "order_session")}
    assert placed == {"o1": first["session_id"], "o2": first["session_id"], "o7": second["session_id"]}
    with sqlite_store.begin() as connection:
        append(connection, SHOP, [order(1, 60), order(3, 101), viewed(4, 70)], now)
    load_inbox(sqlite_store, warehouse, folder, SHOP, now)
    placed = {row["order_id"]: row["session_id"] for row in rows_of(warehouse, "order_session")}
    # the event at 70 minutes makes the second session begin there
    assert placed == {"o2": first["session_id"], "o3": second["session_id"], "o7": second["session_id"]}
    assert len(rows_of(warehouse, "session")) == 2


def test_a_process_that_dies_before_the_cut_leaves_it_to_the_next(
    sqlite_store: Store, folder: DataFolder, warehouse: Warehouse, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_store.begin() as connection:
        add_shop(connection, SHOP, now)
        append_table(connection, folder, SHOP, "event", table([page(1, 0), page(2, 5)]), "bulk:1", now)
    with monkeypatch.context() as patch:
        patch.setattr(Loader, "_settle", _dies)
        with pytest.raises(KeyboardInterrupt):
            load_inbox(sqlite_store, warehouse, folder, SHOP, now)
    assert (len(rows_of(warehouse, "event")), rows_of(warehouse, "session")) == (2, [])
    load_inbox(sqlite_store, warehouse, folder, SHOP, now)
    (session,) = rows_of(warehouse, "session")
    assert session["pages"] == 2
    with warehouse.read() as engine:
        assert engine.to_pyarrow(engine.table("session_due")).num_rows == 0


def _dies(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_a_clock_that_is_ahead_gives_way_to_the_receipt(
    sqlite_store: Store, folder: DataFolder, warehouse: Warehouse, now: datetime
) -> None:
    """S11: over five minutes ahead; five minutes are believed."""
    ahead = [(now + timedelta(seconds=seconds)).isoformat() for seconds in (300, 301)]
    with sqlite_store.begin() as connection:
        add_shop(connection, SHOP, now)
        append(connection, SHOP, [viewed(place, 0, occurred_at=at) for place, at in enumerate(ahead)], now)
    load_inbox(sqlite_store, warehouse, folder, SHOP, now)
    received = now.replace(tzinfo=None)
    assert [row["occurred_at"] for row in rows_of(warehouse, "event")] == [received + timedelta(seconds=300), received]
