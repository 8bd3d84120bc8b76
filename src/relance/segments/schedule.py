"""At which instants a refresh looks, so that every edge of a window is passed in order (S8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from relance.clock import start_of_day
from relance.store import Shop

# A gap longer than this is jumped over in one step up to its last days: a shop that rested, or an old export.
MOST_DAYS: Final = 62
STEPS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 15, 60, 360))
MOST_STEPS: Final = 60
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_BEFORE: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Stop:
    """An instant to look at; `everybody`: the day has changed, so that anyone's windows may have moved."""

    at: datetime
    everybody: bool


def stops(shop: Shop, last: datetime | None, now: datetime, *, at_once: bool = False) -> list[Stop]:
    """Where to look between the last refresh and `now`, in order; the last stop is `now`, the only one if `at_once`.

    Each midnight of the shop's zone is a stop for everybody. Just before it stands a stop for those whose own rows
    changed, so that what happened that day is told apart from what only the new day moved.
    """
    if last is None or at_once:
        return [Stop(now, True)]
    found: list[Stop] = []
    for midnight in _midnights(shop, last, now):
        if midnight - _BEFORE > last:
            found.append(Stop(midnight - _BEFORE, False))
        found.append(Stop(midnight, True))
    if found and found[-1].at == now:
        return found
    return [*found, Stop(now, False)]


def stops_for(minutes: Iterable[datetime], most: int = MOST_STEPS) -> list[datetime]:
    """Where to look for edges that lie in these minutes: at the beginning of each, and at its end.

    So what a row did is told apart from what its leaving a window did. After a long rest the edges are many: then
    coarser steps are taken, at most `most` if six hours are enough for that. Each customer's last edge within a step
    is still dated exactly; somebody who entered and left again within one step did neither.
    """
    begins = sorted(minutes)
    for step in STEPS:
        ends = sorted({begin - (begin - _EPOCH) % step + step for begin in begins})
        if len(ends) <= most or step == STEPS[-1]:
            break
    return sorted({*begins, *ends}) if step == STEPS[0] else ends


def next_midnight(shop: Shop, instant: datetime) -> datetime:
    """When the shop's next day begins."""
    return start_of_day(instant.astimezone(shop.zone).date() + timedelta(days=1), shop.zone)


def _midnights(shop: Shop, last: datetime, now: datetime) -> list[datetime]:
    """The midnights after `last` up to `now`, at most the latest ones."""
    begin = max(last, now - timedelta(days=MOST_DAYS))
    found: list[datetime] = []
    midnight = next_midnight(shop, begin)
    while midnight <= now:
        found.append(midnight.astimezone(UTC))
        midnight = next_midnight(shop, midnight)
    return found
