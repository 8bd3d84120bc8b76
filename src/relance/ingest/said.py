"""What a shop said in one body, in our words, and how it is kept: webhooks and readings of its interface share this.

A source translates each body to `Said` and hands it on; it never writes anything itself. Message ids are made from
what was said (`shopify:order:1001:<updated_at>`), so that the same version that comes by webhook and by reading is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from relance.errors import BadInput
from relance.ingest import quarantine
from relance.ingest.inbox import append
from relance.ingest.records import Record
from relance.ingest.versions import take_newer
from relance.store import Shop

Json = dict[str, Any]
UNREADABLE: Final = "unreadable"


@dataclass(frozen=True)
class Origin:
    """Where a body comes from: `source` names the connection and is the source of its customers' ids.

    `since` is when the connection was made: what the shop says happened later was said to us first-hand (S16).
    `declaration` is what the merchant declares of older consents; empty when nothing was declared.
    """

    shop: Shop
    source: str
    url: str
    since: datetime
    declaration: Mapping[str, str]
    now: datetime


@dataclass(frozen=True)
class Said:
    """What one body amounts to. `subject` (`order:1001`) and `version` (its `updated_at`) keep an older one out.

    Records of an older version than the one taken last are dropped; without a subject they are always taken.
    """

    records: tuple[Record, ...]
    subject: str | None = None
    version: datetime | None = None


@dataclass(frozen=True)
class Unreadable:
    """A body from a known shop that could not be read; `reason` is a name of `locales/*/quarantine.json`.

    `place` says where it stood in what was read, such as the line of a file.
    """

    topic: str
    body: bytes
    reason: str = UNREADABLE
    message_id: str | None = None
    place: str | None = None

    @classmethod
    def because(cls, topic: str, body: bytes, error: Exception, message_id: str | None = None) -> Unreadable:
        """A body that `error` was raised for: what it names as its field is the place."""
        if not isinstance(error, BadInput):
            return cls(topic, body, message_id=message_id)
        field = error.facts.get("field")
        return cls(topic, body, error.key, message_id, None if field is None else str(field))


@dataclass(frozen=True)
class Taken:
    """What became of some bodies: records that are new, bodies that were older, and those set aside."""

    records: int
    older: int
    set_aside: int


def keep_said(
    connection: Connection, origin: Origin, key: bytes, said: Sequence[Said], unreadable: Iterable[Unreadable] = ()
) -> Taken:
    """Append what was said to the inbox, without what is older than what was said before; the rest to the quarantine.

    Raises TooOften when the quarantine is full: the sender is to come again, nothing is lost.
    """
    shop, source, now = origin.shop, origin.source, origin.now
    newest: dict[str, datetime] = {}
    for one in said:
        if one.subject is not None and one.version is not None:
            newest[one.subject] = max(one.version, newest.get(one.subject, one.version))
    taken = take_newer(connection, shop, source, newest)
    fresh = [
        one
        for one in said
        if one.subject is None or one.version is None or (one.subject in taken and one.version == newest[one.subject])
    ]
    records = append(connection, shop, [record for one in fresh for record in one.records], now)
    aside = 0
    for one_bad in unreadable:
        quarantine.keep(
            connection,
            shop,
            source=source,
            topic=one_bad.topic,
            reason=one_bad.reason,
            body=one_bad.body,
            now=now,
            key=key,
            message_id=one_bad.message_id,
            place=one_bad.place,
        )
        aside += 1
    return Taken(records, len(said) - len(fresh), aside)


def as_bytes(body: object) -> bytes:
    """A body of a reading as the quarantine keeps it."""
    return json.dumps(body, ensure_ascii=False).encode()
