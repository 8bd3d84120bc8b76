"""Untyped values become typed ones, or a fault that says what the field takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from relance.segments.language.faults import Fault
from relance.segments.language.fields import Field, Kind, Parameter, nearest
from relance.segments.language.printer import number_text, quoted
from relance.segments.language.scanner import NAMED_DAYS
from relance.segments.language.tree import (
    Boolean,
    DateValue,
    Day,
    Duration,
    Instant,
    Items,
    Named,
    Number,
    Offset,
    Percent,
    Text,
    Value,
    Word,
)
from relance.segments.language.typed import Length, OneOf, Place, Scalar, Sequence, Single

_INT64: Final = 2**63
_WRITTEN_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2})?")


def convert(value: Value, declared: Field | Parameter) -> Single | Sequence:
    """The typed value for a field or parameter. Raises Fault when the value is of another type."""
    return _CONVERTERS[declared.kind](value, declared)


def convert_list(items: Items, declared: Field | Parameter) -> OneOf:
    """The typed values of a list, each once, in the order written."""
    values = (_scalar(item, declared) for item in items.values)
    return OneOf(tuple(dict.fromkeys(values)))


def _scalar(value: Value, declared: Field | Parameter) -> Scalar:
    converted = convert(value, declared)
    if not isinstance(converted, Scalar):
        raise wrong(value, declared)
    return converted


def wrong(value: Value, declared: Field | Parameter) -> Fault:
    """The fault of a value of another type."""
    if isinstance(value, Word) and declared.kind in {Kind.TEXT, Kind.ENUM, Kind.TEXT_LIST, Kind.ID, Kind.ID_LIST}:
        return Fault("want_quotes", value.span, word=value.name, quoted=quoted(value.name))
    if isinstance(value, Items):
        return Fault("want_single", value.span)
    return Fault(f"wants_{declared.kind}", value.span, field=declared.name)


def _text(value: Value, declared: Field | Parameter) -> Scalar:
    if not isinstance(value, Text) or value.negated:
        raise wrong(value, declared)
    return Scalar(value.value)


def _enum(value: Value, declared: Field | Parameter) -> Scalar:
    said = _text(value, declared)
    if said.value not in declared.values:
        likely = nearest(str(said.value), declared.values)
        known = ", ".join(quoted(known) for known in declared.values)
        if likely:
            raise Fault("enum_likely", value.span, word=said.value, likely=quoted(likely), known=known)
        raise Fault("enum_value", value.span, word=said.value, field=declared.name, known=known)
    return said


def _integer(value: Value, declared: Field | Parameter) -> Scalar:
    number = _number(value, declared)
    if number != number.to_integral_value():
        raise Fault("wants_integer", value.span, field=declared.name)
    if not -_INT64 <= number < _INT64:
        raise Fault("too_large", value.span, word=number_text(number))
    return Scalar(int(number))


def _decimal(value: Value, declared: Field | Parameter) -> Scalar:
    return Scalar(_number(value, declared))


def _number(value: Value, declared: Field | Parameter) -> Decimal:
    if isinstance(value, Number) or (isinstance(value, Percent) and declared.unit == "percent"):
        return value.value
    raise wrong(value, declared)


def _date(value: Value, declared: Field | Parameter) -> DateValue:
    if isinstance(value, Day | Instant | Offset | Named):
        return value
    if isinstance(value, Text) and not value.negated:
        return _quoted_date(value, declared)
    if isinstance(value, Word) and (likely := nearest(value.name, NAMED_DAYS)):
        raise Fault("date_likely", value.span, word=value.name, likely=likely)
    raise wrong(value, declared)


def _quoted_date(value: Text, declared: Field | Parameter) -> DateValue:
    """A date between quotes, as other tools write it."""
    if not _WRITTEN_DATE.fullmatch(value.value):
        raise wrong(value, declared)
    try:
        if len(value.value) == 10:
            return Day(date.fromisoformat(value.value), value.span)
        return Instant(datetime.fromisoformat(value.value), value.span)
    except ValueError:
        raise Fault("no_such_day", value.span, word=value.value) from None


def _boolean(value: Value, declared: Field | Parameter) -> Scalar:
    if not isinstance(value, Boolean):
        raise wrong(value, declared)
    return Scalar(value.value)


def _identifier(value: Value, declared: Field | Parameter) -> Scalar:
    if isinstance(value, Number):
        if value.value != value.value.to_integral_value() or value.value < 0:
            raise wrong(value, declared)
        return Scalar(number_text(value.value.to_integral_value()))
    return _text(value, declared)


def _duration(value: Value, declared: Field | Parameter) -> Length:
    if not isinstance(value, Duration):
        raise wrong(value, declared)
    return Length(value.seconds)


def _point(value: Value, declared: Field | Parameter) -> Place:
    match value:
        case Items(values=(Number(value=latitude), Number(value=longitude))):
            if abs(latitude) <= 90 and abs(longitude) <= 180:
                return Place(latitude, longitude)
    raise Fault("wants_point", value.span, field=declared.name)


def _steps(value: Value, declared: Field | Parameter) -> Sequence:
    if not isinstance(value, Items):
        raise Fault("wants_steps", value.span, field=declared.name)
    steps = [(item.value, item.negated) for item in value.values if isinstance(item, Text)]
    if len(steps) != len(value.values) or steps[0][1]:
        raise Fault("wants_steps", value.span, field=declared.name)
    return Sequence(tuple(steps))


_CONVERTERS: Final[dict[Kind, Callable[[Value, Field | Parameter], Single | Sequence]]] = {
    Kind.TEXT: _text,
    Kind.TEXT_LIST: _text,
    Kind.ENUM: _enum,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _decimal,
    Kind.DATE: _date,
    Kind.BOOLEAN: _boolean,
    Kind.ID: _identifier,
    Kind.ID_LIST: _identifier,
    Kind.DURATION: _duration,
    Kind.POINT: _point,
    Kind.STEPS: _steps,
}
