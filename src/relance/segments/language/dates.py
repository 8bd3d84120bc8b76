"""From a symbolic date to instants: whole days in the shop's zone, or exact instants for hours, minutes and `now`."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from relance.segments.language.tree import DateValue, Day, Instant, Named, Offset, Unit


def is_exact(value: DateValue) -> bool:
    """Whether the date is one instant, not a whole day."""
    return isinstance(value, Instant) or (
        (isinstance(value, Offset) and value.unit in {Unit.HOUR, Unit.MINUTE})
        or (isinstance(value, Named) and value.name == "now")
    )


def bounds(value: DateValue, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC instants [start, end) of the whole local day that the date names; twice the same instant if it is exact.

    `now` is aware. `= D` means start <= t < end, `> D` t >= end, `>= D` t >= start, `< D` t < start, `<= D` t < end;
    for an exact instant t compares with it as it stands.
    """
    if is_exact(value):
        instant = _instant(value, now, zone)
        return instant, instant
    day = day_of(value, now, zone)
    return _start_of_day(day, zone), _start_of_day(day + timedelta(days=1), zone)


def day_of(value: DateValue, now: datetime, zone: ZoneInfo) -> date:
    """The calendar day of the date in the shop's zone; offsets are calendar units from today, month ends clamped."""
    today = now.astimezone(zone).date()
    if is_exact(value):
        return _instant(value, now, zone).astimezone(zone).date()
    match value:
        case Day(value=day):
            return day
        case Named(name="yesterday"):
            return _days_from(today, -1)
        case Offset(amount=amount, unit=Unit.MONTH | Unit.YEAR as unit):
            return _months_from(today, amount * (12 if unit == Unit.YEAR else 1))
        case Offset(amount=amount, unit=unit):
            return _days_from(today, amount * (7 if unit == Unit.WEEK else 1))
        case _:
            return today


def _instant(value: DateValue, now: datetime, zone: ZoneInfo) -> datetime:
    match value:
        case Instant(value=wall):
            return _at_wall_time(wall, zone)
        case Offset(amount=amount, unit=unit):
            return now.astimezone(UTC) + timedelta(minutes=amount * (60 if unit == Unit.HOUR else 1))
        case _:
            return now.astimezone(UTC)


def _days_from(today: date, days: int) -> date:
    """The day that many days away, kept inside the calendar."""
    number = min(max(today.toordinal() + days, date.min.toordinal() + 1), date.max.toordinal() - 1)
    return date.fromordinal(number)


def _months_from(today: date, months: int) -> date:
    """The same day of the month that many months away, or that month's last day."""
    count = min(max(today.year * 12 + today.month - 1 + months, 12 * 2), 12 * 9998)
    year, month = divmod(count, 12)
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def _start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the day begins: the first valid one where midnight is skipped."""
    return _at_wall_time(datetime.combine(day, time(0)), zone)


def _at_wall_time(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time: the gap's end where it is skipped, the first where it comes twice."""
    local = wall.replace(tzinfo=zone, fold=0)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    early = local.replace(fold=1).astimezone(UTC)
    while instant - early > timedelta(seconds=1):
        middle = early + (instant - early) / 2
        if middle.astimezone(zone).utcoffset() == early.astimezone(zone).utcoffset():
            early = middle
        else:
            instant = middle
    return instant.replace(microsecond=0)
