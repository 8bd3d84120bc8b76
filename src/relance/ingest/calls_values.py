"""Single values of calls: ids, instants, numbers, amounts, and the words for their place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from babel.numbers import get_currency_precision

from relance.errors import BadInput
from relance.store import Shop

LONGEST_ID: Final = 255
LARGEST: Final = Decimal(2**53)  # minor units: beyond, a float no longer counts in ones


@dataclass(frozen=True)
class Told:
    """What a record of an order takes from its call."""

    shop: Shop
    source: str
    message_id: str
    at: str
    who: dict[str, str]


def place_in(place: str, name: str) -> str:
    """The place of a field: `batch[3].timestamp`."""
    return f"{place}.{name}" if place else name


def section(call: Any, name: str, place: str) -> dict[str, Any]:
    """An object within a call; empty where there is none. Raises BadInput for something else."""
    found = call.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadInput("calls.no_object", place=place_in(place, name))
    return found


def identifier(value: object, place: str, name: str = "") -> str | None:
    """An id or a name as text; None for nothing. Raises BadInput for other things and for unprintable ones.

    Its place is told as `place_in(place, name)`, which is put together only for a fault.
    """
    if value is None or value == "":
        return None
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str) or len(text) > LONGEST_ID or not text.isprintable():
        raise BadInput("calls.no_id", place=place_in(place, name) if name else place, most=LONGEST_ID)
    return text.strip() or None


def instant(value: object, place: str, name: str = "") -> datetime | None:
    """An instant in ISO 8601, in UTC where it names no zone; None for nothing. Raises BadInput for other things."""
    if value is None:
        return None
    try:
        if not isinstance(value, str):
            raise TypeError
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput("calls.no_time", place=place_in(place, name) if name else place) from error


def number(value: object) -> float | None:
    """A finite number, also one written as text; None for anything else."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def decimal(value: object, place: str) -> Decimal | None:
    """An exact number; None for nothing. Raises BadInput for other things."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise InvalidOperation
        read = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise BadInput("calls.no_number", place=place) from error
    if not read.is_finite() or abs(read) > LARGEST:
        raise BadInput("calls.no_number", place=place)
    return read


def minor_units(value: object, currency: str, place: str) -> int | None:
    """An amount in minor units of a currency, rounded half away from zero (S25); None for nothing."""
    amount = decimal(value, place)
    if amount is None:
        return None
    units = amount.scaleb(get_currency_precision(currency)).to_integral_value(ROUND_HALF_UP)
    if abs(units) > LARGEST:
        raise BadInput("calls.no_number", place=place)
    return int(units)
