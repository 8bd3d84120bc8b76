"""Locks by name, for what is no row. A writing transaction of SQLite keeps everybody out by itself."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection, func, select


def lock_number(name: str) -> int:
    """A name as a signed 64-bit number, which is what an advisory lock is called."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


def lock_by_name(connection: Connection, name: str, *, shared: bool = False) -> None:
    """Hold an advisory lock until the transaction ends; several may hold it `shared`, only one hold it alone."""
    if connection.dialect.name == "postgresql":
        take = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        connection.execute(select(take(lock_number(name))))
