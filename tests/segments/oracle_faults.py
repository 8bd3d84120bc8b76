"""Errors that an evaluator could have with dates, missing values, orders and scores, each planted in the product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import ibis
import pytest
from ibis.expr.types import Table
from tests.segments.oracle_faults_rows import ROW_FAULTS, Planted, evaluation

from relance.profiles import Column, Numbers, Reading, aggregates, rfm
from relance.profiles.catalogue import ALL_AGGREGATES
from relance.segments import checks, days, match_orders, matches
from relance.segments.checks import Context
from relance.segments.language.dates import bounds
from relance.segments.language.tree import DateValue, Day, Named, Offset, Op, Unit
from relance.segments.language.typed import Between, Check, Matching

SPENT: Final = r"^(amount_spent|average_order_value|last_order_amount|refund_rate|net_value)"
ORDERED: Final = r"^(number_of_orders|order_days|average_order_value|gross_amount_spent)"
AFTER_CHANGES: Final = (date(2024, 4, 1), date(2024, 10, 28))
ON_DAYS: Final = r"^(first_\w+|last_\w+|customer_added)_date (=|!=|>|>=|<|<=) (today|yesterday|.\d+[dw])$"
_meets = checks._meets
_holds = checks.holds
_answer = matches.Matches.answer
_place = matches._place
_refunds_by = Reading._refunds_by
_calendar_range = days._calendar_range


def after_the_edge(plant: pytest.MonkeyPatch) -> None:
    """`>` where `>=` is meant at the first instant of a day."""

    def late(value: DateValue, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        start, end = bounds(value, now, zone)
        return start + timedelta(microseconds=1), end + timedelta(microseconds=1)

    plant.setattr(days, "bounds", late)


def days_of_utc(plant: pytest.MonkeyPatch) -> None:
    """Days begin at midnight in Greenwich."""
    plant.setattr(days, "bounds", lambda value, now, _zone: bounds(value, now, ZoneInfo("UTC")))


def days_of_24_hours(plant: pytest.MonkeyPatch) -> None:
    """Every day lasts 24 hours, also those on which clocks change."""

    def fixed(value: DateValue, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        start, end = bounds(value, now, zone)
        return (start, end) if start == end else (start, start + timedelta(hours=24))

    plant.setattr(days, "bounds", fixed)


def months_of_thirty_days(plant: pytest.MonkeyPatch) -> None:
    """A month is 30 days."""

    def thirty(value: DateValue, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        if isinstance(value, Offset) and value.unit == Unit.MONTH:
            value = Offset(30 * value.amount, Unit.DAY)
        return bounds(value, now, zone)

    plant.setattr(days, "bounds", thirty)


def yesterday_is_24_hours_ago(plant: pytest.MonkeyPatch) -> None:
    """A number of days back is counted in hours from now, not in days of the shop."""

    def rolling(value: DateValue, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        if isinstance(value, Offset) and value.unit == Unit.DAY and value.amount < 0:
            at = now + timedelta(days=value.amount)
            return at, at + timedelta(days=1)
        return bounds(value, now, zone)

    plant.setattr(days, "bounds", rolling)


def the_end_left_out(plant: pytest.MonkeyPatch) -> None:
    """BETWEEN leaves out its last day."""

    def open_ended(column: Column, op: Op, check: Check, reading: Reading) -> Column:
        value = check.value
        if isinstance(value, Between) and not check.anniversary and isinstance(value.high, Day | Offset | Named):
            low, high = value.low, value.high
            assert isinstance(low, DateValue)
            return days._compare(column, Op.GE, low, reading) & days._compare(column, Op.LT, high, reading)
        return _day_check(column, op, check, reading)

    plant.setattr(checks, "day_check", open_ended)


_day_check = days.day_check


def born_on_leap_days_only(plant: pytest.MonkeyPatch) -> None:
    """Somebody born on 29 February has no birthday in other years."""

    def strict(op: Op, check: Check, reading: Reading) -> tuple[int, int]:
        low, high = _calendar_range(op, check, reading)
        return (low, 228) if (low, high) == (228, 229) else (low, high)

    plant.setattr(days, "_calendar_range", strict)


def missing_values_meet(plant: pytest.MonkeyPatch) -> None:
    """A missing value meets every comparison, and no negation keeps it."""

    def kept(column: Column, op: Op, check: Check, context: Context) -> Column:
        met = _meets(column, op, check, context)
        return met if op == Op.IS_NULL else met | column.isnull()

    plant.setattr(checks, "_meets", kept)


def not_contains_drops_missing(plant: pytest.MonkeyPatch) -> None:
    """NOT CONTAINS leaves out who has no value at all, as SQL does."""

    def dropped(column: Column, check: Check, context: Context) -> Column:
        met = _holds(column, check, context)
        return met & column.notnull() if check.operator == Op.NOT_CONTAINS else met

    plant.setattr(matches, "holds", dropped)
    plant.setattr(evaluation, "holds", dropped)


def case_matters(plant: pytest.MonkeyPatch) -> None:
    """STARTS WITH and its like tell upper from lower case."""
    strict: dict[Op, Callable[[Column, str], Column]] = {
        Op.CONTAINS: lambda text, part: text.contains(part),
        Op.STARTS: lambda text, part: text.startswith(part),
        Op.ENDS: lambda text, part: text.endswith(part),
    }
    plant.setattr(checks, "TEXT_TESTS", strict)


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
    plant.setitem(ALL_AGGREGATES, "days", wrong)


def gross_sums(plant: pytest.MonkeyPatch) -> None:
    """`sum_amount` forgets the refunds."""
    plant.setitem(match_orders.SUMS, "sum_amount", "amount")


def last_is_first(plant: pytest.MonkeyPatch) -> None:
    """`position = 'last'` looks at the first order."""

    def swapped(found: Any) -> str:
        place = _place(found)
        return "first" if place == "last" else place

    plant.setattr(matches, "_place", swapped)


def nobody_without_rows(plant: pytest.MonkeyPatch) -> None:
    """NOT MATCHES leaves out who has no counted order."""

    def narrow(self: matches.Matches, table: Table, matching: Matching) -> Column:
        found = _answer(self, table, matching)
        ever = replace(matching, checks=(), negated=False)
        return found & _answer(self, table, ever) if matching.negated and matching.checks else found

    def also(self: matches.Matches, matching: Matching) -> None:
        _add(self, matching)
        _add(self, replace(matching, checks=()))

    plant.setattr(matches.Matches, "answer", narrow)
    plant.setattr(matches.Matches, "add", also)


_add = matches.Matches.add


def ties_are_at_the_top(plant: pytest.MonkeyPatch) -> None:
    """IN TOP takes who stands exactly at the border."""

    def generous(column: Column, op: Op, check: Check, context: Context) -> Column:
        border = context.thresholds.one(checks.share_name(check.field.name, op, check.value.percent))  # type: ignore[union-attr]
        if border is None:
            return ibis.literal(False)
        return (column >= border if op == Op.TOP else column <= border) & (context.table["_orders"] > 0)

    plant.setattr(checks, "_in_share", generous)


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
FAULTS: Final[tuple[Planted, ...]] = (
    (after_the_edge, ON_DAYS),
    (days_of_utc, ON_DAYS),
    (days_of_24_hours, r"[(_]date (=|!=|>|<=) (yesterday|2024-10-27|2024-03-31)", AFTER_CHANGES),
    (months_of_thirty_days, r"_date.*-\d+m\b"),
    (yesterday_is_24_hours_ago, r"_date (=|!=|>|>=|<|<=) -\d+d$"),
    (the_end_left_out, r"[(_]date BETWEEN .* (today|yesterday|-\d+d)\)?$"),
    (born_on_leap_days_only, r"anniversary.*birth.* (=|!=) (today|2)", (date(2025, 2, 28),)),
    (missing_values_meet, r"!=|NOT IN"),
    (not_contains_drops_missing, r"NOT CONTAINS"),
    (case_matters, r"STARTS WITH|ENDS WITH"),
    (refunds_ignored, SPENT),
    (refunds_of_the_future, SPENT),
    (cancelled_orders_count, ORDERED),
    (void_orders_count, ORDERED),
    (orders_of_the_future, ORDERED),
    (orders_for_days, r"average_days_between_orders"),
    (gross_sums, r"sum_amount"),
    (last_is_first, r"'last'"),
    (nobody_without_rows, r"orders_placed NOT.MATCHES"),
    (ties_are_at_the_top, r"IN TOP"),
    (scores_at_their_edge, r"rfm_"),
    (gap_not_shrunk, r"^usual_gap_days (>|<|>=|<=) (30|90)"),
    *ROW_FAULTS,
)
