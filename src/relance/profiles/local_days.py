"""The day in a zone on which an instant of the warehouse falls, in steps that every engine knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import ibis

from relance.clock import start_of_day
from relance.profiles.reading import Column, Reading, instant_literal

FIRST_YEAR: Final = 2000


def local_day(instant: Column, reading: Reading) -> Column:
    """The shop's calendar day of a naive UTC instant; clock changes before the year 2000 are not known."""
    changes = clock_changes(reading.shop.zone_name, reading.today.year)
    shifted = ((instant >= instant_literal(since), _shifted(instant, offset)) for since, offset in reversed(changes))
    local: Column = ibis.cases(*shifted, else_=_shifted(instant, changes[0][1]))
    return instant.isnull().ifelse(ibis.null("date"), local.date())


def start_of(days_ago: float, reading: Reading) -> Column:
    """The instant at which the day that many days before today began."""
    return instant_literal(start_of_day(reading.today - timedelta(days=days_ago), reading.shop.zone))


def _shifted(instant: Column, offset: timedelta) -> Column:
    return instant + ibis.interval(seconds=int(offset.total_seconds()))


@lru_cache(maxsize=64)
def clock_changes(zone_name: str, year: int) -> tuple[tuple[datetime, timedelta], ...]:
    """Each instant from 2000 to the end of `year` since which a zone is that far from UTC."""
    start, end = (datetime(first, 1, 1, tzinfo=UTC) for first in (FIRST_YEAR, year + 1))
    return tuple(_changes(ZoneInfo(zone_name), start, end + timedelta(days=1)))


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
    known = _offset(start, zone)
    yield start, known
    while start < end:
        then = start + timedelta(days=1)
        if _offset(then, zone) != known:
            known = _offset(then, zone)
            yield _first_second(start, then, zone), known
        start = then


def _first_second(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second with the distance of `after`."""
    low, high, wanted = before, after, _offset(after, zone)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (low, middle) if _offset(middle, zone) == wanted else (middle, high)
    return high


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)
