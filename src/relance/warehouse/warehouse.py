"""The door to the analytical store: one writer at a time, many readers, each batch exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.errors import Interrupted, NoRoom
from relance.warehouse.buckets import aligned, bucket_of
from relance.warehouse.engines import duckdb
from relance.warehouse.engines.duckdb_reader import Known, Reader, reader
from relance.warehouse.schema import TABLES
from relance.warehouse.seen import Seen
from relance.warehouse.statements import Statement
from relance.warehouse.texts import Texts
from relance.warehouse.writer import ARRANGED_BY, Writer

MOST_UNTIDY: Final = 0.02
# What a full disk, or a file at its size limit, looks like in the engine's errors.
FULL: Final = ("No space left", "File too large", "Could not write all bytes")


class Warehouse:
    """One shop's analytical store. `path` None keeps it in memory."""

    def __init__(self, path: Path | None, *, memory_mb: int = 2048, threads: int = 2) -> None:
        self.path = path
        self.memory_mb = memory_mb
        self._engine = duckdb.open_engine(path, memory_mb=memory_mb, threads=threads)
        self._writing = threading.RLock()
        self.refreshing = threading.RLock()
        """Held by a refresh from its first transaction to its last."""
        self.loading = threading.RLock()
        """Held by whoever takes in what came, from the inbox to the ledger: a second one goes on where it ends."""
        self._statements: dict[Hashable, Statement] = {}
        self._changed = [0]
        self._interrupted = threading.Event()
        self.remembered: dict[Hashable, Any] = {}
        """What a room worked out of what is here, and finds again as long as it holds."""
        self._texts = Texts(self._engine)
        self._known = Known(TABLES)
        self._seen: dict[str, Seen] = {}
        self._create_tables()

    def _create_tables(self) -> None:
        existing = set(self._engine.list_tables())
        for name, schema in TABLES.items():
            if name not in existing:
                self._engine.create_table(name, schema=schema)
                continue
            have = self._engine.table(name).schema()
            for column, kind in schema.items():
                if column not in have:
                    self._engine.raw_sql(duckdb.add_column(name, column, kind))
        for name in sorted(existing):
            if name in TABLES and "bucket" in TABLES[name] and duckdb.rows(self._engine, _elsewhere(name)):
                self._rewrite(name)

    def _rewrite(self, name: str) -> None:
        """Give every row of an older file its bucket; where the rows lay in the order of others they no longer do."""
        with self.write() as writer:
            rows = writer.stage(aligned(name, writer.table(name)))
            self._engine.raw_sql(duckdb.delete(name, None))
            self._engine.insert(name, rows)
            writer.delete_where("arranged", of=name)

    def tidy(self, recent: datetime) -> list[str]:
        """Put the tables in order whose rows out of order have become many; their names.

        Rows from `recent` on stay in the order of time. A table is written anew, so this is for a quiet hour.
        """
        arranged = [name for name in ARRANGED_BY if self._tidy(name, recent)]
        self._known.clear()
        return arranged

    def _tidy(self, name: str, recent: datetime) -> bool:
        with self.write() as writer:
            if writer.in_order(name, MOST_UNTIDY):
                return False
            count = writer.count(writer.table(name))
            writer.arrange(name, ARRANGED_BY[name], recent)
            writer.delete_where("arranged", of=name)
            writer.insert("arranged", pa.table({"of": [name], "rows": [count]}))
        return True

    @property
    def changes(self) -> int:
        """How many transactions of this process have changed rows, other than a refresh's own."""
        return self._changed[0]

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """One transaction: committed at the end, rolled back on any exception. Raises NoRoom on a full disk."""
        with self._writing:
            self._engine.raw_sql("begin")
            try:
                writer = Writer(self._engine, self._texts, self._statements, self.remembered, self._seen)
                yield writer
                writer.forget()
                self._engine.raw_sql("commit")
                self._changed[0] += writer.is_changed
            except BaseException as error:
                self._roll_back()
                if any(sign in str(error) for sign in FULL):
                    raise NoRoom("disk_full", path=str(self.path)) from error
                if self._interrupted.is_set() and isinstance(error, Exception):
                    raise Interrupted("interrupted") from error
                raise

    def _roll_back(self) -> None:
        # The engine may have ended the transaction by itself, and then refuses.
        with suppress(Exception):
            self._engine.raw_sql("rollback")

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A connection of its own, that sees what is committed; for expressions, never for changes."""
        engine = reader(self._engine, self._known)
        try:
            yield engine
        finally:
            engine.con.close()

    def load(self, batch_id: str, kind: str, now: datetime, change: Callable[[Writer], int]) -> bool:
        """Run `change` and note the batch in one transaction; False when the batch was loaded before."""
        with self.write() as writer:
            if writer.has("loaded_batch", batch_id=batch_id):
                return False
            writer.batch_id = batch_id
            rows = change(writer)
            note = {
                "batch_id": [batch_id],
                "kind": [kind],
                "rows": [rows],
                "loaded_at": [now.replace(tzinfo=None)],
                "cause": [writer.cause],
            }
            writer.insert("loaded_batch", pa.table(note))
            return True

    def interrupt(self) -> None:
        """End the statement that a writer runs, from another thread: its transaction is rolled back with Interrupted.

        One that comes between two statements ends nothing, so whoever means it repeats it.
        """
        self._interrupted.set()
        duckdb.interrupt(self._engine)

    def close(self) -> None:
        """Write everything to the file and close it."""
        with self._writing:
            self._engine.disconnect()


def rows_of(engine: BaseBackend, expression: Table) -> list[dict[str, Any]]:
    """The rows of a small result as dictionaries."""
    return list(engine.to_pyarrow(expression).to_pylist())


def column_of(rows: Sequence[dict[str, Any]], name: str) -> list[Any]:
    """One column of rows."""
    return [row[name] for row in rows]


@cache
def _elsewhere(name: str) -> str:
    """The query of a table's first row of a customer, if it is not in its bucket."""
    rows = ibis.table(TABLES[name], name=name)
    rows = rows.filter(rows.customer_id.notnull()).limit(1)
    return str(ibis.to_sql(rows.filter(rows.bucket.isnull() | (rows.bucket != bucket_of(rows.customer_id)))))
