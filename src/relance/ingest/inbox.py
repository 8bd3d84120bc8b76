"""The durable inbox: what was received waits there until the loader has moved it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.ingest.columns import file_sized
from relance.ingest.pieces import write_piece
from relance.ingest.records import Record
from relance.store import DataFolder, Shop, tables

APPEND_LOCK: Final = 0x52454C41  # one appender at a time, so that ids become visible in order
CHUNK: Final = 1_000


def append(connection: Connection, shop: Shop, records: Sequence[Record], now: datetime) -> int:
    """Add records to the inbox; those whose message id is there already are dropped. The number that is new."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(APPEND_LOCK)))
    added = 0
    for start in range(0, len(records), CHUNK):
        rows = [
            {
                "shop_id": shop.shop_id,
                "message_id": record.message_id,
                "kind": record.kind,
                "body": record.body,
                "received_at": now,
            }
            for record in records[start : start + CHUNK]
        ]
        added += len(connection.execute(_insert(connection, rows).returning(tables.inbox.c.id)).all())
    return added


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(tables.inbox).values(rows).on_conflict_do_nothing(index_elements=["shop_id", "message_id"])


def append_table(
    connection: Connection, folder: DataFolder, shop: Shop, table: str, rows: pa.Table, message_id: str, now: datetime
) -> None:
    """Add the rows of one canonical table as a piece. Raises NoRoom on a full disk."""
    name = f"{file_sized(message_id)}.parquet"
    sha256 = write_piece(folder, name, rows)
    body = {"table": table, "path": name, "sha256": sha256}
    append(connection, shop, [Record("table_piece", message_id, body)], now)


def position(connection: Connection, shop: Shop, name: str) -> int:
    """The inbox id up to which a reader has read."""
    found = connection.execute(
        select(tables.cursor.c.position).where(tables.cursor.c.shop_id == shop.shop_id, tables.cursor.c.name == name)
    ).scalar_one_or_none()
    return int(found or 0)


def move(connection: Connection, shop: Shop, name: str, to: int, now: datetime) -> None:
    """Set a reader's position."""
    values = {"position": to, "moved_at": now}
    where = (tables.cursor.c.shop_id == shop.shop_id, tables.cursor.c.name == name)
    if connection.execute(update(tables.cursor).where(*where).values(**values)).rowcount == 0:
        connection.execute(tables.cursor.insert().values(shop_id=shop.shop_id, name=name, **values))
