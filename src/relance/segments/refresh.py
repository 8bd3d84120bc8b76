"""All saved segments brought up to an instant: one pass, packed bits, and a journal of what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from relance.clock import start_of_day
from relance.errors import Conflict, QueryError
from relance.profiles import Column, Reading, Thresholds, instant_literal, threshold_rows, thresholds
from relance.segments import journal
from relance.segments.checks import Context
from relance.segments.definitions import Segment, all_segments
from relance.segments.evaluate import answer, facts_needed, gathered
from relance.segments.fields import fields_of_shop
from relance.segments.language.typed import Meaning
from relance.segments.query import understood
from relance.segments.words64 import has, mask_of, packed, place_of
from relance.store import Shop, Store
from relance.warehouse import Warehouse, Writer, rows_of

Progress = Callable[[int, int], None]
STEPS = 4


@dataclass(frozen=True)
class RefreshResult:
    """What a refresh did; `skipped` are segments whose query no longer resolves, and which kept their members."""

    refresh_id: str
    as_of: datetime
    customers: int
    entered: int
    left: int
    seconds: float
    sizes: Mapping[str, int] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()

    @property
    def segments(self) -> int:
        """How many segments were computed."""
        return len(self.sizes)

    def as_json(self) -> dict[str, Any]:
        """Plain values for --json."""
        return {**asdict(self), "as_of": self.as_of.isoformat(), "segments": self.segments}


@dataclass(frozen=True)
class Round:
    """What one refresh works with."""

    shop: Shop
    now: datetime
    recorded_at: datetime
    segments: Sequence[Segment]
    meanings: Mapping[str, Meaning]
    last: journal.LastRefresh | None

    @property
    def computed(self) -> list[Segment]:
        """The segments that are evaluated, in the order of their bits."""
        return [segment for segment in self.segments if segment.segment_id in self.meanings]

    @property
    def kept(self) -> list[int]:
        """The bits that stay as they are: of segments that cannot be computed."""
        return [one.bit for one in self.segments if not one.archived and one.segment_id not in self.meanings]

    @property
    def words(self) -> int:
        """How many words the bits take."""
        return max((place_of(segment.bit)[0] + 1 for segment in self.segments), default=0)


def refresh(
    store: Store,
    warehouse: Warehouse,
    shop: Shop,
    now: datetime,
    *,
    recorded_at: datetime,
    rebuild: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> RefreshResult:
    """Evaluate every saved segment as of `now` and keep memberships, journal and sizes in one transaction.

    Raises Conflict when `now` is before the last refresh, unless `rebuild`, which forgets everything from the day
    of `now` on and writes the journal again from there (S24).
    """
    begun = perf_counter()
    with store.read() as connection:
        segments = all_segments(connection, shop, archived=True)
    with warehouse.write() as writer:
        last = journal.last_refresh(writer)
        if last and now < last.as_of and not rebuild:
            raise Conflict("membership.refresh_in_the_past", asked=_day(shop, now), last=_day(shop, last.as_of))
        if rebuild:
            journal.forget_from(writer, start_of_day(now.astimezone(shop.zone).date(), shop.zone), shop, segments)
            last = journal.last_refresh(writer)
        meanings = _meanings(writer, segments)
        this = Round(shop, now, recorded_at, segments, meanings, last)
        progress(1, STEPS)
        result = _write(writer, this, begun, progress)
    progress(STEPS, STEPS)
    return result


def _meanings(writer: Writer, segments: Sequence[Segment]) -> dict[str, Meaning]:
    fields = fields_of_shop(writer.engine)
    found: dict[str, Meaning] = {}
    for segment in segments:
        if not segment.archived:
            try:
                found[segment.segment_id] = understood(segment.query, fields).meaning
            except QueryError:
                continue
    return found


def _write(writer: Writer, this: Round, begun: float, progress: Progress) -> RefreshResult:
    fresh = writer.stage(_everyone(writer, this, _thresholds(writer, this)))
    progress(2, STEPS)
    changes = writer.stage(_changes(writer, this, fresh))
    entered, left = journal.write(writer, changes, this.segments, this.last, this.now, this.recorded_at)
    progress(3, STEPS)
    _replace_memberships(writer, this, fresh)
    customers, sizes = _write_sizes(writer, this, fresh)
    seconds = perf_counter() - begun
    result = RefreshResult(
        f"{_utc(this.now):%Y%m%dT%H%M%S}-{_utc(this.recorded_at):%Y%m%dT%H%M%S%f}",
        this.now,
        customers,
        entered,
        left,
        seconds,
        sizes,
        tuple(one.segment_id for one in this.segments if one.bit in this.kept),
    )
    writer.insert("refresh", _refresh_row(result, this))
    return result


def _thresholds(writer: Writer, this: Round) -> Thresholds:
    """The population facts in force, those of today stored when they are new (S9)."""
    needed = facts_needed(this.meanings.values()) | {"rfm_recency", "rfm_frequency", "rfm_monetary", "gap"}
    found = thresholds(writer.engine, this.shop, this.now, needed)
    if found.computed:
        writer.insert("threshold", threshold_rows(found, this.recorded_at))
    return found


def _everyone(writer: Writer, this: Round, found: Thresholds) -> Table:
    """Every customer with the packed words `w0`, `w1` … and the net spend."""
    reading = Reading(writer.engine, this.shop, this.now)
    table, matches = gathered(reading, this.meanings.values(), found, ["amount_spent"])
    context = Context(reading, found, table)
    answers = {one.bit: answer(this.meanings[one.segment_id], context, matches) for one in this.computed}
    words = {f"w{word}": packed(answers, word) for word in range(this.words)}
    return table.select("customer_id", "amount_spent", **words)


def _changes(writer: Writer, this: Round, fresh: Table) -> Table:
    """Rows (customer_id, word, bits, changed) where a word is not what it was."""
    old = writer.table("membership").rename(old_id="customer_id", old_word="word", old_bits="bits")
    by_word = []
    for word in range(this.words):
        before = old.filter(old.old_word == word)
        kept = ibis.literal(mask_of(this.kept, word), type="int64")
        joined: Column = fresh.left_join(before, fresh.customer_id == before.old_id)
        was = joined.old_bits.fill_null(0)
        bits = joined[f"w{word}"] | (was & kept)
        row = joined.select("customer_id", word=ibis.literal(word, type="int16"), bits=bits, changed=bits ^ was)
        by_word.append(row.filter(row.changed != 0))
    return ibis.union(*by_word) if by_word else journal.no_change()


def _replace_memberships(writer: Writer, this: Round, fresh: Table) -> None:
    kept = writer.stage(writer.table("membership")) if this.kept else None
    writer.delete_where("membership")
    for word in range(this.words):
        bits: Column = fresh[f"w{word}"]
        row: Column = fresh.select("customer_id", bits=bits)
        if kept is not None:
            before = kept.filter(kept.word == word).select(old_id="customer_id", old="bits")
            joined: Column = row.left_join(before, row.customer_id == before.old_id)
            still = joined.old.fill_null(0) & ibis.literal(mask_of(this.kept, word), type="int64")
            row = joined.select("customer_id", bits=joined.bits | still)
        set_ones = row.filter(row.bits != 0)
        writer.insert("membership", set_ones.mutate(word=ibis.literal(word, type="int16")))


def _write_sizes(writer: Writer, this: Round, fresh: Table) -> tuple[int, dict[str, int]]:
    """How many customers there are, and how many each segment has; a size of the same instant is replaced."""
    totals: dict[str, Column] = {"customers": fresh.count()}
    for one in this.computed:
        inside = has(fresh[f"w{place_of(one.bit)[0]}"], one.bit)
        totals[f"n{one.bit}"] = fresh.count(where=inside)
        totals[f"r{one.bit}"] = fresh.amount_spent.sum(where=inside).fill_null(0).cast("int64")
    (row,) = rows_of(writer.engine, fresh.agg(**totals))
    sizes = writer.table("segment_size")
    writer.delete_matching("segment_size", "as_of", sizes.filter(sizes.as_of == instant_literal(this.now)))
    everyone = row["customers"]
    found = [
        {
            "segment_id": one.segment_id,
            "version": one.version,
            "as_of": _utc(this.now),
            "members": row[f"n{one.bit}"],
            "share": row[f"n{one.bit}"] / everyone if everyone else 0.0,
            "revenue": row[f"r{one.bit}"],
        }
        for one in this.computed
    ]
    if found:
        writer.insert("segment_size", pa.Table.from_pylist(found))
    return everyone, {one.segment_id: row[f"n{one.bit}"] for one in this.computed}


def _refresh_row(result: RefreshResult, this: Round) -> pa.Table:
    row = {
        "refresh_id": result.refresh_id,
        "as_of": _utc(this.now),
        "recorded_at": _utc(this.recorded_at),
        "segments": result.segments,
        "customers": result.customers,
        "entered": result.entered,
        "left": result.left,
        "seconds": result.seconds,
    }
    return pa.Table.from_pylist([row])


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _day(shop: Shop, instant: datetime) -> str:
    return f"{instant.astimezone(shop.zone):%Y-%m-%d %H:%M}"
