"""DuckDB, the embedded engine: one file a shop, opened by one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

import duckdb
import ibis
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType
from ibis.expr.datatypes import DataType
from ibis.expr.schema import Schema
from ibis.expr.types import Table

DIALECT = "duckdb"
# Selects that Ibis joins into one take a third longer to compile, and the engine joins them by itself.
ibis.options.sql.fuse_selects = False
PIECE: Final = 65_536
FEW: Final = 64  # buckets that are named one by one
GIVEN: Final = "given_rows"  # the name of rows that `with_arrow` gives

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


def compiled(engine: Backend, expression: Table) -> str:
    """The expression's text, in which rows that are read more than once are read from their tables each time.

    The engine would keep them with all that is read of them anywhere: for a million customers that is more than the
    memory holds, and reading again costs less than writing.
    """
    query = engine.compiler.to_sqlglot(expression)
    for shared in query.find_all(sge.CTE):
        shared.set("materialized", False)
    return str(query.sql(DIALECT, copy=False))


def typed(query: str, schema: Schema) -> str:
    """The query with each column of the type that its expression has: the engine gives small numbers smaller types."""
    columns = [
        column
        if kind.is_null()
        else sge.cast(column, DuckDBType.from_ibis(kind.copy(nullable=True))).as_(name, quoted=True)
        for name, kind in schema.items()
        if (column := sge.column(name, quoted=True))
    ]
    return f"{sge.select(*columns).sql(DIALECT)} FROM ({query}) AS given"


def create_temporary(name: str, query: str) -> str:
    """The statement that keeps a query's rows until they are dropped."""
    return f'CREATE TEMPORARY TABLE "{name}" AS {query}'


def insert(table: str, columns: Sequence[str], query: str) -> str:
    """The statement that adds a query's rows to a table."""
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({names}) {query}'


def drop_temporary(name: str, *, is_view: bool = False) -> str:
    """The statement that forgets what is kept under a name, if anything is."""
    return f'DROP {"VIEW" if is_view else "TABLE"} IF EXISTS "{name}"'


def any_of(table: str, values: Mapping[str, str]) -> str:
    """The query of one row of `table` whose columns have these values, if there is one."""
    conditions = [sge.column(column, quoted=True).eq(sge.convert(value)) for column, value in values.items()]
    return sge.select("1").from_(sge.table_(table, quoted=True)).where(*conditions).limit(1).sql(DIALECT)


def delete_in(
    table: str, column: str, keys: str, key: str | None = None, since: Mapping[str, datetime | None] | None = None
) -> str:
    """The statement that deletes the rows of `table` whose `column` is among the column `key` of the table `keys`.

    `since` has the instants before which no such row lies, by their columns.
    """
    inner = sge.select(sge.column(key or column, quoted=True)).from_(sge.table_(keys, quoted=True))
    conditions: list[sge.Condition] = [sge.column(column, quoted=True).isin(query=inner)]
    for name, instant in (since or {}).items():
        if instant is not None:
            conditions.append(
                sge.column(name, quoted=True) >= sge.cast(sge.convert(instant.isoformat(" ")), "TIMESTAMP")
            )
    return delete(table, sge.and_(*conditions))


def least_of(table: str, column: str) -> str:
    """The query of the least value of a column."""
    return f'SELECT MIN("{column}") AS "found" FROM "{table}"'


def insert_into_temporary(name: str, query: str) -> str:
    """The statement that adds a query's rows to those kept under a name."""
    return f'INSERT INTO "{name}" {query}'


def distinct_of(table: str, column: str) -> str:
    """The query of a column's different values."""
    return f'SELECT DISTINCT "{column}" AS "found" FROM "{table}"'


def bucket_text(unused_bits: int, of: int) -> str:
    """A customer's bucket, worked out for tables that do not keep it."""
    return f'CAST((HASH("customer_id") >> {unused_bits}) & {of - 1} AS INTEGER)'


def in_buckets(keys: str, bucket: str, buckets: Sequence[int], of: int, *, in_order: bool) -> str:
    """The condition of rows whose customers are in the table `keys`, and so in these buckets.

    A few buckets of a table in their order are named: the engine passes over the places that have none of them. Else
    whether one is asked for stands in a string of `of` bits: the engine looks it up while it scans, and does not read
    the other columns of places where nothing is asked for, as it would for a join.
    """
    among = f'"customer_id" IN (SELECT "customer_id" FROM "{keys}")'
    if in_order and len(buckets) <= FEW:
        return f"{bucket} IN ({', '.join(map(str, buckets)) or 'NULL'}) AND {among}"
    bits = bytearray(b"0" * of)
    for one in buckets:
        bits[one] = ord("1")
    return f"GET_BIT('{bits.decode('ascii')}'::BIT, {bucket}) = 1 AND {among}"


def rows_where(
    table: str, columns: Sequence[str], unread: Mapping[str, DataType], condition: str, *, nameless: bool
) -> str:
    """The query of the rows that meet a condition, and of those without customer; what is `unread` has no values.

    These are asked for apart: two conditions in one would be looked at row by row.
    """
    nothing = (f'CAST(NULL AS {DuckDBType.to_string(kind)}) AS "{name}"' for name, kind in unread.items())
    chosen = ", ".join([*(f'"{column}"' for column in columns), *nothing])
    rows = f'SELECT {chosen} FROM "{table}" WHERE '
    return f'{rows}{condition} UNION ALL {rows}"customer_id" IS NULL' if nameless else f"{rows}{condition}"


def delete_before(table: str, column: str, instant: str) -> str:
    """The statement that deletes the rows that lie before an instant, or have none."""
    return f'DELETE FROM "{table}" WHERE "{column}" IS NULL OR "{column}" < {instant}'


def delete_rows_where(table: str, condition: str) -> str:
    """The statement that deletes the rows that meet a condition."""
    return f'DELETE FROM "{table}" WHERE {condition}'


def with_arrow(engine: Backend, rows: pa.Table, use: Callable[[str], object]) -> None:
    """Call `use` with a query of these rows, which are there as long as the call lasts."""
    engine.con.register(GIVEN, rows)
    try:
        use(f'SELECT * FROM "{GIVEN}"')
    finally:
        engine.con.unregister(GIVEN)


def run(engine: Backend, statement: str) -> int:
    """Run a statement that writes rows; how many."""
    (found,) = engine.raw_sql(statement).fetchone() or (0,)
    return int(found)


def arrow(engine: Backend, query: str) -> pa.Table:
    """The rows of a query's text, in its order."""
    return engine.raw_sql(query).to_arrow_table()


def pieces(engine: Backend, query: str) -> Iterator[pa.RecordBatch]:
    """The rows of a query's text, piece by piece."""
    yield from engine.raw_sql(query).fetch_record_batch(PIECE)


def rows(engine: Backend, query: str) -> list[dict[str, Any]]:
    """The rows of a query's text."""
    return list(engine.raw_sql(query).fetch_arrow_table().to_pylist())


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
