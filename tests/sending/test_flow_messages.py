"""From a flow's step to what arrives: blocks by segment and phase in mails, SMS in each one's language (S3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import select
from tests.fakes.providers import Provider
from tests.fakes.push_service import PushService
from tests.fakes.texting import Ovh, Twilio
from tests.flows.hand_made import F2, HandMade, utc
from tests.sending.post import PUBLIC, Post, intent
from tests.sending.pushes import Pushing

from relance import consent, flows, segments, sending
from relance.channels import PROVIDERS
from relance.store import Store, mailbox_after, tables
from relance.warehouse import Warehouse

ANCHOR = utc("2025-12-10T12:00:00")
START = ANCHOR + timedelta(days=1)
M3 = utc("2026-03-10T09:30:00")
TEXTS = {"fr": "{{ first_name | default: 'Bonjour' }}", "en": "{{ first_name | default: 'Hello' }}"}
MAIL = {
    "title": {"fr": "Relance", "en": "Follow-up"},
    "subject": TEXTS,
    "blocks": [
        {"type": "text", "text": {"fr": "Pour chacun", "en": "For all"}},
        {
            "type": "text",
            "text": {"fr": "Le salon des grands amis", "en": "The friends' room"},
            "show": {"segments": ["Grands amis"]},
        },
        {
            "type": "text",
            "text": {"fr": "Pas encore ami", "en": "No friend yet"},
            "show": {"not_segments": ["Grands amis"]},
        },
        {"type": "text", "text": {"fr": "Première fois", "en": "First time"}, "show": {"phases": ["first_time"]}},
        {
            "type": "text",
            "text": {"fr": "Du rayon disparu", "en": "Of what is gone"},
            "show": {"segments": ["Plus personne"]},
        },
    ],
}
PUSH = {
    "channel": "push",
    "title": {"fr": "Notification", "en": "Notification"},
    "subject": TEXTS,
    "body": {"fr": "Du nouveau pour vous", "en": "News for you"},
    "url": "https://clairval.example/new",
}
SMS = {
    "channel": "sms",
    "title": {"fr": "SMS", "en": "Text"},
    "body": {
        "fr": "{{ shop_name }} : {{ first_name | default: 'bonjour' }}, {{ number_of_orders }} commande. STOP",
        "en": "{{ shop_name }}: {{ first_name | default: 'hello' }}, {{ number_of_orders }} order. STOP",
    },
}


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """SQLite is enough: what stands in both stores is the same."""
    return sqlite_store


@pytest.fixture
def desk(post: Post, warehouse: Warehouse) -> HandMade:
    """Two people: one whose order was large, and who belongs to the segment, and one who reads English."""
    made = HandMade(post.store, warehouse, post.shop)
    made.customer("a", "a@exemple.fr", phone="+33612345678", first_name="Ana", language="fr")
    made.customer("b", "b@exemple.fr", phone="+447911123456", first_name="Bob", language="en-GB", country="GB")
    made.order("a", ANCHOR, 90)
    made.order("b", ANCHOR, 40)
    with post.store.begin() as connection:
        segments.save(connection, post.shop, None, "Grands amis", "amount_spent > 60", START, "test")
    return made


def begin(desk: HandMade, post: Post, document: Mapping[str, Any]) -> None:
    """Let the flow's first message be this document, and bring everybody to it."""
    with post.store.begin() as connection:
        sending.save_template(connection, post.shop, "ours", document, START, "test")
        data = next(flows.library()).data
        steps = [
            step | {"template": "ours"} if step["id"].startswith("m3-") and step["kind"] == "send" else step
            for step in data["steps"]
        ]
        flows.save_flow(connection, post.shop, {**data, "steps": steps}, START)
    desk.confirm_codes(START)
    with post.store.begin() as connection:
        flows.activate(connection, desk.warehouse, post.shop, F2, START)
    desk.tick(START)
    assert desk.tick(M3).planned == 2
    post.clock.now = M3


def test_a_block_for_a_segment_is_in_the_mail_of_its_members_alone(desk: HandMade, post: Post) -> None:
    begin(desk, post, MAIL)
    assert {row["customer_id"]: row["facts"]["segments"] for row in desk.outbox()} == {"a": ["Grands amis"], "b": []}
    assert post.send().accepted == 2
    with post.store.read() as connection:
        mails = {mail.rcpt_to: read(mail.raw) for mail in mailbox_after(connection, 0)}
    subject, text = mails["a@exemple.fr"]
    assert subject == "Ana"
    assert "grands amis" in text
    assert "Première fois" in text
    assert "Pas encore" not in text
    assert "disparu" not in text
    subject, text = mails["b@exemple.fr"]
    assert subject == "Bob"
    assert "No friend yet" in text
    assert "friends' room" not in text
    assert "Of what is gone" not in text


def test_facts_of_a_person_are_read_anew_with_the_others(desk: HandMade, post: Post) -> None:
    """S3: who joined the segment while the message waited sees the block."""
    begin(desk, post, MAIL)
    desk.customer("c", "c@exemple.fr")
    with post.store.begin() as connection:
        segments.save(connection, post.shop, "grands-amis", "Grands amis", "amount_spent > 10", M3, "test")
    assert desk.tick(M3 + timedelta(hours=23)).planned == 0
    assert [row["facts"]["segments"] for row in desk.outbox()] == [["Grands amis"], ["Grands amis"]]


@pytest.mark.parametrize(
    ("made", "name", "account"),
    [
        (Twilio, "twilio", {"account": "AC1", "token": "token-1"}),
        (
            Ovh,
            "ovh",
            {
                "service": "sms-ab12345-1",
                "application_key": "a",
                "application_secret": "secret-1",
                "consumer_key": "consumer-1",
            },
        ),
    ],
)
def test_a_step_with_a_text_message_reaches_phones_in_each_ones_language(
    desk: HandMade, post: Post, made: Callable[[], Provider], name: str, account: dict[str, str]
) -> None:
    with post.store.begin() as connection:
        for one in ("a", "b"):
            entry = consent.Entry(one, "sms", "marketing", "granted", "consent", START, "test", {})
            consent.record(connection, post.shop, entry, START)
    begin(desk, post, SMS)
    fake = made()
    with fake.open():
        provider = PROVIDERS["sms", name].make({**account, "base": fake.url})
        route = sending.HttpRoute(provider, "Clairval", private=True, timeout=2)
        assert post.send(route=route).accepted == 2
    said = sorted(one.get("Body") or one["message"] for one in fake.taken)
    assert said == ["Maison Clairval : Ana, 1 commande. STOP", "Maison Clairval: Bob, 1 order. STOP"]


def test_nobody_without_consent_to_texts_gets_one(desk: HandMade, post: Post) -> None:
    begin(desk, post, SMS)
    fake = Twilio()
    with fake.open():
        provider = PROVIDERS["sms", "twilio"].make({"account": "AC1", "token": "token-1", "base": fake.url})
        post.send(route=sending.HttpRoute(provider, "Clairval", private=True, timeout=2))
    assert fake.taken == []
    assert {(row["channel"], row["state"]) for row in desk.outbox()} == {("sms", "suppressed")}


def test_a_step_with_a_notification_reaches_those_who_have_a_device(desk: HandMade, post: Post) -> None:
    """One message a person, to the newest of two devices; whoever has none is told of in the report."""
    pushing = Pushing(post, PushService(lambda: post.clock().timestamp()))
    with pushing.service.open():
        devices = [pushing.subscribe(name, "a") for name in ("phone", "desktop")]
        begin(desk, post, PUSH)
        assert post.send(route=pushing.route()).accepted == 1
    said = [(shown["title"], shown["text"]) for device in devices for shown in device.shown]
    assert said == [("Ana", "Du nouveau pour vous")]
    assert {row["customer_id"]: (row["state"], row["reason"]) for row in desk.outbox()} == {
        "a": ("accepted", None),
        "b": ("suppressed", "no_address"),
    }


def read(content: bytes) -> tuple[str, str]:
    """The subject and the plain reading of a mail."""
    mail = message_from_bytes(content, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(mail["Subject"]), body.get_content()


def test_a_notification_says_what_its_template_says(post: Post) -> None:
    """A push has a title, a text and a link; a template of another channel says nothing to it."""
    pushing = Pushing(post, PushService(lambda: post.clock().timestamp()))
    with pushing.service.open():
        browser = pushing.subscribe("visitor", "c1")
        asked = {"channel": "push", "address": None, "facts": {"shop_url": "https://clairval.example/"}}
        post.plan(
            intent("c1", template="prospect-push", **asked),
            intent("c1", template="inactive-m6", step="m7", **asked),
        )
        states = post.send(route=pushing.route()).states
    assert states["accepted"] == 1
    (shown,) = browser.shown
    assert shown.pop("url").startswith(f"{PUBLIC}/c/")
    assert shown == {
        "relance": 1,
        "title": "Un coup de main\u202f?",
        "text": "On vous aide à trouver la perle rare\u202f? Dites-nous ce que vous aimez, nous cherchons.",
        "tag": "flow:inactive-customers:m6",
        "lang": "fr",
    }
    with post.store.read() as connection:
        reasons = connection.execute(select(tables.outbox.c.step, tables.outbox.c.reason)).all()
        (link,) = connection.execute(select(tables.tracked_link.c.target)).scalars()
    assert link == "https://clairval.example/"
    assert ("m7", "outbox.no_text") in {(row.step, row.reason) for row in reasons}
