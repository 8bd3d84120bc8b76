"""PRIV-01, S20: the ledger is append-only and chained; the state is its fold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from relance.consent import Entry, broken, history, rebuild, record, verdict, withdraw
from relance.consent.ledger import Recorded, append
from relance.consent.state import ACTIONS, fold, project, states_of
from relance.errors import BadInput
from relance.store import Shop, Store, tables

START = datetime(2026, 1, 1, tzinfo=UTC)
LEDGER = tables.consent_event


def entry(action: str, customer: str = "c1", at: datetime | None = START) -> Entry:
    return Entry(customer, "email", "marketing", action, None, at, "test", {"ip": "192.0.2.0"})


instants = st.one_of(st.none(), st.integers(0, 5).map(lambda days: START + timedelta(days=days)))
entries = st.lists(
    st.builds(entry, st.sampled_from(sorted(ACTIONS)), st.sampled_from(["c1", "c2"]), instants), max_size=12
)


@given(entries, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(given_entries: list[Entry], chance: object) -> None:
    recorded = [Recorded(place, one, START + timedelta(days=3)) for place, one in enumerate(given_entries)]
    shuffled = list(recorded)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(shuffled) == fold(recorded)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(entries, max_size=4))
def test_a_rebuild_equals_the_projection(store: Store, shop: Shop, batches: list[list[Entry]]) -> None:
    with store.engine.connect() as connection:
        connection.begin()
        for number, batch in enumerate(batches):
            project(connection, shop, append(connection, shop, batch, START + timedelta(days=number)))
        assert rebuild(connection, shop) == 0
        assert broken(connection, shop) == []
        connection.rollback()


def test_a_rebuild_repairs_a_damaged_projection(store: Store, shop: Shop) -> None:
    with store.begin() as connection:
        record(connection, shop, entry("withdrawn"), START)
        connection.execute(update(tables.consent_state).values(status="granted"))
        assert rebuild(connection, shop) == 1
        assert verdict(connection, shop, "c1", "email", "marketing").reason == "consent.withdrawn"


@pytest.mark.parametrize(
    "statement",
    [
        update(LEDGER).values(action="granted"),
        update(LEDGER).values(evidence={"salt": "00", "personal": {}}),
        delete(LEDGER),
    ],
)
def test_the_database_refuses_to_change_the_ledger(store: Store, shop: Shop, statement: object) -> None:
    with store.begin() as connection:
        record(connection, shop, entry("withdrawn"), START)
    with pytest.raises(DBAPIError, match="append-only"), store.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def test_erasure_may_empty_the_evidence_and_the_chain_stays_whole(store: Store, shop: Shop) -> None:
    with store.begin() as connection:
        record(connection, shop, entry("granted"), START)
        record(connection, shop, entry("erased"), START)
        connection.execute(update(LEDGER).values(evidence={}))
        assert broken(connection, shop) == []
        assert history(connection, shop, "c1")[0].entry.evidence == {}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_event SET action = 'granted' WHERE id = 2",
        'UPDATE consent_event SET evidence = \'{"salt": "00", "personal": {}}\' WHERE id = 2',
        "DELETE FROM consent_event WHERE id = 2",
    ],
)
def test_tampering_is_found(sqlite_store: Store, now: datetime, change: str) -> None:
    from_outside = Shop("main", "Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        connection.execute(
            text("INSERT INTO shop VALUES ('main', 'Clairval', 'EUR', 'Europe/Paris', 'fr', '{}', :now)"),
            {"now": now.isoformat()},
        )
        for action in ("granted", "withdrawn", "doi_requested"):
            record(connection, from_outside, entry(action), START)
        for trigger in ("rows", "values", "evidence"):
            connection.execute(text(f"DROP TRIGGER consent_event_keeps_{trigger}"))
        connection.execute(text(change))
        assert broken(connection, from_outside)


def test_what_wins(store: Store, shop: Shop) -> None:
    later = START + timedelta(days=1)
    cases: list[tuple[list[tuple[str, datetime | None]], str]] = [
        ([("granted", START), ("withdrawn", START)], "withdrawn"),  # the same instant
        ([("withdrawn", later), ("granted", None)], "withdrawn"),  # a grant that nobody can date
        ([("withdrawn", START), ("granted", later)], "granted"),
        ([("withdrawn", START), ("imported", later)], "withdrawn"),  # an import never gives back
        ([("refused", None), ("imported", later)], "refused"),
        ([("imported", START), ("refused", later)], "refused"),  # an import takes away
        ([("unknown", later), ("imported", START)], "imported"),
        ([("imported", START), ("unknown", later)], "imported"),
        ([("granted", later), ("bounced_out", START)], "granted"),
    ]
    with store.begin() as connection:
        for number, (acts, expected) in enumerate(cases):
            for action, at in acts:
                record(connection, shop, entry(action, f"c{number}", at), START)
            (state,) = states_of(connection, shop, [f"c{number}"])
            assert (acts, state.status) == (acts, expected)


def test_withdrawing_twice_writes_once(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        assert withdraw(connection, shop, "c1", "email", "marketing", "one-click", {}, now)
        assert not withdraw(connection, shop, "c1", "email", "marketing", "one-click", {}, now)
        assert len(history(connection, shop, "c1")) == 1


def test_an_unknown_action_is_refused_with_a_sentence(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection, pytest.raises(BadInput, match="hoped"):
        record(connection, shop, entry("hoped"), now)
