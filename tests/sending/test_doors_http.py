"""F14, S14: over HTTP the doubt is written before the request; a repeat needs a living key."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.sending.post import Post, intent
from tests.sending.provider_desk import Account, Desk, serve_desk

from relance.channels import RouteRefused
from relance.sending import HttpRoute, conservation, doors_http, states
from relance.store import tables

OUTBOX = tables.outbox
KEYED = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors_http, "WAITS", (0.01, 0.02, 0.03))


def by(desk: Desk, lives: timedelta | None = None, **changes: Any) -> HttpRoute:
    sender = "Maison Clairval <bonjour@clairval.example>"
    account = Account(desk.port, lives, **changes)
    return HttpRoute(account, sender, "12 rue des Lilas, 69003 Lyon", 3, private=True, timeout=0.4)


def row(post: Post, customer: str = "c1") -> Any:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return connection.execute(select(OUTBOX).where(OUTBOX.c.customer_id == customer)).one()


def one(post: Post, desk: Desk, lives: timedelta | None = None) -> dict[str, int]:
    """Send one message; the states that it ended in."""
    post.agree("c1")
    post.plan(intent("c1"))
    return dict(post.send(route=by(desk, lives)).states)


def test_a_message_is_taken_with_its_parts_and_its_provider_s_name_is_kept(post: Post) -> None:
    with serve_desk() as desk:
        assert one(post, desk) == {"accepted": 1}
    kept = row(post)
    assert (kept.provider, kept.provider_id, kept.state) == ("desk", "provider-1", "accepted")
    assert desk.taken == [kept.message_id]
    assert (desk.asked[0]["to"], desk.asked[0]["id"]) == ("c1@exemple.fr", kept.message_id)
    assert desk.asked[0]["subject"]
    assert desk.asked[0]["text"]


@pytest.mark.parametrize(
    ("word", "state", "taken"),
    [
        ("cut", "in_doubt", 0),
        ("cut after taking", "in_doubt", 1),
        ("500", "in_doubt", 0),
        ("500 after taking", "in_doubt", 1),
        ("hang after taking", "in_doubt", 1),
        ("no json", "in_doubt", 1),
        ("429", "deferred", 0),
        ("400", "failed", 0),
    ],
)
def test_without_keys_nothing_is_repeated(post: Post, word: str, state: str, taken: int) -> None:
    with serve_desk(word) as desk:
        assert one(post, desk) == {state: 1}
        assert (len(desk.asked), len(desk.taken)) == (1, taken)
        assert post.send(route=by(desk)).states == {}


@pytest.mark.parametrize("word", ["cut", "cut after taking", "500 after taking", "hang after taking", "no json"])
def test_under_a_key_the_same_request_is_repeated_and_taken_once(post: Post, word: str) -> None:
    with serve_desk(word, word) as desk:
        assert one(post, desk, KEYED) == {"accepted": 1}
        assert len(desk.asked) == 3
        assert len({asked["key"] for asked in desk.asked}) == 1
        assert len(desk.taken) == 1


@pytest.mark.parametrize("word", ["429", "400", "401"])
def test_a_no_to_the_repeat_says_nothing_of_the_request_before_it(post: Post, word: str) -> None:
    """S14: the first may have been taken; its key would be over before the message were tried again."""
    with serve_desk("cut after taking", *[word] * 9) as desk:
        assert one(post, desk, KEYED) == {"in_doubt": 1}
        assert (len(desk.asked), len(desk.taken)) == (1 + len(doors_http.WAITS), 1)


def test_a_key_that_is_nearly_over_is_not_relied_on(post: Post) -> None:
    with serve_desk("cut after taking") as desk:
        assert one(post, desk, timedelta(seconds=59)) == {"in_doubt": 1}
        assert len(desk.asked) == 1


def test_a_provider_that_stays_silent_leaves_a_doubt(post: Post) -> None:
    with serve_desk(*["cut"] * 9) as desk:
        assert one(post, desk, KEYED) == {"in_doubt": 1}
        assert len(desk.asked) == 1 + len(doors_http.WAITS)


def test_a_wrong_key_stops_the_way_and_the_message_waits(post: Post) -> None:
    with serve_desk("401") as desk:
        post.agree("c1")
        post.plan(intent("c1"))
        report = post.send(route=by(desk))
        assert isinstance(report.problem, RouteRefused)
        assert report.states == {"deferred": 1}
        assert row(post).attempts == 0


def test_a_time_to_wait_is_kept(post: Post) -> None:
    with serve_desk("429") as desk:
        assert one(post, desk) == {"deferred": 1}
    assert row(post).retry_at >= post.clock() + timedelta(hours=2)


def test_nobody_there_is_tried_again_later(post: Post) -> None:
    with socket.socket() as taken:  # bound and never listening: nobody else can get this port meanwhile
        taken.bind(("127.0.0.1", 0))
        assert one(post, Desk(taken.getsockname()[1])) == {"deferred": 1}


def test_a_message_that_no_provider_takes_does_not_hold_the_others(post: Post) -> None:
    """F23."""
    with serve_desk() as desk:
        post.agree("poison", "c2", "c3")
        post.plan(*(intent(customer) for customer in ("poison", "c2", "c3")))
        assert post.send(route=by(desk)).states == {"failed": 1, "accepted": 2}


def test_a_closed_line_is_not_used_again(post: Post) -> None:
    with serve_desk("ok, then close") as desk:
        post.agree("c1", "c2")
        post.plan(intent("c1"))
        post.plan(intent("c2"))
        assert post.send(route=HttpRoute(Account(desk.port), "a@b.example", "Lyon", 1, private=True)).states == {
            "accepted": 2
        }
        assert (len(desk.taken), desk.connections) == (2, 2)


def test_addresses_of_one_s_own_network_are_not_asked(post: Post) -> None:
    """SEC-13: a push endpoint or a webhook's address comes from outside."""
    with serve_desk() as desk:
        post.agree("c1")
        post.plan(intent("c1"))
        assert post.send(route=HttpRoute(Account(desk.port), "a@b.example", "Lyon", 1)).states == {"failed": 1}
        assert desk.connections == 0


def test_texts_go_by_their_own_way(post: Post) -> None:
    with serve_desk("cut after taking") as desk:
        now = post.clock()
        texts = [
            intent("c1", channel="sms", purpose="transactional", address="+33612345678", facts={"text": "Bonjour"}),
            intent("c2", channel="sms", purpose="transactional", address="+33612345679", facts={}),
            intent("c3", channel="sms", purpose="transactional", address="+33612345670", facts={"text": "Merci"}),
        ]
        post.plan(*texts)
        post.clock.now = now + timedelta(minutes=1)
        sent = post.send(route=by(desk, channel="sms"))
        assert sent.states == {"in_doubt": 1, "accepted": 1, "failed": 1}
        assert sorted(asked["text"] for asked in desk.asked) == ["Bonjour", "Merci"]
        post.clock.now = now + timedelta(hours=2)
        assert post.send(route=by(desk, channel="sms")).states == {}
        with post.store.read() as connection:
            assert states(connection, post.shop)["in_doubt"] == 1


def test_when_the_request_travels_the_doubt_is_written(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def look(ask: Callable[[doors_http.HttpDoor], Any]) -> Callable[[doors_http.HttpDoor], Any]:
        def asked(door: doors_http.HttpDoor) -> Any:
            with post.store.read() as connection:
                seen.append(connection.execute(select(OUTBOX.c.state)).scalar_one())
            return ask(door)

        return asked

    monkeypatch.setattr(doors_http.HttpDoor, "_ask", look(doors_http.HttpDoor._ask))
    with serve_desk() as desk:
        assert one(post, desk) == {"accepted": 1}
    assert seen == ["in_doubt"]
