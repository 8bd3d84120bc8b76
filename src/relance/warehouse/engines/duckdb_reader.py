"""Connections for reading: what one learnt of the tables and of an expression, the next finds again.

While somebody types, building and compiling the same questions anew takes longer than answering them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, Final

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.expr.schema import Schema
from ibis.expr.types import Expr, Table

from relance.warehouse.engines import duckdb

MOST: Final = 1_000


class Known:
    """The columns of the tables that last, and the texts of expressions; shared by all who read a file."""

    def __init__(self, lasting: Collection[str]) -> None:
        self.lasting = lasting
        self.schemas: dict[str, Schema] = {}
        self.texts: dict[Hashable, str] = {}

    def keep(self, key: Hashable, text: str) -> str:
        """Remember a text; when they have become many, those before are forgotten."""
        if len(self.texts) >= MOST:
            self.texts.clear()
        self.texts[key] = text
        return text

    def clear(self) -> None:
        """Forget everything: the columns of a table may lie otherwise."""
        self.schemas.clear()
        self.texts.clear()


class Reader(Backend):
    """A connection that sees what is committed."""

    known: Known

    def get_schema(self, table_name: str, *, catalog: str | None = None, database: str | None = None) -> Schema:
        """The columns of a table; those of a lasting one are asked once."""
        if catalog or database or table_name not in self.known.lasting:
            return super().get_schema(table_name, catalog=catalog, database=database)
        if table_name not in self.known.schemas:
            self.known.schemas[table_name] = super().get_schema(table_name)
        return self.known.schemas[table_name]

    def compile(
        self,
        expr: Expr,
        /,
        *,
        limit: int | None = None,
        params: Mapping[Expr, Any] | None = None,
        pretty: bool = False,
        **kwargs: Any,
    ) -> str:
        """The text of an expression; one that says the same was compiled before, unless it holds rows of its own."""
        if limit is not None or params or pretty or kwargs:
            return str(super().compile(expr, limit=limit, params=params, pretty=pretty, **kwargs))
        op = expr.op()
        if (text := self.known.texts.get(op)) is not None:
            return text
        text = str(super().compile(expr))
        return text if op.find(ops.InMemoryTable) else self.known.keep(op, text)

    def rows_beside(self, rows: pa.Table, key: Hashable, build: Callable[[Table], Table]) -> pa.Table:
        """The rows of what `build` makes of a table of these rows; it is built and compiled once a key."""
        text = self.known.texts.get(key)
        if text is None:
            text = self.known.keep(
                key, str(super().compile(build(ibis.table(Schema.from_pyarrow(rows.schema), name=duckdb.GIVEN))))
            )
        self.con.register(duckdb.GIVEN, rows)
        try:
            return duckdb.arrow(self, text)
        finally:
            self.con.unregister(duckdb.GIVEN)


def reader(engine: Backend, known: Known) -> Reader:
    """A second connection to the same database, for another thread."""
    found: Reader = Reader.from_connection(engine.con.cursor())
    found.known = known
    return found
