"""Writes that a client may send again under a key of its own: begun once, answered the same each time (HOOK-04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.store.tables import repeatable_write as table


@dataclass(frozen=True)
class Write:
    """A write that was begun: its answer once there is one, sealed; `owner` is the process that began it."""

    request_hash: str
    owner: str
    status: int | None
    answer: bytes | None


def begin_write(
    connection: Connection, who: str, key: str, request_hash: str, owner: str, now: datetime
) -> Write | None:
    """Note that `who` begins the write of this key; the write that was begun before, or None when this is the first."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    facts = {"who": who, "write_key": key, "request_hash": request_hash, "owner": owner, "begun_at": now}
    first = dialect.insert(table).values(facts).on_conflict_do_nothing(index_elements=["who", "write_key"])
    if connection.execute(first.returning(table.c.write_key)).one_or_none() is not None:
        return None
    return find_write(connection, who, key)


def find_write(connection: Connection, who: str, key: str) -> Write | None:
    """The write of this key, or None."""
    row = connection.execute(select(table).where(table.c.who == who, table.c.write_key == key)).one_or_none()
    return None if row is None else Write(row.request_hash, row.owner, row.status, row.answer)


def answer_write(connection: Connection, who: str, key: str, status: int, answer: bytes) -> None:
    """Keep the answer of a write."""
    mine = update(table).where(table.c.who == who, table.c.write_key == key)
    connection.execute(mine.values(status=status, answer=answer))


def forget_write(connection: Connection, who: str, key: str) -> None:
    """Let a write be tried again: it had no effect."""
    connection.execute(delete(table).where(table.c.who == who, table.c.write_key == key))


def forget_old_writes(connection: Connection, before: datetime) -> int:
    """Delete the writes that were begun before an instant; how many."""
    return int(connection.execute(delete(table).where(table.c.begun_at < before)).rowcount)
