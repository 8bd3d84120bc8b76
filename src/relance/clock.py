"""Where `now` comes from. Rooms are handed a clock or an instant; none of them asks the machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's instant, in UTC."""
    return datetime.now(UTC)


@dataclass
class SetClock:
    """A clock that shows what it was last set to: replays, dry runs and tests."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which `day` begins in `zone`; the first valid one where midnight is skipped."""
    return at_wall_time(day, time(0), zone)


def at_wall_time(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, of a wall-clock time: after the gap where it is skipped, the first where it comes twice."""
    local = datetime.combine(day, wall, tzinfo=zone)
    utc = local.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return utc
    return _end_of_gap(local)


def _end_of_gap(local: datetime) -> datetime:
    """The instant at which a skipped wall time's gap ends: the later offset's reading of the earlier one's edge."""
    before = local.replace(fold=0).utcoffset()
    after = local.replace(fold=1).utcoffset()
    if before is None or after is None:
        raise ValueError("a wall time needs a zone")
    low, high = sorted(((local.replace(tzinfo=None) - before), (local.replace(tzinfo=None) - after)))
    zone = local.tzinfo
    low, high = low.replace(tzinfo=UTC), high.replace(tzinfo=UTC)
    while (high - low).total_seconds() > 1:
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
