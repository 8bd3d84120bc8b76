"""Movement between segments over a period: who was where at its beginning and is where at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table
from sqlalchemy import Connection

from relance.clock import start_of_day
from relance.errors import BadInput
from relance.profiles import Column, Reading, Thresholds, customers_with, instant_literal
from relance.segments.causes import BY_DATA, BY_TIME, Timeless
from relance.segments.definitions import all_segments
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

Step: TypeAlias = Literal["day", "week", "month"]
FIGURES = ("customer_added_date", "first_order_date", "amount_spent")
MAX_SPANS = 4000
LIFE_PHASE = "phase-"


@dataclass(frozen=True)
class Move:
    """Customers who went from one place to another, or stayed; a place is a segment, or None: in none of them.

    `is_new`: they were in none because they were no customers yet. `revenue` is their net spend up to the end of the
    period, in minor units.
    """

    origin: str | None
    is_new: bool
    destination: str | None
    customers: int
    revenue: int


@dataclass(frozen=True)
class Movement:
    """The matrix of a period [start, end): every customer known before its end is in exactly one move.

    Somebody in several of the segments is counted in the first of them as they were given; `in_several` says how many
    customers that concerns at either end. `known_from` is the first refresh: before it nobody is in any segment.
    """

    segment_ids: tuple[str, ...]
    start: datetime
    end: datetime
    moves: tuple[Move, ...]
    in_several: int
    known_from: datetime | None

    @property
    def is_whole(self) -> bool:
        """Whether memberships were kept from the beginning of the period on."""
        return self.known_from is not None and self.known_from < self.start


@dataclass(frozen=True)
class Turnover:
    """Entries into a segment and exits from it in one day, week or month of the shop, of one cause."""

    segment_id: str
    day: date
    cause: str
    entered: int
    left: int


def movement(warehouse: Warehouse, shop: Shop, segment_ids: Sequence[str], start: datetime, end: datetime) -> Movement:
    """Who moved between these segments from `start` to `end`: the matrix behind a Sankey.

    At an instant somebody is where the last recorded of the journal's rows that are dated before it says. Raises
    BadInput for an empty period or no segments.
    """
    ids = tuple(dict.fromkeys(segment_ids))
    _check(ids, start, end)
    with warehouse.read() as engine:
        places = _places(engine.table("journal"), ids, start, end)
        people = customers_with(Reading(engine, shop, end), FIGURES, Thresholds())
        rows = rows_of(engine, _matrix(people, places, start, end))
        known_from = first_refresh(engine)
    moves = sorted(rows, key=lambda row: (_last(row["origin"]), row["is_new"], _last(row["destination"])))
    return Movement(
        ids,
        start.astimezone(UTC),
        end.astimezone(UTC),
        tuple(_move(row, ids) for row in moves),
        sum(row["in_several"] for row in rows),
        known_from,
    )


def turnover(
    warehouse: Warehouse,
    shop: Shop,
    segment_ids: Sequence[str],
    start: datetime,
    end: datetime,
    step: Step = "day",
    *,
    known: Timeless = MappingProxyType({}),
) -> list[Turnover]:
    """Entries and exits of [start, end) by day, week (from Monday) or month of the shop's zone, segment and cause.

    `known` are segments that time alone does not change: what seems to be time is told as data there. Spans without an
    entry or exit have no row. Raises BadInput for an empty period, or one of more spans than a page can show.
    """
    _check(segment_ids, start, end)
    spans: Column = ibis.memtable(_spans(shop, start, end, step))
    with warehouse.read() as engine:
        journal = engine.table("journal")
        within: Column = journal.filter(
            journal.segment_id.isin(list(segment_ids)),
            journal.effective_at >= instant_literal(start),
            journal.effective_at < instant_literal(end),
        )
        # The journal is first brought down to one row an instant.
        told: Column = within.mutate(cause=_told(within, {one: known[one] for one in segment_ids if one in known}))
        counted: Column = told.group_by(["segment_id", "cause", "effective_at"]).agg(
            entered=told.count(where=told.entered), left=told.count(where=~told.entered)
        )
        placed: Column = counted.inner_join(
            spans, [counted.effective_at >= spans.begins, counted.effective_at < spans.ends]
        )
        summed: Column = placed.group_by(["segment_id", "day", "cause"]).agg(
            entered=placed.entered.sum().cast("int64"), left=placed.left.sum().cast("int64")
        )
        rows = rows_of(engine, summed.order_by("day", "segment_id", "cause"))
    return [Turnover(row["segment_id"], row["day"], row["cause"], row["entered"], row["left"]) for row in rows]


def _told(rows: Column, known: Timeless) -> Column:
    """The cause to tell, as `causes.told_cause` says it."""
    by_data: Column = ibis.literal(False)
    for segment_id, since in known.items():
        by_data |= (rows.segment_id == segment_id) & (rows.effective_at >= instant_literal(since))
    return ((rows.cause == BY_TIME) & by_data).ifelse(BY_DATA, rows.cause)


def life_phases(connection: Connection, shop: Shop) -> list[str]:
    """The ids of the ready-made segments of the life phases that the shop keeps, from prospect to lost."""
    kept = all_segments(connection, shop)
    return [one.segment_id for one in kept if (one.library or "").startswith(LIFE_PHASE)]


def first_refresh(engine: BaseBackend) -> datetime | None:
    """As of when memberships were first kept; None before the first refresh."""
    found = engine.to_pyarrow(engine.table("refresh").as_of.min()).as_py()
    return found.replace(tzinfo=UTC) if found else None


def _places(journal: Table, ids: Sequence[str], start: datetime, end: datetime) -> Table:
    """For each customer who was in one of the segments at an end: the rank of the first one, and in how many."""
    ranks = pa.table({"segment_id": list(ids), "rank": pa.array(range(len(ids)), pa.int64())})
    known: Column = journal.filter(journal.effective_at < instant_literal(end))
    ranked: Column = known.inner_join(ibis.memtable(ranks), "segment_id")
    order: Column = ibis.struct({"recorded": ranked.recorded_at, "at": ranked.effective_at})
    ends: Column = ranked.group_by(["customer_id", "segment_id", "rank"]).agg(
        was=ranked.entered.argmax(order, where=ranked.effective_at < instant_literal(start)).fill_null(False),
        is_now=ranked.entered.argmax(order),
    )
    places: Table = ends.group_by("customer_id").agg(
        origin=ends["rank"].min(where=ends.was),
        destination=ends["rank"].min(where=ends.is_now),
        several=(ends.was.sum() > 1) | (ends.is_now.sum() > 1),
    )
    return places


def _matrix(people: Table, places: Table, start: datetime, end: datetime) -> Table:
    first: Column = ibis.least(
        ibis.coalesce(people.customer_added_date, people.first_order_date),
        ibis.coalesce(people.first_order_date, people.customer_added_date),
    )
    figures: Column = people.select("customer_id", "amount_spent", known_at=first)
    joined: Column = figures.left_join(places, "customer_id")
    inside = joined.origin.notnull() | joined.destination.notnull()
    before_end = (joined.known_at < instant_literal(end)).fill_null(True)
    existing: Column = joined.filter(inside | before_end)
    unknown_before = (existing.known_at >= instant_literal(start)).fill_null(False)
    placed: Column = existing.mutate(is_new=existing.origin.isnull() & unknown_before)
    matrix: Table = placed.group_by(["origin", "is_new", "destination"]).agg(
        customers=placed.count(),
        revenue=placed.amount_spent.sum().cast("int64"),
        in_several=placed.count(where=placed.several),
    )
    return matrix


def _move(row: Mapping[str, Any], ids: Sequence[str]) -> Move:
    origin, destination = (None if row[end] is None else ids[row[end]] for end in ("origin", "destination"))
    return Move(origin, row["is_new"], destination, row["customers"], row["revenue"])


def _last(rank: int | None) -> int:
    """Ranks in their order, None after all of them."""
    return 1 << 30 if rank is None else rank


def _check(segment_ids: Sequence[str], start: datetime, end: datetime) -> None:
    if not segment_ids:
        raise BadInput("history.no_segments")
    if end <= start:
        raise BadInput("history.empty_period")


def _spans(shop: Shop, start: datetime, end: datetime, step: Step) -> pa.Table:
    """The days, weeks or months that the period touches: the first day of each, and its instants."""
    first, last = start.astimezone(shop.zone).date(), end.astimezone(shop.zone).date()
    days = [_beginning(first, step)]
    while days[-1] <= last:
        if len(days) > MAX_SPANS:
            raise BadInput("history.too_many_spans", count=MAX_SPANS)
        days.append(_next(days[-1], step))
    edges = [start_of_day(day, shop.zone).replace(tzinfo=None) for day in days]
    instant = pa.timestamp("us")
    return pa.table(
        {
            "day": pa.array(days[:-1], pa.date32()),
            "begins": pa.array(edges[:-1], instant),
            "ends": pa.array(edges[1:], instant),
        }
    )


def _beginning(day: date, step: Step) -> date:
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _next(day: date, step: Step) -> date:
    if step == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if step == "week" else 1)
