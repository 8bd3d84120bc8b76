"""S13: a message and every writer who may stop it, in both orders, on two connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Connection, update
from tests.sending.gate_desk import OWNER, Desk, wish
from tests.sending.post import KEY

from relance.consent import (
    Whole,
    address_hmac,
    erase_person,
    join_people,
    object_to_profiling,
    suppress,
    withdraw,
)
from relance.ingest import Person
from relance.sending import cancel, hold
from relance.sending.gate import stopped
from relance.sending.holding import held_among, keep_holds_out
from relance.sending.outbox import OUTBOX, Message, claim, still_held
from relance.store import Shop, Store, keep_same_people, lock_people, lock_recipients

Writer = Callable[[Connection, Desk], None]


def _withdraw(connection: Connection, desk: Desk) -> None:
    withdraw(connection, desk.shop, "c1", "email", "marketing", "form", {}, desk.now)


def _suppress(connection: Connection, desk: Desk) -> None:
    hashed = address_hmac(KEY, "email", "c1@exemple.fr")
    suppress(connection, desk.shop, "email", hashed, "complaint", desk.now, "c1")


def _object(connection: Connection, desk: Desk) -> None:
    object_to_profiling(connection, desk.shop, "c1", "form", {}, desk.now)


def _take_the_place(connection: Connection, desk: Desk) -> None:
    """Another sender's message to the same person goes into doubt."""
    lock_recipients(connection, desk.shop, ["c1"], desk.now)
    other = OUTBOX.c.occurrence == "other-1"
    connection.execute(update(OUTBOX).where(other).values(state="in_doubt", doubt_at=desk.now, owner="other"))


def _join(connection: Connection, desk: Desk) -> None:
    """The person turns out to be one who had refused."""
    join_people(connection, desk.shop, {"c2": ["c2", "c1"]}, desk.now)


def _count_together(connection: Connection, desk: Desk) -> None:
    """The person turns out to be one who was sent something a moment ago."""
    keep_same_people(connection, desk.shop, {"c3": ["c3", "c1"]}, desk.now)


def _erase(connection: Connection, desk: Desk) -> None:
    erase_person(connection, desk.shop, KEY, WHOLE, "request", desk.now)


def _pause(connection: Connection, desk: Desk) -> None:
    hold(connection, desk.shop, "flow:inactive-customers")


def _cancel(connection: Connection, desk: Desk) -> None:
    cancel(connection, desk.shop, "flow:inactive-customers", ["c1"], "flow.left", desk.now)


WRITERS: dict[str, tuple[Writer, str]] = {
    "withdrawal": (_withdraw, "consent.withdrawn"),
    "suppression": (_suppress, "sending.closed_complaint"),
    "objection": (_object, "gate.objector"),
    "cap": (_take_the_place, "gate.pressure_phase"),
    "merge": (_join, "consent.withdrawn"),
    "merge with somebody who got one": (_count_together, "gate.pressure_phase"),
    "erasure": (_erase, "sending.closed_erased"),
    "pause": (_pause, "held"),
}
WHOLE = Whole("c1", ("c1",), ("c1@exemple.fr",), (), Person(("c1@exemple.fr",), (), ("c1",)))


@pytest.fixture
def desk(store: Store, shop: Shop, now: datetime) -> Desk:
    """A person with one message that came of profiling, and one that another sender holds."""
    made = Desk(store, shop, now)
    made.agree("c1", "c2", "c3")
    with store.begin() as connection:
        withdraw(connection, shop, "c2", "email", "marketing", "form", {}, now)
    made.plan(wish("c3", phase="at_risk"))
    assert made.turn() == {"accepted": 1}
    made.plan(wish(phase="at_risk", profiled=True, priority=1), wish(phase="at_risk", occurrence="other", priority=2))
    return made


def held(desk: Desk) -> Message:
    with desk.store.begin() as connection:
        return claim(connection, desk.shop, "email", OWNER, 1, desk.now)[0]


def decide(connection: Connection, desk: Desk, message: Message) -> str | None:
    """The decisive question and the doubt, as the sender does it; the reason if the message is stopped."""
    keep_holds_out(connection, desk.shop)
    lock_people(connection, desk.shop, [message.customer_id], desk.now)
    ends = stopped(connection, desk.shop, [message], desk.now, last=True)
    if message.outbox_id in ends:
        return ends[message.outbox_id].reason
    if held_among(connection, desk.shop, {message.source}):
        return "held"
    mine = OUTBOX.c.id == message.outbox_id
    connection.execute(update(OUTBOX).where(mine).values(state="in_doubt", doubt_at=desk.now))
    return None


class Beside:
    """Another connection, in a thread: it writes, waits for a sign, commits."""

    def __init__(self, desk: Desk, work: Callable[[Connection], object]) -> None:
        self.wrote, self.commit, self.done = threading.Event(), threading.Event(), threading.Event()
        self.result: object = None
        self.thread = threading.Thread(target=self._run, args=(desk, work))
        self.thread.start()

    def _run(self, desk: Desk, work: Callable[[Connection], object]) -> None:
        with desk.store.begin() as connection:
            self.result = work(connection)
            self.wrote.set()
            assert self.commit.wait(20)
        self.done.set()

    def end(self) -> object:
        """Let it commit; what its work gave."""
        self.commit.set()
        self.thread.join(20)
        assert self.done.is_set()
        return self.result


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_the_writer_comes_first_and_the_message_stays(desk: Desk, name: str) -> None:
    write, reason = WRITERS[name]
    message = held(desk)
    writer = Beside(desk, lambda connection: write(connection, desk))
    assert writer.wrote.wait(20)
    sender = Beside(desk, lambda connection: decide(connection, desk, message))
    time.sleep(0.05)
    assert not sender.wrote.is_set(), "the gate decided while somebody was writing"
    writer.end()
    assert sender.end() == reason


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_the_message_comes_first_and_the_writer_waits(desk: Desk, name: str) -> None:
    write, _ = WRITERS[name]
    message = held(desk)
    sender = Beside(desk, lambda connection: decide(connection, desk, message))
    assert sender.wrote.wait(20)
    writer = Beside(desk, lambda connection: write(connection, desk))
    time.sleep(0.05)
    assert not writer.wrote.is_set(), "somebody wrote between the decision and its commit"
    assert sender.end() is None
    writer.end()


def test_a_cancel_leaves_alone_what_a_sender_holds_and_takes_the_rest(desk: Desk) -> None:
    message = held(desk)
    canceller = Beside(desk, lambda connection: _cancel(connection, desk))
    assert canceller.wrote.wait(20)
    sender = Beside(desk, lambda connection: decide(connection, desk, message))
    canceller.end()
    assert sender.end() is None
    assert [row.state for row in desk.rows()] == ["accepted", "in_doubt", "cancelled"]


def test_of_two_senders_with_a_message_each_one_gets_the_only_place(desk: Desk) -> None:
    with desk.store.begin() as connection:
        both = claim(connection, desk.shop, "email", OWNER, 2, desk.now)
    first = Beside(desk, lambda connection: decide(connection, desk, both[0]))
    assert first.wrote.wait(20)
    second = Beside(desk, lambda connection: decide(connection, desk, both[1]))
    first.commit.set()
    assert second.end() == "gate.pressure_phase"
    assert first.end() is None
    with desk.store.begin() as connection:
        assert still_held(connection, both) == {both[1].outbox_id}
