"""What in a query changes by time alone, and at which instants it may do so for one customer.

Windows of days move at midnight of the shop's zone, windows of hours and minutes at the very second. Dates in the
language only move forward with time, so each row is passed once by each end of a window.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final, Literal, TypeAlias

from relance.clock import start_of_day
from relance.profiles import FEATURES, Reading, Thresholds, customers_with, numbers_of
from relance.segments.blank import blank_reading
from relance.segments.edges import exact_windows
from relance.segments.evaluate import facts_needed, features_of
from relance.segments.language.dates import bounds, day_of, is_exact
from relance.segments.language.fields import Kind
from relance.segments.language.tree import DateValue, Day, Instant, Named, Offset, Op
from relance.segments.language.typed import Between, Check, Matching, Meaning, OneOf, Scalar, leaves
from relance.segments.matches import taken_apart
from relance.segments.references import SEGMENT, is_membership
from relance.store import Shop

HORIZON: Final = 400
MICROSECOND: Final = timedelta(microseconds=1)
# Days at which a field is looked at whose windows are not known from outside; between two answers that differ, the day
# is found by halving.
GRID: Final = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 150, 180, 220, 260, 300, 330, 366, 400)
PHASE: Final = "lifecycle_phase"
RECENCY: Final = frozenset({"rfm_recency", "rfm_group"})

Leaf: TypeAlias = Check | Matching
Moving: TypeAlias = Literal["data", "midnight", "moment"]
Way: TypeAlias = Literal["leaves", "enters"]
_STARTS: Final = frozenset({Op.GE, Op.LT})
_ENDS: Final = frozenset({Op.GT, Op.LE})
_MORE: Final = frozenset({Op.GE, Op.GT})
_LESS: Final = frozenset({Op.LE, Op.LT})


@dataclass(frozen=True)
class Moments:
    """When a condition may change, in order. `one_way`: it changes at most once. `coarse`: also between them."""

    instants: tuple[datetime, ...] = ()
    one_way: bool = False
    coarse: bool = False


@dataclass
class Days:
    """The coming days of a shop, and the instants that dates of the language mean on each of them."""

    shop: Shop
    now: datetime
    midnights: list[datetime] = field(init=False)
    _bounds: dict[DateValue, tuple[list[datetime], list[datetime]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        today = self.now.astimezone(self.shop.zone).date()
        coming = (today + timedelta(days=days) for days in range(1, HORIZON + 1))
        self.midnights = [self.now, *(start_of_day(day, self.shop.zone) for day in coming)]

    @property
    def until(self) -> datetime:
        """The end of what is looked at."""
        return self.midnights[-1]

    def passes(self, value: DateValue, at: datetime, *, end: bool) -> list[datetime]:
        """The midnight at which the beginning (or the `end`) of the date gets past the instant, if there is one."""
        if value not in self._bounds:
            pairs = [bounds(value, midnight, self.shop.zone) for midnight in self.midnights]
            self._bounds[value] = [start for start, _ in pairs], [stop for _, stop in pairs]
        place = bisect_right(self._bounds[value][end], at)
        return [self.midnights[place]] if 0 < place <= HORIZON else []

    def after(self, days: float) -> list[datetime]:
        """The midnight that begins the day so many days from today, if it is looked at."""
        return [self.midnights[int(days)]] if 1 <= days <= HORIZON else []

    def anniversaries(self, value: DateValue, day: date) -> list[datetime]:
        """The midnights at which a date, its year left out, may come to be or get past that day."""
        # At the year's end ranges wrap; a 29 February is kept on the 28th where there is none.
        numbers = {(day.month, day.day), (1, 1), (2, 28), (2, 29), (3, 1)}
        found = []
        for midnight in self.midnights[1:]:
            named = day_of(value, midnight, self.shop.zone)
            before = named - timedelta(days=1)
            if {(named.month, named.day), (before.month, before.day)} & numbers:
                found.append(midnight)
        return found


def moving(meaning: Meaning) -> Moving:
    """What may change the members of a segment first: new `data` only, the next `midnight`, or any `moment`."""
    if exact_windows([meaning]):
        return "moment"
    by_day = bool(facts_needed([meaning])) or any(_reads_days(leaf) for leaf in leaves(meaning))
    return "midnight" if by_day else "data"


def dates_of(leaf: Matching) -> Iterator[tuple[int, Check]]:
    """Its checks on dates, each with the number of the part that it belongs to."""
    if not is_membership(leaf):
        for number, match in enumerate(taken_apart(leaf)):
            for check in sorted(match.rows, key=repr):
                if check.field.kind == Kind.DATE and check.value is not None:
                    yield number, check


def moments_of_rows(leaf: Matching, days: Days, rows: Mapping[str, Sequence[datetime]]) -> Moments:
    """When a condition on related rows may change; `rows` are the instants of those that pass but for their date.

    Their keys are the parts' numbers and the parameters: `0.date`.
    """
    found: set[datetime] = set()
    ways: set[str] = set()
    for number, check in dates_of(leaf):
        for at in rows.get(f"{number}.{check.field.name}", ()):
            for way, midnight in _passed(check, at, days):
                found.add(midnight)
                ways.add(way)
    return Moments(tuple(sorted(found)), one_way=len(ways) == 1 and _counts_one_way(leaf))


def moments_of_field(check: Check, days: Days, value: object, reading: Reading, found: Thresholds) -> Moments:
    """When a condition on a field may change; `value` is the customer's."""
    if check.field.kind == Kind.DATE:
        return Moments(tuple(sorted(_of_date(check, days, value))))
    if check.field.name == SEGMENT or not _reads_days(check):
        return Moments()
    if check.field.unit == "days" and check.field.kind == Kind.INTEGER and isinstance(value, int):
        constants = _constants(check)
        if constants is not None:
            crossed = (c - value + more for c in constants for more in (0, 1))
            return Moments(_sorted(days, (math.ceil(days_on) for days_on in crossed)))
    if check.field.name == PHASE or check.field.name in RECENCY:
        return Moments(_sorted(days, _recency_edges(check.field.name, reading, found)))
    return Moments(coarse=True)


def _of_date(check: Check, days: Days, value: object) -> Iterator[datetime]:
    """The midnights at which a date's condition may change."""
    at = _instant(value, days.shop)
    if at is None:
        return
    if check.anniversary:
        day = at.astimezone(days.shop.zone).date()
        for end in _ends(check):
            yield from days.anniversaries(end, day)
        return
    for _, midnight in _passed(check, at, days):
        yield midnight


def _passed(check: Check, at: datetime, days: Days) -> Iterator[tuple[Way, datetime]]:
    """The midnights at which an end of the window gets past the instant, and whether the row then leaves or enters."""
    for value, end, way in _edges_of(check):
        if isinstance(value, Day | Instant | Offset | Named) and not is_exact(value):
            for midnight in days.passes(value, at, end=end):
                yield way, midnight


def _edges_of(check: Check) -> list[tuple[object, bool, Way]]:
    """The dates of a check: whether their end counts or their beginning, and what a row does that it passes."""
    value, operator = check.value, check.operator
    if isinstance(value, Between):
        return [(value.low, False, "leaves"), (value.high, True, "enters")]
    if operator in _STARTS | _ENDS:
        return [(value, operator in _ENDS, "leaves" if operator in _MORE else "enters")]
    return [(value, False, "leaves"), (value, True, "enters")]


def _counts_one_way(leaf: Matching) -> bool:
    """Whether rows that only leave (or only enter) can change the condition just once."""
    parts = taken_apart(leaf)
    if len(parts) != 1 or parts[0].position != "any" or exact_windows([leaf]):
        return False
    totals = parts[0].totals
    operators = {check.operator for check in totals}
    counted = all(check.field.name == "count" for check in totals)
    return counted and (operators <= _MORE or operators <= _LESS)


def _constants(check: Check) -> list[float] | None:
    """The numbers that a field is compared with; None when they are not the same for everybody."""
    value = check.value
    if isinstance(value, Between):
        ends: Iterable[object] = (value.low, value.high)
    else:
        ends = value.values if isinstance(value, OneOf) else (value,)
    numbers = []
    for end in ends:
        if not isinstance(end, Scalar) or isinstance(end.value, str):
            return None
        numbers.append(float(end.value))
    return numbers


def _recency_edges(name: str, reading: Reading, found: Thresholds) -> Iterator[float]:
    """In how many days the time since the last order gets past what divides phases, or scores of recency."""
    wanted = ["days_since_last_order", "usual_gap_days"]
    table = customers_with(reading, wanted, found).select(*wanted)
    (row,) = reading.engine.to_pyarrow(table).to_pylist()
    since, gap = row["days_since_last_order"], row["usual_gap_days"]
    if since is None:
        return
    numbers = numbers_of(reading.shop)
    borders = (
        found.all("rfm_recency")
        if name in RECENCY
        else (numbers.at_risk_gaps * gap, numbers.inactive_gaps * gap, numbers.lost_days)
    )
    for border in borders:
        yield math.floor(border - since) + 1
    if name == PHASE:
        orders = reading.engine.to_pyarrow(reading.rows("orders", frozenset()).select("day")).to_pylist()
        for order in orders:
            yield (order["day"] - reading.today).days + numbers.loyal_days + 1


def _sorted(days: Days, numbers: Iterable[float]) -> tuple[datetime, ...]:
    """The midnights of these days."""
    return tuple(sorted({midnight for number in numbers for midnight in days.after(number)}))


def _instant(value: object, shop: Shop) -> datetime | None:
    """A date of a customer as an aware instant: the first of a day."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    return start_of_day(value, shop.zone) if isinstance(value, date) else None


def _ends(check: Check) -> list[DateValue]:
    value = check.value
    ends = (value.low, value.high) if isinstance(value, Between) else (value,)
    return [end for end in ends if isinstance(end, Day | Instant | Offset | Named)]


def _reads_days(leaf: Leaf) -> bool:
    """Whether the condition may change at midnight."""
    if isinstance(leaf, Matching):
        return any(_moves(end) for _, check in dates_of(leaf) for end in _ends(check))
    if leaf.field.name == SEGMENT:
        return True
    if leaf.field.kind == Kind.DATE and leaf.value is not None:
        return leaf.anniversary or any(_moves(end) for end in _ends(leaf)) or _field_reads_days(leaf.field.name)
    return any(_field_reads_days(name) for name in features_of(leaf))


def _moves(value: DateValue) -> bool:
    return isinstance(value, Offset | Named) and not is_exact(value)


@cache
def _field_reads_days(name: str) -> bool:
    """Whether the field's value depends on which day it is: whether its expression asks for today."""
    if name not in FEATURES:
        return False
    reading = blank_reading()
    customers_with(reading, [name], Thresholds())
    return "today" in vars(reading)
