"""Pressure: how many messages a person gets in a rolling window, and when the next one may go (R1, S15).

Pure: the messages that went and the rules in, the first free instant out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

# messages longer ago than this weigh on nobody
HORIZON: Final = timedelta(days=400)
# the doubled interval is doubled once more, 7 → 14 → 28 days, and then stays
MOST_DOUBLINGS: Final = 2


@dataclass(frozen=True)
class Cap:
    """At most `count` messages in any `days` × 24 hours."""

    count: int
    days: float

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Cap:
        """Read what `as_json` wrote."""
        return cls(given["count"], given["days"])

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"count": self.count, "days": self.days}


@dataclass(frozen=True)
class PhaseCaps:
    """The caps of one life phase.

    `spacing_hours` are the least hours between one message and the next, from the first on; the last one is repeated.
    `decays`: without a reaction the windows double. `stops_after_days`: nothing more once a person has left messages
    without a reaction for longer than this.
    """

    caps: tuple[Cap, ...] = ()
    spacing_hours: tuple[float, ...] = ()
    decays: bool = False
    stops_after_days: float | None = None


@dataclass(frozen=True)
class Pressure:
    """The rules of a shop; a phase without caps is not capped. `channels` are caps a channel besides."""

    phases: Mapping[str, PhaseCaps] = field(default_factory=dict)
    everybody: tuple[Cap, ...] = ()
    channels: Mapping[str, tuple[Cap, ...]] = field(default_factory=dict)
    decay_after: int = 2


@dataclass(frozen=True)
class Went:
    """A marketing message that takes a place: in doubt or accepted, or about to be (`certain` is false)."""

    at: datetime
    channel: str
    source: str
    everybody: bool
    certain: bool = True


@dataclass(frozen=True)
class Wanting:
    """A marketing message that asks for a place; `wished` is what its recipient asked for, over every other rule."""

    channel: str
    source: str
    everybody: bool
    phase: str | None
    own_caps: tuple[Cap, ...] | None
    reacted_at: datetime | None
    wished: Cap | None = None


@dataclass(frozen=True)
class Room:
    """What the caps leave to a message at an instant.

    `places` is how many more could go now (None: no limit). Without a place `reason` names the rule and `free_at` the
    first instant with one, None when there will be none. `is_certain`: every message that takes a place is really gone.
    """

    places: int | None
    reason: str | None = None
    free_at: datetime | None = None
    is_certain: bool = True


def room(rules: Pressure, one: Wanting, went: Sequence[Went], now: datetime) -> Room:
    """What the caps leave to a message at `now`; `went` are the person's messages of the last `HORIZON`."""
    phase = rules.phases.get(one.phase or "", PhaseCaps())
    own = one.own_caps is not None
    unanswered = _unanswered(one, went)
    if not own and _is_over(phase, unanswered, now):
        return Room(0, "gate.pressure_stopped")
    found = []
    for reason, cap, taken in _windows(rules, phase, one, went):
        doubled = _doublings(rules, phase, unanswered) if reason == "gate.pressure_phase" and not own else 0
        found.append(_in_window(reason, cap, taken, timedelta(days=cap.days) * 2**doubled, now))
    if not own and phase.spacing_hours and went:
        found.append(_spaced(phase.spacing_hours, went, now))
    return _strictest(found, now)


def _windows(
    rules: Pressure, phase: PhaseCaps, one: Wanting, went: Sequence[Went]
) -> list[tuple[str, Cap, Sequence[Went]]]:
    """Each cap that holds for a message, with the messages that count in it."""
    found: list[tuple[str, Cap, Sequence[Went]]] = []
    if one.own_caps is not None:
        mine = [past for past in went if past.source == one.source]
        found += [("gate.pressure_flow", cap, mine) for cap in one.own_caps]
    else:
        found += [("gate.pressure_phase", cap, went) for cap in phase.caps]
    if one.everybody:
        theirs = [past for past in went if past.everybody]
        found += [("gate.pressure_everybody", cap, theirs) for cap in rules.everybody]
    if one.wished is not None:
        found.append(("gate.wish_frequency", one.wished, went))
    same = [past for past in went if past.channel == one.channel]
    found += [("gate.pressure_channel", cap, same) for cap in rules.channels.get(one.channel, ())]
    return found


def _in_window(reason: str, cap: Cap, taken: Sequence[Went], window: timedelta, now: datetime) -> Room:
    inside = sorted((past for past in taken if past.at > now - window), key=lambda past: past.at)
    if len(inside) < cap.count:
        return Room(cap.count - len(inside))
    if cap.count == 0:
        return Room(0, reason)
    leaving = inside[: len(inside) - cap.count + 1]
    return Room(0, reason, leaving[-1].at + window, all(past.certain for past in inside))


def _spaced(hours: Sequence[float], went: Sequence[Went], now: datetime) -> Room:
    last = max(went, key=lambda past: past.at)
    gap = timedelta(hours=hours[min(len(went), len(hours)) - 1])
    if last.at + gap <= now:
        return Room(1)
    return Room(0, "gate.pressure_spacing", last.at + gap, all(past.certain for past in went))


def _strictest(found: Sequence[Room], now: datetime) -> Room:
    """The room under all rules at once: the fewest places, else the last instant to become free."""
    full = [one for one in found if one.places == 0]
    for one in full:
        if one.free_at is None:
            return one
    if full:
        last = max(full, key=lambda one: one.free_at or now)
        return replace(last, is_certain=all(one.is_certain for one in full))
    return Room(min((one.places for one in found if one.places is not None), default=None))


def _unanswered(one: Wanting, went: Sequence[Went]) -> list[Went]:
    """The messages since the person's last click, visit or order, the oldest first."""
    since = one.reacted_at
    silent = [past for past in went if past.certain and (since is None or past.at > since)]
    return sorted(silent, key=lambda past: past.at)


def _doublings(rules: Pressure, phase: PhaseCaps, unanswered: Sequence[Went]) -> int:
    if not phase.decays:
        return 0
    return min(len(unanswered) // rules.decay_after, MOST_DOUBLINGS)


def _is_over(phase: PhaseCaps, unanswered: Sequence[Went], now: datetime) -> bool:
    if phase.stops_after_days is None or not unanswered:
        return False
    return now - unanswered[0].at > timedelta(days=phase.stops_after_days)
