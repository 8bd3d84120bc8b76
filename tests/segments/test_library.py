"""The library: rows are whole, choices are written safely into queries, and a row is added as often as wanted."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.errors import BadInput, NotFound
from relance.segments import (
    Choice,
    ChoiceKind,
    ReadyMade,
    add_from_library,
    all_segments,
    archive,
    install_library,
    library,
    picked,
    ready_made,
)
from relance.segments.language import parse, to_text
from relance.store import Shop, Store
from relance.words import LANGUAGES, Language, catalogue

LABELS: dict[Language, str] = {"en": "A label", "fr": "Un nom"}


def row(template: str, *choices: Choice) -> ReadyMade:
    """A row of its own with this query and these choices."""
    texts: dict[Language, str] = {"en": "Everyone", "fr": "Tous"}
    return ReadyMade("row", "starters", "test", template, texts, texts, texts, (), choices)


def test_every_row_is_whole() -> None:
    ids = [ready.library_id for ready in library()]
    assert len(set(ids)) == len(ids)
    for ready in library():
        for language in LANGUAGES:
            assert ready.names[language]
            assert ready.describe(language, "EUR")
            assert ready.uses[language]
            assert {f"gallery.suits_{one.lower()}" for one in ready.suits} <= catalogue(language).keys()
            assert ready.partition is None or f"gallery.partition_{ready.partition}" in catalogue(language)
            assert {choice.labels[language] for choice in ready.choices}.isdisjoint({"", None})
        assert set(ready.needs()) <= set(ids)


def test_names_differ_in_each_language() -> None:
    for language in LANGUAGES:
        names = [ready.names[language] for ready in library()]
        assert sorted(set(names)) == sorted(names)


def test_queries_are_written_as_the_builder_writes_them() -> None:
    """A query that went through the builder is still known as the row's."""
    for ready in library():
        assert to_text(parse(ready.query)) == ready.query
        assert ready.values_of(ready.query) == {choice.name: choice.usual for choice in ready.choices}


def test_choices_that_have_to_be_made_have_an_example() -> None:
    for ready in library():
        for choice in ready.choices:
            assert f"{{{choice.name}}}" in ready.template
            if choice.must:
                assert choice.read(choice.example) == choice.example
            elif choice.default is not None:
                assert choice.read(choice.default) == choice.default


@pytest.mark.parametrize(
    ("kind", "given", "kept", "literal"),
    [
        ("money", "99,90", "99.90", "99.90"),
        ("number", 3, "3", "3"),
        ("percent", "12.5 %", "12.5", "12.5%"),
        ("days", 30, "30", "30"),
        ("period", "30", "30d", "-30d"),
        ("period", "-6m", "6m", "-6m"),
        ("ahead", "2w", "2w", "+2w"),
        ("duration", "4:30", "4:30", "4:30"),
        ("place", "48.86,2.35", "48.86, 2.35", "(48.86, 2.35)"),
        ("category", "L'art de la table", "L'art de la table", r"'L\'art de la table'"),
        ("city", "FR-PDL-Nantes", "FR-PDL-Nantes", "'FR-PDL-Nantes'"),
    ],
)
def test_values_as_people_write_them(kind: str, given: object, kept: str, literal: str) -> None:
    choice = Choice("it", ChoiceKind(kind), LABELS)
    assert choice.read(given) == kept
    assert choice.written(kept) == literal
    assert row("field = {it}", choice).values_of(f"field = {literal}") == {"it": kept}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("money", "500 €"),
        ("money", "-1"),
        ("number", "1 OR 1 = 1"),
        ("percent", "many"),
        ("days", "1.5"),
        ("period", "last week"),
        ("ahead", "-30d"),
        ("duration", "4:75"),
        ("place", "48.86"),
        ("switch", "perhaps"),
        ("text", ""),
        ("text", "two\nlines"),
        ("city", "Nantes"),
        ("region", "Bretagne"),
        ("country", "France"),
    ],
)
def test_values_of_another_kind_are_refused_with_what_can_be_written(kind: str, given: str) -> None:
    with pytest.raises(BadInput) as refused:
        Choice("it", ChoiceKind(kind), LABELS).read(given)
    for language in LANGUAGES:
        assert "it" in refused.value.say(language)


@given(st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=200))
def test_a_text_never_leaves_its_quotes(text: str) -> None:
    made = row("products_purchased MATCHES (category = {it}, count >= 2)", Choice("it", ChoiceKind.CATEGORY, LABELS))
    query = made.with_values({"it": text})
    assert to_text(parse(query)) == query
    assert made.values_of(query) == {"it": text}


WRITTEN = {
    "money": st.decimals(0, 10**9, places=2).map(str),
    "number": st.integers(0, 10**6),
    "percent": st.decimals(1, 100, places=1).map(str),
    "period": st.builds("{}{}".format, st.integers(1, 999), st.sampled_from(["d", "w", "m", "y", "h", "min"])),
    "ahead": st.builds("{}{}".format, st.integers(1, 999), st.sampled_from("dwmy")),
    "duration": st.builds("{}:{:02d}".format, st.integers(0, 59), st.integers(0, 59)),
    "place": st.builds("{}, {}".format, st.integers(-90, 90), st.integers(-180, 180)),
    "switch": st.booleans(),
    "city": st.just("FR-BRE-Rennes"),
    "region": st.just("FR-BRE"),
    "country": st.just("BE"),
}


@given(st.data())
def test_whatever_is_chosen_is_found_again_in_the_query(data: st.DataObject) -> None:
    """Each row, with any values of its kinds, gives a query that parses and tells its values."""
    made = data.draw(st.sampled_from([ready for ready in library() if ready.choices]))
    texts = st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=20)
    given_values = {choice.name: data.draw(WRITTEN.get(choice.kind, texts)) for choice in made.choices}
    query = made.with_values(given_values)
    assert to_text(parse(query)) == query
    assert made.values_of(query) == made.chosen(given_values)
    for language in LANGUAGES:
        assert made.describe(language, "EUR", made.chosen(given_values))


def test_a_window_is_told_as_a_reader_says_it() -> None:
    quiet, big = ready_made("coupon-lovers"), ready_made("high-value")
    assert quiet.describe("en", "EUR") == "Ordered with a coupon in the last 30 days."
    assert quiet.describe("fr", "EUR", {"period": "6m"}).endswith("au cours des 6 derniers mois.")
    assert "10\u202f%" in big.describe("fr", "EUR")


def test_an_optional_condition_comes_and_goes() -> None:
    city = Choice("city", ChoiceKind.CITY, LABELS, adds=" AND customer_cities CONTAINS {city}")
    bought = Choice("bought", ChoiceKind.SWITCH, LABELS, default="true", adds=" AND number_of_orders >= 1")
    made = row("gender = 'F'{city}{bought}", city, bought)
    assert made.query == "gender = 'F' AND number_of_orders >= 1"
    whole = made.with_values({"city": "FR-PDL-Nantes"})
    assert whole == "gender = 'F' AND customer_cities CONTAINS 'FR-PDL-Nantes' AND number_of_orders >= 1"
    assert made.values_of(whole) == {"city": "FR-PDL-Nantes", "bought": "true"}
    assert made.with_values({"bought": False}) == "gender = 'F'"
    assert made.values_of("gender = 'F'") == {"city": None, "bought": None}
    assert made.values_of("gender = 'M'") is None


def test_a_choice_that_stands_twice_has_one_value() -> None:
    made = row("amount_spent > {it} OR last_order_amount > {it}", Choice("it", ChoiceKind.MONEY, LABELS, "500"))
    assert made.values_of("amount_spent > 70 OR last_order_amount > 70") == {"it": "70"}
    assert made.values_of("amount_spent > 70 OR last_order_amount > 80") is None


def test_what_cannot_be_chosen_is_told() -> None:
    money = row("amount_spent > {it}", Choice("it", ChoiceKind.MONEY, LABELS))
    with pytest.raises(BadInput, match="it"):
        money.with_values({})
    with pytest.raises(BadInput, match="amount"):
        money.with_values({"it": 1, "amount": 2})
    with pytest.raises(BadInput, match="leave out"):
        row("number_of_orders > 1").with_values({"it": 1})
    with pytest.raises(NotFound, match="no-such-row"):
        ready_made("no-such-row")


def test_starters_install_themselves_once(store: Store, shop: Shop, now: datetime) -> None:
    starters = [ready.library_id for ready in library() if ready.starter and ready.available]
    with store.begin() as connection:
        assert install_library(connection, shop, now) == len(starters)
        assert [segment.segment_id for segment in all_segments(connection, shop)] == starters
        archive(connection, shop, starters[0], now)
        assert install_library(connection, shop, now) == 0
        assert starters[0] not in [segment.segment_id for segment in all_segments(connection, shop)]


def test_a_row_is_added_as_often_as_there_are_other_values(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        usual = add_from_library(connection, shop, "vip-buyers", {}, now, "claire")
        larger = add_from_library(connection, shop, "vip-buyers", {"amount": "2500"}, now, "claire")
        again = add_from_library(connection, shop, "vip-buyers", {"amount": 2500}, now, "claire")
        named = add_from_library(connection, shop, "vip-buyers", {"amount": 99}, now, "claire", name="Proches")
        by_row = picked(all_segments(connection, shop))
    assert (usual.segment_id, usual.query, usual.name) == ("vip-buyers", "amount_spent > 1000", "Acheteurs VIP")
    assert (larger.segment_id, larger.query) == ("vip-buyers-2500", "amount_spent > 2500")
    assert larger.name == "Acheteurs VIP (2\u202f500\u202f€)"
    assert again == larger
    assert named.name == "Proches"
    assert by_row == {
        "vip-buyers": [(usual, {"amount": "1000"}), (larger, {"amount": "2500"}), (named, {"amount": "99"})]
    }


def test_values_that_look_alike_make_two_segments(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        ids = [
            add_from_library(connection, shop, "preferred-category", {"category": name}, now, "claire").segment_id
            for name in ("Été", "ete", "Été")
        ]
    assert ids == ["preferred-category-ete", "preferred-category-ete-2", "preferred-category-ete"]


def test_the_segments_that_a_row_names_come_with_it(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        add_from_library(connection, shop, "quiet-for-3-months", {}, now, "claire")
        kept = [segment.segment_id for segment in all_segments(connection, shop)]
        archive(connection, shop, "quiet-for-3-months", now)
        back = add_from_library(connection, shop, "quiet-for-3-months", {}, now, "claire")
    assert kept == ["bought-in-6-months", "quiet-for-3-months"]
    assert not back.archived


def test_a_merchant_who_has_to_choose_is_asked(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection, pytest.raises(BadInput, match="category"):
        add_from_library(connection, shop, "preferred-category", {}, now, "claire")


def test_a_changed_query_is_no_longer_described() -> None:
    assert ready_made("vip").values_of("number_of_orders >= 6 OR amount_spent >= 500") == {
        "orders": "6",
        "amount": "500",
    }
    assert ready_made("vip").values_of("number_of_orders >= 6") is None


def test_gender_and_age_are_marked() -> None:
    """R17: a segment that reads gender or age, itself or through another one, says so."""
    for ready in library():
        read = " ".join([ready.query, *(ready_made(needed).query for needed in ready.needs())])
        assert ready.sensitive == (re.search(r"\b(gender|age)\b", read) is not None), ready.library_id


def test_every_row_of_the_printed_table_is_there() -> None:
    """The 43 rows of the table, L1 to L9, Shopify's defaults and list, and the campaigns."""
    rows = {part for ready in library() for part in ready.row.split(", ")}
    assert {f"1.1b n{number}" for number in range(1, 44)} <= rows
    assert {f"L{number}" for number in range(1, 10)} <= rows
    assert {"Shopify default", "Shopify list", "1.3 002", "1.3 003"} <= rows
    assert {f"1.3 004 phase {number}" for number in range(1, 8)} <= rows
    assert sum(ready.row.startswith("Shopify default") for ready in library()) == 5
    assert len(library()) >= 100
