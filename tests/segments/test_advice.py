"""Overlap, coverage, quality and advice against plain sets (R2–R5, R17; rows 63–65)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.segments.three_people import Row, fill_shop, order

from relance.errors import BadInput, Conflict
from relance.segments import advice_overlap, advice_quality, words64
from relance.segments.advice import advice, is_in_use, normal
from relance.segments.advice_sensitive import kind_of, sensitive_in
from relance.segments.definitions import Segment, save
from relance.segments.fields import fields_with
from relance.segments.language.fields import Kind
from relance.segments.query import understood
from relance.store import Shop, Store
from relance.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
YESTERDAY = NOW.date() - timedelta(days=1)
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "en")
ON_SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
# Bits on both sides of a word's border, the sign bit among them.
BITS = (0, 5, 62, 63, 64, 130)


def segment(bit: int, query: str = "number_of_orders >= 0") -> Segment:
    return Segment(f"s{bit}", f"Segment {bit}", query, 1, bit, None, False, NOW)


def fill(warehouse: Warehouse, customers: list[str], inside: Mapping[int, set[str]], as_of: datetime = NOW) -> None:
    """Customers, what they spent (their place in the list, in units), and the memberships as a refresh packs them."""
    placed = [order(place, one, NOW.date() - timedelta(days=9), 100 * place) for place, one in enumerate(customers)]
    fill_shop(warehouse, [{"customer_id": one} for one in customers], placed)
    words: Counter[tuple[str, int]] = Counter()
    for bit, members in inside.items():
        word, mask = words64.place_of(bit)
        for one in members:
            words[one, word] += mask
    rows = [{"customer_id": one, "word": word, "bits": bits} for (one, word), bits in words.items()]
    with warehouse.write() as writer:
        writer.delete_where("membership")
        writer.delete_where("refresh")
        if rows:
            writer.insert("membership", pa.Table.from_pylist(rows))
        writer.insert("refresh", refreshes([as_of]))


def refreshes(instants: list[datetime]) -> pa.Table:
    rows = [
        {"refresh_id": str(at), "as_of": at.replace(tzinfo=None), "recorded_at": at.replace(tzinfo=None)}
        for at in instants
    ]
    zero = dict.fromkeys(("segments", "customers", "entered", "left", "seconds"), 0)
    return pa.Table.from_pylist([{**row, **zero} for row in rows])


@pytest.fixture(scope="module")
def shared() -> Iterator[Warehouse]:
    opened = Warehouse(None, memory_mb=512, threads=1)
    yield opened
    opened.close()


people = some.lists(some.sampled_from("abcdefghijkl"), unique=True, max_size=12)


@settings(max_examples=25, deadline=None)
@given(customers=people, data=some.data())
def test_overlap_and_coverage_are_those_of_plain_sets(
    shared: Warehouse, customers: list[str], data: some.DataObject
) -> None:
    bits = data.draw(some.lists(some.sampled_from(BITS), unique=True, min_size=2))
    chosen = some.sets(some.sampled_from(customers)) if customers else some.just(set())
    inside = {bit: data.draw(chosen) for bit in bits}
    fill(shared, customers, inside)
    segments = [segment(bit) for bit in bits]
    names = {bit: f"s{bit}" for bit in bits}

    told = advice_overlap.overlap(shared, segments)
    assert told.sizes == {names[bit]: len(inside[bit]) for bit in bits}
    for pair in told.pairs:
        first, second = inside[int(pair.first[1:])], inside[int(pair.second[1:])]
        assert pair.customers == len(first & second) > 0
        assert pair.jaccard == len(first & second) / len(first | second)
        assert pair.share_of_first == len(first & second) / len(first)
        assert pair.share_of_second == len(first & second) / len(second)
    sharing = sum(bool(inside[one] & inside[other]) for one in bits for other in bits if one != other)
    assert 2 * len(told.pairs) == sharing
    exact = Counter(tuple(names[bit] for bit in bits if one in inside[bit]) for one in customers)
    assert told.in_none == exact.pop((), 0)
    assert {one.segments: one.customers for one in told.combinations} == exact
    assert told.different == len(exact)

    spent = {one: 100 * place for place, one in enumerate(customers)}
    covered = advice_overlap.coverage(shared, SHOP, segments)
    depth = {one: sum(one in inside[bit] for bit in bits) for one in customers}
    for part, wanted in ((covered.in_none, {0}), (covered.in_one, {1}), (covered.in_several, set(range(2, 9)))):
        found = [one for one in customers if depth[one] in wanted]
        assert (part.customers, part.revenue) == (len(found), sum(spent[one] for one in found))
    assert (covered.customers, covered.revenue) == (len(customers), sum(spent.values()))


def test_queries_find_whom_coverage_counts() -> None:
    assert advice_overlap.none_query(["a", "b"]) == "segment NOT IN ('a', 'b')"
    assert advice_overlap.several_query(["a", "b", "c"]) == (
        "(segment = 'a' AND segment IN ('b', 'c')) OR (segment = 'b' AND segment IN ('c'))"
    )
    assert advice_overlap.several_query(["a"]) is None


def test_what_cannot_be_compared_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(BadInput):
        advice_overlap.overlap(warehouse, [segment(0)])
    with pytest.raises(BadInput):
        advice_overlap.coverage(warehouse, SHOP, [])
    with pytest.raises(Conflict):
        advice_overlap.overlap(warehouse, [segment(0), segment(1)])
    with pytest.raises(BadInput, match="no-such"):
        advice_overlap.partition([segment(0)], "no-such")


def test_each_criterion_has_its_number(warehouse: Warehouse) -> None:
    customers = [f"c{number:03}" for number in range(100)]
    inside = {0: set(customers[:60]), 1: set(customers[:80]), 2: set()}
    fill(warehouse, customers, inside)
    known: list[Row] = [
        {
            "customer_id": one,
            "email": f"{one}@example.org" if place < 45 else None,
            "email_status": "SUBSCRIBED" if place < 30 else "UNSUBSCRIBED",
            "phone": "+33612345678" if 40 <= place < 54 else None,
            "sms_status": "SUBSCRIBED" if place >= 50 else None,
        }
        for place, one in enumerate(customers)
    ]
    fill_shop(warehouse, known, [order(1, "c000", YESTERDAY, 3000), order(2, "c099", YESTERDAY, 1000)])
    moves = [
        ("c010", False, 5, "event"),  # left …
        ("c010", True, 3, "event"),  # … and came back
        ("c011", True, 4, "event"),
        ("c090", False, 9, "window"),
        ("c091", False, 2, "import"),  # says nothing about steadiness
        ("c092", False, 31, "event"),  # too long ago
    ]
    with warehouse.write() as writer:
        writer.insert("refresh", refreshes([NOW - timedelta(days=40)]))
        writer.insert(
            "journal",
            pa.Table.from_pylist(
                [
                    {
                        "customer_id": one,
                        "segment_id": "s0",
                        "entered": entered,
                        "cause": cause,
                        "effective_at": (NOW - timedelta(days=days)).replace(tzinfo=None),
                        "recorded_at": NOW.replace(tzinfo=None),
                    }
                    for one, entered, days, cause in moves
                ]
            ),
        )
    whole = advice_quality.qualities(warehouse, SHOP, [segment(0), segment(1), segment(2)], {"s0": ["F2"]})
    told = whole.quality["s0"]
    assert (told.members, told.share, told.revenue, told.revenue_share) == (60, 0.6, 3000, 0.75)
    assert told.identifiable == 54 / 60
    assert told.substantial == 1.0
    assert told.accessible == (30 + 4) / 60
    assert (told.left, told.before) == (1, 60)
    assert told.stable == 1 - 1 / 60
    assert (told.nearest, told.likeness, told.differentiable) == ("s1", 0.75, 0.25)
    assert told.spend_ratio == (3000 / 60) / (1000 / 40)
    assert told.actionable == 1.0
    numbers = (54 / 60, 1.0, 34 / 60, 59 / 60, 0.25, 1.0)
    assert told.score == round(100 * sum(numbers) / 6)
    empty = whole.quality["s2"]
    assert (empty.members, empty.score, empty.stable, empty.actionable) == (0, 20, None, 0.0)


def test_steadiness_is_unknown_in_the_first_month(warehouse: Warehouse) -> None:
    fill(warehouse, ["a"], {0: {"a"}})
    told = advice_quality.qualities(warehouse, SHOP, [segment(0), segment(1)], {}).quality["s0"]
    assert (told.stable, told.left) == (None, None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("age > 30 AND gender = 'F'", "gender = 'F' AND age > 30"),
        ("age > 30 OR (age > 30 OR gender = 'F')", "gender = 'F' OR age > 30"),
        ("NOT (NOT (age > 30))", "age > 30"),
        ("age > 30 AND age > 30", "age > 30"),
    ],
)
def test_queries_are_the_same_whatever_their_order(one: str, other: str) -> None:
    meanings = [understood(query, fields_with()).meaning for query in (one, other, "age > 31 AND gender = 'F'")]
    assert repr(normal(meanings[0])) == repr(normal(meanings[1])) != repr(normal(meanings[2]))


def test_sensitive_fields_are_named_with_their_kind() -> None:
    own = {"metafields.facts.religion": Kind.TEXT, "metafields.profil.santé": Kind.TEXT, "metafields.a.sex": Kind.TEXT}
    query = (
        "gender = 'F' AND age > 30 AND customer_countries CONTAINS 'FR' AND metafields.facts.religion = 'x' "
        "AND number_of_orders > 1"
    )
    found = sensitive_in(understood(query, fields_with(own)).meaning)
    assert {one.field: one.kind for one in found} == {
        "gender": "sex",
        "age": "age",
        "customer_countries": "origin",
        "metafields.facts.religion": "special",
    }
    assert [kind_of(name) for name in own] == ["special", "special", "sex"]
    assert kind_of("metafields.shop.reunion") is kind_of("metafields.shop.average") is kind_of("amount_spent") is None
    for one in found:
        assert "GDPR" in one.say("en") or "225-1" in one.say("en")
        assert one.say("fr") != one.say("en")


@ON_SQLITE
def test_advice_speaks_of_the_segments_in_use(store: Store, warehouse: Warehouse, shop: Shop) -> None:
    queries = {
        "big": "number_of_orders >= 0",
        "big-too": "NOT (number_of_orders < 0)",
        "women": "gender = 'F' AND age > 30",
        "women-again": "age > 30 AND gender = 'F'",
        "few": "number_of_orders = 7",
        "reader": "number_of_orders > 3",
    }
    with store.begin() as connection:
        kept = {one: save(connection, shop, one, one.title(), query, NOW, "c") for one, query in queries.items()}
        save(connection, shop, "vip", "VIP", "number_of_orders >= 5", NOW, "library", library="vip")
    customers = [f"c{number:03}" for number in range(300)]
    inside = {
        kept["big"].bit: set(customers[:290]),
        kept["big-too"].bit: set(customers[5:290]),
        kept["women"].bit: set(customers[:150]),
        kept["women-again"].bit: set(customers[:150]),
        kept["few"].bit: set(customers[:10]),
    }
    fill(warehouse, customers, inside)
    size = {"version": 1, "share": 0.0, "revenue": 0}
    points = [
        {"segment_id": "reader", "members": members, "as_of": (NOW - timedelta(days=days)).replace(tzinfo=None), **size}
        for days, members in ((60, 3), (40, 0), (0, 0))
    ]
    with warehouse.write() as writer:
        writer.insert("segment_size", pa.Table.from_pylist(points))
    with store.read() as connection:
        told = advice(connection, warehouse, shop, {})
    by_key = {one.key: one for one in told}
    assert by_key["small_list"].facts == {"count": 0, "limit": 1000}
    assert by_key["same_query"].segments == ("women", "women-again")
    assert by_key["look_alike"].segments == ("big", "big-too")
    assert {one.segments for one in told if one.key == "too_broad"} == {("big",), ("big-too",)}
    assert {one.segments for one in told if one.key == "too_narrow"} == {("few",)}
    assert by_key["empty"].segments == ("reader",)
    assert {one.segments for one in told if one.key == "sensitive_sex"} == {("women",), ("women-again",)}
    assert "too_many" not in by_key
    assert all("vip" not in one.segments for one in told)
    assert [one.severity for one in told] == sorted(
        (one.severity for one in told), key=["alert", "warning", "info"].index
    )
    for one in told:
        for language in ("en", "fr"):
            assert one.say(language)
            assert one.action(language)
            assert one.as_json(language)["sentence"]


@ON_SQLITE
def test_more_than_twelve_segments_in_use_are_too_many(store: Store, warehouse: Warehouse, shop: Shop) -> None:
    fill(warehouse, [], {})
    with store.begin() as connection:
        for number in range(12):
            save(connection, shop, f"s{number}", f"S {number}", f"number_of_orders = {number}", NOW, "c")
    with store.read() as connection:
        assert "too_many" not in {one.key for one in advice(connection, warehouse, shop)}
    with store.begin() as connection:
        save(connection, shop, "s12", "S 12", "number_of_orders = 12", NOW, "c")
    with store.read() as connection:
        (told,) = [one for one in advice(connection, warehouse, shop) if one.key == "too_many"]
    assert told.facts["count"] == 13


def test_an_untouched_starter_is_not_in_use_until_something_uses_it() -> None:
    starter = Segment("vip", "VIP", "number_of_orders >= 5", 1, 0, "vip", False, NOW)
    assert not is_in_use(starter, {})
    assert is_in_use(starter, {"vip": ["F2"]})
    assert is_in_use(Segment("vip", "VIP", "number_of_orders >= 6", 2, 0, "vip", False, NOW), {})
