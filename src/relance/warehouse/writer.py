"""Changes of the analytical store within one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend
from ibis.expr.schema import Schema
from ibis.expr.types import Table, Value

from relance.warehouse import agenda
from relance.warehouse.buckets import UNUSED_BITS, aligned
from relance.warehouse.columns_read import columns_read
from relance.warehouse.engines import duckdb
from relance.warehouse.parquet import never_filled
from relance.warehouse.schema import BUCKETS, TABLES
from relance.warehouse.seen import Seen, Words
from relance.warehouse.statements import Statement, instant_text
from relance.warehouse.texts import Text, Texts, given, in_memory, replaced

# The tables that are kept in the order of their buckets, and the instant by which their last days are.
ARRANGED_BY: Final = {
    "event": "occurred_at",
    "session": "started_at",
    "order": "ordered_at",
    "order_line": "ordered_at",
    "refund": "refunded_at",
    "message_event": "occurred_at",
}
# Those, and what a look at everybody writes in the order of its buckets.
IN_ORDER: Final = frozenset({*ARRANGED_BY, "membership", "standing", "journal"})
LEAST_UNTIDY: Final = 100_000
MANY_UNTIDY: Final = 0.2
MOST_STATEMENTS: Final = 500
# What rooms remember is worked out from these tables, and forgotten when they change.
REMEMBERED_OF: Final = frozenset({"customer", "list"})
# the ids of these tables never come again: `unseen` tells which are new
IDS: Final = {"event": "event_id", "message_event": "message_event_id"}
_OF_BATCH: Final = "\ue000batch"
# stands in an expression for the writer's `batch_id`, so that its text is the same for every batch
BATCH: Final[Value] = ibis.literal(_OF_BATCH)
_WRITTEN: Final = f"'{_OF_BATCH}'"


class Writer:
    """Changes within one transaction of the warehouse."""

    def __init__(
        self,
        engine: Backend,
        texts: Texts,
        statements: dict[Hashable, Statement],
        remembered: dict[Hashable, Any],
        seen: dict[str, Seen],
    ) -> None:
        self.engine = engine
        self._texts, self._statements, self._remembered, self._seen = texts, statements, remembered, seen
        self.cause = "event"
        """What a change of customers' rows is put down to in the agenda: event or import."""
        self.batch_id = ""
        """What `BATCH` stands for."""
        self._staged: list[tuple[str, bool]] = []
        self._rows: dict[str, int] = {}
        self._times: Counter[int] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self.is_changed = False
        """Whether rows were added or deleted by other than kept statements."""

    def table(self, name: str) -> Table:
        """A table as it stands in this transaction."""
        return self._texts.table(name) if name in TABLES else self.engine.table(name)

    def insert(self, name: str, rows: Table | pa.Table) -> None:
        """Add rows; columns are matched by name and cast to the schema, missing ones are null."""
        self._changing(name)
        if isinstance(rows, pa.Table):
            ready = given(Schema.from_pyarrow(rows.schema))
            duckdb.with_arrow(self.engine, rows, lambda _: self._put(name, ready))
            return
        # what is put in is read twice: it is worked out once
        source = self.stage(rows) if self._keeps_agenda and agenda.is_kept_for(name) else self._on_disk(rows)
        if self._rows.get(_name(source)) != 0:
            self._put(name, source)

    def _put(self, name: str, source: Table) -> None:
        """Add an expression's rows and their notes in the agenda."""
        if self._keeps_agenda and agenda.is_kept_for(name):
            noted = ("agenda", name, self.cause, source.op())
            self._note(noted, lambda: agenda.entries(name, aligned(name, source), self.cause))
        text = self._texts.keep(("insert", name, source.op()), lambda: aligned(name, source))
        self.engine.raw_sql(duckdb.insert(name, list(TABLES[name]), self._filled(text.sql)))
        if name in self._seen:
            self._add_seen(name, source)

    def unseen(self, name: str, staged: Table) -> Table:
        """The rows of what is staged whose ids a table of `IDS` does not have."""
        column = IDS[name]
        if name not in self._seen or self._seen[name].is_full:
            self._seen[name] = Seen(self.count_of(name))
            self._add_seen(name, self.table(name))
        rows = self.rows(staged.select(column, hashed=staged[column].hash()))
        known = pa.array(self._seen[name].may_have(_hashes(rows)))
        doubtful = rows.filter(known).select([column])
        if not doubtful.num_rows:
            return staged
        there = self.stage(self.table(name).semi_join(self.stage(doubtful), column).select(column))
        return self.stage(staged.anti_join(there, column)) if self.count(there) else staged

    def _add_seen(self, name: str, rows: Table) -> None:
        asked = ("hashes", rows.op())
        text = self._texts.keep(asked, lambda: rows.select(hashed=rows[IDS[name]].cast("string").hash()))
        for piece in self.pieces_of(self._filled(text.sql)):
            self._seen[name].add(_hashes(piece))

    def _changing(self, name: str) -> None:
        self.is_changed = True
        if name in REMEMBERED_OF:
            self._remembered.clear()

    @cached_property
    def _keeps_agenda(self) -> bool:
        """Whether anything was refreshed yet: the first refresh looks at everybody."""
        return self.has("refresh")

    def _note(self, key: Hashable, build: Callable[[], Table]) -> None:
        text = self._texts.keep(key, build)
        self.engine.raw_sql(duckdb.insert("agenda", list(text.schema), self._filled(text.sql)))

    def has(self, name: str, **values: str) -> bool:
        """Whether a table has a row whose columns have these values."""
        return bool(duckdb.rows(self.engine, duckdb.any_of(name, values)))

    def count(self, rows: Table) -> int:
        """How many rows an expression has; of what was staged that is known."""
        if (known := self._rows.get(_name(rows))) is not None:
            return known
        found = self.rows(rows.agg(found=rows.count()))
        return int(found["found"][0].as_py())

    def stage(self, rows: Table | pa.Table) -> Table:
        """Rows kept beside the tables until the end of the transaction."""
        if isinstance(rows, pa.Table):
            schema = Schema.from_pyarrow(rows.schema)
            text = self._texts.keep(("given", schema), lambda: given(schema))
            name = self._next_name(text)
            duckdb.with_arrow(self.engine, rows, lambda _: self.stage_as(name, text.typed))
        else:
            text = self._text(rows)
            name = self._next_name(text)
            self.stage_as(name, self._filled(text.typed))
        return self._texts.staged(name, text)

    def stage_named(self, name: str, rows: Table) -> None:
        """Rows kept under a name until the end of the transaction."""
        text = self._text(rows)
        self.stage_as(name, self._filled(text.typed))

    def named(self, name: str) -> Table:
        """What was staged under a name by statements that are always the same."""
        return self._texts.fixed(name)

    def count_of(self, name: str) -> int:
        """How many rows a table has, or what was staged under a name."""
        return self._rows[name] if name in self._rows else self.count(self.table(name))

    def _text(self, expression: Table) -> Text:
        """The text of an expression; rows in memory that it reads are staged."""
        if (found := self._texts.find(expression.op())) is not None:
            return found
        stored = self._on_disk(expression)
        return self._texts.keep(stored.op(), lambda: stored)

    def _on_disk(self, expression: Table) -> Table:
        """The expression with what it reads in memory staged."""
        nodes = in_memory(expression)
        if not nodes:
            return expression
        staged = {node: self.stage(node.data.to_pyarrow(node.schema)).op() for node in nodes}
        return replaced(expression, staged)

    def _next_name(self, text: Text) -> str:
        """A name for rows of this text that follows from how often it was staged before."""
        self._times[text.number] += 1
        return f"kept_{text.number}_{self._times[text.number]}"

    def _filled(self, statement: str) -> str:
        return statement.replace(_WRITTEN, sge.convert(self.batch_id).sql(duckdb.DIALECT))

    def compiled(self, key: Hashable, build: Callable[[], Table]) -> str:
        """The text of an expression that is built at most once a key; its moments are `PLACEHOLDERS`."""
        return self.statement(key, build).text

    def statement(self, key: Hashable, build: Callable[[], Table]) -> Statement:
        """The same with what it reads."""
        if key not in self._statements:
            if len(self._statements) >= MOST_STATEMENTS:
                self._statements.clear()
            expression = build()
            text = duckdb.typed(duckdb.compiled(self.engine, expression), expression.schema())
            self._statements[key] = Statement(text, columns_read(expression))
        return self._statements[key]

    def stage_as(self, name: str, statement: str) -> None:
        """Keep a statement's rows under a name until the end of the transaction."""
        self._buckets.pop(name, None)
        self._rows[name] = duckdb.run(self.engine, duckdb.create_temporary(name, statement))
        self._staged.append((name, False))

    def stage_more(self, name: str, statement: str, *, is_first: bool) -> None:
        """Keep a statement's rows under a name, beside those of the statements before."""
        if is_first:
            self.stage_as(name, statement)
        else:
            self._rows[name] += duckdb.run(self.engine, duckdb.insert_into_temporary(name, statement))

    def stage_again(self, name: str, statement: str) -> None:
        """Keep a statement's rows under a name in the place of those that were there."""
        self.drop(name)
        self.stage_as(name, statement)

    def drop(self, name: str) -> None:
        """Forget what was staged under a name, if anything was."""
        self.engine.raw_sql(duckdb.drop_temporary(name))
        self._rows.pop(name, None)

    def stage_rows_of(
        self, name: str, table: str, columns: Sequence[str], keys: str, *, unread: Sequence[str] = (), nameless: bool
    ) -> None:
        """Keep these columns of the rows whose customers are in the staged table `keys`, which has their `bucket` too.

        Columns that are named but `unread` are kept without values. `nameless`: rows without customer as well.
        """
        theirs = self._where_theirs(table, keys, keys)
        nothing = {column: TABLES[table][column] for column in unread}
        self.stage_as(name, duckdb.rows_where(table, columns, nothing, theirs, nameless=nameless))

    def delete_rows_of(self, table: str, keys: str, among: str) -> None:
        """Delete the rows whose customers are in the staged table `keys`; no agenda is kept of them.

        All of them are in the staged table `among` too, which has their `bucket`.
        """
        self.engine.raw_sql(duckdb.delete_rows_where(table, self._where_theirs(table, keys, among)))

    def _where_theirs(self, table: str, keys: str, among: str) -> str:
        bucket = '"bucket"' if "bucket" in TABLES[table] else duckdb.bucket_text(UNUSED_BITS, BUCKETS)
        if among not in self._buckets:
            self._buckets[among] = [row["found"] for row in self.ask(duckdb.distinct_of(among, "bucket"))]
        return duckdb.in_buckets(keys, bucket, self._buckets[among], BUCKETS, in_order=table in IN_ORDER)

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
        """The rows of Parquet files of one schema, read where they lie; what none of them fills is not read at all."""
        name = f"pieces_{len(self._staged)}"
        rows = self.engine.read_parquet([str(path) for path in paths], table_name=name)
        self._staged.append((name, True))
        return rows.mutate(**{column: ibis.null(rows[column].type()) for column in never_filled(paths)})

    def rows(self, expression: Table) -> pa.Table:
        """The rows of an expression, in memory, in its order."""
        text = self._text(expression)
        schema = pa.schema([(name, kind.to_pyarrow()) for name, kind in text.schema.items()])
        return duckdb.arrow(self.engine, self._filled(text.sql)).cast(schema)

    def forget(self) -> None:
        """Drop what was staged."""
        for name, is_view in reversed(self._staged):
            self.engine.raw_sql(duckdb.drop_temporary(name, is_view=is_view))
        self._staged.clear()
        self._rows.clear()

    def arrange(self, name: str, instant: str, recent: datetime) -> None:
        """Put a table's rows in the order of their buckets; those from `recent` on stay in the order of time.

        So the rows of a few customers lie in a few places, and those of the last days in a few others: the engine
        passes over the rest by the least and greatest value that it keeps of each place.
        """
        rows = self.engine.table(name)
        is_recent = rows[instant] >= ibis.literal(recent.astimezone(UTC).replace(tzinfo=None), type="timestamp")
        order = [is_recent, is_recent.ifelse(ibis.null("int32"), rows.bucket), rows[instant]]
        arranged = f"{name}_in_order"
        self.engine.create_table(arranged, schema=TABLES[name])
        self.engine.insert(arranged, rows.order_by(order))
        self.engine.drop_table(name)
        self.engine.raw_sql(duckdb.rename(arranged, name))
        if self.engine.table(name).schema() != rows.schema():
            self._texts.clear()

    def in_order(self, name: str, most_untidy: float = MANY_UNTIDY) -> bool:
        """Whether a table's rows lie in the order of their buckets, but for a share of them or a few."""
        arranged = self.table("arranged")
        (row,) = self.rows(arranged.filter(arranged.of == name).agg(rows=arranged.rows.max())).to_pylist()
        count = self.count(self.table(name))
        return bool(count - (row["rows"] or 0) < max(LEAST_UNTIDY, count * most_untidy))

    def delete_where(self, name: str, **values: str) -> None:
        """Delete the rows whose columns have these values; all rows when none is given."""
        self._changing(name)
        if self._keeps_agenda and agenda.is_kept_for(name):
            rows = self.table(name)
            chosen = rows.filter(*(rows[column] == value for column, value in values.items())) if values else rows
            self._note(
                ("agenda", name, self.cause, "gone", chosen.op()),
                lambda: agenda.entries(name, chosen, self.cause, gone=True),
            )
        conditions = [sge.column(column, quoted=True).eq(sge.convert(value)) for column, value in values.items()]
        self.engine.raw_sql(duckdb.delete(name, sge.and_(*conditions) if conditions else None))

    def delete_before(self, name: str, column: str, instant: datetime) -> None:
        """Delete the rows of a table without agenda that lie before an instant, or have none."""
        self._changing(name)
        self.engine.raw_sql(duckdb.delete_before(name, column, instant_text(instant)))

    def delete_matching(self, name: str, column: str, keys: Table, key: str | None = None) -> None:
        """Delete the rows whose `column` is among the values of `keys[key]` (an expression on this engine)."""
        said = keys if _name(keys) in self._rows else self.stage(keys.select(key or column))
        if self.count(said) == 0:
            return
        self._changing(name)
        if self._keeps_agenda and agenda.is_kept_for(name):
            self._note(
                ("agenda", name, self.cause, column, key, said.op()),
                lambda: agenda.entries(name, self._matching(name, column, said[key or column]), self.cause, gone=True),
            )
        self.engine.raw_sql(duckdb.delete_in(name, column, _name(said), key or column))

    def delete_rows(self, name: str, column: str, staged: str, instant: str | None = None) -> None:
        """Delete the rows of a table that are staged whole, by their ids in `column`.

        None of them lies before the earliest `instant` among what is staged: the engine passes over what does.
        """
        if self._rows[staged] == 0:
            return
        self._changing(name)
        if self._keeps_agenda and agenda.is_kept_for(name):
            gone = self.named(staged)
            self._note(
                ("agenda", name, self.cause, "gone", gone.op()),
                lambda: agenda.entries(name, gone, self.cause, gone=True),
            )
        earliest = self.ask(duckdb.least_of(staged, instant))[0]["found"] if instant else None
        self.engine.raw_sql(duckdb.delete_in(name, column, staged, since={instant: earliest} if instant else {}))

    def _matching(self, name: str, column: str, keys: Value) -> Table:
        rows = self.table(name)
        return rows.semi_join(keys.name(column).as_table(), column)


def _hashes(rows: pa.Table | pa.RecordBatch) -> Words:
    return np.asarray(rows["hashed"]).view(np.uint64)


def _name(rows: Table) -> str:
    """The name of a table; empty for any other expression."""
    node: Any = rows.op()
    return node.name if isinstance(node, ops.DatabaseTable) else ""
