"""S13: every writer of consent, suppression and erasure waits for whoever holds the recipient, and holds it itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from tests.consent.outbox_rows import KEY, add_message

from relance import consent
from relance.consent.ledger import append
from relance.ingest import Person
from relance.store import Shop, Store, add_shop, lock_recipients

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
SHOP = Shop("main", "Clairval", "EUR", "Europe/Paris", "fr")
MAIL, PHONE = "c1@example.fr", "+33612345678"
PROOF = consent.Proof("I agree", "en", "a browser", "192.0.2.7")
PROOFS = {"marketing": PROOF, "opens": PROOF, "profiling": PROOF}
WHOLE = consent.Whole("c1", ("c1",), (MAIL,), (PHONE,), Person((MAIL,), (PHONE,), ("c1",)))
Act = Callable[[Connection], Any]


def entry(action: str, channel: str = "email") -> consent.Entry:
    return consent.Entry("c1", channel, "marketing", action, None, NOW, "test")


def hashed(channel: str, address: str) -> str:
    return consent.address_hmac(KEY, channel, address)


WRITERS: dict[str, Act] = {
    "record": lambda c: consent.record(c, SHOP, entry("withdrawn"), NOW),
    "append": lambda c: append(c, SHOP, [entry("refused")], NOW),
    "withdraw": lambda c: consent.withdraw(c, SHOP, "c1", "email", "marketing", "u", {}, NOW),
    "object": lambda c: consent.object_to_profiling(c, SHOP, "c1", "u", {}, NOW),
    "stop everything": lambda c: consent.stop_everything(c, SHOP, "c1", "u", {}, NOW),
    "agree": lambda c: consent.agree(c, SHOP, "c1", consent.Agreed(), ["email"], PROOFS, {}, NOW),
    "suppress, named": lambda c: consent.suppress(c, SHOP, "email", hashed("email", MAIL), "complaint", NOW, "c1"),
    "suppress, by address alone": lambda c: consent.suppress(c, SHOP, "email", hashed("email", MAIL), "complaint", NOW),
    "stop by sms": lambda c: consent.stop_by_sms(c, SHOP, PHONE, "STOP", NOW, KEY),
    "erase": lambda c: consent.erase_person(c, SHOP, KEY, WHOLE, "request", NOW),
    "join": lambda c: consent.join_people(c, SHOP, {"c1": ["c1", "c2"]}, NOW),
}


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with messages to c1 that wait, and somebody who was merged with them."""
    with store.begin() as connection:
        add_shop(connection, SHOP, NOW)
        add_message(connection, SHOP, "c1", MAIL, NOW)
        add_message(connection, SHOP, "c1", PHONE, NOW, "sms")
        consent.record(connection, SHOP, entry("granted"), NOW)
        consent.record(connection, SHOP, consent.Entry("c2", "email", "marketing", "withdrawn", None, NOW, "t"), NOW)
        lock_recipients(connection, SHOP, ["c1", "c2"], NOW)
    return store


def impatient(store: Store, connection: Connection) -> None:
    """Let a wait for a lock end at once."""
    if store.is_sqlite:
        return
    connection.execute(text("SET LOCAL lock_timeout = '150ms'"))


def gate_waits(store: Store) -> bool:
    """Whether whoever locks c1 as the gate does has to wait."""
    try:
        with store.engine.connect() as connection:
            if store.is_sqlite:
                connection.connection.driver_connection.execute("PRAGMA busy_timeout = 100")  # type: ignore[union-attr]
            with connection.begin():
                impatient(store, connection)
                lock_recipients(connection, SHOP, ["c1"], NOW)
    except OperationalError:
        return True
    return False


def in_a_hurry(store: Store, act: Act) -> None:
    """Write in a transaction that waits for nobody."""
    with store.begin() as connection:
        impatient(store, connection)
        act(connection)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_writer_holds_the_recipient_until_its_end(filled: Store, name: str) -> None:
    assert not gate_waits(filled)
    with filled.begin() as connection:
        WRITERS[name](connection)
        assert gate_waits(filled)
    assert not gate_waits(filled)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_writer_waits_for_the_gate(store: Store, filled: Store, name: str) -> None:
    if store.is_sqlite:
        pytest.skip("a writing transaction of SQLite keeps every other one out from its first statement")
    with filled.begin() as gate:
        lock_recipients(gate, SHOP, ["c1"], NOW)
        with pytest.raises(OperationalError, match="lock timeout"):
            in_a_hurry(filled, WRITERS[name])
    with filled.begin() as connection:
        WRITERS[name](connection)
