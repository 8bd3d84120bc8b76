"""The texts of expressions, each compiled once.

Compiling an expression for a few rows costs more than running it. An expression that says the same of the same tables
is found again by what it says, so that what is staged has a name that follows from what it was made of.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any, Final

import ibis
import ibis.expr.operations as ops
from ibis.backends.duckdb import Backend
from ibis.expr.schema import Schema
from ibis.expr.types import Table

from relance.warehouse.engines import duckdb

MOST: Final = 1_000
_numbers = count()


@dataclass(frozen=True)
class Text:
    """A compiled expression; no two have the same number."""

    number: int
    sql: str
    schema: Schema

    @cached_property
    def typed(self) -> str:
        """The text with each column of the type that the expression has; it keeps no order."""
        return duckdb.typed(self.sql, self.schema)


class Texts:
    """What one engine was asked, for whoever writes."""

    def __init__(self, engine: Backend) -> None:
        self._engine = engine
        self._found: dict[Hashable, Text] = {}
        self._tables: dict[str, Table] = {}
        self._schemas: dict[int, Schema] = {}

    def table(self, name: str) -> Table:
        """A table that lasts, looked up once."""
        if name not in self._tables:
            self._tables[name] = self._engine.table(name)
        return self._tables[name]

    def staged(self, name: str, text: Text) -> Table:
        """The table of that name in which a text's rows were just staged."""
        if name not in self._tables:
            if text.number not in self._schemas:
                self._schemas[text.number] = self._engine.table(name).schema()
            schema = self._schemas[text.number]
            node: Any = ops.DatabaseTable(name=name, schema=schema, source=self._engine, namespace=ops.Namespace())
            self._tables[name] = node.to_expr()
        return self._tables[name]

    def fixed(self, name: str) -> Table:
        """A table of that name that lasts as long as a transaction and is always made by the same statement."""
        if name not in self._tables:
            self._tables[name] = self._engine.table(name)
        return self._tables[name]

    def find(self, key: Hashable) -> Text | None:
        """The text that was kept under a key or for an expression's node."""
        return self._found.get(key)

    def keep(self, key: Hashable, build: Callable[[], Table]) -> Text:
        """The text of what `build` gives, made at most once a key. It must read no rows in memory."""
        if (found := self._found.get(key)) is None:
            if len(self._found) >= MOST:
                self.clear()
            expression = build()
            found = Text(next(_numbers), str(self._engine.compile(expression)), expression.schema())
            self._found[key] = found
        return found

    def clear(self) -> None:
        """Forget everything: a table may have changed."""
        self._found.clear()
        self._tables.clear()
        self._schemas.clear()


def in_memory(expression: Table) -> list[Any]:
    """The nodes of an expression that are rows in memory."""
    return list(expression.op().find(ops.InMemoryTable))


def replaced(expression: Table, nodes: dict[Any, Any]) -> Table:
    """The expression with other nodes in the place of some."""
    changed: Any = expression.op().replace(nodes)
    told: Table = changed.to_expr()
    return told


def given(schema: Schema) -> Table:
    """The rows that `engines.duckdb.with_arrow` gives."""
    return ibis.table(schema, name=duckdb.GIVEN)
