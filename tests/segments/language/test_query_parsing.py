"""The parser's own promises: precedence, limits, speed, places in code points, no stack to exhaust."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.errors import BadInput, QueryError
from relance.segments.language import Limits, from_json, parse, to_json, to_text
from relance.segments.language.tree import And, Condition, Duration, Match, Not, Offset, Or, Text, Tree, Unit
from relance.words import LANGUAGES


def test_and_binds_tighter_than_or() -> None:
    tree = parse("age = 1 OR age = 2 AND age = 3")
    assert isinstance(tree, Or)
    assert isinstance(tree.terms[1], And)


def test_keywords_ignore_case() -> None:
    assert parse("not (a in (1) or b Between 1 and 2)") == parse("NOT (a IN (1) OR b BETWEEN 1 AND 2)")


def test_months_are_not_minutes() -> None:  # S30
    months, minutes = parse("a < -15m"), parse("a < -15min")
    assert isinstance(months, Condition)
    assert isinstance(minutes, Condition)
    assert months.value == Offset(-15, Unit.MONTH)
    assert minutes.value == Offset(-15, Unit.MINUTE)


@pytest.mark.parametrize(("text", "seconds"), [("4:30", 270), ("1:04:30", 3870), ("15min", 900), ("2d", 172800)])
def test_durations(text: str, seconds: int) -> None:  # S30
    tree = parse(f"f MATCHES (a >= {text})")
    assert isinstance(tree, Match)
    assert tree.parameters[0].value == Duration(seconds)


def test_escapes() -> None:
    tree = parse(r"a = 'l\'été \\ 🫖'")
    assert isinstance(tree, Condition)
    assert tree.value == Text("l'été \\ 🫖")


def test_places_count_code_points() -> None:
    text = "a = '🫖🫖' AND b = 'x'"
    tree = parse(text)
    assert isinstance(tree, And)
    second = tree.terms[1]
    assert text[second.span.start : second.span.end] == "b = 'x'"
    assert second.span.start == 13


def test_lines_and_columns_of_a_fault() -> None:
    with pytest.raises(QueryError) as raised:
        parse("age = 1 AND\nage >> 2")
    assert (raised.value.line, raised.value.column) == (2, 6)
    assert raised.value.pointed("en").splitlines()[-2:] == ["age >> 2", "     ^"]


@pytest.mark.parametrize(
    ("text", "limits", "key"),
    [
        ("a = 1 OR a = 2 OR a = 3", Limits(conditions=2), "too_many_conditions"),
        ("f MATCHES (a = 1, b = 2)", Limits(conditions=2), "too_many_conditions"),
        ("NOT (NOT (a = 1))", Limits(depth=2), "too_deep"),
        ("a = 1 AND (b = 2 OR (c = 3 AND d = 4))", Limits(depth=3), "too_deep"),
        ("a IN (1, 2, 3)", Limits(values=2), "too_many_values"),
    ],
)
def test_over_a_limit(text: str, limits: Limits, key: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(text, limits)
    assert raised.value.key == f"segments.language_{key}"


def test_the_default_limits() -> None:
    assert isinstance(parse(" OR ".join(["a = 1"] * 200)), Or)
    with pytest.raises(QueryError, match="200 conditions"):
        parse(" OR ".join(["a = 1"] * 201))
    parse(f"a IN ({', '.join(map(str, range(10_000)))})")
    with pytest.raises(QueryError, match="10,000 are possible"):
        parse(f"a IN ({', '.join(map(str, range(10_001)))})")


def test_no_depth_exhausts_the_stack() -> None:
    assert isinstance(parse("(" * 50_000 + "a = 1" + ")" * 50_000), Condition)
    with pytest.raises(QueryError, match="20 levels"):
        parse("NOT " * 50_000 + "a = 1")


def test_two_hundred_conditions_parse_at_once() -> None:
    text = " AND ".join(["orders_placed MATCHES (date >= -30d)"] * 100)
    parse(text)
    begun = time.perf_counter()
    tree = parse(text)
    assert time.perf_counter() - begun < 0.5
    assert isinstance(tree, And)


def outcome(text: str) -> Tree | QueryError:
    """The tree of a text, or its error."""
    try:
        return parse(text)
    except QueryError as error:
        return error


@given(st.text(alphabet="ab_01.:-%'\\() ,=><🫖é*", max_size=40) | st.text(max_size=40))
def test_any_text_parses_or_is_explained(text: str) -> None:
    found = outcome(text)
    if isinstance(found, QueryError):
        assert 0 <= found.start < found.end
        assert all(found.say(language) for language in LANGUAGES)
    else:
        assert parse(to_text(found)) == found


def test_a_negated_match_prints_as_not_matches() -> None:
    tree = parse("NOT f MATCHES ()")
    assert isinstance(tree, Not)
    assert to_text(tree) == "NOT (f MATCHES ())"
    assert to_text(parse("f not_matches ()")) == "f NOT MATCHES ()"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "and", "terms": []},
        {"kind": "condition", "field": "a", "operator": "~", "value": {"type": "text", "text": "x"}},
        {"kind": "condition", "field": "a", "operator": "="},
        {"kind": "condition", "field": "a", "operator": "=", "value": {"type": "number", "number": "NaN"}},
        {"kind": "condition", "field": 3, "operator": "IS NULL"},
        {"kind": "condition", "field": "a", "operator": "=", "value": {"type": "named", "name": "soon"}},
        {"kind": "condition", "field": "a", "operator": "BETWEEN", "value": {"type": "number", "number": "1"}},
        {"kind": "condition", "field": "a = 1 OR b", "operator": "IS NULL"},
    ],
)
def test_another_document_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        from_json(document)


def test_a_document_has_the_same_limits() -> None:
    document = to_json(parse("a = 1 OR a = 2 OR a = 3"))
    with pytest.raises(QueryError, match="2 conditions"):
        from_json(document, Limits(conditions=2))
    deep: dict[str, object] = {"kind": "condition", "field": "a", "operator": "IS NULL"}
    for _ in range(5000):
        deep = {"kind": "not", "term": deep}
    with pytest.raises(BadInput):
        from_json(deep)


def test_the_document_of_a_query() -> None:
    assert to_json(parse("NOT (a IN ('x', 'y') AND f MATCHES (d >= -30d))")) == {
        "kind": "not",
        "term": {
            "kind": "and",
            "terms": [
                {
                    "kind": "condition",
                    "field": "a",
                    "operator": "IN",
                    "value": {
                        "type": "list",
                        "values": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}],
                    },
                },
                {
                    "kind": "match",
                    "function": "f",
                    "negated": False,
                    "parameters": [
                        {
                            "field": "d",
                            "operator": ">=",
                            "value": {"type": "offset", "amount": -30, "unit": "d"},
                        }
                    ],
                },
            ],
        },
    }
