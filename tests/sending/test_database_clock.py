"""S4: on PostgreSQL the senders go by the database's clock, whatever their machines say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from sqlalchemy import select, update
from tests.sending.post import KEY, PUBLIC, Post, intent, route_to

from relance import clock
from relance.clock import SetClock, system_clock
from relance.sending import SendReport, conservation, instant, send_due
from relance.store import tables

OUTBOX = tables.outbox
A_MINUTE = timedelta(minutes=1)
Lie = Callable[[timedelta], None]


@pytest.fixture
def lie(monkeypatch: pytest.MonkeyPatch) -> Lie:
    """Lets this process' clock go wrong by so much."""

    def by(error: timedelta) -> None:
        class Wrong(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Self:
                right = datetime.now(tz) + error
                return cls.fromtimestamp(right.timestamp(), tz)

        monkeypatch.setattr(clock, "datetime", Wrong)

    return by


def sent(post: Post, **options: Any) -> SendReport:
    """Send by the machine's clock."""
    route = options.pop("route", route_to(post.port, 1))
    return send_due(post.store, post.shop, route, KEY, PUBLIC, system_clock, post.folder, **options)


def row(post: Post) -> Any:
    with post.store.read() as connection:
        assert conservation(connection, post.shop)
        return connection.execute(select(OUTBOX)).one()


def planned(post: Post, **changes: Any) -> None:
    """One message planned at the real instant."""
    post.clock.now = datetime.now(UTC)
    post.agree("c1")
    post.plan(intent("c1", **changes))


def is_now(at: datetime) -> bool:
    return abs(at - datetime.now(UTC)) < A_MINUTE


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.parametrize("error", [timedelta(days=1), timedelta(days=-1)], ids=["a day ahead", "a day behind"])
def test_a_wrong_machine_neither_expires_nor_holds_back_nor_misdates(post: Post, lie: Lie, error: timedelta) -> None:
    planned(post, not_after=datetime.now(UTC) + timedelta(hours=1))
    lie(error)
    assert not is_now(system_clock())
    assert sent(post).states == {"accepted": 1}
    found = row(post)
    assert is_now(found.doubt_at)
    assert is_now(found.settled_at)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.parametrize("error", [timedelta(days=1), timedelta(days=-1)], ids=["a day ahead", "a day behind"])
def test_what_is_put_off_is_tried_again_at_the_right_time(post: Post, lie: Lie, error: timedelta) -> None:
    planned(post, address="full@exemple.fr")
    lie(error)
    assert sent(post).states == {"deferred": 1}
    wait = row(post).retry_at - datetime.now(UTC)
    assert timedelta(minutes=-1) < wait < timedelta(minutes=6)
    with post.store.begin() as connection:
        connection.execute(update(OUTBOX).values(retry_at=datetime.now(UTC) + timedelta(hours=2)))
    assert sent(post).states == {}


def test_a_clock_that_was_set_is_believed(post: Post) -> None:
    wanted = datetime(2020, 2, 29, tzinfo=UTC)
    with post.store.read() as connection:
        assert instant(connection, SetClock(wanted)) == wanted
        assert is_now(instant(connection, system_clock))
