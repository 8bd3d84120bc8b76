"""Reading again what waits in the quarantine: by the translation of the connection that sent it, one or all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from relance.errors import BadInput, RelanceError
from relance.ingest import quarantine
from relance.ingest.aside import Reader, replay_item
from relance.ingest.calls_kept import SEGMENT, read_calls
from relance.ingest.connections import list_connections
from relance.ingest.hooks import HookSource, translated
from relance.ingest.records import Record
from relance.ingest.said import Origin
from relance.ingest.versions import take_newer
from relance.store import Shop


@dataclass(frozen=True)
class _HookReader:
    """Reads bodies of one connection's webhooks; what is older than what was taken since gives nothing (S2)."""

    connection: Connection
    source: HookSource
    origin: Origin

    def __call__(self, shop: Shop, topic: str, body: bytes, _message_id: str) -> Sequence[Record]:
        if topic not in self.source.topics | self.source.readings:
            raise BadInput("quarantine.no_topic", topic=topic)
        said, unreadable = translated(self.source, topic, body, self.origin)
        if unreadable:
            reason, place = unreadable[0].reason, unreadable[0].place
            raise BadInput(reason if "." in reason else "quarantine.still_strange", field=place, what=topic)
        records: list[Record] = []
        for one in said:
            versions = {one.subject: one.version} if one.subject is not None and one.version is not None else {}
            if not versions or take_newer(self.connection, shop, self.origin.source, versions):
                records += one.records
        return records


def readers_of(
    connection: Connection, shop: Shop, key: bytes, sources: Mapping[str, HookSource], now: datetime
) -> dict[str, Reader]:
    """For each connection by its name, what reads its webhooks' bodies; and what reads calls."""
    hooks: dict[str, Reader] = {
        held.name: _HookReader(connection, sources[held.kind], held.origin(shop, now))
        for held in list_connections(connection, shop, key)
        if held.kind in sources
    }
    return {SEGMENT: read_calls, **hooks}


def replay_all(
    connection: Connection,
    shop: Shop,
    now: datetime,
    key: bytes,
    readers: Mapping[str, Reader],
    *,
    source: str | None = None,
    reason: str | None = None,
) -> tuple[int, int]:
    """Let in everything that fits now, of one source or reason or of all; how many items went in and how many wait."""
    done = left = 0
    every = quarantine.waiting(connection, shop, source=source, reason=reason, limit=quarantine.ROOM.items)
    for item in reversed(every):
        nested = connection.begin_nested()
        try:
            replay_item(connection, shop, item.item_id, now, key, readers)
        except RelanceError:
            nested.rollback()
            left += 1
        else:
            nested.commit()
            done += 1
    return done, left
