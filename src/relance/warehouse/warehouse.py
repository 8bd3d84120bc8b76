"""The door to the analytical store: one writer at a time, many readers, each batch exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import ibis
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends import BaseBackend
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from relance.errors import NoRoom
from relance.warehouse import agenda
from relance.warehouse.engines import duckdb
from relance.warehouse.schema import BUCKETS, TABLES

# What a full disk, or a file at its size limit, looks like in the engine's errors.
# The tables that are kept in the order of their buckets, and the instant by which their last days are.
ARRANGED_BY: Final = {
    "event": "occurred_at",
    "session": "started_at",
    "order": "ordered_at",
    "order_line": "ordered_at",
    "refund": "refunded_at",
    "message_event": "occurred_at",
}
LEAST_UNTIDY: Final = 100_000
MOST_UNTIDY: Final = 0.02
MANY_UNTIDY: Final = 0.2
MOST_STATEMENTS: Final = 500
# What rooms remember is worked out from these tables, and forgotten when they change.
REMEMBERED_OF: Final = frozenset({"customer", "list"})
FULL: Final = ("No space left", "File too large", "Could not write all bytes")


class Writer:
    """Changes within one transaction of the warehouse."""

    def __init__(self, engine: Backend, statements: dict[Hashable, str], remembered: dict[Hashable, Any]) -> None:
        self.engine = engine
        self._statements, self._remembered = statements, remembered
        self.cause = "event"
        """What a change of customers' rows is put down to in the agenda: event or import."""
        self._staged: list[tuple[str, bool]] = []

    def table(self, name: str) -> Table:
        """A table as it stands in this transaction."""
        return self.engine.table(name)

    def insert(self, name: str, rows: Table | pa.Table) -> None:
        """Add rows; columns are matched by name and cast to the schema, missing ones are null."""
        self._changing(name)
        source = ibis.memtable(rows) if isinstance(rows, pa.Table) else rows
        if self._keeps_agenda and agenda.is_kept_for(name):
            # what is put in is read twice: it is worked out once
            source = source if isinstance(rows, pa.Table) else self.stage(source)
            ready = aligned(name, source)
            self._note(agenda.entries(name, ready, self.cause))
        else:
            ready = aligned(name, source)
        self.engine.insert(name, ready)

    def _changing(self, name: str) -> None:
        if name in REMEMBERED_OF:
            self._remembered.clear()

    @cached_property
    def _keeps_agenda(self) -> bool:
        """Whether anything was refreshed yet: the first refresh looks at everybody."""
        refreshes = self.table("refresh").limit(1).count()
        return bool(self.engine.to_pyarrow(refreshes).as_py())

    def _note(self, entries: Table) -> None:
        self.engine.insert("agenda", entries)

    def stage(self, rows: Table | pa.Table) -> Table:
        """Rows kept beside the tables until the end of the transaction."""
        name = _temporary_name()
        staged = self.engine.create_table(name, rows, temp=True)
        self._staged.append((name, False))
        return staged

    def compiled(self, key: Hashable, build: Callable[[], Table]) -> str:
        """The text of an expression that is built at most once a key; its moments are `PLACEHOLDERS`."""
        if key not in self._statements:
            if len(self._statements) >= MOST_STATEMENTS:
                self._statements.clear()
            expression = build()
            self._statements[key] = duckdb.typed(str(self.engine.compile(expression)), expression.schema())
        return self._statements[key]

    def stage_as(self, name: str, statement: str) -> None:
        """Keep a statement's rows under a name until the end of the transaction."""
        self.engine.raw_sql(duckdb.create_temporary(name, statement))
        self._staged.append((name, False))

    def stage_more(self, name: str, statement: str, *, is_first: bool) -> None:
        """Keep a statement's rows under a name, beside those of the statements before."""
        if is_first:
            self.stage_as(name, statement)
        else:
            self.engine.raw_sql(duckdb.insert_into_temporary(name, statement))

    def stage_again(self, name: str, statement: str) -> None:
        """Keep a statement's rows under a name in the place of those that were there."""
        self.engine.drop_table(name, force=True)
        self.stage_as(name, statement)

    def stage_rows_of(self, name: str, table: str, columns: Sequence[str], keys: str, *, nameless: bool) -> None:
        """Keep these columns of the rows whose customers are in the staged table `keys`, which has their `bucket` too.

        `nameless`: those without customer as well.
        """
        buckets: list[int] = []
        if "bucket" in TABLES[table]:
            buckets = [row["found"] for row in self.ask(duckdb.distinct_of(keys, "bucket"))]
        self.stage_as(name, duckdb.rows_of_buckets(table, columns, keys, buckets, BUCKETS, nameless=nameless))

    def insert_compiled(self, name: str, statement: str) -> None:
        """Add a statement's rows, which have the table's columns; no agenda is kept of them."""
        self.engine.raw_sql(duckdb.insert(name, list(TABLES[name]), statement))

    def stage_arrow(self, name: str, rows: pa.Table) -> None:
        """Keep rows under a name until the end of the transaction."""
        duckdb.with_arrow(self.engine, rows, lambda given: self.stage_as(name, given))

    def insert_arrow(self, name: str, rows: pa.Table) -> None:
        """Add rows whose columns the table has; missing ones are null; no agenda is kept of them."""
        duckdb.with_arrow(
            self.engine, rows, lambda given: self.engine.raw_sql(duckdb.insert(name, rows.column_names, given))
        )

    def ask(self, statement: str) -> list[dict[str, Any]]:
        """The rows of a statement."""
        return duckdb.rows(self.engine, statement)

    def pieces_of(self, statement: str) -> Iterator[pa.RecordBatch]:
        """The rows of a statement, some ten thousand at a time."""
        return duckdb.pieces(self.engine, statement)

    def delete_staged(self, name: str, column: str, staged: str) -> None:
        """Delete the rows whose `column` is among that column of what is staged; no agenda is kept of them."""
        self.engine.raw_sql(duckdb.delete_in(name, column, staged))

    def pieces(self, paths: Sequence[Path]) -> Table:
        """The rows of Parquet files of one schema, read where they lie."""
        name = _temporary_name()
        rows = self.engine.read_parquet([str(path) for path in paths], table_name=name)
        self._staged.append((name, True))
        return rows

    def rows(self, expression: Table) -> pa.Table:
        """The rows of an expression, in memory."""
        return self.engine.to_pyarrow(expression)

    def forget(self) -> None:
        """Drop what was staged."""
        for name, is_view in reversed(self._staged):
            drop = self.engine.drop_view if is_view else self.engine.drop_table
            drop(name, force=True)
        self._staged.clear()

    def arrange(self, name: str, instant: str, recent: datetime) -> None:
        """Put a table's rows in the order of their buckets; those from `recent` on stay in the order of time.

        So the rows of a few customers lie in a few places, and those of the last days in a few others: the engine
        passes over the rest by the least and greatest value that it keeps of each place.
        """
        rows = self.table(name)
        is_recent = rows[instant] >= ibis.literal(recent.astimezone(UTC).replace(tzinfo=None), type="timestamp")
        order = [is_recent, is_recent.ifelse(ibis.null("int32"), rows.bucket), rows[instant]]
        arranged = _temporary_name()
        self.engine.create_table(arranged, schema=TABLES[name])
        self.engine.insert(arranged, rows.order_by(order))
        self.engine.drop_table(name)
        self.engine.raw_sql(duckdb.rename(arranged, name))

    def in_order(self, name: str, most_untidy: float = MANY_UNTIDY) -> bool:
        """Whether a table's rows lie in the order of their buckets, but for a share of them or a few."""
        arranged = self.table("arranged")
        (row,) = rows_of(self.engine, arranged.filter(arranged.of == name).agg(rows=arranged.rows.max()))
        count = self.engine.to_pyarrow(self.table(name).count()).as_py()
        return bool(count - (row["rows"] or 0) < max(LEAST_UNTIDY, count * most_untidy))

    def delete_where(self, name: str, **values: str) -> None:
        """Delete the rows whose columns have these values; all rows when none is given."""
        self._changing(name)
        if self._keeps_agenda and agenda.is_kept_for(name):
            rows = self.table(name)
            chosen = rows.filter(*(rows[column] == value for column, value in values.items())) if values else rows
            self._note(agenda.entries(name, chosen, self.cause, gone=True))
        conditions = [sge.column(column, quoted=True).eq(sge.convert(value)) for column, value in values.items()]
        self.engine.raw_sql(duckdb.delete(name, sge.and_(*conditions) if conditions else None))

    def delete_matching(self, name: str, column: str, keys: Table, key: str | None = None) -> None:
        """Delete the rows whose `column` is among the values of `keys[key]` (an expression on this engine)."""
        self._changing(name)
        chosen = keys.select(**{column: keys[key or column]}).distinct()
        name_of_keys = _temporary_name()
        named = self.engine.create_table(name_of_keys, chosen, temp=True)
        if self._keeps_agenda and agenda.is_kept_for(name):
            self._note(agenda.entries(name, self.table(name).semi_join(named, column), self.cause, gone=True))
        inner = sge.select(sge.column(column, quoted=True)).from_(sge.table_(name_of_keys, quoted=True))
        condition = sge.column(column, quoted=True).isin(query=inner)
        self.engine.raw_sql(duckdb.delete(name, condition))
        self.engine.drop_table(name_of_keys)


def bucket_of(customer_id: Any) -> Any:
    """The bucket of a customer's rows: whole numbers from 0 to `BUCKETS` - 1, null without a customer."""
    return customer_id.isnull().ifelse(ibis.null("int32"), (customer_id.hash() & (BUCKETS - 1)).cast("int32"))


def aligned(name: str, source: Table) -> Table:
    """The rows with the table's columns; those that are missing are null, and the bucket is worked out."""
    have = set(source.columns)
    columns = {
        column: source[column].cast(kind) if column in have else ibis.null(kind)
        for column, kind in TABLES[name].items()
    }
    if "bucket" in columns:
        columns["bucket"] = bucket_of(source.customer_id) if "customer_id" in have else ibis.null("int32")
    return source.select(**columns)


class Warehouse:
    """One shop's analytical store. `path` None keeps it in memory."""

    def __init__(self, path: Path | None, *, memory_mb: int = 2048, threads: int = 2) -> None:
        self.path = path
        self.memory_mb = memory_mb
        self._engine = duckdb.open_engine(path, memory_mb=memory_mb, threads=threads)
        self._writing = threading.RLock()
        self.refreshing = threading.RLock()
        """Held by a refresh from its first transaction to its last."""
        self._statements: dict[Hashable, str] = {}
        self.remembered: dict[Hashable, Any] = {}
        """What a room worked out of what is here, and finds again as long as it holds."""
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
            if "bucket" in schema and "bucket" not in have:
                self._rewrite(name)

    def _rewrite(self, name: str) -> None:
        """Give every row of an older file its bucket."""
        with self.write() as writer:
            rows = writer.stage(aligned(name, writer.table(name)))
            self._engine.raw_sql(duckdb.delete(name, None))
            self._engine.insert(name, rows)

    def tidy(self, recent: datetime) -> list[str]:
        """Put the tables in order whose rows out of order have become many; their names.

        Rows from `recent` on stay in the order of time. A table is written anew, so this is for a quiet hour.
        """
        return [name for name in ARRANGED_BY if self._tidy(name, recent)]

    def _tidy(self, name: str, recent: datetime) -> bool:
        with self.write() as writer:
            if writer.in_order(name, MOST_UNTIDY):
                return False
            count = writer.engine.to_pyarrow(writer.table(name).count()).as_py()
            writer.arrange(name, ARRANGED_BY[name], recent)
            writer.delete_where("arranged", of=name)
            writer.insert("arranged", pa.table({"of": [name], "rows": [count]}))
        return True

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """One transaction: committed at the end, rolled back on any exception. Raises NoRoom on a full disk."""
        with self._writing:
            self._engine.raw_sql("begin")
            try:
                writer = Writer(self._engine, self._statements, self.remembered)
                yield writer
                writer.forget()
                self._engine.raw_sql("commit")
            except BaseException as error:
                self._roll_back()
                if any(sign in str(error) for sign in FULL):
                    raise NoRoom("disk_full", path=str(self.path)) from error
                raise

    def _roll_back(self) -> None:
        # The engine may have ended the transaction by itself, and then refuses.
        with suppress(Exception):
            self._engine.raw_sql("rollback")

    @contextmanager
    def read(self) -> Iterator[Backend]:
        """A connection of its own, that sees what is committed; for expressions, never for changes."""
        engine = duckdb.reader(self._engine)
        try:
            yield engine
        finally:
            engine.con.close()

    def load(self, batch_id: str, kind: str, now: datetime, change: Callable[[Writer], int]) -> bool:
        """Run `change` and note the batch in one transaction; False when the batch was loaded before."""
        with self.write() as writer:
            if batch_is_loaded(writer.table("loaded_batch"), batch_id):
                return False
            rows = change(writer)
            note = {
                "batch_id": [batch_id],
                "kind": [kind],
                "rows": [rows],
                "loaded_at": [now.replace(tzinfo=None)],
            }
            writer.insert("loaded_batch", pa.table(note))
            return True

    def close(self) -> None:
        """Write everything to the file and close it."""
        with self._writing:
            self._engine.disconnect()


def batch_is_loaded(loaded: Table, batch_id: str) -> bool:
    """Whether the batch is in the table of loaded batches."""
    return bool(loaded.filter(loaded.batch_id == batch_id).count().to_pyarrow().as_py())


def rows_of(engine: BaseBackend, expression: Table) -> list[dict[str, Any]]:
    """The rows of a small result as dictionaries."""
    return list(engine.to_pyarrow(expression).to_pylist())


def column_of(rows: Sequence[dict[str, Any]], name: str) -> list[Any]:
    """One column of rows."""
    return [row[name] for row in rows]


_counter = iter(range(1 << 62))


def _temporary_name() -> str:
    return f"keys_{next(_counter)}"
