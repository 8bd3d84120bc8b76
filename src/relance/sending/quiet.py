"""Quiet hours: when a channel may reach somebody, by the clock and the calendar of where they are. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from relance.clock import at_wall_time, start_of_day

ANYWHERE: Final = "*"
MIDNIGHT: Final = "24:00"
# an opening further away than this is none
LOOK_AHEAD: Final = 60
EVERY_DAY: Final = frozenset(range(1, 8))


@dataclass(frozen=True)
class OpenHours:
    """When a channel may be used in a country (ISO 3166-1 alpha-2; `*`: every other).

    From `opens` to `closes` (HH:MM, the end may be 24:00) on the ISO weekdays `days`; `on_holidays`: on public
    holidays too.
    """

    channel: str
    country: str
    opens: str
    closes: str
    days: frozenset[int] = EVERY_DAY
    on_holidays: bool = True


def hours_for(rules: Iterable[OpenHours], channel: str, country: str | None) -> OpenHours | None:
    """The rule of a channel for a country, the country's own before the general one; None: at any time."""
    mine = {rule.country: rule for rule in rules if rule.channel == channel}
    return mine.get(country or ANYWHERE, mine.get(ANYWHERE))


def opening(rule: OpenHours, zones: Sequence[ZoneInfo], country: str | None, now: datetime) -> datetime | None:
    """The first instant from `now` on that is open in every zone: `now` itself when it is.

    None when no such instant comes within two months.
    """
    at, last = now, now + timedelta(days=LOOK_AHEAD)
    while at <= last:
        opens = [_next(rule, zone, country, at) for zone in zones]
        known = [one for one in opens if one is not None]
        if len(known) < len(opens):
            return None
        latest = max(known, default=at)
        if latest == at:
            return at
        at = latest
    return None


def _next(rule: OpenHours, zone: ZoneInfo, country: str | None, at: datetime) -> datetime | None:
    """The first open instant of one zone from `at` on."""
    today = at.astimezone(zone).date()
    for ahead in range(LOOK_AHEAD):
        day = today + timedelta(days=ahead)
        if not _is_open(rule, country, day):
            continue
        closes = _wall(rule.closes, day, zone)
        if at < closes:
            return max(at, _wall(rule.opens, day, zone))
    return None


def _is_open(rule: OpenHours, country: str | None, day: date) -> bool:
    if day.isoweekday() not in rule.days:
        return False
    return rule.on_holidays or country is None or day not in public_holidays(country, day.year)


def _wall(text: str, day: date, zone: ZoneInfo) -> datetime:
    if text == MIDNIGHT:
        return start_of_day(day + timedelta(days=1), zone)
    return at_wall_time(day, time.fromisoformat(text), zone)


@lru_cache(maxsize=1_000)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """The public holidays of a country in a year; none for a country whose calendar is not known."""
    if country not in holidays.list_supported_countries(include_aliases=True):
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))
