"""How a function of the language reads related rows: its source, and what each of its parameters is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import ibis
from ibis.expr.types import Table

from relance.profiles import Column, Source
from relance.segments.language.fields import Function, Kind, Parameter
from relance.segments.language.tree import Op
from relance.segments.language.typed import Check, OneOf, Scalar

PROPERTY: Final = "properties."


@dataclass(frozen=True)
class Related:
    """A function over the rows of `source`; `columns` are what its parameters read there.

    The `fixed` checks hold for every row it looks at, the `usual` ones unless the query asks about their parameter
    itself. `dates` names the parameter that is the instant of a row. The `dear` parameters are looked at last, only in
    rows that pass the other checks; properties are among them.
    """

    function: Function
    source: Source
    columns: Mapping[str, Callable[[Table], Column]]
    fixed: tuple[Check, ...] = ()
    usual: tuple[Check, ...] = ()
    dates: str = "date"
    dear: frozenset[str] = frozenset()

    def is_dear(self, name: str) -> bool:
        """Whether the parameter costs more to read than a column."""
        return name in self.dear or name.startswith(PROPERTY)

    def column(self, rows: Table, name: str) -> Column:
        """What the parameter reads."""
        if name.startswith(PROPERTY):
            return property_of(rows, name.removeprefix(PROPERTY))
        return self.columns[name](rows)


def property_of(rows: Table, key: str) -> Column:
    """A property as text, whatever its type in the JSON; null when it is missing."""
    value: Column = rows["properties"].try_cast("json")[f'"{key}"']
    return ibis.coalesce(value.str, value.cast("string").nullif("null"))


def is_one_of(name: str, *texts: str) -> Check:
    """The check that a parameter is one of these texts."""
    values = tuple(Scalar(text) for text in texts)
    return Check(Parameter(name, Kind.TEXT), Op.IN, OneOf(values))


def equals(name: str, value: str | bool) -> Check:
    """The check that a parameter has this value."""
    kind = Kind.BOOLEAN if isinstance(value, bool) else Kind.TEXT
    return Check(Parameter(name, kind), Op.EQ, Scalar(value))
