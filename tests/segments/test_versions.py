"""Versions of a segment: their list, how two differ, and going back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance import segments
from relance.errors import NotFound
from relance.segments.difference import changes, pieces
from relance.segments.language import Meaning
from relance.store import Shop, Store, add_shop

FIRST = "number_of_orders >= 3 AND amount_spent > 100"
SECOND = "amount_spent > 200 AND email_subscription_status = 'SUBSCRIBED'"


def meaning(query: str) -> Meaning:
    return segments.understood(query, segments.fields_with()).meaning


def told(old: str, new: str) -> list[tuple[str, str]]:
    return [(change.kind, change.say("en", "EUR")) for change in changes(meaning(old), meaning(new))]


def test_versions_and_rolling_back(store: Store, shop: Shop, now: datetime) -> None:
    """R15: every definition is kept; going back makes a new version."""
    with store.begin() as connection:
        for days, (name, query) in enumerate([("Good", FIRST), ("Better", SECOND)]):
            segments.save(connection, shop, "good", name, query, now + timedelta(days=days), "claire")
        back = segments.roll_back(connection, shop, "good", 1, now + timedelta(days=5), "denis")
        listed = segments.versions(connection, shop, "good")
        again = segments.roll_back(connection, shop, "good", 3, now + timedelta(days=6), "denis")
    assert (back.version, back.name, back.query) == (3, "Good", FIRST)
    assert again == back
    assert [(one.number, one.query, one.saved_by) for one in listed] == [
        (3, FIRST, "denis"),
        (2, SECOND, "claire"),
        (1, FIRST, "claire"),
    ]
    assert listed[0].saved_at == now + timedelta(days=5)


def test_rolling_back_brings_back_what_was_put_away(sqlite_store: Store, shop_of_sqlite: Shop, now: datetime) -> None:
    with sqlite_store.begin() as connection:
        segments.save(connection, shop_of_sqlite, "good", "Good", FIRST, now, "claire")
        segments.archive(connection, shop_of_sqlite, "good", now)
        back = segments.roll_back(connection, shop_of_sqlite, "good", 1, now, "claire")
    assert (back.archived, back.version) == (False, 2)


def test_the_difference_of_two_versions(sqlite_store: Store, shop_of_sqlite: Shop, now: datetime) -> None:
    with sqlite_store.begin() as connection:
        for query in (FIRST, SECOND):
            segments.save(connection, shop_of_sqlite, "good", "Good", query, now, "claire")
        found = segments.diff(connection, shop_of_sqlite, "good", 1, 2)
        with pytest.raises(NotFound):
            segments.diff(connection, shop_of_sqlite, "good", 1, 7)
        with pytest.raises(NotFound):
            segments.versions(connection, shop_of_sqlite, "bad")
    assert found.changes is not None
    assert not found.renamed
    assert [change.kind for change in found.changes] == ["removed", "changed", "added"]
    for language in ("en", "fr"):
        assert len({change.say(language, "EUR") for change in found.changes}) == 3


def test_changes_are_told_condition_by_condition() -> None:
    assert told("number_of_orders > 1", "number_of_orders > 2") == [
        (
            "changed",
            "Changed: before, customers who have placed more than 1 order; now, customers who have placed more than "
            "2 orders.",
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ("gender = 'F'", "gender = 'F' AND number_of_orders > 1", ["added"]),
        ("gender = 'F' OR age > 3", "gender = 'F'", ["removed"]),
        ("gender = 'F' OR age > 3", "gender = 'F' AND age > 3", ["all_of"]),
        ("gender = 'F' AND age > 3", "gender = 'F' OR age > 4", ["any_of", "changed"]),
        ("gender = 'F' OR age > 3", "(gender = 'F' OR age > 3) AND number_of_orders > 1", ["added"]),
        ("NOT (gender = 'F')", "gender = 'F'", ["removed", "added"]),
        ("NOT (gender = 'F')", "NOT (gender = 'M')", ["changed"]),
        ("age > 3 AND (gender = 'F' OR age > 60)", "age > 3 AND (gender = 'F' OR age > 70)", ["changed"]),
    ],
)
def test_kinds_of_changes(old: str, new: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in told(old, new)] == kinds


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gender = 'F' AND age > 3", "age > 3 AND gender = 'F'"),
        ("orders_placed MATCHES (date > -3d, amount > 2)", "orders_placed MATCHES (amount > 2, date > -3d)"),
        ("gender = 'F' OR (age > 3 AND age < 9)", "(age < 9 AND age > 3)\nOR gender = 'F'"),
    ],
)
def test_the_order_of_conditions_is_no_change(old: str, new: str) -> None:
    assert told(old, new) == []


@given(st.text("ab '\\<>=()1.%-\n"), st.text("ab '\\<>=()1.%-\n"))
def test_pieces_give_both_texts(old: str, new: str) -> None:
    found = pieces(old, new)
    assert "".join(one.text for one in found if one.kind != "added") == old
    assert "".join(one.text for one in found if one.kind != "removed") == new
    assert old != new or all(one.kind == "same" for one in found)


CONDITIONS = [
    "age > 3",
    "age > 4",
    "gender = 'F'",
    "number_of_orders > 1",
    "NOT (age > 3)",
    "customer_tags CONTAINS 'a'",
]
queries = st.recursive(
    st.sampled_from(CONDITIONS),
    lambda inner: st.tuples(st.sampled_from([" AND ", " OR "]), st.lists(inner, min_size=2, max_size=3)).map(
        lambda made: "(" + made[0].join(made[1]) + ")"
    ),
    max_leaves=6,
)


@given(queries, queries)
def test_a_query_differs_from_another_but_not_from_itself(old: str, new: str) -> None:
    assert told(old, old) == []
    forth, back = told(old, new), told(new, old)
    assert bool(forth) == bool(back)
    count = {"added": "removed", "removed": "added"}
    kinds = sorted(count.get(kind, kind) for kind, _ in forth if kind not in {"all_of", "any_of"})
    assert kinds == sorted(kind for kind, _ in back if kind not in {"all_of", "any_of"})


@pytest.fixture
def shop_of_sqlite(sqlite_store: Store, now: datetime) -> Shop:
    """A shop written to the SQLite store."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        add_shop(connection, made, now)
    return made
