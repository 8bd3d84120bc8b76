"""Trying a template: how it looks for one person, what stands against it, and a test to a colleague's address."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection

from relance.errors import BadInput
from relance.sending import documents as d
from relance.sending.documents import EmailDoc, read_document
from relance.sending.documents_store import find_template, shared_of
from relance.sending.intents import Intent, fault_of, plan
from relance.sending.layout import Frame, render
from relance.sending.letters import TEST, brand, facts_of
from relance.sending.templates import fill, fill_short, ready
from relance.sending.templates_checks import Around, Remark, check
from relance.sending.templates_facts import sample_facts
from relance.sending.templates_pictures import kept_for, known_pictures, picture_addresses
from relance.store import Shop
from relance.words import Language

DARK: Final = re.compile(r"\(prefers-color-scheme:\s*dark\)")
TEST_LASTS: Final = timedelta(hours=2)


@dataclass(frozen=True)
class Shown:
    """A template as one person would get it. `dark` is the same HTML as a program in dark mode shows it."""

    subject: str
    preheader: str
    html: str
    dark: str
    text: str
    size: int


def look_at(
    connection: Connection,
    shop: Shop,
    document: EmailDoc,
    language: Language,
    facts: Mapping[str, Any],
    public_url: str,
    postal_address: str,
) -> Shown:
    """How a document looks in one language; facts that are not given have sample values.

    Its links lead to their targets, and nothing is tracked. Raises BadInput for what cannot be rendered.
    """
    template = ready("–", document, language, shared_of(connection, shop))
    known = {**sample_facts(template.language, shop.name, shop.currency), **facts_of(shop, facts)}
    if document.channel != "email":
        made = fill_short(template, known)
        return Shown(made.title, "", "", "", "\n".join(part for part in (made.body, made.url) if part), len(made.body))
    filled = fill(template, known, kept_for(connection, shop, picture_addresses(known)))
    away = f"{public_url.rstrip('/')}/u/"
    frame = Frame(shop.name, postal_address, "" if filled.transactional else away, **brand(shop, public_url))
    mail = render(filled, filled.targets, frame)
    dark = DARK.sub("all", mail.html)
    return Shown(mail.subject, filled.preheader, mail.html, dark, mail.text, len(mail.html.encode()))


def check_template(
    connection: Connection, shop: Shop, template_id: str, data: Mapping[str, Any] | None, postal_address: str
) -> tuple[Remark, ...]:
    """What stands against sending a template; `data` is a draft that is not kept yet. Raises NotFound, BadInput."""
    if data is None:
        document = find_template(connection, shop, template_id).document
    else:
        document = read_document(template_id, data)
    images = [block.image for block in document.blocks if isinstance(block, d.Image)]
    around = Around(
        shop.name,
        postal_address,
        shop.currency,
        shared_of(connection, shop),
        known_pictures(connection, shop, images),
    )
    return check(document, around, template_id)


def plan_test(
    connection: Connection,
    shop: Shop,
    template_id: str,
    to: str,
    language: Language,
    facts: Mapping[str, Any],
    key: bytes,
    now: datetime,
) -> None:
    """Plan a test of a kept template to one address: through the outbox like any other, marked in its subject.

    It belongs to no customer and counts for nobody: no consent is asked, but a closed address stays closed. Raises
    NotFound for an unknown template, and BadInput for an address that cannot be written to.
    """
    document = find_template(connection, shop, template_id).document
    if document.channel != "email":
        raise BadInput("sending.no_test", template=template_id)
    if fault_of("email", to) is not None:
        raise BadInput("sending.bad_test_address")
    intent = Intent(
        source=f"{TEST}{template_id}",
        step=template_id,
        occurrence=secrets.token_hex(8),
        customer_id=f"{TEST}{sha256(to.strip().lower().encode()).hexdigest()[:16]}",
        channel="email",
        purpose="transactional",
        address=to.strip(),
        language=language,
        template=template_id,
        facts={**sample_facts(language, shop.name, shop.currency), **facts},
        priority=0,
        not_after=now + TEST_LASTS,
    )
    plan(connection, shop, [intent], key, now)
