"""Lists, snapshots and tags: who is on them, what a file named, and what queries find (row 42)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.segments.three_people import Row, fill_shop, orders, people

from relance import segments
from relance.errors import BadInput, Conflict, NotFound, QueryError
from relance.segments import list_files, lists, tags
from relance.segments.chosen import choose, of_ids, of_list
from relance.segments.kept_lists import all_lists, find_list
from relance.segments.language import complete
from relance.segments.language.typed import Matching
from relance.store import Shop, Store
from relance.warehouse import Warehouse

LATER = timedelta(seconds=1)
ON_SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def small(warehouse: Warehouse, now: datetime) -> list[Row]:
    """The three customers, in the warehouse with their orders."""
    fill_shop(warehouse, people(), orders(now))
    return people()


def members(warehouse: Warehouse, list_id: str) -> set[str]:
    with warehouse.read() as engine:
        return set(engine.to_pyarrow(of_list(list_id)(engine))["customer_id"].to_pylist())


def found(warehouse: Warehouse, shop: Shop, query: str, now: datetime) -> set[str]:
    return {one.customer_id for one in segments.preview(warehouse, shop, query, now).members}


def test_a_list_is_asked_for_by_its_name(
    store: Store, warehouse: Warehouse, shop: Shop, small: list[Row], now: datetime
) -> None:
    made = lists.make_list(store, warehouse, shop, "  Salon   2026 ", now, "claire", people=of_ids(["ann", "nobody"]))
    assert (made.name, made.list_id, made.kind, made.size, made.made_by) == (
        *("Salon 2026", "salon-2026", "list", 1, "claire"),
    )
    assert found(warehouse, shop, "list = 'Salon 2026'", now + LATER) == {"ann"}
    assert found(warehouse, shop, "list != 'Salon 2026'", now + LATER) == {"bob", "cid"}
    assert found(warehouse, shop, "list IS NULL AND number_of_orders = 1", now + LATER) == {"bob"}
    assert found(warehouse, shop, "list = 'Salon 2026'", now) == set()  # S24: who was put on it at `now` is not there
    told = segments.explain(warehouse, shop, "list = 'Salon 2026'", "ann", now + LATER)
    assert (told.holds, told.found) == (True, "Salon 2026")
    with pytest.raises(QueryError, match="Salon 2026"):
        segments.preview(warehouse, shop, "list = 'Salon 2062'", now)


@ON_SQLITE
def test_people_are_put_on_and_taken_off(
    store: Store, warehouse: Warehouse, shop: Shop, small: list[Row], now: datetime
) -> None:
    made = lists.make_list(store, warehouse, shop, "Box", now, "claire")
    assert lists.put_on(store, warehouse, shop, "box", of_ids(["ann", "bob", "ann"]), now) == 2
    assert lists.put_on(store, warehouse, shop, made.list_id, of_ids(["bob", "cid"]), now) == 1
    assert lists.take_off(store, warehouse, shop, "Box", of_ids(["ann", "dan"]), now) == 1
    assert members(warehouse, "box") == {"bob", "cid"}
    with pytest.raises(NotFound):
        lists.put_on(store, warehouse, shop, "bag", of_ids([]), now)


def test_names_are_taken_once_and_kept_while_asked_for(
    store: Store, warehouse: Warehouse, shop: Shop, small: list[Row], now: datetime
) -> None:
    lists.make_list(store, warehouse, shop, "Box", now, "claire")
    for name, error in (("BOX", Conflict), ("  ", BadInput), ("x" * 201, BadInput)):
        with pytest.raises(error):
            lists.make_list(store, warehouse, shop, name, now, "claire")
    renamed = lists.rename_list(store, warehouse, shop, "box", "Colis", now)
    assert (renamed.list_id, renamed.name) == ("box", "Colis")
    with store.begin() as connection, warehouse.read() as engine:
        fields = segments.fields_of_shop(engine)
        query = "number_of_orders > 0 AND NOT (list IN ('Colis'))"
        segments.save(connection, shop, None, "Sans colis", query, now, "claire", fields=fields)
    for change in (
        lambda: lists.rename_list(store, warehouse, shop, "box", "Other", now),
        lambda: lists.delete_list(store, warehouse, shop, "box"),
    ):
        with pytest.raises(Conflict, match="Sans colis"):
            change()
    with store.begin() as connection:
        segments.archive(connection, shop, "sans-colis", now)
    lists.delete_list(store, warehouse, shop, "box")
    with store.read() as connection:
        assert all_lists(connection, warehouse, shop) == []


@ON_SQLITE
def test_a_snapshot_stays_while_its_segment_moves(
    store: Store, warehouse: Warehouse, shop: Shop, small: list[Row], now: datetime
) -> None:
    with store.begin() as connection:
        segments.save(connection, shop, "buyers", "Buyers", "number_of_orders > 0", now, "claire")
    with pytest.raises(Conflict):
        lists.snapshot(store, warehouse, shop, "buyers", now, "claire")
    segments.refresh(store, warehouse, shop, now, recorded_at=now)
    taken = lists.snapshot(store, warehouse, shop, "buyers", now, "claire", name="Buyers of March")
    assert (taken.kind, taken.segment_id, taken.segment_version, taken.as_of) == ("snapshot", "buyers", 1, now)
    assert members(warehouse, taken.list_id) == {"ann", "bob"}
    earlier = lists.snapshot(store, warehouse, shop, "buyers", now, "claire", at=now - timedelta(days=190))
    assert members(warehouse, earlier.list_id) == {"bob"}
    with pytest.raises(Conflict):
        lists.put_on(store, warehouse, shop, taken.list_id, of_ids(["cid"]), now)


@ON_SQLITE
@pytest.mark.parametrize(
    ("operation", "expected"),
    [("union", {"ann", "bob", "cid"}), ("intersection", {"bob"}), ("difference", {"ann"})],
)
def test_lists_are_combined(
    store: Store,
    warehouse: Warehouse,
    shop: Shop,
    small: list[Row],
    now: datetime,
    operation: lists.Operation,
    expected: set[str],
) -> None:
    lists.make_list(store, warehouse, shop, "One", now, "c", people=of_ids(["ann", "bob"]))
    lists.make_list(store, warehouse, shop, "Two", now, "c", people=of_ids(["bob", "cid"]))
    made = lists.combine_lists(store, warehouse, shop, operation, ["one", "Two"], "Both", now, "c")
    assert members(warehouse, made.list_id) == expected
    with pytest.raises(BadInput):
        lists.combine_lists(store, warehouse, shop, operation, ["one", "One"], "Same", now, "c")


@pytest.mark.parametrize(
    "content",
    [
        "ann@example.org\nBOB@example.org\n",
        "name;Email\nAnn;ann@example.org\nBob;Bob@Example.org\n",
        "\ufeffcustomer_id,email\nann,\n,bob@example.org\n",
        "ID\n'ann\nbob\n",
    ],
)
def test_a_file_names_customers(warehouse: Warehouse, small: list[Row], content: str) -> None:
    named = list_files.named_in_file(warehouse, content.encode())
    assert (named.customer_ids, named.rejected) == (("ann", "bob"), ())


def test_rows_that_name_nobody_are_kept_with_the_reason(warehouse: Warehouse, small: list[Row]) -> None:
    small.append({"customer_id": "eve", "email": "ann@example.org", "external_id": "9"})
    fill_shop(warehouse, small)
    content = 'email\nann@example.org\n7\n\n"nobody@example.org"\ncid\n'
    named = list_files.named_in_file(warehouse, content.encode())
    assert named.customer_ids == ("cid",)
    assert [(one.row, one.value, one.reason) for one in named.rejected] == [
        (2, "ann@example.org", "ambiguous"),
        (4, "", "empty"),
        (5, "nobody@example.org", "unknown"),
        (6, "cid", "repeated"),
    ]
    assert list_files.rejects_csv(named.rejected).splitlines()[1] == b'2,"ann@example.org","ambiguous"'
    assert list_files.named_in_file(warehouse, b"").customer_ids == ()


@ON_SQLITE
def test_tags_are_given_once_whatever_their_case(
    warehouse: Warehouse, shop: Shop, small: list[Row], now: datetime
) -> None:
    small[0]["tags"] = ["Pro"]
    fill_shop(warehouse, small)
    everybody = of_ids(["ann", "bob", "cid"])
    given = tags.add_tag(warehouse, shop, " PRO ", everybody, now, "claire")
    assert (given.tag, given.added, given.already, given.full) == ("PRO", 2, 1, 0)
    again = tags.add_tag(warehouse, shop, "pro", everybody, now, "claire")
    assert (again.added, again.already) == (0, 3)
    assert found(warehouse, shop, "customer_tags CONTAINS 'pro'", now + LATER) == {"ann", "bob", "cid"}
    (tag,) = tags.all_tags(warehouse, shop, now + LATER)
    assert (tag.customers, tag.own) == (3, 2)
    assert tags.remove_tag(warehouse, "Pro", of_ids(["ann", "bob"])) == 1
    assert found(warehouse, shop, "customer_tags CONTAINS 'pro'", now + LATER) == {"ann", "cid"}


@ON_SQLITE
def test_nobody_carries_more_than_250_tags(warehouse: Warehouse, shop: Shop, small: list[Row], now: datetime) -> None:
    small[0]["tags"] = [f"tag {number}" for number in range(249)]
    fill_shop(warehouse, small)
    assert tags.add_tag(warehouse, shop, "the 250th", of_ids(["ann"]), now, "claire").added == 1
    too_many = tags.add_tag(warehouse, shop, "the 251st", of_ids(["ann", "bob"]), now + LATER, "claire")
    assert (too_many.added, too_many.full) == (1, 1)
    for wrong in ("", "a,b", "x" * 256):
        with pytest.raises(BadInput):
            tags.add_tag(warehouse, shop, wrong, of_ids([]), now, "claire")


@ON_SQLITE
def test_people_are_named_by_one_thing(
    store: Store, warehouse: Warehouse, shop: Shop, small: list[Row], now: datetime
) -> None:
    with store.read() as connection:
        with pytest.raises(BadInput):
            choose(connection, warehouse, shop, now)
        with pytest.raises(BadInput):
            choose(connection, warehouse, shop, now, query="age > 3", segment="x")
        chosen = choose(connection, warehouse, shop, now, query="number_of_orders = 1")
    with warehouse.read() as engine:
        assert engine.to_pyarrow(chosen.people(engine))["customer_id"].to_pylist() == ["bob"]


@ON_SQLITE
def test_a_change_of_a_list_reaches_the_next_refresh(
    store: Store, warehouse: Warehouse, shop: Shop, small: list[Row], now: datetime
) -> None:
    lists.make_list(store, warehouse, shop, "Box", now - LATER, "c", people=of_ids(["ann", "bob"]))
    with store.begin() as connection, warehouse.read() as engine:
        fields = segments.fields_of_shop(engine)
        segments.save(connection, shop, "boxed", "Boxed", "list = 'Box'", now, "c", fields=fields)
    assert segments.refresh(store, warehouse, shop, now, recorded_at=now).sizes["boxed"] == 2
    lists.take_off(store, warehouse, shop, "box", of_ids(["ann"]), now)
    lists.put_on(store, warehouse, shop, "box", of_ids(["cid"]), now)
    then = now + timedelta(hours=1)
    segments.refresh(store, warehouse, shop, then, recorded_at=then)
    with store.read() as connection:
        page = segments.members(connection, warehouse, shop, "boxed")
        assert find_list(connection, warehouse, shop, "Box").size == 2
    assert {one.customer_id for one in page.members} == {"bob", "cid"}


def test_any_list_may_be_named_where_the_shops_lists_are_not_known() -> None:
    meant = segments.understood("list IN ('A', 'B') AND list != 'C'", segments.fields_with())
    assert [leaf.field.name for leaf in meant.leaves() if not isinstance(leaf, Matching)] == ["list", "list"]


@ON_SQLITE
def test_the_editor_offers_the_lists(
    store: Store, warehouse: Warehouse, shop: Shop, small: list[Row], now: datetime
) -> None:
    lists.make_list(store, warehouse, shop, "Salon 2026", now, "c")
    with warehouse.read() as engine:
        found = complete("list = ", len("list = "), segments.fields_of_shop(engine))
    assert "'Salon 2026'" in {one.insert.strip() for one in found}
