"""What a sending domain does to mails on their way: signature, return address, refusal, daily share (MAIL-04)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import dkim as verifier
import pytest
from sqlalchemy import select
from tests.sending.post import KEY, Post, intent, route_to

from relance.clock import SetClock
from relance.sending import (
    add_keys,
    allow_domain,
    check_stale_domain,
    health_of,
    keep_guard,
    open_incident,
    open_incidents,
    read_return_path,
    routes_of,
    start_warm_up,
    states,
    stop_warm_up,
)
from relance.sending.guard import close_incident
from relance.store import DataFolder, Shop, Store, add_shop, save_settings, tables, with_setting
from relance.worker.mailbox import serve_mailbox

OUTBOX = tables.outbox
DOMAIN = "clairval.example"


@pytest.fixture
def post(sqlite_store: Store, folder: DataFolder, now: datetime) -> Iterator[Post]:
    """A shop with a mailbox on a real port."""
    clock = SetClock(now)
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr", {"mail_domain": DOMAIN})
    with sqlite_store.begin() as connection:
        add_shop(connection, made, now)
    with serve_mailbox(sqlite_store, clock) as port:
        yield Post(sqlite_store, made, folder, clock, port)


def settings(post: Post, **values: str) -> None:
    """Change what the shop says of itself."""
    for name, value in values.items():
        post.shop = with_setting(post.shop, name, value)
    with post.store.begin() as connection:
        save_settings(connection, post.shop)


def waiting(post: Post) -> dict[str, int]:
    with post.store.read() as connection:
        reasons = connection.execute(select(OUTBOX.c.reason).where(OUTBOX.c.state == "deferred")).scalars().all()
    return {reason: reasons.count(reason) for reason in set(reasons)}


def test_mail_leaves_signed_and_comes_back_to_its_own_address(post: Post) -> None:
    """MAIL-02, MAIL-06: what arrived verifies with the record that the merchant was given; the envelope names it."""
    settings(post, return_domain="bounce.clairval.example")
    with post.store.begin() as connection:
        keys = add_keys(connection, post.shop, KEY, DOMAIN, post.clock())
        _, routes = routes_of(connection, post.shop, route_to(post.port), KEY, post.clock(), post.clock())
    post.agree("c1")
    post.plan(intent())
    assert post.send(route=routes[0]).accepted == 1
    with post.store.read() as connection:
        (mail,) = connection.execute(select(tables.mailbox)).all()
        outbox_id = connection.execute(select(OUTBOX.c.id)).scalar_one()
    assert read_return_path(KEY, mail.mail_from) == outbox_id
    records = {one.name: one.record.encode() for one in keys}
    assert mail.raw.startswith(b"DKIM-Signature:")
    assert verifier.verify(mail.raw, dnsfunc=lambda name, **_: records.get(name.decode().rstrip(".")))


def test_marketing_waits_for_records_that_agree(post: Post) -> None:
    """MAIL-04: a domain of somebody's that was not found in order sends what was asked for, and no marketing."""
    settings(post, mail_domain="clairval-boutique.fr")
    post.agree("c1", "c2")
    post.plan(intent("c1"), intent("c2", purpose="transactional"))
    assert post.send().accepted == 1
    assert waiting(post) == {"outbox.domain_refused": 1}
    with post.store.begin() as connection:
        allow_domain(connection, post.shop, "clairval-boutique.fr", "claire", "a test", post.clock())
    post.clock.now += timedelta(hours=1)
    assert post.send().accepted == 1


def test_a_warming_domain_sends_its_share(post: Post) -> None:
    """REL-12: two today, the others tomorrow; nothing is dropped, and the forecast says when the last leaves."""
    customers = [f"c{number}" for number in range(5)]
    post.agree(*customers)
    post.plan(*map(intent, customers))
    with post.store.begin() as connection:
        start_warm_up(connection, post.shop, DOMAIN, post.clock(), (2, 2, 10))
    assert post.send().accepted == 2
    assert waiting(post) == {"outbox.warming_up": 3}
    with post.store.read() as connection:
        health = health_of(connection, post.shop, DOMAIN, post.clock())
        assert (health.share, sum(health.sent_today.values()), health.waiting) == (2, 2, 3)
        assert health.ends == "2026-03-13"
    post.clock.now += timedelta(hours=16)
    assert post.send().accepted == 2
    with post.store.begin() as connection:
        stop_warm_up(connection, post.shop, DOMAIN, post.clock())
    assert post.send().accepted == 1
    with post.store.read() as connection:
        assert states(connection, post.shop)["accepted"] == 5


@pytest.mark.parametrize(("sent", "returned", "held"), [(150, 30, False), (200, 10, False), (200, 11, True)])
def test_the_guard_holds_a_source_that_comes_back_too_often(post: Post, sent: int, returned: int, held: bool) -> None:
    """MAIL-10: above five in a hundred hard returns, of at least two hundred messages."""
    rows = post.plan(*[intent(f"c{number}") for number in range(sent)])
    assert rows
    now = post.clock()
    with post.store.begin() as connection:
        connection.execute(OUTBOX.update().values(state="accepted", settled_at=now, doubt_at=now))
        ids = connection.execute(select(OUTBOX.c.id)).scalars().all()[:returned]
        connection.execute(
            tables.returned_message.insert(),
            [
                {
                    "shop_id": "main",
                    "mark": str(one),
                    "outbox_id": one,
                    "kind": "invalid_recipient",
                    "told_by": "mail",
                    "verified": True,
                    "at": now,
                }
                for one in ids
            ],
        )
        assert keep_guard(connection, post.shop, now) == (["flow:inactive-customers"] if held else [])


def test_incidents_are_closed_by_somebody(post: Post) -> None:
    """MAIL-06: an incident stays until the merchant says that it is over; the next one is a new one."""
    with post.store.begin() as connection:
        for _ in range(2):
            open_incident(connection, post.shop, DOMAIN, "gmail", "authentication", "550 5.7.26", post.clock())
        (one,) = open_incidents(connection, post.shop)
        assert one.times == 2
        assert close_incident(connection, post.shop, one.incident_id, post.clock())
        assert not close_incident(connection, post.shop, one.incident_id, post.clock())
        assert open_incidents(connection, post.shop) == []


def test_a_demo_is_not_looked_up(post: Post) -> None:
    """MAIL-04: nobody is asked about a domain that is set apart for examples."""
    assert not check_stale_domain(post.store, post.shop, KEY, "", post.clock())
    assert not check_stale_domain(post.store, replace(post.shop, settings={}), KEY, "", post.clock())
