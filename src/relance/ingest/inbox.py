"""The durable inbox: what was received waits there until the loader has moved it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import JSON, Connection, Text, bindparam, cast, delete, func, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.ingest.columns import file_sized
from relance.ingest.pieces import write_piece
from relance.ingest.records import Record
from relance.store import DataFolder, Shop, tables

LOADER: Final = "loader"  # the reader that moves rows into the warehouse
APPEND_LOCK: Final = 0x52454C41  # one appender at a time, so that ids become visible in order
CHUNK: Final = 5_000
KEPT: Final = timedelta(days=30)
PRUNED: Final = 20_000
JSON_TEXT: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
# what the warehouse takes once by an id of its own, or again without harm
PRUNABLE: Final = ("event", "message_event", "order", "order_change", "refund", "customer", "alias", "hint", "product")


def append(connection: Connection, shop: Shop, records: Sequence[Record], now: datetime) -> int:
    """Add records to the inbox; those whose message id is there already are dropped. The number that is new."""
    return append_texts(connection, shop, [inbox_text(record) for record in records], now)


def inbox_text(record: Record) -> str:
    """A record as the inbox takes it. Raises ValueError for what JSON cannot hold, such as an infinite number."""
    row = (record.message_id, record.kind, record.body)
    return JSON_TEXT.encode(row)


def append_texts(connection: Connection, shop: Shop, texts: Sequence[str], now: datetime) -> int:
    """Add records that `inbox_text` has written; the number that is new.

    The database takes them apart by itself, in one statement: other threads go on meanwhile.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(APPEND_LOCK)))
    added = 0
    for start in range(0, len(texts), CHUNK):
        rows = f"[{','.join(texts[start : start + CHUNK])}]"
        facts = {"shop": shop.shop_id, "rows": rows, "now": now}
        added += connection.execute(_INSERTS[connection.dialect.name], facts).rowcount
    return added


def _insert(dialect: Any, source: Any, message_id: Any, kind: Any, body: Any) -> Any:
    columns = ("shop_id", "message_id", "kind", "body", "received_at")
    rows = select(
        bindparam("shop", type_=Text), message_id, kind, body, bindparam("now", type_=tables.inbox.c.received_at.type)
    )
    new = dialect.insert(tables.inbox).from_select(columns, rows.select_from(source).where(true()))
    once = new.on_conflict_do_nothing(index_elements=["shop_id", "message_id"])
    return once.execution_options(preserve_rowcount=True)


def _sqlite_insert() -> Any:
    rows = func.json_each(bindparam("rows", type_=Text)).table_valued("value")
    return _insert(sqlite, rows, *(func.json_extract(rows.c.value, f"$[{place}]") for place in range(3)))


def _postgresql_insert() -> Any:
    rows = func.json_array_elements(cast(bindparam("rows", type_=Text), JSON)).table_valued("value")
    value = rows.c.value
    return _insert(postgresql, rows, value.op("->>")(0), value.op("->>")(1), value.op("->")(2))


_INSERTS: Final = {"sqlite": _sqlite_insert(), "postgresql": _postgresql_insert()}


def waiting(connection: Connection, shop: Shop) -> int:
    """About how many rows the loader has not moved yet: ids that were given to duplicates count too."""
    last = connection.execute(select(func.max(tables.inbox.c.id))).scalar_one() or 0
    return int(last) - position(connection, shop, LOADER)


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


def prune_inbox(connection: Connection, shop: Shop, now: datetime) -> int:
    """Delete records that were loaded over 30 days ago, at most 20,000; how many (S11).

    The warehouse knows the ids of events for ever. Imports and consents stay: they are few.
    """
    inbox = tables.inbox.c
    loaded = select(inbox.id, inbox.received_at).where(
        inbox.shop_id == shop.shop_id, inbox.id <= position(connection, shop, LOADER), inbox.kind.in_(PRUNABLE)
    )
    first = loaded.order_by(inbox.id).limit(PRUNED).subquery()
    over = select(first.c.id).where(first.c.received_at < now - KEPT)
    return int(connection.execute(delete(tables.inbox).where(inbox.id.in_(over))).rowcount)
