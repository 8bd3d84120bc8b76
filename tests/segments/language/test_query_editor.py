"""What the editor is offered at each place of an unfinished text, and the colours of any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.segments.language import KNOWN, Fields, complete, highlight


@pytest.mark.parametrize(
    ("text", "some", "none", "start"),
    [
        ("", ["number_of_orders", "orders_placed", "NOT"], ["AND", "="], 0),
        ("number_of", ["number_of_orders"], ["age"], 0),
        ("number_of_orders ", ["=", ">=", "BETWEEN", "IN TOP"], ["CONTAINS", "MATCHES"], 17),
        ("number_of_orders I", ["IN", "IS NULL"], ["="], 17),
        ("number_of_orders >= 2 ", ["AND", "OR"], ["age"], 22),
        ("number_of_orders >= 2 AND ", ["age"], ["AND"], 26),
        ("rfm_group = ", ["'LOYAL'", "'AT_RISK'"], ["true"], 12),
        ("rfm_group = 'LO", ["'LOYAL'"], ["'NEW'"], 12),
        ("rfm_group IN ('LOYAL', ", ["'NEW'"], ["age"], 23),
        ("orders_placed ", ["MATCHES", "NOT MATCHES"], ["="], 14),
        ("orders_placed MATCHES (", ["date", "amount"], ["age", "sku"], 23),
        ("orders_placed MATCHES (position ", ["=", "IN"], [">"], 32),
        ("orders_placed MATCHES (position = ", ["'first'"], ["'LOYAL'"], 34),
        ("orders_placed MATCHES (count = 1, ", ["date", "amount"], ["age"], 34),
        ("orders_placed MATCHES (count = 1) AND ", ["age"], ["amount"], 38),
        ("(age = 1 OR (gender = '🫖' AND last_order_date < ", ["-30d", "today"], ["AND"], 48),
        ("amount_spent IN ", ["TOP", "BOTTOM"], ["AND"], 16),
    ],
)
def test_completion(text: str, some: list[str], none: list[str], start: int, fields: Fields) -> None:
    found = complete(text, len(text), fields)
    inserts = [choice.insert for choice in found]
    assert set(some) <= set(inserts)
    assert not set(none) & set(inserts)
    assert {(choice.start, choice.end) for choice in found} == {(start, len(text))}


def test_completion_in_the_middle_ignores_what_follows(fields: Fields) -> None:
    text = "rfm_group = 'LO AND age >"
    assert [choice.insert for choice in complete(text, 15, fields)] == ["'LOYAL'"]


def test_names_without_data_are_not_offered() -> None:
    assert [choice.insert for choice in complete("", 0, Fields.of().with_known(KNOWN))] == ["NOT"]


def test_nothing_is_offered_after_a_fault(fields: Fields) -> None:
    text = "age = = "
    assert complete(text, len(text), fields) == []


@given(st.text(alphabet="age=><IN ()'🫖orders_placed MATCHES,-30d", max_size=30), st.integers(0, 30))
def test_completion_never_fails(text: str, offset: int) -> None:
    place = min(offset, len(text))
    assert all(choice.start <= place <= choice.end for choice in complete(text, place, KNOWN))


def test_colours() -> None:
    text = "a = '🫖' AND f MATCHES (d > -30d) OR g NOT MATCHES () 'open"
    kinds = {text[token.start : token.end]: token.kind for token in highlight(text)}
    assert kinds == {
        "a": "name",
        "=": "operator",
        "'🫖'": "text",
        "AND": "connector",
        "f": "function",
        "MATCHES": "operator",
        "(": "punctuation",
        "d": "parameter",
        ">": "operator",
        "-30d": "date",
        ")": "punctuation",
        "OR": "connector",
        "g": "function",
        "NOT": "connector",
        "'open": "fault",
    }


SHOP = {"segment": ("VIP", "Perdus"), "event.name": ("Product Viewed",), "customer_tags": ("l'ami", "vip")}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("segment = ", ["'VIP'", "'Perdus'"]),
        ("segment != 'p", ["'Perdus'"]),
        ("age > 3 AND event MATCHES (name = ", ["'Product Viewed'"]),
        ("event MATCHES (date > -3d, name IN ('pro", ["'Product Viewed'"]),
        ("customer_tags CONTAINS ", ["'l\\'ami'", "'vip'"]),
        ("gender = ", []),
    ],
)
def test_values_that_the_shop_has(text: str, wanted: list[str], fields: Fields) -> None:
    assert [choice.insert for choice in complete(text, len(text), fields, SHOP)] == wanted


def test_parameters_have_a_colour_of_their_own() -> None:
    text = "orders_placed MATCHES (amount > 3, coupon IN ('a', 'b')) AND age > 2 * age"
    kinds = {text[token.start : token.end]: token.kind for token in highlight(text)}
    assert (kinds["amount"], kinds["coupon"], kinds["age"]) == ("parameter", "parameter", "name")
