"""Senders: processes that hold claims, and how others see that one is gone (S4).

On SQLite a sender holds the lock of a file of its own; on PostgreSQL, which several machines may share, an advisory
lock of its own database session. Both end with the process, however it ends; no claim is released by the time it took.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Connection, delete, func, insert, select, text, update

from relance.sending.locks import lock_number
from relance.sending.outbox import OUTBOX, SENDER
from relance.store import DataFolder, Shop, Store, tables

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TURN: Final = "turn"
# a process that stands still inside a transaction loses it, so that the others need not wait until somebody wakes it
STANDS_STILL: Final = text("SET LOCAL idle_in_transaction_session_timeout = '30s'")
LINE: Final = tables.mailbox_line


@dataclass(frozen=True)
class Recovered:
    """What a recovery found: claims returned to the queue, and messages in doubt, which stay where they are."""

    released: int
    in_doubt: int


@contextmanager
def registered(store: Store, folder: DataFolder, now: datetime) -> Iterator[str]:
    """Be a sender; yields the owner's name that stands in its claims."""
    owner = secrets.token_hex(8)
    path = _lock_path(folder, owner)
    with _alive(store, path, owner):
        with store.begin() as connection:
            row = {"owner": owner, "boot_id": _boot_id(), "pid": os.getpid(), "started_at": now}
            connection.execute(insert(SENDER).values(**row, lock_path=str(path)))
        try:
            yield owner
        finally:
            with store.begin() as connection:
                _release(connection, [owner])
            path.unlink(missing_ok=True)


class Turns:
    """Transactions of senders, one after another on SQLite.

    SQLite lets a writer that finds the file taken sleep and try again, up to a tenth of a second; senders that hand it
    on by a lock wait no longer than the one before them takes.
    """

    def __init__(self, store: Store, folder: DataFolder) -> None:
        self._store = store
        self._handle: IO[str] | None = None
        self._kept: Connection | None = None
        if store.is_sqlite:
            path = _lock_path(folder, TURN)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._handle = path.open("w", encoding="ascii")
            # a file does not go away as a server does: one connection lasts as long as the sender
            self._kept = store.engine.connect()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction that writes."""
        if self._handle is None:
            with self._store.begin() as connection:
                connection.execute(STANDS_STILL)
                yield connection
            return
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            with self._store.begin(self._kept) as connection:
                yield connection
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def read(self) -> AbstractContextManager[Connection]:
        """One view that writes nothing, and waits for nobody's turn."""
        return self._store.read()

    def close(self) -> None:
        """Take no more turns."""
        if self._handle is not None:
            self._handle.close()
        if self._kept is not None:
            self._kept.close()


def recover(connection: Connection, shop: Shop, folder: DataFolder) -> Recovered:
    """Return the claims of senders that are gone to the queue. What is in doubt is never queued again by itself."""
    claimed = select(OUTBOX.c.owner).where(
        OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state == "claimed", OUTBOX.c.owner.is_not(None)
    )
    known = connection.execute(select(SENDER.c.owner).union(claimed)).scalars().all()
    # the lock is looked for in the folder as it is called here: another process may know it by another path
    gone = [owner for owner in known if _is_gone(connection, owner, _lock_path(folder, owner))]
    released = _release(connection, gone)
    doubtful = select(func.count()).where(OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state == "in_doubt")
    return Recovered(released, connection.execute(doubtful).scalar_one())


def _release(connection: Connection, owners: list[str]) -> int:
    if not owners:
        return 0
    claims = update(OUTBOX).where(OUTBOX.c.state == "claimed", OUTBOX.c.owner.in_(owners))
    released = connection.execute(claims.values(state="queued", owner=None, epoch=OUTBOX.c.epoch + 1)).rowcount
    connection.execute(delete(LINE).where(LINE.c.owner.in_(owners)))
    connection.execute(delete(SENDER).where(SENDER.c.owner.in_(owners)))
    return released


@contextmanager
def _alive(store: Store, path: Path, owner: str) -> Iterator[None]:
    """Hold the sign of life: a file's lock, or an advisory lock of a session kept open for it."""
    if store.is_sqlite:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with path.open("w", encoding="ascii") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        return
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.execute(select(func.pg_advisory_lock(lock_number(owner))))
        try:
            yield
        finally:
            session.execute(select(func.pg_advisory_unlock(lock_number(owner))))


def _is_gone(connection: Connection, owner: str, path: Path) -> bool:
    """Whether the sign of life can be had, which its living owner would prevent."""
    if connection.dialect.name != "sqlite":
        return bool(connection.execute(select(func.pg_try_advisory_xact_lock(lock_number(owner)))).scalar_one())
    try:
        with path.open("r", encoding="ascii") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    with suppress(FileNotFoundError):
        path.unlink()
    return True


def _lock_path(folder: DataFolder, owner: str) -> Path:
    return folder.path / "senders" / f"{owner}.lock"


def _boot_id() -> str:
    return BOOT_ID.read_text(encoding="ascii").strip() if BOOT_ID.exists() else ""
