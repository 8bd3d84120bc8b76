"""Errors that an evaluator could have, each planted by replacing one part of the product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import ibis
import pytest
from ibis.expr.types import Table

from relance.profiles import Column, Numbers, Reading, aggregates, rfm
from relance.segments import checks, days, matches
from relance.segments.checks import Context
from relance.segments.language.dates import bounds
from relance.segments.language.tree import DateValue, Offset, Op, Unit
from relance.segments.language.typed import Check, Matching

Fault = Callable[[pytest.MonkeyPatch], None]
_meets = checks._meets
_answer = matches.Matches.answer
_place = matches._place
_refunds_by = Reading._refunds_by


def after_the_edge(plant: pytest.MonkeyPatch) -> None:
    """`>` where `>=` is meant at the first instant of a day."""

    def late(value: DateValue, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        start, end = bounds(value, now, zone)
        return start + timedelta(microseconds=1), end + timedelta(microseconds=1)

    plant.setattr(days, "bounds", late)


def days_of_utc(plant: pytest.MonkeyPatch) -> None:
    """Days begin at midnight in Greenwich."""
    plant.setattr(days, "bounds", lambda value, now, _zone: bounds(value, now, ZoneInfo("UTC")))


def months_of_thirty_days(plant: pytest.MonkeyPatch) -> None:
    """A month is 30 days."""

    def thirty(value: DateValue, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        if isinstance(value, Offset) and value.unit == Unit.MONTH:
            value = Offset(30 * value.amount, Unit.DAY)
        return bounds(value, now, zone)

    plant.setattr(days, "bounds", thirty)


def missing_values_meet(plant: pytest.MonkeyPatch) -> None:
    """A missing value meets every comparison, and no negation keeps it."""

    def kept(column: Column, op: Op, check: Check, context: Context) -> Column:
        met = _meets(column, op, check, context)
        return met if op == Op.IS_NULL else met | column.isnull()

    plant.setattr(checks, "_meets", kept)


def refunds_ignored(plant: pytest.MonkeyPatch) -> None:
    """Nothing is deducted from orders and lines."""

    def none(self: Reading, key: str) -> Table:
        return _refunds_by(self, key).filter(ibis.literal(False))

    plant.setattr(Reading, "_refunds_by", none)


def refunds_of_the_future(plant: pytest.MonkeyPatch) -> None:
    """A refund lowers its order before it was made."""

    def early(self: Reading, key: str) -> Table:
        refund = self.engine.table("refund")
        known = refund.filter(refund[key].notnull())
        return known.group_by(key).agg(refunded=known.amount.sum().cast("int64"))

    plant.setattr(Reading, "_refunds_by", early)


def _orders_without(plant: pytest.MonkeyPatch, **conditions: bool) -> None:
    def standing(self: Reading) -> Table:
        order = self.engine.table("order")
        valid = order.cancelled_at.isnull() | (order.cancelled_at >= self.instant)
        rules = {"counted": order.counted, "cancelled": valid, "future": order.ordered_at < self.instant}
        kept = [rule for name, rule in rules.items() if conditions.get(name, True)]
        return self._of_touched(order.filter(order.customer_id.notnull(), *kept))

    plant.setattr(Reading, "_standing_orders", property(standing))


def cancelled_orders_count(plant: pytest.MonkeyPatch) -> None:
    """A cancelled order is an order."""
    _orders_without(plant, cancelled=False)


def void_orders_count(plant: pytest.MonkeyPatch) -> None:
    """A test or a voided order is an order."""
    _orders_without(plant, counted=False)


def orders_of_the_future(plant: pytest.MonkeyPatch) -> None:
    """What happens from now on is already known."""
    _orders_without(plant, future=False)


def orders_for_days(plant: pytest.MonkeyPatch) -> None:
    """Order days are counted as often as they have orders."""
    wrong = replace(aggregates.AGGREGATES["days"], compute=lambda orders, _: orders.count())
    plant.setitem(aggregates.AGGREGATES, "days", wrong)


def gross_sums(plant: pytest.MonkeyPatch) -> None:
    """`sum_amount` forgets the refunds."""
    plant.setitem(matches.SUMS, "sum_amount", "amount")


def last_is_first(plant: pytest.MonkeyPatch) -> None:
    """`position = 'last'` looks at the first order."""

    def swapped(found: Any) -> str:
        place = _place(found)
        return "first" if place == "last" else place

    plant.setattr(matches, "_place", swapped)


def nobody_without_rows(plant: pytest.MonkeyPatch) -> None:
    """NOT MATCHES leaves out who has no related rows."""

    def narrow(self: matches.Matches, table: Table, matching: Matching) -> Column:
        found = _answer(self, table, matching)
        return found & (self.passing_rows(table, matching) > 0) if matching.negated else found

    plant.setattr(matches.Matches, "answer", narrow)


def scores_at_their_edge(plant: pytest.MonkeyPatch) -> None:
    """A value equal to an edge counts as above it."""

    def above(value: Column, edges: tuple[float, ...]) -> Column:
        nothing: Column = ibis.literal(0, type="int64")
        return sum(((value >= edge).cast("int64") for edge in edges), start=nothing)

    plant.setattr(rfm, "_above", above)


def gap_not_shrunk(plant: pytest.MonkeyPatch) -> None:
    """The usual gap is hardly drawn towards the shop's."""
    plant.setattr(Reading, "numbers", Numbers(shrinkage=0.01))


# Each with a pattern of the queries that can tell it.
FAULTS: Final[tuple[tuple[Fault, str], ...]] = (
    (after_the_edge, r"_date"),
    (days_of_utc, r"_date"),
    (months_of_thirty_days, r"_date.*-\d+m\b"),
    (missing_values_meet, r"!=|NOT IN"),
    (refunds_ignored, r"amount"),
    (refunds_of_the_future, r"amount"),
    (cancelled_orders_count, r"number_of_orders|count"),
    (void_orders_count, r"number_of_orders|count"),
    (orders_of_the_future, r"number_of_orders|count"),
    (orders_for_days, r"average_days_between_orders"),
    (gross_sums, r"sum_amount"),
    (last_is_first, r"'last'"),
    (nobody_without_rows, r"NOT MATCHES"),
    (scores_at_their_edge, r"rfm_"),
    (gap_not_shrunk, r"lifecycle_phase"),
)
