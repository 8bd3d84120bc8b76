"""REL-08, F18, F23: dead letters go again in bulk, once; pausing and cancelling reach what is already held."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.channels.scripted import scripted
from tests.sending.post import FACTS, Post, intent, route_to

from relance.sending import cancel_source, conservation, dead_letters, hold, release, send_again, states
from relance.store import tables

OUTBOX = tables.outbox
FLOW = "flow:inactive-customers"


def held(post: Post) -> dict[str, int]:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return {state: count for state, count in states(connection, post.shop).items() if count}


def test_dead_letters_are_counted_by_reason_and_go_again(post: Post) -> None:
    post.agree("blocked", "full", "c3", "fine")
    without = {name: fact for name, fact in FACTS.items() if name != "coupon"}
    soon = post.clock() + timedelta(hours=3)
    post.plan(intent("blocked"), intent("full", not_after=soon))
    post.plan(intent("c3", template="nothing", facts=without), intent("fine"))
    post.send()
    for _ in range(2):
        post.clock.now += timedelta(hours=2)
        post.send()
    with post.store.read() as connection:
        dead = {(one.reason, one.count) for one in dead_letters(connection, post.shop)}
    assert dead == {("sending.refused", 1), ("not_after", 1), ("sending.unknown_template", 1)}
    with post.store.begin() as connection:
        assert send_again(connection, post.shop, post.clock(), reason="sending.refused") == 1
        assert send_again(connection, post.shop, post.clock(), source="campaign:none") == 0
        assert send_again(connection, post.shop, post.clock(), reason="not_after") == 1
    assert held(post) == {"accepted": 1, "failed": 1, "queued": 2}
    with scripted({}) as repaired:
        assert post.send(route=route_to(repaired.port)).states == {"accepted": 2}
        assert len(repaired.taken) == 2
    with post.store.begin() as connection:
        assert send_again(connection, post.shop, post.clock()) == 1


def test_what_was_stopped_by_the_gate_is_no_dead_letter(post: Post) -> None:
    post.plan(intent("silent"), intent("c1", address=None))
    post.send()
    with post.store.begin() as connection:
        assert dead_letters(connection, post.shop) == []
        assert send_again(connection, post.shop, post.clock()) == 0
    assert held(post) == {"suppressed": 2}


def test_each_channel_has_its_own_longest_wait(post: Post) -> None:
    post.plan(intent("c1"), intent("c1", channel="sms", address="+33612345678"))
    with post.store.read() as connection:
        waits = dict(connection.execute(select(OUTBOX.c.channel, OUTBOX.c.not_after)).all())
    assert waits == {"email": post.clock() + timedelta(hours=72), "sms": post.clock() + timedelta(hours=4)}


@pytest.mark.parametrize("act", ["pause", "cancel"])
def test_pausing_and_cancelling_stop_all_but_what_is_on_its_way(
    post: Post, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """F18: after the commit at most one message a connection still goes; resuming covers exactly the rest."""
    people = [f"c{number}" for number in range(40)]
    post.agree(*people)
    post.plan(*(intent(one) for one in people))
    counted: list[int] = []

    def act_at_the_first_doubt(name: str) -> None:
        if name == "doubt" and not counted:
            with post.store.begin() as connection:
                counted.append(states(connection, post.shop)["accepted"])
                if act == "pause":
                    hold(connection, post.shop, FLOW)
                else:
                    cancel_source(connection, post.shop, FLOW, "cancelled_by_hand", post.clock())

    monkeypatch.setattr("relance.sending.send.reach", act_at_the_first_doubt)
    post.send(route=route_to(post.port, 4))
    assert len(post.received()) - counted[0] <= 4
    if act == "cancel":
        assert held(post) == {"accepted": 4, "cancelled": 36}
        return
    assert held(post) == {"accepted": 4, "queued": 36}
    with post.store.begin() as connection:
        release(connection, post.shop, FLOW)
    assert post.send().states == {"accepted": 36}
    assert len(set(post.received())) == len(post.received()) == 40
