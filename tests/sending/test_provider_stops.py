"""A STOP that only the provider has heard: it refuses the message, and the person has withdrawn (MAIL-11)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from tests.fakes.texting import Ovh, Twilio
from tests.sending.post import KEY, Post, intent

from relance import consent
from relance.channels import PROVIDERS
from relance.clock import SetClock
from relance.sending import HttpRoute, Intent, hear_stops
from relance.store import DataFolder, Shop, Store, tables

STOPPED = "+33612345678"
OTHER = "+33612345679"


def text(customer: str, number: str, occurrence: str = "1") -> Intent:
    return intent(customer, channel="sms", address=number, facts={"text": "Bonjour"}, occurrence=occurrence)


def test_a_stop_that_the_provider_tells_of(store: Store, shop: Shop, folder: DataFolder, now: datetime) -> None:
    """MAIL-11: the refusal is the proof; the number is closed for marketing, and nobody else's consent is touched."""
    post = Post(store, shop, folder, SetClock(now + timedelta(hours=2)), 0)
    for one in ("c1", "c2"):
        with store.begin() as connection:
            entry = consent.Entry(one, "sms", "marketing", "granted", "consent", now, "form:test", {})
            consent.record(connection, shop, entry, now)
    fake = Twilio()
    fake.stopped = frozenset({STOPPED})
    with fake.open():
        made = PROVIDERS["sms", "twilio"].make({"account": "AC1", "token": "token-1", "base": fake.url})
        route = HttpRoute(made, "Clairval", private=True, timeout=2)
        post.plan(text("c1", STOPPED), text("c2", OTHER))
        assert post.send(route=route).states == {"accepted": 1, "failed": 1}
        post.plan(text("c1", STOPPED, "2"), text("c3", STOPPED, "3"))
        assert post.send(route=route).states == {"suppressed": 2}
        assert len(fake.taken) == 1
    with store.read() as connection:
        last = consent.history(connection, shop, "c1")[-1].entry
        assert (last.action, last.channel, last.purpose, last.source) == (
            "withdrawn",
            "sms",
            "marketing",
            "provider_stop",
        )
        assert "21610: " in last.evidence["said"]
        assert last.evidence["message_id"].startswith("<")
        assert [one.entry.action for one in consent.history(connection, shop, "c2")] == ["granted"]
        hashed = consent.address_hmac(KEY, "sms", STOPPED)
        assert consent.suppressed(connection, shop, "sms", [hashed]) == {hashed: "unsubscribed"}
        reasons = connection.execute(select(tables.outbox.c.reason).where(tables.outbox.c.state == "failed")).scalars()
        assert list(reasons) == ["sending.recipient_stopped"]


def test_a_stop_that_has_to_be_asked_for(store: Store, shop: Shop, folder: DataFolder, now: datetime) -> None:
    """MAIL-11: of OVHcloud's list each number counts once; who agrees again afterwards has agreed."""
    post = Post(store, shop, folder, SetClock(now + timedelta(hours=2)), 0)
    fake = Ovh()
    fake.blacklist = (STOPPED, "0033612345670")
    account = {"service": "sms-ab12345-1", "application_key": "a", "consumer_key": "consumer-1"}
    with fake.open():
        made = PROVIDERS["sms", "ovh"].make({**account, "application_secret": "secret-1", "base": fake.url})
        wrong = PROVIDERS["sms", "ovh"].make({**account, "application_secret": "other", "base": fake.url})
        route, refused = (HttpRoute(one, "Clairval", private=True, timeout=2) for one in (made, wrong))
        post.plan(text("c1", STOPPED), text("c2", OTHER))
        assert hear_stops(store, shop, [refused], KEY, now) == 0
        assert hear_stops(store, shop, [route], KEY, now) == 2
        assert hear_stops(store, shop, [route], KEY, now) == 0
        with store.begin() as connection:
            last = consent.history(connection, shop, "c1")[-1].entry
            assert (last.action, last.source, dict(last.evidence)) == (
                "withdrawn",
                "provider_stop",
                {"provider": "ovh"},
            )
            assert consent.history(connection, shop, "c2") == []
            marks = [consent.address_hmac(KEY, "sms", one) for one in (STOPPED, "+33612345670")]
            assert set(consent.suppressed(connection, shop, "sms", marks)) == set(marks)
            consent.lift(connection, shop, "sms", marks[0])
        assert hear_stops(store, shop, [route], KEY, now) == 0
