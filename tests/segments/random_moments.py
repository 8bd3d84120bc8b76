"""Instants that stand at edges on purpose: of days, of windows that end now, of months, of daylight-saving changes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tests.segments.oracle_checks import midnight

ZONE: Final = ZoneInfo("Europe/Paris")
# Both days on which clocks change and the days after them, a leap day and its neighbours, month ends, New Year.
TODAYS: Final = (
    *(date(2024, 3, 31), date(2024, 4, 1), date(2024, 10, 27), date(2024, 10, 28)),
    *(date(2024, 2, 29), date(2024, 3, 1), date(2025, 2, 28), date(2024, 5, 31), date(2025, 1, 1), date(2024, 11, 26)),
)
DAYS: Final = (-365, -364, -90, -89, -30, -29, -30, -29, -7, -6, -1, 0, 0, 1)
WINDOWS: Final = tuple(timedelta(minutes=minutes) for minutes in (0, 15, 30, 60, 240, 1440))
SECOND: Final = timedelta(seconds=1)
SHIFTS: Final = (-1, 0, 0, 1)


def nows_of(dice: random.Random, count: int) -> list[datetime]:
    """That many instants of one local day, the first at an edge in most shops: aware UTC."""
    today = dice.choice(TODAYS)
    start, end = (midnight(today + timedelta(days=days), ZONE).replace(tzinfo=UTC) for days in (0, 1))
    edges = [start, start + SECOND, end - SECOND]
    inside = [
        start + timedelta(seconds=dice.randrange(2, int((end - start).total_seconds()) - 1)) for _ in range(count)
    ]
    chosen = [dice.choice(edges if dice.random() < 0.6 else inside)]
    rest = [at for at in dict.fromkeys([*edges, *inside]) if at not in chosen]
    return [*chosen, *dice.sample(rest, count - 1)]


def is_at_an_edge(now: datetime, edges: Collection[datetime] = ()) -> bool:
    """Whether the instant is within a second of a midnight of the shop, or of one of these edges in whole seconds."""
    today = now.astimezone(ZONE).date()
    midnights = (midnight(today + timedelta(days=days), ZONE).replace(tzinfo=UTC) for days in (0, 1))
    if any(abs(now - edge) <= SECOND for edge in midnights):
        return True
    return any(now + shift in edges for shift in (-SECOND, timedelta(0), SECOND))


def is_on_a_changing_day(now: datetime) -> bool:
    """Whether the local day has 23 or 25 hours, or begins after one."""
    today = now.astimezone(ZONE).date()
    starts = [midnight(today + timedelta(days=days), ZONE) for days in (-1, 0, 1)]
    return any(end - start != timedelta(days=1) for start, end in itertools.pairwise(starts))


def instant(dice: random.Random, now: datetime) -> datetime:
    """Naive UTC: mostly within a second of the edge of a day or of a window up to now, sometimes after now."""
    roll = dice.random()
    if roll < 0.45:
        today = now.astimezone(ZONE).date()
        edge = midnight(today + timedelta(days=dice.choice(DAYS)), ZONE)
    elif roll < 0.75:
        edge = now.replace(tzinfo=None) - dice.choice(WINDOWS)
    else:
        return now.replace(tzinfo=None) - timedelta(seconds=dice.randrange(-90_000, 500 * 86_400))
    shift = dice.choice(SHIFTS) if dice.random() < 0.8 else dice.randrange(0, 80_000)
    return edge + timedelta(seconds=shift)
