"""A message as it was written: the version of its template, the shared blocks that stood in it, and its own facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from relance.errors import NotFound
from relance.sending.documents import shared_in
from relance.sending.documents_store import shared_then, template_version
from relance.sending.layout import Frame, render
from relance.sending.letters import brand, facts_of
from relance.sending.outbox import OUTBOX
from relance.sending.templates import ShortMessage, fill, fill_short, ready
from relance.sending.templates_pictures import kept_for, picture_addresses
from relance.sending.texts_phone import plain_signs
from relance.store import Shop
from relance.words import language_of


@dataclass(frozen=True)
class SentLetter:
    """What a message said. `shared` are the versions of the shared blocks in it; `html` is empty for what has none."""

    template_id: str
    version: int
    shared: Mapping[str, int]
    subject: str
    html: str
    text: str


def sent_letter(
    connection: Connection, shop: Shop, message_id: str, public_url: str, postal_address: str
) -> SentLetter:
    """What one message of the outbox said. Its links lead to their targets, its ways out nowhere, nothing is tracked.

    Raises NotFound for a message that is unknown, was not written from a template, or holds shared blocks of which
    nobody kept how they stood then; and BadInput where its facts do not make a message any more, because its recipient
    was erased.
    """
    wanted = select(OUTBOX).where(OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.message_id == message_id)
    row = connection.execute(wanted).one_or_none()
    if row is None or row.template_version is None:
        raise NotFound("sending.no_letter", message=message_id)
    document = template_version(connection, shop, row.template, row.template_version)
    stood = shared_then(connection, shop, row.template, row.template_version)
    if not set(shared_in(document.blocks)) <= stood.keys():
        raise NotFound("sending.blocks_not_kept", template=row.template, version=row.template_version)
    shared = {name: one.document for name, one in stood.items()}
    numbers = {name: one.version for name, one in stood.items()}
    template = ready(row.template, document, language_of(row.language), shared)
    facts = facts_of(shop, row.facts)
    known = (row.template, row.template_version, numbers)
    if document.channel != "email":
        made = fill_short(template, facts)
        return SentLetter(*known, made.title, "", _said(document.channel, made))
    filled = fill(template, facts, kept_for(connection, shop, picture_addresses(facts)))
    away = "" if filled.transactional else f"{public_url.rstrip('/')}/u/"
    frame = Frame(shop.name, postal_address, away, **brand(shop, public_url))
    mail = render(filled, filled.targets, frame)
    return SentLetter(*known, mail.subject, mail.html, mail.text)


def _said(channel: str, made: ShortMessage) -> str:
    """A text message in the signs that it travelled in; of a notification the words and where it leads."""
    return plain_signs(made.body) if channel == "sms" else "\n".join(part for part in (made.body, made.url) if part)
