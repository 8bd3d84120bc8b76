"""The days of the simulated shop: instants, the shop's wall time, and how lively each day is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from relance.clock import start_of_day

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY: Final = 86_400
EPOCH: Final = date(1970, 1, 1)
# Orders by hour of the shop's day: lunch, and the evening on the sofa.
HOURS: Final = (1, 0.5, 0.2, 0.1, 0.1, 0.3, 1, 2, 3, 4, 4.5, 5, 6, 5.5, 4.5, 4, 4.5, 5, 5.5, 6, 8, 9, 7, 3)


@dataclass(frozen=True)
class Timeline:
    """From the first day to `until`, which is no longer in it; instants are seconds since 1970 in UTC."""

    first: date
    until: date
    starts: int
    ends: int
    changes: Ints  # instants at which the zone's offset changes
    offsets: Ints  # the offset, in seconds, from each change on; one more than changes

    @property
    def length(self) -> int:
        """How many days."""
        return (self.until - self.first).days

    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.first + timedelta(days=number) for number in range(self.length)]

    def local(self, instants: Ints) -> Ints:
        """Wall-clock seconds of instants."""
        return np.asarray(instants + self.offsets[np.searchsorted(self.changes, instants, side="right")])

    def instants(self, wall: Ints) -> Ints:
        """Instants of wall-clock seconds; in a skipped hour, an hour later."""
        guess = wall - self.offsets[np.searchsorted(self.changes, wall, side="right")]
        return np.asarray(wall - self.offsets[np.searchsorted(self.changes, guess, side="right")])

    def day_of(self, instants: Ints) -> Ints:
        """The shop's day of instants, counted from 1970-01-01."""
        return np.asarray(self.local(instants) // DAY)

    def at(self, days: Ints, seconds: Ints) -> Ints:
        """Instants of the wall-clock time `seconds` after midnight on the timeline's `days` (counted from 0)."""
        return self.instants(((self.first - EPOCH).days + days) * DAY + seconds)


def timeline(until: date, years: int, zone: ZoneInfo) -> Timeline:
    """The `years` before `until` in the shop's zone."""
    first = until - timedelta(days=round(365.25 * years))
    starts = int(start_of_day(first, zone).timestamp())
    ends = int(start_of_day(until, zone).timestamp())
    low, high = starts - 2 * DAY, ends + 400 * DAY
    changes, offsets = _offsets(low, high, zone)
    return Timeline(first, until, starts, ends, np.array(changes, np.int64), np.array(offsets, np.int64))


def _offsets(low: int, high: int, zone: ZoneInfo) -> tuple[list[int], list[int]]:
    def offset(instant: int) -> int:
        shift = datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset()
        return int((shift or timedelta()).total_seconds())

    changes: list[int] = []
    offsets = [offset(low)]
    for begin in range(low, high, DAY):
        end = begin + DAY
        if offset(end) != offsets[-1]:
            changes.append(_first_at(begin, end, offset))
            offsets.append(offset(end))
    return changes, offsets


def _first_at(begin: int, end: int, offset: Callable[[int], int]) -> int:
    target = offset(end)
    while end - begin > 1:
        middle = (begin + end) // 2
        begin, end = (begin, middle) if offset(middle) == target else (middle, end)
    return end


def clock_times(rng: np.random.Generator, count: int) -> Ints:
    """Seconds after midnight at which people order and browse."""
    edges = np.concatenate([[0.0], np.cumsum(HOURS) / sum(HOURS)])
    return np.asarray(np.interp(rng.random(count), edges, np.arange(25) * 3600.0)).astype(np.int64)


def in_sales(day: date) -> bool:
    """Whether a day is in the French sales: four weeks from the second Wednesday of January and the last of June."""
    return any(timedelta() <= day - begin < timedelta(weeks=4) for begin in _sales_of(day.year))


def _sales_of(year: int) -> tuple[date, date]:
    january, july = date(year, 1, 8), date(year, 6, 24)
    return january + timedelta(days=(2 - january.weekday()) % 7), july + timedelta(days=(2 - july.weekday()) % 7)


def mothers_day(year: int) -> date:
    """The last Sunday of May (the rule that puts it off at Whitsun is left out)."""
    last = date(year, 5, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    return date(year, 11, 23) + timedelta(days=(4 - date(year, 11, 23).weekday()) % 7)


def _before(day: date, feast: date, days: int) -> bool:
    return timedelta() < feast - day <= timedelta(days=days)


def everyday(day: date) -> float:
    """How lively a day is for most customers; 1 is an ordinary day."""
    level = {6: 1.15, 0: 1.08, 5: 0.9}.get(day.weekday(), 1.0)
    level *= {2: 0.9, 8: 0.65, 9: 1.05, 10: 1.1, 11: 1.35}.get(day.month, 1.0)
    if _before(day, date(day.year, 12, 21), 21):
        level *= 1.9
    if abs((day - black_friday(day.year)).days) <= 3:
        level *= 1.7
    if in_sales(day):
        level *= 1.45
    if _before(day, mothers_day(day.year), 12):
        level *= 1.5
    return level


def bargains(day: date) -> float:
    """How lively a day is for bargain hunters: they wait for the sales."""
    hunted = in_sales(day) or abs((day - black_friday(day.year)).days) <= 4
    return (3.2 if hunted else 0.55) * (0.7 if day.month == 8 else 1.0)


def gifts(day: date) -> float:
    """How lively a day is for people who buy presents: before Christmas, a little before mothers' day."""
    if date(day.year, 11, 10) <= day <= date(day.year, 12, 21):
        return 8.0
    return 2.5 if _before(day, mothers_day(day.year), 14) else 0.05


CURVES: Final[dict[str, Callable[[date], float]]] = {"everyday": everyday, "bargains": bargains, "gifts": gifts}


def season(line: Timeline, curve: str) -> Floats:
    """The curve of every day, scaled so that its mean is 1."""
    levels = np.array([CURVES[curve](day) for day in line.days()])
    return np.asarray(levels / levels.mean())


def elapsed(levels: Floats) -> Floats:
    """Years of mean liveliness that have passed at the beginning of each day, and at the end of the last."""
    return np.concatenate([[0.0], np.cumsum(levels)]) / 365.25


def moments(instants: Any) -> npt.NDArray[np.datetime64]:
    """Seconds since 1970 as naive UTC timestamps."""
    return np.asarray(instants, np.int64).astype("datetime64[s]").astype("datetime64[us]")
