"""S13: what providers tell is taken in beside senders: people are held first and the inbox last, so that nobody waits
for somebody who waits for them."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from tests.tracking.returns import Desk, desk_at

from relance import ingest, tracking
from relance.channels import ProviderEvent
from relance.store import Store, lock_people

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def desk(store: Store, now: datetime) -> Desk:
    return desk_at(store, now)


def told(desk: Desk) -> list[ProviderEvent]:
    """A delivery to Anna, then a mail that came back from Zoe, and one from Bea."""
    for number, who in enumerate(("anna", "zoe", "bea"), 1):
        desk.sent(number, customer_id=who, address_hmac=f"{number:064x}")
    return [
        ProviderEvent("delivered", "e1", desk.now, provider_id="p-1"),
        ProviderEvent("bounced", "e2", desk.now, provider_id="p-2", bounce_class="invalid_recipient"),
        ProviderEvent("bounced", "e3", desk.now, provider_id="p-3", bounce_class="invalid_recipient"),
    ]


def until_somebody_waits(store: Store) -> None:
    """Until the other connection can go no further."""
    deadline = time.monotonic() + 20
    while not store.is_sqlite:
        with store.read() as connection:
            if connection.execute(WAITING).scalar_one():
                return
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.01)


def test_a_sender_and_the_news_of_a_provider_do_not_wait_for_each_other(desk: Desk) -> None:
    """A sender holds Zoe and tells the inbox; the provider's call tells the inbox of Anna and closes Zoe's address."""
    events, taken = told(desk), list[int]()

    def take() -> None:
        with desk.store.begin() as connection:
            tracking.keep_events(connection, desk.shop, "email", "resend", events, desk.now)
            taken.append(tracking.settle_events(connection, desk.shop, desk.now))

    call = threading.Thread(target=take)
    with desk.store.begin() as connection:
        lock_people(connection, desk.shop, ["zoe"], desk.now)
        call.start()
        until_somebody_waits(desk.store)
        ingest.append(connection, desk.shop, [ingest.Record("message_event", "m1:accepted", {})], desk.now)
    call.join(20)
    assert taken == [3]


def test_two_calls_that_close_the_same_people_in_another_order(desk: Desk) -> None:
    """Bea before Zoe, whoever was told of first: the second call finds nobody held by somebody who waits for it."""
    events, taken = told(desk)[1:], list[int]()

    def take() -> None:
        with desk.store.begin() as connection:
            tracking.keep_events(connection, desk.shop, "email", "resend", events, desk.now)
            taken.append(tracking.settle_events(connection, desk.shop, desk.now + timedelta(seconds=1)))

    call = threading.Thread(target=take)
    with desk.store.begin() as connection:
        lock_people(connection, desk.shop, ["bea"], desk.now)
        call.start()
        until_somebody_waits(desk.store)
        lock_people(connection, desk.shop, ["zoe"], desk.now)
    call.join(20)
    assert taken == [2]
