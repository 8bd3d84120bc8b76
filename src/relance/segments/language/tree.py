"""The untyped tree of a query: what the grammar alone knows.

    Tree      And(terms) | Or(terms) | Not(term) | Condition(subject, operator, value) | Match(function, parameters)
    Value     Text | Number | Percent | Boolean | Day | Instant | Offset | Named | Duration | Word
              | Items | Range | OfAverage | Multiple

Every node carries the `span` of its words in the text; spans take no part in comparison, so that two texts
with the same meaning give equal trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as declare
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text: offsets in code points, the end excluded."""

    start: int = 0
    end: int = 0


NOWHERE: Final = Span()


class Op(StrEnum):
    """What a condition asks; `operators.py` has one row for each."""

    EQ = "="
    NE = "!="
    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="
    BETWEEN = "BETWEEN"
    IN = "IN"
    NOT_IN = "NOT IN"
    CONTAINS = "CONTAINS"
    NOT_CONTAINS = "NOT CONTAINS"
    STARTS = "STARTS WITH"
    ENDS = "ENDS WITH"
    IS_NULL = "IS NULL"
    IS_NOT_NULL = "IS NOT NULL"
    TOP = "IN TOP"
    BOTTOM = "IN BOTTOM"


class Unit(StrEnum):
    """Units of an offset: calendar units of whole days in the shop's zone, or exact hours and minutes (S30)."""

    DAY = "d"
    WEEK = "w"
    MONTH = "m"
    YEAR = "y"
    HOUR = "h"
    MINUTE = "min"


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text; `negated` only for a funnel step written `NOT 'x'`."""

    value: str
    negated: bool = False
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A number or a numeric id."""

    value: Decimal
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage: `20%` is 20."""

    value: Decimal
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    value: bool
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day in the shop's zone."""

    value: date
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Instant:
    """A wall-clock time in the shop's zone, without zone."""

    value: datetime
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Offset:
    """A distance from today (d w m y) or from now (h min); negative is in the past."""

    amount: int
    unit: Unit
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Named:
    """`today`, `yesterday` or `now`."""

    name: str
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in seconds."""

    seconds: int
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word where a value stands: another field, or a text without its quotes."""

    name: str
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class OfAverage:
    """`115% OF AVERAGE`: a share of the population's average."""

    percent: Decimal
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Multiple:
    """`3 * field`: a multiple of another field of the same customer."""

    factor: Decimal
    name: str
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


Simple: TypeAlias = (
    Text | Number | Percent | Boolean | Day | Instant | Offset | Named | Duration | Word | OfAverage | Multiple
)


@dataclass(frozen=True, slots=True)
class Items:
    """A list in parentheses: the values of IN, the steps of a funnel, a place (degrees north, degrees east)."""

    values: tuple[Simple, ...]
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends of BETWEEN, inclusive."""

    low: Simple
    high: Simple
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


Value: TypeAlias = Simple | Items | Range


@dataclass(frozen=True, slots=True)
class Subject:
    """The name that a condition speaks of; with `anniversary`, the year of that date is left out."""

    name: str
    anniversary: bool = False
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """A field (or a parameter inside a Match), an operator and a value; IS [NOT] NULL has no value."""

    subject: Subject
    operator: Op
    value: Value | None = None
    span: Span = declare(default=NOWHERE, compare=False, repr=False)
    operator_span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """`function MATCHES (parameters)`; `negated` for NOT MATCHES."""

    function: Subject
    parameters: tuple[Condition, ...]
    negated: bool = False
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of the terms; at least two."""

    terms: tuple[Tree, ...]
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the terms; at least two."""

    terms: tuple[Tree, ...]
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The complement of the term."""

    term: Tree
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


Tree: TypeAlias = And | Or | Not | Condition | Match

DateValue: TypeAlias = Day | Instant | Offset | Named
