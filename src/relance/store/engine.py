"""The operational store: SQLite in the data folder, or PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from relance import __version__
from relance.errors import NewerData, NoRoom

MIGRATIONS = Path(__file__).parent / "migrations"


# How SQLite tells that it could not write: a size limit, unlike a full disk, is only an I/O error to it.
FULL: Final = frozenset(
    {"SQLITE_FULL"} | {f"SQLITE_IOERR_{act}" for act in ("WRITE", "FSYNC", "TRUNCATE", "SHMSIZE", "SHMMAP", "SHMOPEN")}
)


class Store:
    """The door to the operational database. A room is handed a connection and never commits."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = (
            _sqlite(url) if url.startswith("sqlite") else create_engine(url, pool_pre_ping=True, hide_parameters=True)
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is the embedded one."""
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> None:
        """Bring the schema to this version's; does nothing when it is already there. Raises NewerData."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        steps = ScriptDirectory.from_config(config)
        known = {step.revision for step in steps.walk_revisions()}
        with self.begin() as connection:
            found = MigrationContext.configure(connection).get_current_heads()
            if unknown := sorted({*found} - known):
                raise NewerData(
                    "newer_data",
                    path=self._place,
                    found=unknown[0],
                    known=steps.get_current_head(),
                    version=__version__,
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def begin(self, kept: Connection | None = None) -> Iterator[Connection]:
        """One transaction that writes: committed at the end, rolled back on an error. Raises NoRoom on a full disk.

        `kept` is a connection of the engine that many transactions are run on, one after another.
        """
        if kept is not None:
            with self._room(), kept.begin():
                yield kept
            return
        with self._room(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view that writes nothing. Raises NoRoom when even the index of the log cannot grow."""
        with self._room(), self.engine.connect().execution_options(reads_only=True) as connection:
            yield connection

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Tell a full disk, or a file at its size limit, as NoRoom."""
        try:
            yield
        except OperationalError as error:
            code = getattr(error.orig, "sqlite_errorname", "")
            if code in FULL or "No space left" in str(error):
                raise NoRoom("disk_full", path=self._place) from error
            raise

    @property
    def _place(self) -> str:
        """Where the database is, without name and password."""
        return self.url.removeprefix("sqlite:///").split("@")[-1]

    def rewrite(self) -> None:
        """Write SQLite's file anew, so that nothing of what was deleted is left in it.

        PostgreSQL reuses the room of deleted rows by itself; a dump of it never holds them.
        """
        if not self.is_sqlite:
            return
        with self._room(), self.engine.connect() as connection:
            plain = _driver_of(connection)
            plain.execute("VACUUM")
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of SQLite's file beside the running server; for PostgreSQL see `dump_database`."""
        with self._room(), self.engine.connect() as connection:
            _driver_of(connection).execute("VACUUM INTO ?", (str(path),))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _driver_of(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection, on which no transaction is begun: VACUUM runs in none."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def open_store(url: str) -> Store:
    """The store at `url`, with its schema up to date."""
    store = Store(url)
    store.migrate()
    return store


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{path}"


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine
