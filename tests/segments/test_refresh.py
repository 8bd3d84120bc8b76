"""Refreshing: memberships, journal and sizes in one transaction; the journal replays to the memberships."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.segments.conftest import order
from tests.segments.random_shops import fill, random_shop, typed
from tests.segments.segment_oracle import Shop as Rows

from relance import segments
from relance.errors import Conflict
from relance.segments import words64
from relance.segments.journal import replayed
from relance.store import Shop, Store, add_shop
from relance.warehouse import Warehouse, rows_of

ORDER = {"number": "8", "status": "paid", "test": False, "source": "test", "batch_id": "b", "batch": "b"}
WALL = datetime(2030, 1, 1, tzinfo=UTC)


def install(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        segments.install_library(connection, shop, now)


def stored(store: Store, warehouse: Warehouse, shop: Shop) -> set[tuple[str, str]]:
    """Who is in which segment, from the packed words."""
    with store.read() as connection, warehouse.read() as engine:
        words = engine.table("membership")
        return {
            (row["customer_id"], one.segment_id)
            for one in segments.all_segments(connection, shop, archived=True)
            for row in rows_of(engine, words64.members(words, one.bit))
        }


def journalled(warehouse: Warehouse) -> set[tuple[str, str]]:
    """Who is in which segment, from the journal."""
    with warehouse.read() as engine:
        rows = rows_of(engine, replayed(engine.table("journal")))
    return {(row["customer_id"], row["segment_id"]) for row in rows}


def causes(warehouse: Warehouse, segment_id: str) -> list[tuple[str, bool, str]]:
    with warehouse.read() as engine:
        journal = engine.table("journal")
        rows = rows_of(engine, journal.filter(journal.segment_id == segment_id).order_by("recorded_at", "customer_id"))
    return [(row["customer_id"], row["entered"], row["cause"]) for row in rows]


def test_the_library_is_evaluated_and_stored(
    store: Store, warehouse: Warehouse, shop: Shop, small: Rows, now: datetime
) -> None:
    """L1, L2, L5: the ready-made segments, on both databases."""
    install(store, shop, now)
    result = segments.refresh(store, warehouse, shop, now, recorded_at=WALL)
    assert result.customers == 3
    assert result.left == 0
    assert not result.skipped
    found = stored(store, warehouse, shop)
    assert found == journalled(warehouse)
    assert {one for one in found if one[1].startswith("phase-")} == {
        ("ann", "phase-loyal"),
        ("bob", "phase-inactive"),
        ("cid", "phase-prospect"),
    }
    assert {("cid", "new-subscribers"), ("bob", "at-risk-90-days"), ("ann", "vip")} <= found
    assert result.sizes["all-customers"] == 3


def test_a_second_refresh_changes_nothing(
    sqlite_store: Store, warehouse: Warehouse, small: Rows, now: datetime
) -> None:
    shop = own_shop(sqlite_store, now)
    install(sqlite_store, shop, now)
    segments.refresh(sqlite_store, warehouse, shop, now, recorded_at=WALL)
    again = segments.refresh(sqlite_store, warehouse, shop, now, recorded_at=WALL + timedelta(hours=1))
    assert (again.entered, again.left) == (0, 0)


def test_causes_say_why_somebody_entered_or_left(
    sqlite_store: Store, warehouse: Warehouse, small: Rows, now: datetime
) -> None:
    """S10: the first refresh is an import; later changes come from time, from events or from a new definition."""
    shop = own_shop(sqlite_store, now)
    with sqlite_store.begin() as connection:
        segments.save(connection, shop, "quiet", "Quiet", "last_order_date < -40d", now, "test")
    later = now + timedelta(days=30)
    segments.refresh(sqlite_store, warehouse, shop, now, recorded_at=WALL)
    with warehouse.write() as writer:
        row = {**order(8, "bob", later.date() - timedelta(days=1), 100), **ORDER}
        writer.insert("order", typed("order", [row]))
    segments.refresh(sqlite_store, warehouse, shop, later, recorded_at=WALL + timedelta(days=30))
    assert causes(warehouse, "quiet") == [("bob", True, "import"), ("ann", True, "window"), ("bob", False, "event")]
    with sqlite_store.begin() as connection:
        segments.save(connection, shop, "quiet", "Quiet", "number_of_orders = 0", later, "test")
    segments.refresh(sqlite_store, warehouse, shop, later, recorded_at=WALL + timedelta(days=31))
    assert causes(warehouse, "quiet")[-2:] == [("ann", False, "definition"), ("cid", True, "definition")]
    with sqlite_store.begin() as connection:
        segments.archive(connection, shop, "quiet", later)
    segments.refresh(sqlite_store, warehouse, shop, later, recorded_at=WALL + timedelta(days=32))
    assert causes(warehouse, "quiet")[-1] == ("cid", False, "definition")
    assert stored(sqlite_store, warehouse, shop) == set()


def test_going_back_needs_a_rebuild(sqlite_store: Store, warehouse: Warehouse, small: Rows, now: datetime) -> None:
    """S24: earlier than the last refresh is refused; --rebuild rewrites the journal from that day on."""
    shop = own_shop(sqlite_store, now)
    install(sqlite_store, shop, now)
    days = [now - timedelta(days=back) for back in (5, 2, 0)]
    for day in days:
        segments.refresh(sqlite_store, warehouse, shop, day, recorded_at=WALL)
    before = journalled(warehouse)
    with pytest.raises(Conflict) as refused:
        segments.refresh(sqlite_store, warehouse, shop, days[1], recorded_at=WALL)
    assert "--rebuild" in refused.value.say("en")
    assert journalled(warehouse) == before
    segments.refresh(sqlite_store, warehouse, shop, days[1], recorded_at=WALL, rebuild=True)
    with warehouse.read() as engine:
        latest = engine.to_pyarrow(engine.table("journal").effective_at.max()).as_py()
        assert latest <= days[1].replace(tzinfo=None)
    assert stored(sqlite_store, warehouse, shop) == journalled(warehouse)


@pytest.mark.parametrize(
    "seed", [3, pytest.param(14, marks=pytest.mark.soak), pytest.param(15, marks=pytest.mark.soak)]
)
def test_days_in_turn_end_where_a_full_rebuild_does(sqlite_store: Store, warehouse: Warehouse, seed: int) -> None:
    """S8: the journal over several days replays to the memberships that one refresh of the last day gives."""
    rows = replace(random_shop(seed), journal=[], segments={})
    fill(warehouse, rows)
    shop = own_shop(sqlite_store, rows.now)
    install(sqlite_store, shop, rows.now)
    for back in (4, 3, 1, 0):
        day = rows.now - timedelta(days=back)
        segments.refresh(sqlite_store, warehouse, shop, day, recorded_at=WALL)
        assert stored(sqlite_store, warehouse, shop) == journalled(warehouse)
    # The same threshold version: the scores' edges of the last month stay in force.
    timely = {one for one in stored(sqlite_store, warehouse, shop) if not one[1].startswith("rfm-")}
    fresh = Warehouse(None, memory_mb=512, threads=2)
    fill(fresh, rows)
    segments.refresh(sqlite_store, fresh, shop, rows.now, recorded_at=WALL)
    assert {one for one in stored(sqlite_store, fresh, shop) if not one[1].startswith("rfm-")} == timely
    fresh.close()


def test_more_than_a_word_of_segments(sqlite_store: Store, warehouse: Warehouse, small: Rows, now: datetime) -> None:
    """Bits 63 and 64 are ordinary bits."""
    shop = own_shop(sqlite_store, now)
    with sqlite_store.begin() as connection:
        for number in range(66):
            query = f"number_of_orders >= {number % 8}"
            segments.save(connection, shop, f"s{number}", f"S{number}", query, now, "test")
    result = segments.refresh(sqlite_store, warehouse, shop, now, recorded_at=WALL)
    assert result.sizes["s63"] == 0
    assert result.sizes["s64"] == 3
    expected = {(who, f"s{n}") for n in range(66) for who, has in (("ann", 6), ("bob", 1), ("cid", 0)) if has >= n % 8}
    assert stored(sqlite_store, warehouse, shop) == expected == journalled(warehouse)


def test_sizes_and_their_change(sqlite_store: Store, warehouse: Warehouse, small: Rows, now: datetime) -> None:
    """The list shows each segment's size, revenue and change over 30 days."""
    shop = own_shop(sqlite_store, now)
    with sqlite_store.begin() as connection:
        segments.save(connection, shop, None, "Deux commandes !", "number_of_orders >= 6", now, "test")
    for back in (31, 0):
        segments.refresh(sqlite_store, warehouse, shop, now - timedelta(days=back), recorded_at=WALL)
    with sqlite_store.read() as connection:
        (summary,) = segments.summaries(connection, warehouse, shop, "en")
        page = segments.members(connection, warehouse, shop, "deux-commandes")
        inside = segments.customer_memberships(connection, warehouse, shop, "ann")
    assert (summary.change, summary.as_json()["members"], summary.as_json()["revenue"]) == (1, 1, "300.00")
    assert [member.customer_id for member in page.members] == ["ann"]
    assert [(one.segment_id, one.since) for one in inside] == [
        ("deux-commandes", small.orders[0]["ordered_at"].replace(tzinfo=UTC))
    ]


def own_shop(store: Store, now: datetime) -> Shop:
    """A French shop in this store."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with store.begin() as connection:
        add_shop(connection, shop, now)
    return shop
