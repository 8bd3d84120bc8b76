"""Checks on dates: whole days of the shop's zone, exact instants, and anniversaries, whose year is left out."""

from __future__ import annotations

import operator
from calendar import isleap
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, cast

import ibis

from relance.clock import start_of_day
from relance.profiles import Column, Reading, instant_literal
from relance.segments.language.dates import bounds, day_of, is_exact
from relance.segments.language.tree import DateValue, Day, Instant, Named, Offset, Op
from relance.segments.language.typed import Between, Check

FIRST_YEAR: Final = 1990
ON_DAYS: Final[Mapping[Op, Callable[[Column, Column], Column]]] = {
    Op.EQ: operator.eq,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.LT: operator.lt,
    Op.LE: operator.le,
}


def day_check(column: Column, op: Op, check: Check, reading: Reading) -> Column:
    """Whether an instant (or a calendar day) stands as asked; null where it is missing."""
    if check.anniversary:
        return _anniversary(column, op, check, reading)
    if isinstance(check.value, Between):
        low, high = cast(DateValue, check.value.low), cast(DateValue, check.value.high)
        return _compare(column, Op.GE, low, reading) & _compare(column, Op.LE, high, reading)
    return _compare(column, op, cast(DateValue, check.value), reading)


def first_instant(checks: Iterable[Check], reading: Reading) -> datetime | None:
    """An instant before which no row meets all of these checks on dates, the same all day long; None without one."""
    morning = start_of_day(reading.today, reading.shop.zone)
    starts: list[datetime] = []
    for check in checks:
        value = check.value.low if isinstance(check.value, Between) else check.value
        if check.operator in {Op.EQ, Op.GT, Op.GE, Op.BETWEEN} and isinstance(value, Day | Instant | Offset | Named):
            starts.append(bounds(value, morning, reading.shop.zone)[0])
    return max(starts, default=None)


def _compare(column: Column, op: Op, value: DateValue, reading: Reading) -> Column:
    if column.type().is_date():
        return ON_DAYS[op](column, ibis.literal(day_of(value, reading.now, reading.shop.zone)))
    if is_exact(value):
        exact, _ = bounds(value, reading.moment or reading.now, reading.shop.zone)
        return ON_DAYS[op](column, instant_literal(exact))
    start, end = (instant_literal(edge) for edge in bounds(value, reading.now, reading.shop.zone))
    if op == Op.EQ:
        return (column >= start) & (column < end)
    # `> D` begins where the day ends; `<= D` lasts until then.
    edge = end if op in {Op.GT, Op.LE} else start
    return column >= edge if op in {Op.GT, Op.GE} else column < edge


def _anniversary(column: Column, op: Op, check: Check, reading: Reading) -> Column:
    """Months and days are compared as the number month × 100 + day; a range may run over the year's end."""
    low, high = _calendar_range(op, check, reading)
    if low > high and not isinstance(check.value, Between):
        return ibis.literal(False)  # no day is after the year's last, or before its first
    if column.type().is_date():
        number = column.month() * 100 + column.day()
        inside = (number >= low) & (number <= high)
        return inside if low <= high else (number >= low) | (number <= high)
    years = range(FIRST_YEAR, reading.today.year + 1)
    spans = [(low, high)] if low <= high else [(low, 1231), (101, high)]
    return ibis.or_(*(_within(column, _days(year, *span), reading) for year in years for span in spans))


def _calendar_range(op: Op, check: Check, reading: Reading) -> tuple[int, int]:
    if isinstance(check.value, Between):
        first, last = (
            day_of(cast(DateValue, end), reading.now, reading.shop.zone) for end in (check.value.low, check.value.high)
        )
        whole_year = last - first >= timedelta(days=365)
        return (101, 1231) if whole_year else (_number(first), _number(last))
    asked = day_of(cast(DateValue, check.value), reading.now, reading.shop.zone)
    day = _number(asked)
    # Someone born on a 29 February has a birthday every year.
    end = 229 if day == 228 and not isleap(asked.year) else day
    ranges = {
        Op.EQ: (day, end),
        Op.GT: (day + 1, 1231),
        Op.GE: (day, 1231),
        Op.LT: (101, day - 1),
        Op.LE: (101, day),
    }
    return ranges[op]


def _number(day: date) -> int:
    return day.month * 100 + day.day


def _days(year: int, low: int, high: int) -> tuple[date, date]:
    """The first day of the range in that year, and the first day after it."""
    return _day_from(year, low), _day_from(year, high + 1)


def _day_from(year: int, number: int) -> date:
    """The first day of the year whose number is not below `number`, or the next New Year."""
    month, day = divmod(number, 100)
    first = date(year + month // 13, (month - 1) % 12 + 1, 1)
    return first + timedelta(days=min(max(day, 1), _length(first) + 1) - 1)


def _length(first: date) -> int:
    return ((first + timedelta(days=32)).replace(day=1) - first).days


def _within(column: Column, days: tuple[date, date], reading: Reading) -> Column:
    start, end = (instant_literal(start_of_day(day, reading.shop.zone)) for day in days)
    return (column >= start) & (column < end)
