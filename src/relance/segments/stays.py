"""How long customers stay in segments: the journal as stays, from an entry to the exit that follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import ibis
from ibis.expr.types import Table

from relance.errors import BadInput
from relance.profiles import Column, instant_literal
from relance.warehouse import Warehouse, rows_of

DAY: Final = timedelta(days=1)
HIGH: Final = 0.9


@dataclass(frozen=True)
class Spell:
    """How many stays there are, and their length in days: the median, the mean and what nine in ten do not exceed.

    The lengths are None where there is no stay.
    """

    stays: int
    median: float | None
    mean: float | None
    p90: float | None


@dataclass(frozen=True)
class TimeSpent:
    """The stays in a segment that have ended, and those that go on.

    `imported` counts the stays that begin with rows that came after their time (such as the first refresh): they may
    have begun earlier than the journal knows.
    """

    segment_id: str
    as_of: datetime
    completed: Spell
    current: Spell
    imported: int


@dataclass(frozen=True)
class Stuck:
    """The members of a segment, and how many of them have been in it for more than `days` days."""

    segment_id: str
    as_of: datetime
    days: int
    members: int
    stuck: int
    imported: int

    @property
    def share(self) -> float:
        """The part of the members that are stuck, from 0 to 1."""
        return self.stuck / self.members if self.members else 0.0


def stays(journal: Table, segment_ids: Sequence[str], until: datetime) -> Table:
    """One row a stay, from the journal's rows up to `until` included.

    Columns: customer_id, segment_id, entered_at, left_at (null: it goes on), cause of the entry. A row that was
    recorded later takes the place of the earlier ones that are dated at its instant or after it; an entry of somebody
    who is inside, or an exit of somebody who is not, changes nothing.
    """
    known: Column = journal.filter(
        journal.segment_id.isin(list(segment_ids)), journal.effective_at <= instant_literal(until)
    )
    recorded_later = ibis.window(
        group_by=["customer_id", "segment_id"],
        order_by=[known.recorded_at.desc(), known.effective_at.desc()],
        preceding=(None, 1),
    )
    dated: Column = known.mutate(corrected_from=known.effective_at.min().over(recorded_later))
    standing = dated.filter(dated.corrected_from.isnull() | (dated.effective_at < dated.corrected_from))
    mine = ibis.window(group_by=["customer_id", "segment_id"], order_by="effective_at")
    turned: Column = standing.mutate(before=standing.entered.lag().over(mine).fill_null(False))
    turned = turned.filter(turned.entered != turned.before)
    ended: Column = turned.mutate(left_at=turned.effective_at.lead().over(mine))
    begun = ended.filter(ended.entered)
    found: Table = begun.select("customer_id", "segment_id", "left_at", "cause", entered_at=begun.effective_at)
    return found


def time_spent(warehouse: Warehouse, segment_ids: Sequence[str], now: datetime) -> list[TimeSpent]:
    """How long people stay in these segments, as of `now`, in the order given."""
    with warehouse.read() as engine:
        all_stays = stays(engine.table("journal"), segment_ids, now)
        rows = rows_of(engine, _lengths(all_stays, now))
    found = {row["segment_id"]: row for row in rows}
    return [_time_spent(one, found.get(one), now) for one in segment_ids]


def stuck(warehouse: Warehouse, segment_id: str, now: datetime, days: int) -> Stuck:
    """How many members, as of `now`, have been in the segment for more than `days` times 24 hours.

    Raises BadInput for a negative number.
    """
    if days < 0:
        raise BadInput("history.days_negative", days=days)
    with warehouse.read() as engine:
        all_stays: Column = stays(engine.table("journal"), [segment_id], now)
        current = all_stays.filter(all_stays.left_at.isnull())
        long = current.entered_at < instant_literal(now - days * DAY)
        counted = current.agg(
            members=current.count(),
            stuck=current.count(where=long),
            imported=current.count(where=current.cause == "import"),
        )
        (row,) = rows_of(engine, counted)
    return Stuck(segment_id, now.astimezone(UTC), days, row["members"], row["stuck"], row["imported"])


def _lengths(all_stays: Table, now: datetime) -> Table:
    """One row a segment: the figures of its completed and of its current stays."""
    table: Column = all_stays
    end = table.left_at.fill_null(instant_literal(now))
    seconds = end.epoch_seconds() - table.entered_at.epoch_seconds()
    measured: Column = table.mutate(days=seconds / DAY.total_seconds(), is_current=table.left_at.isnull())
    figures: dict[str, Column] = {"imported": measured.count(where=measured.cause == "import")}
    for name, chosen in (("completed", ~measured.is_current), ("current", measured.is_current)):
        figures[f"{name}_stays"] = measured.count(where=chosen)
        figures[f"{name}_median"] = measured.days.quantile(0.5, where=chosen)
        figures[f"{name}_mean"] = measured.days.mean(where=chosen)
        figures[f"{name}_p90"] = measured.days.quantile(HIGH, where=chosen)
    lengths: Table = measured.group_by("segment_id").agg(**figures)
    return lengths


def _time_spent(segment_id: str, row: Mapping[str, Any] | None, now: datetime) -> TimeSpent:
    if row is None:
        nobody = Spell(0, None, None, None)
        return TimeSpent(segment_id, now.astimezone(UTC), nobody, nobody, 0)
    completed, current = (
        Spell(*(row[f"{name}_{figure}"] for figure in ("stays", "median", "mean", "p90")))
        for name in ("completed", "current")
    )
    return TimeSpent(segment_id, now.astimezone(UTC), completed, current, row["imported"])
