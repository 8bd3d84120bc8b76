"""Statements about many rows at once that are written down once: the set travels as one value, however many it holds.

An `IN` with a place for each value is a new text for each number of values, which costs more than the answer; and a
statement for each row costs more than what it writes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Self

from sqlalchemy import JSON, BigInteger, Boolean, ColumnElement, Text, bindparam, cast, func, literal_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

from relance.store.tables import Instant


class Many(TypeDecorator[Collection[Any]]):
    """Many texts or numbers as one value: an array of PostgreSQL's, JSON to SQLite."""

    impl = JSON
    cache_ok = True

    def __init__(self, kind: type[Text] | type[BigInteger] = Text) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the database takes."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.kind))

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        """The values as the database takes them."""
        values = sorted(set(value or ()))
        return json.dumps(values, ensure_ascii=False) if dialect.name == "sqlite" else values


class _Among(FunctionElement[bool]):
    type = Boolean()
    name = "among"
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002
        """Itself: it is a condition, which SQLite must not compare with 1, because no index answers that."""
        return self


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    held, asked = compiler.process(column, **options), compiler.process(values, **options)
    return f"{held} IN (SELECT value FROM json_each({asked}))"


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    held, asked = compiler.process(column, **options), compiler.process(values, **options)
    return f"{held} = ANY ({asked})"


DIALECTS: Final = ("sqlite", "postgresql")
ZONELESS: Final = len("2026-03-10 09:00:00.000000")
TEXTS: Final = Many(Text)
NUMBERS: Final = Many(BigInteger)


def among(column: ColumnElement[Any], name: str, kind: Many = TEXTS) -> ColumnElement[bool]:
    """Whether a column is one of the values that the statement is handed as `name`; nothing is among none."""
    return _Among(column, bindparam(name, type_=kind))


class Rows(TypeDecorator[Sequence[Sequence[Any]]]):
    """Rows of texts, numbers and instants as one value: JSON, which both databases take apart by themselves."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[Sequence[Any]] | None, dialect: Dialect) -> str:  # noqa: ARG002
        """The rows as the database takes them."""
        return json.dumps(value or (), ensure_ascii=False, separators=(",", ":"), default=_written)


def handed(dialect: str, name: str, *kinds: TypeEngine[Any]) -> list[ColumnElement[Any]]:
    """The columns of the rows that a statement for `dialect` is handed as `name`, one of each kind, in their order."""
    given = bindparam(name, type_=Rows())
    if dialect == "sqlite":
        row = func.json_each(given).table_valued("value").c.value
        return [
            _of_sqlite(func.json_extract(row, literal_column(f"'$[{place}]'")), kind)
            for place, kind in enumerate(kinds)
        ]
    row = func.json_array_elements(cast(given, JSON)).table_valued("value").c.value
    return [cast(row.op("->>")(literal_column(str(place))), kind) for place, kind in enumerate(kinds)]


def _of_sqlite(value: Any, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """Values have no type there; an instant has no zone."""
    return (
        func.substr(value, literal_column("1"), literal_column(str(ZONELESS)), type_=kind)
        if isinstance(kind, Instant)
        else value
    )


def _written(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(" ", "microseconds")
