"""The way to the fake push service, and a browser that subscribes for a visitor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from tests.fakes.push_service import Browser, PushService
from tests.sending.post import KEY, Post, intent

from relance import consent, sending
from relance.channels import Outgoing, Request, WebPush
from relance.store import tables

PROOF = consent.Proof("Recevez nos nouveautés par notification.", "fr", "Firefox", "203.0.113.9")
CONTACT = {"contact": "mailto:bonjour@clairval.example"}
FACTS = {"title": "Bonjour Ana", "text": "Le vase bleu est revenu.", "url": "https://clairval.example/p/1"}


def push(customer: str, step: str = "m6", **changes: Any) -> sending.Intent:
    """A notification that a flow wants a customer to get."""
    return intent(customer, **{"channel": "push", "address": None, "facts": FACTS, "step": step, **changes})


def outbox(post: Post) -> dict[str, tuple[str, str | None]]:
    """State and reason of each message by its step."""
    with post.store.read() as connection:
        rows = connection.execute(select(tables.outbox.c.step, tables.outbox.c.state, tables.outbox.c.reason))
        return {row.step: (row.state, row.reason) for row in rows}


@dataclass(frozen=True)
class LocalPush(WebPush):
    """The real account, whose requests go to a port of this machine: a name and a certificate are all that differ."""

    url: str = ""

    def request(self, message: Outgoing) -> Request:
        """The request, at the fake."""
        made = super().request(message)
        return replace(made, url=self.url + urlsplit(made.url).path)


@dataclass
class Pushing:
    """A shop with web push turned on, and the service that its browsers use."""

    post: Post
    service: PushService

    def __post_init__(self) -> None:
        """Turn it on."""
        with self.post.store.begin() as connection:
            sending.save_route(connection, self.post.shop, "push", "push", CONTACT, KEY, self.post.clock())

    def route(self) -> sending.HttpRoute:
        """The chosen way, to the fake."""
        with self.post.store.read() as connection:
            chosen = sending.chosen_route(connection, self.post.shop, "push", KEY)
        assert chosen is not None
        assert isinstance(chosen.provider, WebPush)
        made = chosen.provider
        local = LocalPush(made.key, made.contact, self.post.clock, url=self.service.url)
        return replace(chosen, provider=local, private=True, timeout=2)

    def public_key(self) -> str:
        """What a page is given."""
        with self.post.store.read() as connection:
            found = sending.push_key(connection, self.post.shop, KEY)
        assert found is not None
        return found

    def subscribe(self, visitor: str, customer: str | None = None) -> Browser:
        """A visitor's browser subscribes; with `customer` the visitor is known."""
        browser = self.service.subscribe(self.public_key())
        now, shop = self.post.clock(), self.post.shop
        with self.post.store.begin() as connection:
            sending.subscribe(connection, shop, KEY, visitor, browser.subscription(), "push:site", PROOF, now)
            if customer is not None:
                sending.link_devices(connection, shop, KEY, {visitor: customer}, now)
        return browser
