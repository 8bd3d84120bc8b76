"""Consents of customers who were merged: the strictest holds, and a withdrawal is everybody's (S5)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from relance.consent import Entry, follow_people, join_people, part_people, record
from relance.consent.state import states_of
from relance.store import Shop, Store

GROUP = {"a": ["a", "b"]}


def say(store: Store, shop: Shop, customer: str, action: str, at: datetime, channel: str = "email") -> None:
    """One entry of the ledger."""
    with store.begin() as connection:
        record(connection, shop, Entry(customer, channel, "marketing", action, None, at, "test"), at)


def statuses(store: Store, shop: Shop) -> dict[str, str]:
    """Where each stands on e-mail."""
    with store.read() as connection:
        return {state.customer_id: state.status for state in states_of(connection, shop) if state.channel == "email"}


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("granted", "withdrawn", ("withdrawn", "withdrawn")),
        ("withdrawn", "granted", ("withdrawn", "withdrawn")),
        ("imported", "refused", ("refused", "refused")),
        ("granted", "doi_requested", ("refused", "doi_requested")),
        ("imported", "doi_requested", ("doi_requested", "doi_requested")),
        ("granted", "erased", ("withdrawn", "erased")),
        ("granted", "unknown", ("granted", "unknown")),
    ],
)
def test_the_strictest_word_is_everybodys(
    store: Store, shop: Shop, now: datetime, one: str, other: str, both: tuple[str, str]
) -> None:
    say(store, shop, "b", other, now - timedelta(days=2))
    say(store, shop, "a", one, now - timedelta(days=1))
    with store.begin() as connection:
        join_people(connection, shop, GROUP, now)
    assert statuses(store, shop) == dict(zip("ab", both, strict=True))


def test_a_grant_goes_to_whom_they_are_with_and_is_taken_back(store: Store, shop: Shop, now: datetime) -> None:
    say(store, shop, "b", "granted", now)
    with store.begin() as connection:
        join_people(connection, shop, GROUP, now)
    assert statuses(store, shop) == {"a": "granted", "b": "granted"}
    with store.begin() as connection:
        part_people(connection, shop, ["a", "b"], now + timedelta(hours=1))
    assert statuses(store, shop) == {"a": "refused", "b": "granted"}


def test_what_is_withdrawn_while_together_stays_on_both(store: Store, shop: Shop, now: datetime) -> None:
    say(store, shop, "a", "granted", now)
    say(store, shop, "b", "withdrawn", now + timedelta(hours=1))
    with store.begin() as connection:
        added, last = follow_people(connection, shop, GROUP, 0, now + timedelta(hours=2))
        assert added == 1
        assert follow_people(connection, shop, GROUP, last - 1, now)[0] == 0, "each is handed on once"
        part_people(connection, shop, ["a", "b"], now + timedelta(hours=3))
    assert statuses(store, shop) == {"a": "withdrawn", "b": "withdrawn"}


def test_a_later_grant_of_the_person_holds(store: Store, shop: Shop, now: datetime) -> None:
    say(store, shop, "b", "withdrawn", now)
    with store.begin() as connection:
        join_people(connection, shop, GROUP, now)
    say(store, shop, "b", "granted", now + timedelta(hours=1))
    with store.begin() as connection:
        follow_people(connection, shop, GROUP, 0, now + timedelta(hours=2))
    assert statuses(store, shop)["a"] == "granted"
