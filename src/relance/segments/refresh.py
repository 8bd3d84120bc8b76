"""All saved segments brought up to an instant: packed bits, and a journal of what changed.

The first refresh looks at everybody. A later one looks at those whose rows changed since (the warehouse's agenda), at
those whose rows an edge of a window has passed, and, when the day of the shop has changed, at everybody as of
midnight: its cost follows what happened. Each stop is a transaction of its own, so a refresh that is stopped goes on
where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Final, Literal

import pyarrow as pa
from ibis.expr.types import Table

from relance.clock import start_of_day
from relance.errors import Conflict, QueryError, RelanceError
from relance.profiles import Reading, Thresholds, instant_literal, threshold_rows, thresholds
from relance.segments import journal, sizes
from relance.segments.consents import copy_consents
from relance.segments.definitions import Segment, all_segments, called
from relance.segments.edges import Window, edges, exact_windows
from relance.segments.evaluate import facts_needed
from relance.segments.fields import fields_of_shop
from relance.segments.language.typed import Meaning
from relance.segments.passes import Definitions, Look, changes, forget_due, keep, looked, reasons_at
from relance.segments.query import understood
from relance.segments.references import Names, SegmentsInACircle, in_order, profiling_among
from relance.segments.schedule import Stop, stops
from relance.store import Shop, Store
from relance.warehouse import INSTANTS, Warehouse, Writer, entries, rows_of

Progress = Callable[[int, int], None]
Mode = Literal["full", "incremental"]
ALWAYS: Final = frozenset({"rfm_recency", "rfm_frequency", "rfm_monetary", "gap"})
# From this share of the customers on, looking at everybody costs less than looking at some.
MOST_TOUCHED: Final = 0.2
MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class RefreshResult:
    """What a refresh did; `skipped` are segments whose query no longer resolves, and which kept their members.

    `mode` is full when everybody was looked at, `touched` how many customers the last look was for, `stops` how many
    instants were looked at.
    """

    refresh_id: str
    as_of: datetime
    customers: int
    entered: int
    left: int
    seconds: float
    sizes: Mapping[str, int] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    mode: Mode = "full"
    touched: int = 0
    stops: int = 1

    @property
    def segments(self) -> int:
        """How many segments were computed."""
        return len(self.sizes)

    def as_json(self) -> dict[str, Any]:
        """Plain values for --json."""
        return {**asdict(self), "as_of": self.as_of.isoformat(), "segments": self.segments}


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
    """Evaluate every saved segment as of `now`; memberships, journal and sizes change together.

    Raises Conflict when `now` is before the last refresh, unless `rebuild`, which forgets everything from the day
    of `now` on and writes the journal again from there (S24).
    """
    begun = perf_counter()
    with store.read() as connection, warehouse.write() as writer:
        segments = all_segments(connection, shop, archived=True)
        copy_consents(connection, writer, shop)
        last = _begin(writer, shop, now, segments, rebuild=rebuild)
        definitions, problems = _define(writer, segments)
        _write_names(writer, definitions)
        sizes.write_problems(writer, problems, now)
    run = Run(warehouse, shop, recorded_at, definitions, exact_windows(definitions.meanings.values()), begun)
    return replace(run.to(last, now, progress, rebuild=rebuild), skipped=tuple(problems))


def _begin(
    writer: Writer, shop: Shop, now: datetime, segments: list[Segment], *, rebuild: bool
) -> journal.LastRefresh | None:
    last = journal.last_refresh(writer)
    if last and now < last.as_of and not rebuild:
        raise Conflict("membership.refresh_in_the_past", asked=_day(shop, now), last=_day(shop, last.as_of))
    if rebuild:
        edge = start_of_day(now.astimezone(shop.zone).date(), shop.zone)
        journal.forget_from(writer, edge, shop, segments)
        last = journal.last_refresh(writer)
        _fill_agenda(writer, edge if last is None else last.as_of)
    elif last is None:
        _fill_agenda(writer, now)
    return last


def _fill_agenda(writer: Writer, after: datetime) -> None:
    """What is in the warehouse already and begins to count only after that instant."""
    writer.delete_where("agenda")
    for name in INSTANTS:
        coming = entries(name, writer.table(name), "event")
        writer.insert("agenda", coming.filter(coming["at"] >= instant_literal(after)))


def _define(writer: Writer, segments: Sequence[Segment]) -> tuple[Definitions, dict[str, RelanceError]]:
    """What the segments mean, and why some of them mean nothing now."""
    fields = replace(fields_of_shop(writer.engine), segments=called(segments))
    meanings: dict[str, Meaning] = {}
    problems: dict[str, RelanceError] = {}
    for segment in segments:
        if not segment.archived:
            try:
                meanings[segment.segment_id] = understood(segment.query, fields).meaning
            except QueryError as error:
                problems[segment.segment_id] = error
    bits = {segment.segment_id: segment.bit for segment in segments if not segment.archived}
    names = Names(called(segments), bits)
    while True:
        try:
            order = in_order(meanings, names)
            break
        except SegmentsInACircle as error:
            problems |= dict.fromkeys(error.segment_ids, error)
            meanings = {key: meaning for key, meaning in meanings.items() if key not in error.segment_ids}
    profiling = profiling_among(meanings, order, names)
    return Definitions(segments, meanings, order, replace(names, profiling=profiling)), problems


def _write_names(writer: Writer, definitions: Definitions) -> None:
    names = definitions.names
    rows = [
        {"segment_id": found, "name": said, "bit": names.bits[found], "profiling": found in names.profiling}
        for said, found in names.ids.items()
    ]
    writer.delete_where("segment_name")
    if rows:
        writer.insert("segment_name", pa.Table.from_pylist(rows))


@dataclass(frozen=True)
class Run:
    """One refresh: the same definitions at every stop."""

    warehouse: Warehouse
    shop: Shop
    recorded_at: datetime
    definitions: Definitions
    windows: Sequence[Window]
    begun: float

    def to(
        self, last: journal.LastRefresh | None, now: datetime, progress: Progress, *, rebuild: bool
    ) -> RefreshResult:
        """Look at every stop up to `now`; what all of them changed."""
        afresh = last is None or rebuild or bool(self._redefined(last))
        todo = stops(self.shop, last.as_of if last else None, now)
        todo[0] = replace(todo[0], everybody=todo[0].everybody or afresh)
        looks: list[RefreshResult] = []
        progress(0, len(todo))
        for done, stop in enumerate(todo):
            for part in self._parts(last, stop):
                look = self._look(last, part, is_last=part.at == now)
                if look is not None:
                    last = journal.LastRefresh(part.at, self.recorded_at, self._versions(), look.mode)
                    looks.append(look)
            progress(done + 1, len(todo))
        entered, left = sum(look.entered for look in looks), sum(look.left for look in looks)
        took = perf_counter() - self.begun
        return replace(looks[-1], entered=entered, left=left, stops=len(looks), seconds=took)

    def _parts(self, last: journal.LastRefresh | None, stop: Stop) -> list[Stop]:
        """The stop, and before it the beginning and the end of each minute in which an edge of a short window lies.

        So what a row did is told apart from what its leaving a window did.
        """
        if not self.windows or last is None or stop.everybody:
            return [stop]
        with self.warehouse.read() as engine:
            found = edges(engine, self.windows, last.as_of, stop.at)
            minutes = found.select(minute=found.edge.truncate("m")).distinct().order_by("minute")
            begins = [row["minute"].replace(tzinfo=UTC) for row in rows_of(engine, minutes)]
        instants = sorted({instant for begin in begins for instant in (begin, begin + MINUTE)})
        return [*(Stop(instant, False) for instant in instants if last.as_of < instant < stop.at), stop]

    def _look(self, last: journal.LastRefresh | None, stop: Stop, *, is_last: bool) -> RefreshResult | None:
        """One transaction; None when nobody had to be looked at."""
        begun = perf_counter()
        with self.warehouse.write() as writer:
            crossed = edges(writer.engine, self.windows, last.as_of, stop.at) if self.windows and last else None
            reasons, calls = reasons_at(writer, stop.at, crossed)
            whom, of = _counts(writer, reasons)
            if not (whom or calls or stop.everybody or is_last):
                return None
            whole = stop.everybody or calls or whom > of * MOST_TOUCHED
            found = self._thresholds(writer, stop.at)
            look = Look(self.shop, stop.at, self.definitions, found, None if whole else reasons, reasons)
            result = self._write(writer, last, look)
            note = replace(result, seconds=perf_counter() - begun, touched=of if whole else whom)
            _note(writer, note, self.recorded_at, last)
        return note

    def _write(self, writer: Writer, last: journal.LastRefresh | None, look: Look) -> RefreshResult:
        fresh = writer.stage(looked(Reading(writer.engine, self.shop, look.at, look.touched), look))
        changed = writer.stage(changes(writer, look, fresh))
        counts = journal.write(writer, changed, look.reasons, self._passage(writer, last, look))
        if look.touched is None or last is None:
            customers, sized = sizes.counted(writer, look, fresh)
        else:
            customers, sized = sizes.brought_forward(writer, look, fresh, last.as_of)
        keep(writer, look, fresh, changed)
        forget_due(writer, look.at)
        sizes.write(writer, look, customers, sized)
        return RefreshResult(
            f"{_utc(look.at):%Y%m%dT%H%M%S%f}-{_utc(self.recorded_at):%Y%m%dT%H%M%S%f}",
            look.at,
            customers,
            sum(entered for entered, _ in counts.values()),
            sum(left for _, left in counts.values()),
            0.0,
            {segment_id: size.members for segment_id, size in sized.items()},
            mode="full" if look.touched is None else "incremental",
        )

    def _passage(self, writer: Writer, last: journal.LastRefresh | None, look: Look) -> journal.Passage:
        return journal.Passage(
            look.at,
            self.recorded_at,
            self.definitions.segments,
            self._redefined(last),
            self._moved(writer, last, look),
            last is None,
            f"day:{look.at.astimezone(self.shop.zone).date()}",
        )

    def _redefined(self, last: journal.LastRefresh | None) -> frozenset[str]:
        """The segments that are new, changed or put away since the last refresh."""
        if last is None:
            return frozenset()
        return frozenset(
            one.segment_id
            for one in self.definitions.segments
            if (one.segment_id in last.versions if one.archived else last.versions.get(one.segment_id) != one.version)
            and (one.archived or one.segment_id in self.definitions.meanings)
        )

    def _versions(self) -> dict[str, int]:
        return {one.segment_id: one.version for one in self.definitions.computed}

    def _thresholds(self, writer: Writer, at: datetime) -> Thresholds:
        """The population facts in force, those of the day stored when they are new (S9)."""
        needed = facts_needed(self.definitions.meanings.values()) | ALWAYS
        found = thresholds(writer.engine, self.shop, at, needed)
        if found.computed:
            writer.insert("threshold", threshold_rows(found, self.recorded_at))
        return found

    def _moved(self, writer: Writer, last: journal.LastRefresh | None, look: Look) -> frozenset[str]:
        """The segments that read a population fact which is not what it was at the last refresh."""
        if last is None or look.touched is not None:
            return frozenset()
        facts = {
            one.segment_id: facts_needed([self.definitions.meanings[one.segment_id]])
            for one in self.definitions.computed
        }
        before = thresholds(writer.engine, self.shop, last.as_of, frozenset().union(*facts.values()))
        changed = {name for name in before.edges if before.edges[name] != look.found.edges.get(name)}
        return frozenset(key for key, read in facts.items() if read & changed)


def _counts(writer: Writer, reasons: Table) -> tuple[int, int]:
    """How many customers have a reason to be looked at, and how many there are."""
    whom = writer.engine.to_pyarrow(reasons.count()).as_py()
    return whom, writer.engine.to_pyarrow(writer.table("customer").count()).as_py()


def _note(writer: Writer, result: RefreshResult, recorded_at: datetime, last: journal.LastRefresh | None) -> None:
    """Keep that a refresh was; one that only looked at some gives its place to the next."""
    if last is not None and last.mode == "incremental" and last.as_of < result.as_of:
        for name in ("refresh", "segment_size"):
            table = writer.table(name)
            writer.delete_matching(name, "as_of", table.filter(table.as_of == instant_literal(last.as_of)))
    row = {
        "refresh_id": result.refresh_id,
        "as_of": _utc(result.as_of),
        "recorded_at": _utc(recorded_at),
        "segments": result.segments,
        "customers": result.customers,
        "entered": result.entered,
        "left": result.left,
        "seconds": result.seconds,
        "mode": result.mode,
    }
    writer.insert("refresh", pa.Table.from_pylist([row]))


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _day(shop: Shop, instant: datetime) -> str:
    return f"{instant.astimezone(shop.zone):%Y-%m-%d %H:%M}"
