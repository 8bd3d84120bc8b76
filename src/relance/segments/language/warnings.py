"""What a query says without meaning it: conditions that can never hold together, a segment of everybody.

Conditions on one field are tried on every value at which one of them can change, so the answer is exact for that
field; conditions on different fields are taken as independent. Comparisons with averages or other fields, and dates
whose order depends on the day of reading (months against days), are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Final

from relance.segments.language.fields import Field, Kind
from relance.segments.language.resolve import meaning_of
from relance.segments.language.tree import NOWHERE, Day, Instant, Named, Offset, Op, Unit
from relance.segments.language.typed import (
    AllOf,
    AnyOf,
    Between,
    Check,
    Complement,
    Matching,
    Meaning,
    Meant,
    Note,
    OneOf,
    Scalar,
    leaves,
)

# A value of a field that is tried; None is a field without value.
Sample = Decimal | str | bool | None
_MARGIN: Final = Decimal("0.001")
_ONE: Final = Decimal(1)


def warnings(found: Meaning | Meant) -> list[Note]:
    """The notes about a query that can never be true, has a part that cannot, or contains everybody."""
    meaning = meaning_of(found)
    if _always_is(meaning, False):
        return [Note("segments.language_never_all", span=meaning.span)]
    if _always_is(meaning, True):
        return [Note("segments.language_everybody", span=meaning.span)]
    return [Note("segments.language_never", span=part.span) for part in _impossible(meaning)]


def _impossible(meaning: Meaning) -> Iterable[Meaning]:
    """The outermost parts that can never be true."""
    match meaning:
        case AllOf(terms=terms) | AnyOf(terms=terms):
            for term in terms:
                yield from [term] if _always_is(term, False) else _impossible(term)
        case Complement(term=term):
            yield from _impossible(term)
        case _:
            return


def _always_is(meaning: Meaning, truth: bool) -> bool:
    """Whether the meaning has this truth for every customer."""
    match meaning:
        case Complement(term=term):
            return _always_is(term, not truth)
        case AllOf(terms=terms) | AnyOf(terms=terms):
            lone = isinstance(meaning, AnyOf) is truth
            if (
                any(_always_is(term, truth) for term in terms)
                if lone
                else all(_always_is(term, truth) for term in terms)
            ):
                return True
            return lone and any(_settled(type(meaning)(group), truth) for group in _by_subject(terms))
        case Check() | Matching():
            return _settled(meaning, truth)


def _by_subject(terms: tuple[Meaning, ...]) -> list[tuple[Meaning, ...]]:
    """The terms that speak of one subject only, grouped by it."""
    groups: dict[Hashable, list[Meaning]] = {}
    for term in terms:
        subjects = {_subject(leaf) for leaf in leaves(term)}
        if len(subjects) == 1:
            groups.setdefault(subjects.pop(), []).append(term)
    return [tuple(group) for group in groups.values()]


def _subject(leaf: Check | Matching) -> Hashable:
    """What a leaf speaks of: a field (its dates apart by unit), or a whole MATCHES."""
    if isinstance(leaf, Matching):
        return replace(leaf, negated=False)
    scales = {_scale(point) for point in _points(leaf)}
    if leaf.anniversary or len(scales) > 1 or "opaque" in scales:
        return replace(leaf, span=NOWHERE)
    return leaf.field.name, scales.pop() if scales else _scale_of(leaf)


def _scale_of(leaf: Check) -> str:
    return "null" if leaf.field.kind == Kind.DATE else "plain"


def _settled(meaning: Meaning, truth: bool) -> bool:
    """Whether a meaning about one subject has this truth for all of its values."""
    below = list(leaves(meaning))
    first = below[0]
    if isinstance(first, Matching):
        return all(_holds(meaning, partial(_matched, yes=yes)) is truth for yes in (True, False))
    checks = [leaf for leaf in below if isinstance(leaf, Check)]
    if any(not _readable(check) for check in checks):
        return False
    return all(_holds(meaning, partial(_true_for, value=value)) is truth for value in _samples(checks))


def _holds(meaning: Meaning, of_leaf: Callable[[Check | Matching], bool]) -> bool:
    match meaning:
        case AllOf(terms=terms):
            return all(_holds(term, of_leaf) for term in terms)
        case AnyOf(terms=terms):
            return any(_holds(term, of_leaf) for term in terms)
        case Complement(term=term):
            return not _holds(term, of_leaf)
        case _:
            return of_leaf(meaning)


def _matched(leaf: Check | Matching, yes: bool) -> bool:
    return yes is not (isinstance(leaf, Matching) and leaf.negated)


def _readable(check: Check) -> bool:
    """Whether the check compares with plain values of one scale."""
    scales = {_scale(point) for point in _points(check)}
    in_list = check.field.kind in {Kind.TEXT_LIST, Kind.ID_LIST, Kind.POINT, Kind.STEPS, Kind.DURATION}
    partial = check.operator in {Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS, Op.ENDS, Op.TOP, Op.BOTTOM}
    return not (check.anniversary or in_list or partial or "opaque" in scales or len(scales) > 1)


def _points(check: Check) -> list[object]:
    """The values that a check compares with."""
    match check.value:
        case None:
            return []
        case Between(low=low, high=high):
            return [low, high]
        case OneOf(values=values):
            return list(values)
        case value:
            return [value]


def _scale(point: object) -> str:
    """The line on which a value has its place; values of different lines cannot be compared here."""
    match point:
        case Scalar():
            return "plain"
        case Day():
            return "day"
        case Instant():
            return "instant"
        case Offset() | Named():
            return _distance_scale(point)
        case _:
            return "opaque"


def _distance_scale(point: Offset | Named) -> str:
    match point:
        case Offset(unit=Unit.DAY | Unit.WEEK) | Named(name="today" | "yesterday"):
            return "days from today"
        case Offset(unit=Unit.MONTH | Unit.YEAR):
            return "months from today"
        case _:
            return "minutes from now"


_FACTORS: Final = {Unit.WEEK: 7, Unit.YEAR: 12, Unit.HOUR: 60}


def _place(point: object) -> Sample:
    """The value on its line."""
    match point:
        case Scalar(value=value):
            return value if isinstance(value, str | bool) else Decimal(value)
        case Day(value=day):
            return Decimal(day.toordinal())
        case Instant(value=instant):
            return Decimal(instant.toordinal()) + Decimal(instant.hour * 3600 + instant.minute * 60) / 86400
        case Offset(amount=amount, unit=unit):
            return Decimal(amount * _FACTORS.get(unit, 1))
        case _:
            return -_ONE if isinstance(point, Named) and point.name == "yesterday" else Decimal(0)


def _samples(checks: list[Check]) -> list[Sample]:
    """Values of every stretch between the values that the checks name, and no value where the field can lack one."""
    field = checks[0].field
    named = [_place(point) for check in checks for point in _points(check)]
    samples: list[Sample] = [None] if field.nullable else []
    if field.kind == Kind.BOOLEAN:
        return [*samples, True, False]
    if field.kind == Kind.ENUM:
        return [*samples, *field.values]
    numbers = [value for value in named if isinstance(value, Decimal)]
    texts = [value for value in named if isinstance(value, str)]
    if field.kind in {Kind.TEXT, Kind.ID}:
        return [*samples, *texts, "\0another"]
    step = _ONE if field.kind == Kind.INTEGER else _MARGIN
    around = {number + shift for number in numbers or [Decimal(0)] for shift in (-step, Decimal(0), step)}
    counts = isinstance(field, Field) and field.kind == Kind.INTEGER and not field.nullable
    return [*samples, *(number for number in sorted(around) if number >= 0 or not counts)]


def _true_for(leaf: Check | Matching, value: Sample) -> bool:
    """Whether a check holds for one value: two-valued, so that != and NOT IN hold where there is none."""
    if not isinstance(leaf, Check):
        return False
    if leaf.operator in {Op.IS_NULL, Op.IS_NOT_NULL}:
        return (value is None) is (leaf.operator == Op.IS_NULL)
    places = [_place(point) for point in _points(leaf)]
    if leaf.operator in {Op.NE, Op.NOT_IN}:
        return value not in places
    if leaf.operator in {Op.EQ, Op.IN}:
        return value in places
    return _in_order(leaf.operator, value, places)


def _in_order(operator: Op, value: Sample, places: list[Sample]) -> bool:
    low, high = places[0], places[-1]
    if not (isinstance(value, Decimal) and isinstance(low, Decimal) and isinstance(high, Decimal)):
        return False
    return {
        Op.GT: value > low,
        Op.GE: value >= low,
        Op.LT: value < low,
        Op.LE: value <= low,
        Op.BETWEEN: low <= value <= high,
    }[operator]
