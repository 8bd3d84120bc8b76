"""The typed tree of a query: names bound to declarations, values of the right type, dates still symbolic.

    Meaning   AllOf(terms) | AnyOf(terms) | Complement(term)
              | Check(field, operator, value) | Matching(function, checks)
    Value     Scalar | DateValue (Day, Instant, Offset, Named) | Length | Place | Share | OfMean | Times
              | Between | OneOf | Sequence

Every node carries the span of its words, for errors and for the explanation condition by condition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as declare
from decimal import Decimal
from typing import TypeAlias

from relance.segments.language.fields import Field, Function, Parameter
from relance.segments.language.tree import NOWHERE, DateValue, Op, Span
from relance.words import Language, say


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, a whole number, a decimal (money in major units), a boolean, or id as text."""

    value: str | int | Decimal | bool


@dataclass(frozen=True, slots=True)
class Length:
    """A duration in seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Place:
    """Degrees north and east."""

    latitude: Decimal
    longitude: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """The percentage of IN TOP and IN BOTTOM."""

    percent: Decimal


@dataclass(frozen=True, slots=True)
class OfMean:
    """A percentage of the population's average of the same field."""

    percent: Decimal


@dataclass(frozen=True, slots=True)
class Times:
    """A multiple of another field of the same customer."""

    factor: Decimal
    field: Field


Single: TypeAlias = Scalar | DateValue | Length | Place | Share | OfMean | Times


@dataclass(frozen=True, slots=True)
class Between:
    """Both ends, inclusive; the kinds of dates may be mixed."""

    low: Single
    high: Single


@dataclass(frozen=True, slots=True)
class OneOf:
    """The values of IN and NOT IN, in the order written, each once."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """The steps of a funnel: event names, and whether the step must be absent."""

    steps: tuple[tuple[str, bool], ...]


TypedValue: TypeAlias = Single | Between | OneOf | Sequence


@dataclass(frozen=True, slots=True)
class Check:
    """A field or a parameter, an operator and a typed value (None for IS [NOT] NULL)."""

    field: Field | Parameter
    operator: Op
    value: TypedValue | None = None
    anniversary: bool = False
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Matching:
    """Related rows that meet all checks together; `negated`: there are none.

    Aggregates (count, sum_*) are over the rows.
    """

    function: Function
    checks: tuple[Check, ...]
    negated: bool = False
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of the terms."""

    terms: tuple[Meaning, ...]
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any of the terms."""

    terms: tuple[Meaning, ...]
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Complement:
    """Everybody but the term."""

    term: Meaning
    span: Span = declare(default=NOWHERE, compare=False, repr=False)


Meaning: TypeAlias = AllOf | AnyOf | Complement | Check | Matching


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the reader should know about a query: a key of the texts, its facts and its place."""

    key: str
    facts: tuple[tuple[str, str], ...] = ()
    span: Span = NOWHERE

    def say(self, language: Language) -> str:
        """The note as a sentence."""
        return say(self.key, language, **dict(self.facts))


@dataclass(frozen=True, slots=True)
class Meant:
    """A resolved query: its meaning, and the notes that reading it gave (such as S12's as-Shopify mapping)."""

    meaning: Meaning
    notes: tuple[Note, ...] = ()

    def leaves(self) -> Iterator[Check | Matching]:
        """Every check and every Matching, in the order of the text."""
        yield from leaves(self.meaning)


def leaves(meaning: Meaning) -> Iterator[Check | Matching]:
    """Every check and every Matching below, in the order of the text."""
    match meaning:
        case AllOf(terms=terms) | AnyOf(terms=terms):
            for term in terms:
                yield from leaves(term)
        case Complement(term=term):
            yield from leaves(term)
        case _:
            yield meaning
