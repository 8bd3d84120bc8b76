"""REL-04, S14, §4.2 ②: after a crash a request in doubt is repeated under its idempotency key, and taken once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.sending.post import KEY, PUBLIC, Post, intent
from tests.sending.provider_desk import Account, Desk, serve_desk

from relance.consent import withdraw
from relance.sending import HttpRoute, Resolved, conservation, doors_http, hold, repeat_doubts
from relance.store import tables

OUTBOX = tables.outbox
KEYED = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors_http, "WAITS", ())


def by(desk: Desk, lives: timedelta | None) -> HttpRoute:
    sender = "Maison Clairval <bonjour@clairval.example>"
    return HttpRoute(Account(desk.port, lives), sender, "12 rue des Lilas, 69003 Lyon", 3, private=True, timeout=5)


def left_in_doubt(post: Post, desk: Desk) -> Any:
    """Send one message whose answer is lost, by a process that is gone."""
    post.agree("c1")
    post.plan(intent("c1"))
    assert dict(post.send(route=by(desk, KEYED)).states) == {"in_doubt": 1}
    return row(post)


def row(post: Post) -> Any:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return connection.execute(select(OUTBOX)).one()


def repeated(post: Post, desk: Desk, lives: timedelta | None = KEYED) -> Resolved:
    return repeat_doubts(post.store, post.shop, [by(desk, lives)], KEY, PUBLIC, post.clock())


@pytest.mark.parametrize("word", ["cut", "cut after taking"])
def test_the_same_request_is_repeated_and_taken_once(post: Post, word: str) -> None:
    with serve_desk(word) as desk:
        message = left_in_doubt(post, desk)
        assert repeated(post, desk) == Resolved(accepted=1)
        assert repeated(post, desk) == Resolved()
    kept = row(post)
    assert (kept.state, kept.evidence, kept.provider_id) == ("accepted", "repeat", "provider-1")
    assert desk.taken == [message.message_id]
    first, second = desk.asked
    assert first == second, "links, words and key are those of the first request"


def pass_the_life(post: Post) -> None:
    post.clock.now += KEYED


def opt_out(post: Post) -> None:
    with post.store.begin() as connection:
        withdraw(connection, post.shop, "c1", "email", "marketing", "unsubscribe", {}, post.clock())


def pause(post: Post) -> None:
    with post.store.begin() as connection:
        hold(connection, post.shop, "flow:inactive-customers")


@pytest.mark.parametrize("meanwhile", [pass_the_life, opt_out, pause])
def test_after_the_key_or_the_consent_nothing_is_repeated(post: Post, meanwhile: Callable[[Post], None]) -> None:
    with serve_desk("cut") as desk:
        left_in_doubt(post, desk)
        meanwhile(post)
        assert repeated(post, desk) == Resolved()
        assert (len(desk.asked), desk.taken, row(post).state) == (1, [], "in_doubt")


@pytest.mark.parametrize("word", ["400", "429", "500", "cut"])
def test_a_no_to_the_repeat_leaves_the_doubt(post: Post, word: str) -> None:
    with serve_desk("cut after taking", word) as desk:
        left_in_doubt(post, desk)
        assert repeated(post, desk) == Resolved()
        assert (len(desk.asked), row(post).state) == (2, "in_doubt")
        assert repeated(post, desk) == Resolved(), "not again at once"
        post.clock.now += timedelta(minutes=3)
        assert repeated(post, desk) == Resolved(accepted=1)
    assert len(desk.taken) == 1


def test_without_keys_nothing_is_ever_repeated(post: Post) -> None:
    with serve_desk("cut") as desk:
        left_in_doubt(post, desk)
        assert repeated(post, desk, None) == Resolved()
    assert len(desk.asked) == 1
