"""Steps one after the other: `funnel MATCHES (steps = ('Product Added', NOT 'Order Completed'), within = 4h)`.

Each event of the first step begins a try. Each further positive step is the first event of its name strictly later
than the step before it, the last of them at most `within` after the try began. A NOT step forbids its event strictly
later than the positive step before it and at most `within` after the beginning; it is decided once that time is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import ibis
from ibis.expr.types import Table

from relance.profiles import Column, Reading, instant_literal
from relance.segments.days import first_instant
from relance.segments.language.known import KNOWN
from relance.segments.language.tree import Op
from relance.segments.language.typed import Check, Length, Matching, Sequence
from relance.segments.related import Related


@dataclass(frozen=True)
class Step:
    """A positive step, and the names that must not follow it."""

    name: str
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tries:
    """The tries of a funnel that succeeded: `customer_id`, and `began_at` of the first step's event.

    `seconds` is how long a try may last, None without limit; no event before `since` matters.
    """

    steps: tuple[Step, ...]
    seconds: int | None
    dates: frozenset[Check] = frozenset()

    def table(self, reading: Reading) -> Table:
        """The rows as they stand at the instant of the reading."""
        happened = self._events(reading)
        found = _moments(happened, self.steps[-1])
        for step in reversed(self.steps[:-1]):
            found = _followed(_moments(happened, step), found)
        return self._in_time(found, reading).select("customer_id", began_at="moment")

    def _events(self, reading: Reading) -> Table:
        names = sorted({name for step in self.steps for name in (step.name, *step.absent)})
        events = reading.rows("events", frozenset())
        events = events.filter(events.name.isin(names))
        since = first_instant(self.dates, reading)
        if since is not None:
            events = events.filter(events.occurred_at >= instant_literal(since))
        return events.select("customer_id", "name", moment="occurred_at")

    def _in_time(self, tries: Table, reading: Reading) -> Table:
        """The tries that kept to the time: `ends` is their last step, `forbidden` the first event not to come."""
        column: Column = tries
        if self.seconds is None:
            return tries.filter(column.forbidden.isnull())
        limit = column.moment + ibis.interval(seconds=self.seconds)
        kept = tries.filter(column.ends <= limit, column.forbidden.isnull() | (column.forbidden > limit))
        if not any(step.absent for step in self.steps):
            return kept
        return kept.filter(kept.moment + ibis.interval(seconds=self.seconds) < reading.instant)


def _moments(happened: Table, step: Step) -> Table:
    """Each event of the step, with the first later one of those that must not follow it."""
    moments = happened.filter(happened.name == step.name).select("customer_id", "moment").distinct()
    moments = moments.mutate(ends=moments.moment, forbidden=ibis.null("timestamp"))
    if step.absent:
        never = happened.filter(happened.name.isin(step.absent)).select("customer_id", came="moment")
        joined: Column = _next(moments, never, "came")
        moments = joined.mutate(forbidden=joined.came).drop("came")
    return moments


def _followed(moments: Table, later: Table) -> Table:
    """The moments that a later one follows: with the end of the try, and the first event that must not come."""
    after = later.select("customer_id", came="moment", came_to="ends", warned="forbidden")
    joined: Column = _next(moments, after, "came")
    joined = joined.filter(joined.came.notnull())
    first: Column = ibis.least(joined.forbidden, joined.warned)
    return joined.mutate(ends=joined.came_to, forbidden=first).drop("came", "came_to", "warned")


def _next(moments: Table, others: Table, when: str) -> Table:
    """The moments, each with the customer's next row of the others that is strictly later."""
    renamed = others.rename(whose="customer_id")
    joined = moments.asof_join(renamed, moments.moment < renamed[when], predicates=moments.customer_id == renamed.whose)
    return joined.drop("whose")


FUNNEL: Final = KNOWN.functions["funnel"]


def related_to(tries: Tries) -> Related:
    """How the funnel's tries are read."""
    return Related(FUNNEL, tries, {"date": lambda tried: tried.began_at})


def tries_of(matching: Matching) -> Tries:
    """The tries that a funnel asks for."""
    named = (check.value.steps for check in matching.checks if isinstance(check.value, Sequence))
    limits = (check.value.seconds for check in matching.checks if isinstance(check.value, Length))
    dates = frozenset(check for check in matching.checks if check.field.name == "date")
    return Tries(_in_order(next(named)), next(limits, None), dates)


def _in_order(steps: Iterable[tuple[str, bool]]) -> tuple[Step, ...]:
    found: list[Step] = []
    for name, absent in steps:
        if absent:
            found[-1] = Step(found[-1].name, (*found[-1].absent, name))
        else:
            found.append(Step(name))
    return tuple(found)


def fault_of(matching: Matching) -> tuple[str, Check | None] | None:
    """What is wrong with the parameters of a funnel, as the key of a text and the place; None when nothing is."""
    steps = [check for check in matching.checks if check.field.name == "steps"]
    if len(steps) != 1:
        return "membership.funnel_needs_steps", steps[-1] if steps else None
    limits = [check for check in matching.checks if check.field.name == "within"]
    wrong = [check for check in limits if check.operator not in {Op.EQ, Op.LE}] or limits[1:]
    return ("membership.funnel_within", wrong[0]) if wrong else None
