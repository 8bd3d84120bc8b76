"""What a change of a query would do, and the journal as people read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.segments.conftest import order
from tests.segments.random_shops import fill
from tests.segments.segment_oracle import Shop as Rows

from relance import segments
from relance.errors import BadInput, NotFound, QueryError
from relance.store import Shop, Store, add_shop
from relance.warehouse import Warehouse

WALL = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def shop(sqlite_store: Store, small: Rows, now: datetime) -> Shop:
    """A shop with one segment: those who ordered."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        add_shop(connection, made, now)
        segments.save(connection, made, "buyers", "Buyers", "number_of_orders >= 1", now, "test")
    return made


def ids(group: segments.Group) -> list[str]:
    return [member.customer_id for member in group.members]


def test_impact_on_what_is_stored(sqlite_store: Store, warehouse: Warehouse, shop: Shop, now: datetime) -> None:
    """Compared with the members of the last refresh; before one, with the saved query."""
    asked = "number_of_orders = 1 OR number_of_orders = 0"
    with sqlite_store.read() as connection:
        before = segments.impact(connection, warehouse, shop, "buyers", asked, now)
    segments.refresh(sqlite_store, warehouse, shop, now, recorded_at=WALL)
    with sqlite_store.read() as connection:
        found = segments.impact(connection, warehouse, shop, "buyers", asked, now)
        none = segments.impact(connection, warehouse, shop, "buyers", "number_of_orders >= 1", now, sample=1)
    assert (before.against, found.against) == ("query", "members")
    for one in (before, found):
        assert [ids(group) for group in (one.stays, one.enters, one.leaves)] == [["bob"], ["cid"], ["ann"]]
        assert (one.stays.revenue, one.enters.revenue, one.leaves.revenue) == (1999, 0, 30_000)
        assert one.leaves.share == pytest.approx(1 / 3)
    assert (none.stays.count, none.enters.count, none.leaves.count) == (2, 0, 0)
    assert ids(none.stays) == ["ann"]
    json = found.as_json()
    assert (json["stays"]["count"], json["leaves"]["revenue"]) == (1, "300.00")


def test_impact_of_a_faulty_query(sqlite_store: Store, warehouse: Warehouse, shop: Shop, now: datetime) -> None:
    with sqlite_store.read() as connection:
        with pytest.raises(QueryError):
            segments.impact(connection, warehouse, shop, "buyers", "number_of_ordres > 1", now)
        with pytest.raises(NotFound):
            segments.impact(connection, warehouse, shop, "nothing", "number_of_orders > 1", now)


def test_the_journal_is_read_page_by_page(
    sqlite_store: Store, warehouse: Warehouse, shop: Shop, small: Rows, now: datetime
) -> None:
    """Newest first, each row once, with the cause in words."""
    segments.refresh(sqlite_store, warehouse, shop, now, recorded_at=WALL)
    later = now + timedelta(days=1)
    small.orders.append(order(9, "cid", now.date(), 100))
    fill(warehouse, small)
    segments.refresh(sqlite_store, warehouse, shop, later, recorded_at=WALL + timedelta(days=3))
    with sqlite_store.begin() as connection:
        segments.save(connection, shop, "buyers", "Buyers", "number_of_orders > 1", later, "test")
    segments.refresh(sqlite_store, warehouse, shop, later, recorded_at=WALL + timedelta(days=4))
    seen: list[segments.JournalEntry] = []
    after: str | None = None
    for _ in range(9):
        page = segments.segment_journal(warehouse, "buyers", limit=2, after=after)
        seen += page.entries
        after = page.after
        if after is None:
            break
    assert [(one.customer_id, one.entered) for one in seen[:2]] == [("bob", False), ("cid", False)]
    assert {(one.customer_id, one.entered) for one in seen[2:]} == {("cid", True), ("ann", True), ("bob", True)}
    assert len(seen) == 5
    assert seen == sorted(seen, key=lambda one: one.effective_at, reverse=True)
    left = segments.segment_journal(warehouse, "buyers", entered=False).entries
    assert [one.customer_id for one in left] == ["bob", "cid"]
    mine = segments.customer_journal(warehouse, "cid")
    assert [(one.entered, one.cause) for one in mine] == [(False, "definition"), (True, "event")]
    assert mine[0].why("en").startswith("a new definition of the segment")
    assert mine[0].why("fr") != mine[0].why("en")
    with pytest.raises(BadInput):
        segments.segment_journal(warehouse, "buyers", after="nothing")


@pytest.mark.parametrize(
    ("cause", "detail", "words"),
    [
        ("event", "order:1001", "something the customer did (most recently: order 1001)"),
        ("window", "day:2026-03-10", "time that passed (on 10 March 2026)"),
        ("window", None, "time that passed"),
        ("unheard-of", "thing:4", "unheard-of (thing 4)"),
    ],
)
def test_causes_in_words(now: datetime, cause: str, detail: str | None, words: str) -> None:
    entry = segments.JournalEntry("a", "Ann", "buyers", True, now, now, cause, detail)
    assert entry.why("en") == words


def test_time_is_not_named_where_it_changes_nothing(now: datetime) -> None:
    """A look that catches up notes the newest of all that happened, be it the end of another segment's window."""
    timed = segments.Segment("recent", "", "last_order_date >= -30d", 1, 1, None, False, now)
    kept = [replace(timed, segment_id="buyers", query="number_of_orders > 0"), timed]
    known = segments.timeless([*kept, replace(timed, segment_id="broken", query="(")], segments.fields_with())
    assert known == {"buyers": now}
    entry = segments.JournalEntry("a", "Ann", "buyers", True, now, now, "window", "day:2026-03-10")
    assert entry.why("en", known) == "new data about the customer"
    for other in (replace(entry, segment_id="recent"), replace(entry, effective_at=now - timedelta(days=1))):
        assert other.why("en", known) == "time that passed (on 10 March 2026)"
