"""Webhooks of shops: verified on raw bytes before anything is parsed, taken once, an older one never over a newer (S2).

A source plugs in with one `HookSource` in `sources.HOOKS`. The address of a topic is
`/hooks/<connection>/<secret>/<topic>` (`connections.hook_path`); `api/hooks.py` calls `verify_hook`, which raises
NotSignedIn and leaves no trace, then in one transaction `take_hook`. Both work while nothing else of the house runs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite

from relance.errors import BadInput, NotFound, NotSignedIn
from relance.ingest.connections import ShopConnection, find_connection, hook_token
from relance.ingest.said import Json, Origin, Said, Unreadable, keep_said
from relance.store import Shop, tables

Headers = Mapping[str, str]  # names in lower case
Outcome = Literal["taken", "duplicate", "older", "set_aside", "ping"]
LARGEST: Final = 5_000_000  # bytes of a body
# how long the same delivery is recognised: beyond any sender's retries and the 48 hours of S2
REMEMBERED: Final = timedelta(days=30)


def _no_ping(_headers: Headers, _raw: bytes) -> bool:
    return False


def _nothing(_headers: Headers) -> str | None:
    return None


@dataclass(frozen=True)
class HookSource:
    """How the webhooks of one kind of shop are read.

    `verify(headers, raw, secrets)` compares in constant time. `topic`, `host` and `event_id` are what the headers say,
    or None where they say nothing: a topic must be that of the address, a host that of the connection, and they are
    proof of nothing, because the signature covers the body only. `translate(topic, body, origin)` raises BadInput for
    a body that does not have the schema of the topic. `is_ping(headers, raw)` knows a call that only tries the address.
    `readings` are the topics under which the connector sets bodies aside: `translate` reads them again, no call does.
    """

    kind: str
    topics: frozenset[str]
    verify: Callable[[Headers, bytes, Mapping[str, str]], bool]
    translate: Callable[[str, Json, Origin], Sequence[Said]]
    event_id: Callable[[Headers], str | None]
    topic: Callable[[Headers], str | None] = _nothing
    host: Callable[[Headers], str | None] = _nothing
    is_ping: Callable[[Headers, bytes], bool] = _no_ping
    readings: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Delivery:
    """One call of a webhook, as it came."""

    name: str
    token: str
    topic: str
    headers: Headers = field(repr=False)
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class Verified:
    """A delivery whose sender is known."""

    delivery: Delivery
    source: HookSource
    held: ShopConnection
    ping: bool = False


def verify_hook(
    connection: Connection, shop: Shop, key: bytes, sources: Mapping[str, HookSource], delivery: Delivery
) -> Verified:
    """The delivery with its source. Raises NotSignedIn for an unknown address, shop or topic and a wrong signature."""
    expected = hook_token(key, delivery.name, delivery.topic)
    if not hmac.compare_digest(expected.encode(), delivery.token.encode()):
        raise NotSignedIn("hooks.refused")
    try:
        held = find_connection(connection, shop, key, delivery.name)
    except NotFound:
        raise NotSignedIn("hooks.refused") from None
    source = sources.get(held.kind)
    if source is None or delivery.topic not in source.topics:
        raise NotSignedIn("hooks.refused")
    if source.is_ping(delivery.headers, delivery.raw):
        return Verified(delivery, source, held, ping=True)
    topic, host = source.topic(delivery.headers), source.host(delivery.headers)
    if topic not in {None, delivery.topic} or host not in {None, _host(held)}:
        raise NotSignedIn("hooks.refused")
    if not source.verify(delivery.headers, delivery.raw, held.secrets):
        raise NotSignedIn("hooks.refused")
    return Verified(delivery, source, held)


def take_hook(connection: Connection, shop: Shop, key: bytes, verified: Verified, now: datetime) -> Outcome:
    """Keep what a verified delivery says; what became of it. Raises TooOften when the quarantine is full."""
    delivery, held = verified.delivery, verified.held
    if verified.ping:
        return "ping"
    if not _is_new(connection, shop, held.name, _marks(verified), now):
        return "duplicate"
    said, unreadable = translated(verified.source, delivery.topic, delivery.raw, held.origin(shop, now))
    taken = keep_said(connection, held.origin(shop, now), key, said, unreadable)
    if taken.set_aside:
        return "set_aside"
    return "older" if taken.older else "taken"


def translated(
    source: HookSource, topic: str, raw: bytes, origin: Origin
) -> tuple[tuple[Said, ...], tuple[Unreadable, ...]]:
    """What a body says, or that it cannot be read. Somebody who repaired a body reads it again with this."""
    try:
        body = json.loads(raw)
        if not isinstance(body, dict):
            raise BadInput("hooks.no_object")
        return tuple(source.translate(topic, body, origin)), ()
    except (BadInput, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
        return (), (Unreadable.because(topic, raw, error),)


def forget_hooks(connection: Connection, now: datetime) -> int:
    """Forget deliveries that are older than any repetition; how many marks."""
    return connection.execute(
        delete(tables.hook_seen).where(tables.hook_seen.c.received_at <= now - REMEMBERED)
    ).rowcount


def _marks(verified: Verified) -> list[str]:
    """What a repetition would have in common with it: the event's id, and the digest of topic and body."""
    delivery = verified.delivery
    digest = hashlib.sha256(delivery.topic.encode() + b"\0" + delivery.raw).hexdigest()
    event = verified.source.event_id(delivery.headers)
    return [f"body:{digest}", *([f"event:{delivery.topic}:{event}"] if event else [])]


def _is_new(connection: Connection, shop: Shop, source: str, marks: list[str], now: datetime) -> bool:
    """Whether none of the marks was seen; all of them are seen from now on."""
    facts = {"shop_id": shop.shop_id, "source": source, "received_at": now}
    insert = _INSERTS[connection.dialect.name]
    added = sum(connection.execute(insert, {**facts, "mark": mark}).rowcount for mark in sorted(marks))
    return added == len(marks)


def _insert(dialect: Any) -> Any:
    return dialect.insert(tables.hook_seen).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


_INSERTS: Final = {"sqlite": _insert(sqlite), "postgresql": _insert(postgresql)}  # compiled once, unlike rows of values


def _host(held: ShopConnection) -> str:
    return held.url.split("://", 1)[-1].split("/")[0].split(":")[0].lower()
