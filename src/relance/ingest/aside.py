"""Records of the inbox that do not fit their tables: put into the quarantine before a load, and let in again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from relance.errors import BadInput, Conflict
from relance.ingest import quarantine
from relance.ingest.bodies import Fault, fault_of, readable
from relance.ingest.inbox import append, position
from relance.ingest.quarantine import Item
from relance.ingest.records import Record
from relance.ingest.single import SINGLE_KINDS, bodies_of
from relance.store import Shop, tables

SOURCE: Final = "inbox"
LOADER: Final = "loader"  # the cursor of the loader
Entry = Any  # a row of the inbox

# Reads a sender's own form: shop, topic, body and message id give inbox records. Raises BadInput for what it cannot.
Reader = Callable[[Shop, str, bytes, str], Sequence[Record]]


def sort_out(entries: Sequence[Entry]) -> tuple[list[Entry], list[tuple[Entry, dict[str, Any], Fault]]]:
    """The records that fit their tables, in order, and those that do not, each with its body and what is wrong."""
    misfits: dict[int, tuple[Entry, dict[str, Any], Fault]] = {}
    for kind in sorted({entry.kind for entry in entries}):
        mine = [entry for entry in entries if entry.kind == kind]
        bodies = bodies_of(mine)
        fit = {id(body) for body in readable(kind, bodies)}
        for entry, body in zip(mine, bodies, strict=True):
            if id(body) not in fit:
                misfits[entry.id] = (entry, body, fault_of(kind, body) or Fault("unreadable"))
    return [entry for entry in entries if entry.id not in misfits], list(misfits.values())


def set_aside(
    connection: Connection,
    shop: Shop,
    misfits: Sequence[tuple[Entry, dict[str, Any], Fault]],
    now: datetime,
    key: bytes,
) -> None:
    """Put records into the quarantine; they were acknowledged, so that none is turned away."""
    for entry, body, fault in misfits:
        quarantine.keep(
            connection,
            shop,
            source=source_of(entry.message_id),
            topic=entry.kind,
            reason=fault.reason,
            place=fault.place,
            body=json.dumps(body, ensure_ascii=False).encode(),
            now=now,
            key=key,
            message_id=entry.message_id,
            kind=entry.kind,
            room=None,
        )


def source_of(message_id: str) -> str:
    """The source that a message id names before its colon: segment, shopify, woo …; else `inbox`."""
    source, colon, _ = message_id.partition(":")
    return source if colon and source.isidentifier() else SOURCE


def replay_item(
    connection: Connection,
    shop: Shop,
    item_id: int,
    now: datetime,
    key: bytes,
    readers: Mapping[str, Reader],
    *,
    body: bytes | None = None,
    kind: str | None = None,
) -> int:
    """Let an item into the inbox, as it is or as `body` repairs it; how many records it became.

    `kind` says that the body is that of an inbox record, whatever came. Raises BadInput when it still does not fit,
    NotFound when it does not wait, and Conflict while the loader is at it.
    """
    item, kept = quarantine.find_item(connection, shop, item_id, key)
    records = _records(shop, item, kept if body is None else body, kind or item.kind, readers)
    _make_way(connection, shop, item)
    append(connection, shop, records, now)
    quarantine.settle(connection, shop, item_id, "replayed", now)
    return len(records)


def _records(shop: Shop, item: Item, body: bytes, kind: str | None, readers: Mapping[str, Reader]) -> Sequence[Record]:
    if kind is not None:
        return [Record(kind, item.message_id, _fitting(kind, body))]
    if item.source not in readers:
        raise BadInput("quarantine.no_reader", source=item.source, kinds=", ".join(sorted(SINGLE_KINDS)))
    records = readers[item.source](shop, item.topic, body, item.message_id)
    for record in records:
        if record.kind in SINGLE_KINDS and (fault := fault_of(record.kind, record.body)) is not None:
            raise _misfit(fault)
    return records


def _fitting(kind: str, body: bytes) -> dict[str, Any]:
    """The body of an inbox record. Raises BadInput when it is none of its kind."""
    if kind not in SINGLE_KINDS:
        raise BadInput("quarantine.no_kind", kind=kind, kinds=", ".join(sorted(SINGLE_KINDS)))
    try:
        found = json.loads(body)
    except ValueError as error:
        raise BadInput("quarantine.no_json", problem=str(error)) from error
    if not isinstance(found, dict):
        raise BadInput("quarantine.no_object")
    if (fault := fault_of(kind, found)) is not None:
        raise _misfit(fault)
    return found


def _misfit(fault: Fault) -> BadInput:
    return BadInput(f"quarantine.still_{fault.reason}", place=fault.place or "")


def _make_way(connection: Connection, shop: Shop, item: Item) -> None:
    """A record that the loader has passed leaves the inbox, so that its message id is free for what repairs it."""
    inbox = tables.inbox
    mine = (inbox.c.shop_id == shop.shop_id, inbox.c.message_id == item.message_id)
    found = connection.execute(select(inbox.c.id).where(*mine)).scalar_one_or_none()
    if found is None:
        return
    if found > position(connection, shop, LOADER):
        raise Conflict("quarantine.being_loaded", item=str(item.item_id))
    connection.execute(delete(inbox).where(*mine))
