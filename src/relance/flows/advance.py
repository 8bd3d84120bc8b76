"""The decision of a flow: pure, for one position, without store, warehouse or clock."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from relance.clock import at_wall_time
from relance.flows.definition import Branch, End, Flow, Send, Wait


@dataclass(frozen=True)
class Position:
    """Where somebody waits: entered for `occurrence`, whose instant is `anchor_at`, at a wait that ends at `due_at`.

    `version` is that of the flow which they entered and finish.
    """

    position_id: int
    version: int
    customer_id: str
    occurrence: str
    anchor_at: datetime
    step: str
    due_at: datetime


@dataclass(frozen=True)
class Facts:
    """What is known of the customer at the tick: a newer order, and the answer at each branch ahead."""

    newer_order: bool
    answers: Mapping[str, bool]


@dataclass(frozen=True)
class Passage:
    """A step that was passed, and how: passed, yes, no, planned or expired."""

    step: str
    outcome: str


@dataclass(frozen=True)
class Decision:
    """Where a position goes: its passages and messages, then the next wait, or the reason why it ended."""

    step: str
    due_at: datetime | None
    passages: tuple[Passage, ...] = ()
    sends: tuple[Send, ...] = ()
    ended: str | None = None


def advance(flow: Flow, position: Position, facts: Facts, now: datetime, zone: ZoneInfo) -> Decision:
    """Where a position goes at `now`: nowhere before it is due, out after a newer order, else to the next wait or end.

    A message more than its `not_after_hours` overdue is passed as expired (S15). Raises KeyError without an answer.
    """
    if facts.newer_order and "newer_order" in flow.exit:
        return Decision(position.step, None, ended="ordered")
    if position.due_at > now:
        return Decision(position.step, position.due_at)
    passages, sends = [Passage(position.step, "passed")], []
    step = flow.steps[_after(flow, position.step)]
    while not isinstance(step, Wait | End):
        if isinstance(step, Branch):
            answer = facts.answers[step.step_id]
            passages.append(Passage(step.step_id, "yes" if answer else "no"))
            step = flow.steps[step.yes if answer else step.no]
            continue
        in_time = now - position.due_at <= timedelta(hours=step.not_after_hours)
        passages.append(Passage(step.step_id, "planned" if in_time else "expired"))
        sends.extend([step] if in_time else [])
        step = flow.steps[step.next]
    if isinstance(step, End):
        return Decision(step.step_id, None, tuple(passages), tuple(sends), ended="completed")
    return Decision(step.step_id, due(step, position.anchor_at, zone), tuple(passages), tuple(sends))


def _after(flow: Flow, step_id: str) -> str:
    step = flow.steps[step_id]
    if not isinstance(step, Wait):
        raise ValueError(f"{step_id} is no wait")
    return step.next


def due(wait: Wait, anchor: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which a wait ends: calendar months after the anchor's day in `zone`, at the wait's wall time."""
    return at_wall_time(add_months(anchor.astimezone(zone).date(), wait.months), wait.at, zone)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day (S27)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def start(flow: Flow, anchor: datetime, now: datetime, zone: ZoneInfo) -> tuple[Wait, datetime] | None:
    """The first wait not yet over at `now`, and its end: where somebody enters; None past the last one (S27)."""
    for wait in flow.waits():
        ends = due(wait, anchor, zone)
        if ends > now:
            return wait, ends
    return None
