"""What a feature declares, and the row from which it is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import ibis
from ibis.expr.types import Table

from relance.profiles.reading import Column, Reading
from relance.profiles.thresholds import Thresholds

Kind = Literal["text", "enum", "integer", "decimal", "money", "date", "boolean", "text_list", "id", "id_list"]


@dataclass(frozen=True)
class Row:
    """A customer's columns, aggregates (`_name`) and features so far, with what is the same for everybody."""

    table: Table
    reading: Reading
    thresholds: Thresholds

    def __getitem__(self, name: str) -> Column:
        return self.table[name]

    def number(self, value: float) -> Column:
        """A decimal literal."""
        return ibis.literal(float(value))


@dataclass(frozen=True)
class Feature:
    """A computed field of a customer, as segments, pages and messages know it.

    `kind` money is minor units of the shop's currency; `unit` is days, percent, points, years or empty. `profiling`
    features have no value for someone who objects to profiling (S19). A feature that is not `dated` has its current
    value also under an earlier "as of" (S24). `needs` names aggregates, `after` the features that it is computed from.
    `facts` names the population facts that it reads (S9). `ripens` is how long after an event its value may come to
    be (a checkout is abandoned an hour later).
    """

    name: str
    kind: Kind
    compute: Callable[[Row], Column]
    unit: str = ""
    nullable: bool = True
    profiling: bool = True
    dated: bool = True
    values: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    ripens: timedelta = timedelta(0)
