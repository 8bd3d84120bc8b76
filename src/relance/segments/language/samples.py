"""Values of a field at which a condition can change, and whether a condition holds for one: exact for that field."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from relance.segments.language.fields import Field, Kind, Parameter
from relance.segments.language.tree import Day, Instant, Named, Offset, Op, Unit
from relance.segments.language.typed import Between, Check, Matching, OneOf, Scalar

# A value of a field that is tried; None is a field without value.
Sample = Decimal | str | bool | None
_MARGIN: Final = Decimal("0.001")
_ONE: Final = Decimal(1)


def readable(check: Check) -> bool:
    """Whether the check compares with plain values of one scale."""
    scales = {scale(point) for point in points(check)}
    in_list = check.field.kind in {Kind.TEXT_LIST, Kind.ID_LIST, Kind.POINT, Kind.STEPS, Kind.DURATION}
    partial = check.operator in {Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS, Op.ENDS, Op.TOP, Op.BOTTOM}
    return not (check.anniversary or in_list or partial or "opaque" in scales or len(scales) > 1)


def points(check: Check) -> list[object]:
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


def scale(point: object) -> str:
    """The line on which a value has its place; values of different lines cannot be compared here."""
    match point:
        case Scalar():
            return "plain"
        case Day():
            return "day"
        case Instant():
            return "instant"
        case Offset() | Named():
            return _distancescale(point)
        case _:
            return "opaque"


def _distancescale(point: Offset | Named) -> str:
    match point:
        case Offset(unit=Unit.DAY | Unit.WEEK) | Named(name="today" | "yesterday"):
            return "days from today"
        case Offset(unit=Unit.MONTH | Unit.YEAR):
            return "months from today"
        case _:
            return "minutes from now"


_FACTORS: Final = {Unit.WEEK: 7, Unit.YEAR: 12, Unit.HOUR: 60}


def place(point: object) -> Sample:
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


def samples(checks: list[Check]) -> list[Sample]:
    """Values of every stretch between the values that the checks name, and no value where the field can lack one."""
    field = checks[0].field
    named = [place(point) for check in checks for point in points(check)]
    found: list[Sample] = [None] if field.nullable else []
    if field.kind == Kind.BOOLEAN:
        return [*found, True, False]
    if field.kind == Kind.ENUM:
        return [*found, *field.values]
    numbers = [value for value in named if isinstance(value, Decimal)]
    texts = [value for value in named if isinstance(value, str)]
    if field.kind in {Kind.TEXT, Kind.ID}:
        return [*found, *texts, "\0another"]
    step = _ONE if field.kind == Kind.INTEGER else _MARGIN
    low, high = _range(field)
    ends = [end for end in (low, high) if end is not None]
    around = {number + shift for number in numbers or ends or [Decimal(0)] for shift in (-step, Decimal(0), step)}
    around |= set(ends)
    return [*found, *(number for number in sorted(around) if _is_within(number, low, high))]


def _range(field: Field | Parameter) -> tuple[Decimal | None, Decimal | None]:
    """The least and the greatest value that a number field can have."""
    if field.name == "sample":
        return Decimal(0), 100 - _MARGIN
    if field.unit in _RANGES:
        return _RANGES[field.unit]
    counts = field.kind == Kind.INTEGER and not field.nullable
    return (Decimal(0) if counts else None), None


def _is_within(number: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)


_RANGES: Final[dict[str, tuple[Decimal | None, Decimal | None]]] = {
    "percent": (Decimal(0), Decimal(100)),
    "days": (Decimal(0), None),
    "years": (Decimal(0), None),
    "km": (Decimal(0), None),
    "points": (_ONE, Decimal(5)),
}


def true_for(leaf: Check | Matching, value: Sample) -> bool:
    """Whether a check holds for one value: two-valued, so that != and NOT IN hold where there is none."""
    if not isinstance(leaf, Check):
        return False
    if leaf.operator in {Op.IS_NULL, Op.IS_NOT_NULL}:
        return (value is None) is (leaf.operator == Op.IS_NULL)
    places = [place(point) for point in points(leaf)]
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
