"""Writes letters: a message's facts, its template, its own links and its headers become the bytes that travel."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection

from relance.consent import OpenMode, ascii_domain, may_track_opens
from relance.errors import RelanceError
from relance.sending.blocks import clean
from relance.sending.coding import quoted, recipient_line, sender_line, subject_line
from relance.sending.documents_store import Shelf
from relance.sending.doors import Letter
from relance.sending.layout import Frame, Rendered, render
from relance.sending.links import click_url, keep_targets, pixel_url, preferences_url, unsubscribe_url
from relance.sending.outbox import Message, Settled
from relance.sending.route import LetterHead
from relance.sending.templates import Filled, fill
from relance.sending.templates_pictures import kept_for, picture_addresses
from relance.store import Shop
from relance.words import language_of, say

HEADER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
LONGEST_LINE: Final = 998
NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9._-]+")
COLOUR: Final = re.compile("#[0-9a-f]{6}")
PICTURE: Final = re.compile("[0-9a-f]{32}")
# of sources whose messages are tests of a template, sent to colleagues
TEST: Final = "test:"

Reading = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True)
class Draft:
    """A message whose template is filled in; its links are not made yet."""

    message: Message
    filled: Filled
    opens: OpenMode = "none"
    version: int | None = None

    @property
    def trap(self) -> str | None:
        """Where the link leads that only machines find; None for a mail that asks for nothing or is about an order."""
        return None if self.filled.transactional else next(iter(self.filled.targets), None)


class Writer:
    """Writes the letters of one shop on one route."""

    def __init__(
        self, shop: Shop, route: LetterHead, key: bytes, public_url: str, reading: Reading | None = None
    ) -> None:
        """`reading` opens the store, for the shop's own templates, its pictures and consent to pixels."""
        self.shop, self.route, self.key, self.public_url = shop, route, key, public_url
        self.sender_name, self.sender_address = clean(route.sender_name or shop.name), route.sender_address
        self.domain = route.domain
        self.shelf, self.reading = Shelf(shop), reading

    def draft(self, messages: Sequence[Message]) -> tuple[list[Draft], list[Settled]]:
        """The messages with their templates filled in, and those whose template or facts do not allow it."""
        pictures, opens = self._look(messages)
        drafts, faults = [], []
        for one in messages:
            try:
                template = self.shelf.template(one.template, language_of(one.language))
                filled = fill(template, facts_of(self.shop, one.facts), pictures)
            except RelanceError as error:
                faults.append(_fault(one, error))
                continue
            if one.source.startswith(TEST):
                filled = replace(filled, subject=f"[{say('sending.test_mark', filled.language)}] {filled.subject}")
            version = self.shelf.version(one.template)
            drafts.append(Draft(one, filled, opens.get(one.customer_id, "none"), version))
        return drafts, faults

    def _look(self, messages: Sequence[Message]) -> tuple[Mapping[str, str], Mapping[str, OpenMode]]:
        """What the store says as of now: templates, kept pictures by address, and whose opens may be noticed."""
        if self.reading is None:
            return {}, {}
        addresses = {address for one in messages for address in picture_addresses(one.facts)}
        with self.reading() as connection:
            self.shelf.look(connection)
            pictures = kept_for(connection, self.shop, addresses)
            return pictures, may_track_opens(connection, self.shop, {one.customer_id for one in messages})

    def keep_links(self, connection: Connection, drafts: Sequence[Draft]) -> dict[tuple[int, int], int]:
        """Store where the links lead; the link ids by (outbox id, position)."""
        targets = [(draft.message.outbox_id, draft.filled.targets, draft.trap) for draft in drafts]
        return keep_targets(connection, self.shop, targets)

    def write(
        self, drafts: Sequence[Draft], links: Mapping[tuple[int, int], int], now: datetime
    ) -> tuple[list[Letter], list[Settled]]:
        """The letters, and the messages that cannot become one."""
        letters, faults = [], []
        for draft in drafts:
            try:
                letters.append(self._letter(draft, links, now))
            except (RelanceError, ValueError, LookupError) as error:
                # one person's facts that no mail can hold must not keep the others from theirs
                faults.append(_fault(draft.message, error))
        return letters, faults

    def _letter(self, draft: Draft, links: Mapping[tuple[int, int], int], now: datetime) -> Letter:
        message = draft.message
        urls = [
            click_url(self.public_url, self.key, links[message.outbox_id, position])
            for position in range(len(draft.filled.targets))
        ]
        leave = unsubscribe_url(self.public_url, self.key, message.outbox_id)
        trap = links.get((message.outbox_id, len(urls)))
        rendered = render(draft.filled, urls, self._frame(draft, leave, trap))
        local, _, domain = message.address.rpartition("@")
        recipient = f"{local}@{ascii_domain(domain)}"
        head = self._head(message, leave, now)
        content = self._mime(message, recipient, rendered, head)
        parts = rendered.subject, rendered.html, rendered.text
        return Letter(message, recipient, content, *parts, head, draft.version)

    def _frame(self, draft: Draft, leave: str, trap: int | None) -> Frame:
        """What stands around the blocks. A mail about an order has no way out: it is no marketing."""
        message = draft.message
        transactional = draft.filled.transactional
        where = message.outbox_id, message.source, message.step
        return Frame(
            self.shop.name,
            self.route.postal_address,
            "" if transactional else leave,
            "" if transactional else preferences_url(self.public_url, self.key, message.outbox_id),
            trap="" if trap is None else click_url(self.public_url, self.key, trap),
            pixel=pixel_url(self.public_url, self.key, draft.opens, *where) or "",
            **brand(self.shop, self.public_url),
        )

    def _head(self, message: Message, leave: str, now: datetime) -> dict[str, str]:
        """The headers beside the addresses and the subject."""
        domain = self.domain
        stream = NOT_PLAIN.sub("-", message.source)
        groups = (message.step, message.source, message.channel, domain)
        return {
            "Date": format_datetime(now),
            "Message-ID": message.message_id,
            "List-Id": f"<{stream}.{domain}>",
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Feedback-ID": ":".join(NOT_PLAIN.sub("-", part) for part in groups),
            "X-Relance-Ref": message.message_id.strip("<>"),
        }

    def _mime(self, message: Message, recipient: str, rendered: Rendered, head: Mapping[str, str]) -> bytes:
        lines = [
            *(header(name, value) for name, value in head.items()),
            sender_line(self.sender_name, self.sender_address),
            recipient_line(recipient),
            subject_line(rendered.subject),
        ]
        return b"".join(lines) + alternatives(rendered, message.message_id)


def alternatives(rendered: Rendered, message_id: str) -> bytes:
    """The rest of the head and the two readings of a mail, the plain one first (RFC 2046).

    Put together by hand, which takes a tenth of the time of the library's way. The boundary holds `=_`, which the
    encoding cannot write.
    """
    boundary = f"=_{sha256(message_id.encode()).hexdigest()[:32]}"
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n'
    parts = (("plain", quoted(rendered.text)), ("html", rendered.coded))
    body = b"".join(
        f"\r\n--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
        + content
        for kind, content in parts
    )
    return head.encode() + body + f"\r\n--{boundary}--\r\n".encode()


def header(name: str, value: str) -> bytes:
    """One header on a line of its own, which no program along the way has reason to fold or to encode.

    Raises ValueError for a name that is none and for a value that would break out of its line.
    """
    if not HEADER_NAME.fullmatch(name):
        raise ValueError("a header's name has letters, digits and hyphens only")
    if not (value.isascii() and value.isprintable()) or len(name) + len(value) > LONGEST_LINE - 2:
        raise ValueError("a header's value is one line of plain signs")
    return f"{name}: {value}\r\n".encode("ascii")


def brand(shop: Shop, public_url: str) -> dict[str, str]:
    """Where the shop's pictures are served, and its own logo and colour when its settings have them."""
    logo, colour = str(shop.settings.get("mail_logo") or ""), str(shop.settings.get("mail_accent") or "").lower()
    return {
        "images": f"{public_url.rstrip('/')}/i/",
        "logo": logo if PICTURE.fullmatch(logo) else "",
        "accent": colour if COLOUR.fullmatch(colour) else "",
    }


def facts_of(shop: Shop, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a message over those that every message of the shop has."""
    own = {"shop_name": shop.name, "shop_url": shop.settings.get("shop_url"), "currency": shop.currency}
    return {**own, **facts}


def _fault(message: Message, error: Exception) -> Settled:
    """A message that cannot be rendered; the reason names what went wrong, never the person's facts."""
    return Settled(message, "failed", error.key if isinstance(error, RelanceError) else "sending.markup_error", None)
