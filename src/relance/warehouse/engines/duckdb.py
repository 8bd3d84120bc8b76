"""DuckDB, the embedded engine: one file a shop, opened by one process."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final, cast

import duckdb
import ibis
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType
from ibis.expr.datatypes import DataType

DIALECT = "duckdb"

# What the engine keeps in memory that is no question's work: tables, indexes and caches.
KEPT: Final = (
    *("BASE_TABLE", "ART_INDEX", "METADATA", "IN_MEMORY_TABLE"),
    *("TRANSACTION", "EXTENSION", "EXTERNAL_FILE_CACHE", "OBJECT_CACHE"),
)


def open_engine(path: Path | None, *, memory_mb: int, threads: int) -> Backend:
    """A connection to the file at `path`, or to memory; it may spill beside the file past `memory_mb`."""
    settings: dict[str, object] = {
        "memory_limit": f"{memory_mb}MB",
        "threads": threads,
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # rows of the running transaction are estimated as none: the engine would compare every pair
        "asof_loop_join_threshold": 0,
    }
    if path is None:
        return cast(Backend, ibis.duckdb.connect(**settings))
    settings["temp_directory"] = str(path.with_suffix(".spill"))
    return cast(Backend, ibis.duckdb.connect(path, **settings))


def reader(engine: Backend) -> Backend:
    """A second connection to the same database, for another thread."""
    return cast(Backend, ibis.duckdb.from_connection(engine.con.cursor()))


def delete(table: str, condition: sge.Condition | None) -> str:
    """The one statement that Ibis lacks: delete the rows of `table` that meet `condition`, or all of them."""
    statement = sge.delete(sge.table_(table, quoted=True), where=condition, dialect=DIALECT)
    return statement.sql(DIALECT)


def add_column(table: str, column: str, kind: DataType) -> str:
    """The statement that gives a table of an older version a column; rows that are there have no value in it."""
    of_type = DuckDBType.from_ibis(kind.copy(nullable=True))
    action = sge.ColumnDef(this=sge.to_identifier(column, quoted=True), kind=of_type)
    return sge.Alter(this=sge.table_(table, quoted=True), kind="TABLE", actions=[action]).sql(DIALECT)


def rename(table: str, name: str) -> str:
    """The statement that gives a table another name."""
    action = sge.AlterRename(this=sge.table_(name, quoted=True))
    return sge.Alter(this=sge.table_(table, quoted=True), kind="TABLE", actions=[action]).sql(DIALECT)


def interrupt(engine: Backend) -> None:
    """End the statement that a connection runs, from another thread; it raises there."""
    engine.con.interrupt()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the engine refused because its memory, or its room for spilling, is used up."""
    return isinstance(error, duckdb.OutOfMemoryException)


def working_memory(engine: Backend) -> int:
    """Bytes that all running questions work with, in memory or spilled to disk; from any thread, in a millisecond."""
    used = sge.func("sum", sge.column("memory_usage_bytes") + sge.column("temporary_storage_bytes"))
    asked = sge.select(used).from_(sge.func("duckdb_memory")).where(sge.column("tag").isin(*KEPT).not_())
    with closing(engine.con.cursor()) as cursor:
        row = cursor.execute(asked.sql(DIALECT)).fetchone()
    return int(row[0] or 0) if row else 0
