"""The quarantine: authenticated input that could not be read, kept sealed for 30 days until somebody decides (S2).

What came without proof of its sender is never put here. Nothing in a row tells whom it is about: the body is sealed,
and source, topic, reason and place are words of ours.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.errors import NotFound, TooOften
from relance.store import Shop, seal, tables, unseal
from relance.words import Language, catalogue, say

PURPOSE: Final = "quarantine"
KEPT: Final = timedelta(days=30)
LONGEST_TEXT: Final = 200
PAGE: Final = 50
table: Final = tables.quarantine


@dataclass(frozen=True)
class Room:
    """How much the quarantine of a shop takes: bytes an item, bytes and items in all."""

    item: int = 1_000_000
    size: int = 50_000_000
    items: int = 20_000


ROOM: Final = Room()


@dataclass(frozen=True)
class Item:
    """What waits: `kind` is that of an inbox record when it was one, `place` the column or path that is at fault.

    `reason` is a name of `locales/*/quarantine.json` after `reason_`, or a text of the source's own.
    """

    item_id: int
    message_id: str
    source: str
    topic: str
    kind: str | None
    reason: str
    place: str | None
    size: int
    received_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Contents:
    """How many items wait, their bytes, and how many by (source, topic, reason), the most first."""

    items: int
    size: int
    by_cause: Mapping[tuple[str, str, str], int]


def keep(
    connection: Connection,
    shop: Shop,
    *,
    source: str,
    topic: str,
    reason: str,
    body: bytes,
    now: datetime,
    key: bytes,
    message_id: str | None = None,
    kind: str | None = None,
    place: str | None = None,
    room: Room | None = ROOM,
) -> int:
    """Keep what an authenticated sender sent and nobody could read; the id of the item.

    The same message id (that of the event, with the source's prefix; None makes one of topic and body) is kept once.
    Raises TooOften when the item or the whole is larger than `room`: the sender is to try again later. `room` None is
    for what its sender was already told to have arrived.
    """
    expire(connection, shop, now)
    if room is not None:
        _check_room(connection, shop, len(body), room)
    values = {
        "shop_id": shop.shop_id,
        "message_id": message_id or _message_id(key, source, topic, body),
        "source": source,
        "topic": topic,
        "kind": kind,
        "reason": reason[:LONGEST_TEXT],
        "place": place[:LONGEST_TEXT] if place else None,
        "state": "waiting",
        "size": len(body),
        "sealed": seal(key, PURPOSE, body),
        "received_at": now,
        "settled_at": None,
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    # what was settled and comes again waits again; what waits stays as it is
    new = dialect.insert(table).values(values)
    again = new.on_conflict_do_update(
        index_elements=["shop_id", "message_id"], set_=values, where=table.c.state != "waiting"
    )
    connection.execute(again)
    mine = and_(table.c.shop_id == shop.shop_id, table.c.message_id == values["message_id"])
    return int(connection.execute(select(table.c.id).where(mine)).scalar_one())


def _message_id(key: bytes, source: str, topic: str, body: bytes) -> str:
    """The same topic and body have the same id; nobody can tell the body from it."""
    digest = hmac.digest(key, topic.encode() + b"\0" + body, hashlib.sha256)
    return f"{source}:body:{digest.hex()[:40]}"


def _check_room(connection: Connection, shop: Shop, size: int, room: Room) -> None:
    if size > room.item:
        raise TooOften("quarantine.item_too_large", seconds=86_400, size=size, most=room.item)
    held = contents(connection, shop)
    if held.items >= room.items or held.size + size > room.size:
        raise TooOften("quarantine.full", seconds=3_600, items=held.items, size=held.size)


def contents(connection: Connection, shop: Shop) -> Contents:
    """How much waits, and why."""
    by = (table.c.source, table.c.topic, table.c.reason)
    rows = connection.execute(
        select(*by, func.count().label("items"), func.sum(table.c.size).label("bytes"))
        .where(table.c.shop_id == shop.shop_id, table.c.state == "waiting")
        .group_by(*by)
        .order_by(func.count().desc(), *by)
    ).all()
    causes = {(row.source, row.topic, row.reason): int(row.items) for row in rows}
    return Contents(sum(causes.values()), sum(int(row.bytes) for row in rows), causes)


def waiting(
    connection: Connection,
    shop: Shop,
    *,
    source: str | None = None,
    reason: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Item]:
    """What waits, the newest first; `before` is the item id after which a page goes on."""
    wanted = [table.c.shop_id == shop.shop_id, table.c.state == "waiting"]
    if source is not None:
        wanted.append(table.c.source == source)
    if reason is not None:
        wanted.append(table.c.reason == reason)
    if before is not None:
        wanted.append(table.c.id < before)
    rows = connection.execute(select(table).where(*wanted).order_by(table.c.id.desc()).limit(limit)).all()
    return [_item(row) for row in rows]


def find_item(connection: Connection, shop: Shop, item_id: int, key: bytes) -> tuple[Item, bytes]:
    """An item and what was sent. Raises NotFound when it does not wait (any more)."""
    row = connection.execute(
        select(table).where(table.c.shop_id == shop.shop_id, table.c.id == item_id, table.c.state == "waiting")
    ).one_or_none()
    if row is None:
        raise NotFound("quarantine.no_item", item=str(item_id))
    return _item(row), unseal(key, PURPOSE, row.sealed)


def every_body(connection: Connection, shop: Shop, key: bytes) -> Iterator[tuple[Item, bytes]]:
    """Every item that waits with what was sent, the oldest first."""
    rows = connection.execute(
        select(table).where(table.c.shop_id == shop.shop_id, table.c.state == "waiting").order_by(table.c.id)
    ).all()
    for row in rows:
        yield _item(row), unseal(key, PURPOSE, row.sealed)


def settle(connection: Connection, shop: Shop, item_id: int, state: str, now: datetime) -> None:
    """Note that an item was replayed or dropped; what was sent is deleted from the quarantine."""
    connection.execute(
        update(table)
        .where(table.c.shop_id == shop.shop_id, table.c.id == item_id)
        .values(state=state, sealed=b"", size=0, settled_at=now)
    )


def drop(connection: Connection, shop: Shop, item_id: int, now: datetime) -> None:
    """Give an item up. Raises NotFound when it does not wait (any more)."""
    found = connection.execute(
        select(table.c.id).where(table.c.shop_id == shop.shop_id, table.c.id == item_id, table.c.state == "waiting")
    ).one_or_none()
    if found is None:
        raise NotFound("quarantine.no_item", item=str(item_id))
    settle(connection, shop, item_id, "dropped", now)


def expire(connection: Connection, shop: Shop, now: datetime) -> int:
    """Delete what came over 30 days ago; how many items."""
    old = and_(table.c.shop_id == shop.shop_id, table.c.received_at <= now - KEPT)
    return connection.execute(delete(table).where(old)).rowcount


def why(item: Item, language: Language) -> str:
    """Why an item waits, in words, with the place of the fault; a source's reason may be a key of its own texts."""
    named = f"quarantine.reason_{item.reason}"
    if named not in catalogue(language) and item.reason in catalogue(language):
        try:
            return say(item.reason, language, place=item.place or "", field=item.place or "…", what=item.topic)
        except KeyError:  # a text that asks for more than an item keeps
            return item.reason
    told = say(named, language) if named in catalogue(language) else item.reason
    return told if item.place is None else f"{told} ({item.place})"


def _item(row: Row[Any]) -> Item:
    return Item(
        row.id,
        row.message_id,
        row.source,
        row.topic,
        row.kind,
        row.reason,
        row.place,
        row.size,
        row.received_at,
        row.received_at + KEPT,
    )
