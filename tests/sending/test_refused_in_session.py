"""F8, F9, F13, §1.5: what a mail server says against us stops the way or the provider, and never closes a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.channels.scripted import scripted
from tests.sending.post import Post, intent, route_to

from relance.channels import NotReached, RouteRefused, Timeouts
from relance.sending import conservation, list_routes, open_incidents, slowed, states
from relance.store import tables

# what is told here does not depend on the database
pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
QUICK = Timeouts(connect=1, command=1, body=1, final=1)
LOGIN = {"EHLO": "250-here\r\n250 AUTH PLAIN"}


def sent_by(post: Post, script: dict[str, str], **changes: Any) -> tuple[dict[str, int], Exception | None]:
    """Send by a server that follows the script; the states that messages ended in, and the quarrel."""
    with scripted(script) as fake:
        route = replace(route_to(fake.port, 1), timeouts=QUICK, **changes)
        report = post.send(route=route)
    return dict(report.states), report.problem


def nobody_is_closed(post: Post) -> bool:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return connection.execute(select(func.count()).select_from(tables.suppression)).scalar_one() == 0


def wait_or_go(post: Post) -> dict[str, int]:
    with post.store.read() as connection:
        return {state: count for state, count in states(connection, post.shop).items() if count}


@pytest.mark.parametrize(
    ("script", "changes"),
    [
        ({**LOGIN, "AUTH": "535 5.7.8 wrong password"}, {"user": "shop", "password": "p"}),
        ({"greeting": "554 5.7.1 your address is on a list"}, {}),
        ({"EHLO": "550 5.7.1 not from here"}, {}),
        ({"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": "554 5.7.0 never"}, {"starttls": True}),
        ({}, {"starttls": True}),
        ({"MAIL": "550 5.7.1 this sender is not yours"}, {}),
        ({"RCPT": "530 5.7.0 log in first"}, {}),
    ],
    ids=["login", "greeting", "hello", "encryption", "encryption stripped", "sender", "login at the recipient"],
)
def test_a_server_that_refuses_us_stops_the_way_and_the_messages_wait(
    post: Post, script: dict[str, str], changes: dict[str, object]
) -> None:
    post.agree("c1", "c2")
    post.plan(intent("c1"), intent("c2"))
    _, problem = sent_by(post, script, **changes)
    assert isinstance(problem, RouteRefused)
    assert set(wait_or_go(post)) <= {"queued", "deferred"}
    assert nobody_is_closed(post)
    with post.store.read() as connection:
        (told,) = list_routes(connection, post.shop)
        assert told.stopped_at == post.clock()


@pytest.mark.parametrize(
    ("script", "changes"),
    [
        ({"greeting": "421 4.3.2 not now"}, {}),
        ({"EHLO": "421 4.7.0 too many connections"}, {}),
        ({**LOGIN, "AUTH": "454 4.7.0 later"}, {"user": "shop", "password": "p"}),
    ],
    ids=["greeting", "hello", "login"],
)
def test_a_server_that_is_busy_leaves_everything_as_it_is(
    post: Post, script: dict[str, str], changes: dict[str, object]
) -> None:
    post.agree("c1")
    post.plan(intent("c1"))
    states_of, problem = sent_by(post, script, **changes)
    assert (states_of, type(problem)) == ({}, NotReached)
    assert wait_or_go(post) == {"queued": 1}
    with post.store.read() as connection:
        assert list_routes(connection, post.shop) == []
    assert nobody_is_closed(post)
    assert post.send().states == {"accepted": 1}


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "dot"])
def test_a_no_for_now_is_tried_again_and_is_no_incident(post: Post, verb: str) -> None:
    post.agree("c1")
    post.plan(intent("c1"))
    assert sent_by(post, {verb: "421 4.7.0 enough for today"}) == ({"deferred": 1}, None)
    with post.store.read() as connection:
        assert (open_incidents(connection, post.shop), slowed(connection, post.shop, post.clock())) == ([], [])
    assert nobody_is_closed(post)


@pytest.mark.parametrize(
    ("verb", "reply", "kind"),
    [
        ("RCPT", "550 5.7.1 blocked: c1@exemple.fr", "policy"),
        ("dot", "550 5.7.26 unauthenticated mail is not accepted", "authentication"),
        ("dot", "554 5.7.1 message looks like spam", "spam_block"),
    ],
)
def test_a_provider_that_refuses_our_name_is_left_alone_and_the_others_are_not(
    post: Post, verb: str, reply: str, kind: str
) -> None:
    post.agree("c1", "c2", "far")
    post.plan(intent("c1"))
    assert sent_by(post, {verb: reply}) == ({"failed": 1}, None)
    with post.store.read() as connection:
        (incident,) = open_incidents(connection, post.shop)
        (left,) = slowed(connection, post.shop, post.clock())
    assert (incident.mailbox, incident.kind, incident.times) == ("exemple.fr", kind, 1)
    assert "c1@" not in incident.said
    assert left.mailbox == "exemple.fr"
    assert nobody_is_closed(post)
    post.plan(intent("c2"), intent("far", address="far@ailleurs.example"))
    assert post.send().states == {"accepted": 1, "deferred": 1}
    post.clock.now += timedelta(hours=2)
    assert post.send().states == {"accepted": 1}
