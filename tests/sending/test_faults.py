"""Faults of the list F1 to F25 in their lean form, where no other file has them (docs/reference/sending-faults.md)."""

from __future__ import annotations

import os
import signal as signals
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.exc import DBAPIError
from tests.channels.scripted import scripted
from tests.sending.post import Post, intent, route_to
from tests.sending.sender_program import signal, start

from relance.errors import BadInput, NoRoom
from relance.sending import conservation, recover, senders, states
from relance.sending.locks import lock_by_name
from relance.sending.outbox import AGAIN, WAITING
from relance.sending.pressure import WEIGHING
from relance.store import DataFolder, tables

OUTBOX = tables.outbox
OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> :me"
)


def held(post: Post) -> dict[str, int]:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return {state: count for state, count in states(connection, post.shop).items() if count}


def once(post: Post) -> bool:
    """Whether nothing came twice."""
    received = post.received()
    return len(received) == len(set(received))


def planned(post: Post, count: int) -> None:
    people = [f"c{number}" for number in range(count)]
    post.agree(*people)
    post.plan(*(intent(one) for one in people))


def test_f3_sessions_that_the_database_ends(post: Post) -> None:
    """The run ends with an error; the next one takes up where it stopped, and nothing goes twice."""
    if post.store.is_sqlite:
        pytest.skip("SQLite has no sessions")
    planned(post, 60)
    with post.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        me = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        running = threading.Thread(target=_try_to_send, args=(post,))
        running.start()
        for _ in range(3):
            time.sleep(0.1)
            connection.execute(OTHERS, {"me": me})
        running.join()
    for _ in range(3):
        # the mailbox's sessions were ended too: it put off what it could not keep
        post.clock.now += timedelta(hours=1)
        _try_to_send(post)
    left = held(post)
    assert left.get("in_doubt", 0) <= 3 * 4
    assert left.get("accepted", 0) + left.get("in_doubt", 0) == 60
    assert once(post)


def _try_to_send(post: Post) -> None:
    with suppress(DBAPIError):
        post.send(batch=10)


def test_f5_a_sender_that_is_asked_to_stop_leaves_no_doubt(post: Post) -> None:
    planned(post, 40)
    asked = threading.Event()
    threading.Timer(0.3, asked.set).start()
    begun = time.monotonic()
    post.send(stop=asked.is_set, batch=5)
    assert time.monotonic() - begun < 30
    left = held(post)
    assert "in_doubt" not in left
    assert "claimed" not in left
    assert post.send().states.get("accepted", 0) == left.get("queued", 0)
    assert once(post)


def test_f6_a_sender_that_stood_still_sends_nothing_that_it_does_not_own(post: Post) -> None:
    """Its sign of life lasts, so nobody takes its claims; were they taken, the fence stops it."""
    if post.store.is_sqlite:
        pytest.skip("it may stand still inside a transaction, for whose end everybody waits")
    planned(post, 40)
    begun = signal()
    process = start(post.store.url, post.folder.path, post.port, 40, 4, begun=begun)
    assert begun.wait(60)
    # it has claimed what it sends: stopped in that transaction, it would hold everybody up until the database ends it
    while not post.received():
        assert process.is_alive()
        time.sleep(0.005)
    os.kill(process.pid or 0, signals.SIGSTOP)
    post.send(batch=5)
    os.kill(process.pid or 0, signals.SIGCONT)
    process.join(60)
    assert process.exitcode == 0
    post.send()
    assert held(post) == {"accepted": 40}
    assert once(post)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_f6_whoever_stands_still_in_a_transaction_loses_it(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is paused there must not hold up the others until somebody wakes it."""
    soon = text("SET LOCAL idle_in_transaction_session_timeout = '200ms'")
    monkeypatch.setattr(senders, "STANDS_STILL", soon)
    turns = senders.Turns(post.store, post.folder)

    def stand_still() -> None:
        with turns.begin() as still:
            lock_by_name(still, "taken")
            with post.store.begin() as other:
                other.execute(text("SET LOCAL lock_timeout = '5s'"))
                lock_by_name(other, "taken")
            still.execute(text("SELECT 1"))

    with pytest.raises(DBAPIError):
        stand_still()


def test_f7_a_full_disk_pauses_sending_and_loses_nothing(post: Post) -> None:
    """The doubt cannot be written: the connection is dropped before the dot."""
    if not post.store.is_sqlite:
        pytest.skip("the size of a file is limited here")
    planned(post, 6)
    with post.store.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        connection.rollback()
    with pytest.raises(NoRoom):
        post.plan(*(intent(f"more{number}", facts={"much": "x" * 9_000}) for number in range(500)))
    post.store.engine.dispose()
    assert post.send().states["accepted"] >= 6
    assert once(post)


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "dot"])
def test_f8_one_that_is_put_off_does_not_hold_up_the_others(post: Post, verb: str) -> None:
    post.agree("c1", "c2")
    post.plan(intent("c1"))
    with scripted({verb: "451 4.3.0 later"}) as fake:
        assert post.send(route=route_to(fake.port, 1)).states == {"deferred": 1}
    post.plan(intent("c2"))
    assert post.send().states == {"accepted": 1}


def test_f12_a_server_that_drops_after_some_messages_is_connected_to_again(post: Post) -> None:
    planned(post, 6)
    with scripted({"MAIL": "421 4.7.0 enough for this connection"}) as fake:
        assert post.send(route=route_to(fake.port, 2), limit=2).states == {"deferred": 2}
    assert post.send().states == {"accepted": 4}
    post.clock.now += timedelta(minutes=10)
    assert post.send().states == {"accepted": 2}


@pytest.mark.parametrize("hours", [-1, 1, 24])
def test_f19_a_clock_that_jumps_replays_nothing(post: Post, hours: int) -> None:
    """A wait that was over stays over when the clock goes back; what waits is not sent sooner than it may."""
    planned(post, 5)
    assert post.send(limit=3).states == {"accepted": 3}
    post.clock.now += timedelta(hours=hours)
    assert sum(post.send().states.values()) in {0, 2}
    post.clock.now += timedelta(hours=-hours)
    post.send()
    assert held(post).get("accepted", 0) + held(post).get("deferred", 0) == 5
    assert once(post)


@pytest.mark.parametrize("question", [WAITING, AGAIN, WEIGHING], ids=["waiting", "again", "weighing"])
def test_f24_the_queue_is_read_by_its_index(post: Post, question: Select[Any]) -> None:
    """A claim reads the rows that it takes and not the million that wait; the gate those of its people."""
    if not post.store.is_sqlite:
        pytest.skip("the plan is SQLite's")
    with post.store.read() as connection:
        given = question.params(dict.fromkeys(question.compile(connection.engine).params))
        asked = str(given.compile(connection.engine, compile_kwargs={"render_postcompile": True}))
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", (None,) * asked.count("?"))
        plan = [str(row[-1]) for row in rows]
    assert not [step for step in plan if "SCAN outbox" in step or ("outbox" in step and "(shop_id=?)" in step)]
    assert "TEMP B-TREE" not in " ".join(plan)


def test_what_was_taken_is_settled_although_the_next_round_fails(post: Post) -> None:
    """What waits for the transaction of the next round is written down by itself when that one breaks."""
    if not post.store.is_sqlite:
        pytest.skip("the fault is a trigger of SQLite's")
    post.agree("c0", "c1", "c2", "c3")
    post.plan(*(intent(f"c{number}", priority=number) for number in range(4)))
    with post.store.begin() as connection:
        fault = "BEFORE UPDATE OF state ON outbox WHEN NEW.customer_id = 'c3' AND NEW.state = 'in_doubt'"
        connection.execute(text(f"CREATE TRIGGER fault {fault} BEGIN SELECT RAISE(ABORT, 'no room'); END"))
    with pytest.raises(DBAPIError, match="no room"):
        post.send(route=route_to(post.port, 2))
    assert held(post) == {"accepted": 2, "queued": 2}
    with post.store.begin() as connection:
        connection.execute(text("DROP TRIGGER fault"))
    post.send()
    assert held(post) == {"accepted": 4}
    assert once(post)


def test_s4_a_data_folder_on_a_network_is_refused(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relance.store.folder.filesystem_kind", lambda _path: "nfs4")
    with pytest.raises(BadInput, match="nfs4"):
        DataFolder(post.folder.path).create()


def test_recovery_does_not_touch_what_a_living_sender_holds(post: Post) -> None:
    if not post.store.is_sqlite:
        pytest.skip("the sign of life is a file's lock here")
    planned(post, 8)
    begun = signal()
    process = start(post.store.url, post.folder.path, post.port, 8, 1, begun=begun)
    assert begun.wait(60)
    for _ in range(5):
        with post.store.begin() as connection:
            recover(connection, post.shop, post.folder)
            claimed = select(OUTBOX.c.epoch).where(OUTBOX.c.state == "claimed")
            assert all(epoch == 1 for epoch in connection.execute(claimed).scalars())
    process.join(60)
    assert process.exitcode == 0
    assert held(post) == {"accepted": 8}
