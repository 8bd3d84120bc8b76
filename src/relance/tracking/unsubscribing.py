"""The unsubscribe address of a mail: what its page may show, and what a POST to it does (RFC 8058)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from relance import consent, ingest
from relance.sending import Purpose, read_token
from relance.store import Shop, find_shop
from relance.store.tables import outbox
from relance.tracking.hits import message_event, record_page_hit
from relance.words import Language, language_of


@dataclass(frozen=True)
class Recipient:
    """What the unsubscribe page shows: the address masked, never whole."""

    masked_address: str
    shop_name: str
    language: Language


@dataclass(frozen=True)
class Visit:
    """How somebody came to the page."""

    method: str
    user_agent: str
    address: str


def show_recipient(connection: Connection, key: bytes, token: str, visit: Visit, now: datetime) -> Recipient | None:
    """Who the token belongs to; None for one that this house did not make. Changes nothing but the list of hits."""
    found = recipient_of(connection, key, "unsubscribe", token)
    if found is None:
        return None
    shop, letter = found
    record_page_hit(connection, letter, "unsubscribe_page", visit.method, visit.user_agent, visit.address, now)
    return _recipient(shop, letter)


def unsubscribe(connection: Connection, key: bytes, token: str, visit: Visit, now: datetime) -> Recipient | None:
    """Withdraw the consent that the mail was sent with; doing it again changes nothing and answers the same."""
    found = recipient_of(connection, key, "unsubscribe", token)
    if found is None:
        return None
    shop, letter = found
    record_page_hit(connection, letter, "unsubscribe", visit.method, visit.user_agent, visit.address, now)
    evidence = {"message_id": letter.message_id}
    consent.withdraw(
        connection, shop, letter.customer_id, letter.channel, letter.purpose, "unsubscribe_link", evidence, now
    )
    event = message_event(letter, "unsubscribed", f"unsubscribed:{letter.id}", now)
    ingest.append(connection, shop, [event], now)
    return _recipient(shop, letter)


def recipient_of(connection: Connection, key: bytes, purpose: Purpose, token: str) -> tuple[Shop, Row[Any]] | None:
    """The shop and the message (a row of the outbox) that a token of this purpose belongs to; None for any other."""
    outbox_id = read_token(key, purpose, token)
    if outbox_id is None:
        return None
    letter = connection.execute(select(outbox).where(outbox.c.id == outbox_id)).one_or_none()
    shop = None if letter is None else find_shop(connection, letter.shop_id)
    return None if letter is None or shop is None else (shop, letter)


def _recipient(shop: Shop, letter: Row[Any]) -> Recipient:
    return Recipient(mask(letter.address or ""), shop.name, language_of(letter.language))


def mask(address: str) -> str:
    """An address that its owner recognises and nobody else can use: julie@example.fr is j•••@e•••.fr."""
    local, sign, domain = address.partition("@")
    if not sign:
        return "•••"
    _, dot, ending = domain.rpartition(".")
    return f"{local[:1]}•••@{domain[:1]}•••{dot}{ending if dot else ''}"
