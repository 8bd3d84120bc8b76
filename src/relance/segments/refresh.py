"""All saved segments brought up to an instant: packed bits, and a journal of what changed.

The first refresh looks at everybody. A later one looks at those whose rows changed since (the warehouse's agenda), at
those whose rows an edge of a window has passed, and, when the day of the shop has changed, at everybody as of
midnight: its cost follows what happened. Each stop is a transaction of its own, so a refresh that is stopped goes on
where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Final, Literal

import pyarrow as pa

from relance.clock import start_of_day
from relance.errors import Conflict, QueryError, RelanceError
from relance.profiles import Thresholds, instant_literal, threshold_rows, thresholds
from relance.segments import everybody, journal, sizes, touched
from relance.segments.consents import copy_consents
from relance.segments.definitions import Segment, all_segments, called
from relance.segments.edges import Window, exact_windows
from relance.segments.evaluate import facts_needed
from relance.segments.fields import fields_of_shop
from relance.segments.language.typed import Meaning
from relance.segments.passes import Definitions, Look, Reasons, find_reasons, forget_due, stage_masks
from relance.segments.query import understood
from relance.segments.references import Names, SegmentsInACircle, in_order, profiling_among
from relance.segments.schedule import MOST_STEPS, Stop, stops, stops_for
from relance.store import Shop, Store
from relance.warehouse import INSTANTS, Moment, Warehouse, Writer, entries

Progress = Callable[[int, int], None]
Mode = Literal["full", "incremental"]
ALWAYS: Final = frozenset({"rfm_recency", "rfm_frequency", "rfm_monetary", "gap"})
# From this share of the customers on, looking at everybody costs less than looking at some.
MOST_TOUCHED: Final = 0.2
DEFINED: Final = "definitions"
THRESHOLDS: Final = "thresholds"


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
    at_once: bool = False,
    is_live: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> RefreshResult:
    """Evaluate every saved segment as of `now`; memberships, journal and sizes change together.

    `at_once` looks only at `now`, whatever edges were passed since the last refresh: what they changed is dated `now`.
    `is_live`: others follow soon, and what they will ask is compiled when the day has changed.
    Raises Conflict when `now` is before the last refresh, unless `rebuild`, which forgets everything from the day
    of `now` on and writes the journal again from there (S24).
    """
    begun = perf_counter()
    with warehouse.refreshing:
        with store.read() as connection, warehouse.write() as writer:
            segments = all_segments(connection, shop, archived=True)
            copy_consents(connection, writer, shop)
            last = _begin(warehouse, writer, shop, now, segments, rebuild=rebuild)
            definitions, problems = _defined(warehouse, writer, segments, now)
        run = Run(
            warehouse, shop, recorded_at, definitions, exact_windows(definitions.meanings.values()), begun, is_live
        )
        return replace(run.to(last, now, progress, rebuild=rebuild, at_once=at_once), skipped=tuple(problems))


def _begin(
    warehouse: Warehouse, writer: Writer, shop: Shop, now: datetime, segments: list[Segment], *, rebuild: bool
) -> journal.LastRefresh | None:
    last = journal.last_refresh(writer)
    if last and now < last.as_of and not rebuild:
        raise Conflict("membership.refresh_in_the_past", asked=_day(shop, now), last=_day(shop, last.as_of))
    if rebuild:
        warehouse.remembered.clear()
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


def _defined(
    warehouse: Warehouse, writer: Writer, segments: Sequence[Segment], now: datetime
) -> tuple[Definitions, dict[str, RelanceError]]:
    """What `_define` finds, worked out and written again only when a definition, a customer or a list has changed."""
    versions = tuple((one.segment_id, one.name, one.version, one.archived) for one in segments)
    if DEFINED not in warehouse.remembered or warehouse.remembered[DEFINED][0] != versions:
        definitions, problems = _define(writer, segments)
        _write_names(writer, definitions)
        sizes.write_problems(writer, problems, now)
        warehouse.remembered[DEFINED] = versions, definitions, problems
    _, definitions, problems = warehouse.remembered[DEFINED]
    return definitions, problems


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
    windows: tuple[Window, ...]
    begun: float
    is_live: bool = False

    def to(
        self, last: journal.LastRefresh | None, now: datetime, progress: Progress, *, rebuild: bool, at_once: bool
    ) -> RefreshResult:
        """Look at every stop up to `now`; what all of them changed."""
        afresh = last is None or rebuild or bool(self._redefined(last))
        todo = stops(self.shop, last.as_of if last else None, now, at_once=at_once)
        todo[0] = replace(todo[0], everybody=todo[0].everybody or afresh)
        looks: list[RefreshResult] = []
        progress(0, len(todo))
        for done, stop in enumerate(todo):
            for part in self._parts(last, stop, MOST_STEPS // len(todo)):
                look = self._look(last, part, is_last=part.at == now)
                if look is not None:
                    last = journal.LastRefresh(part.at, self.recorded_at, self._versions(), look.mode)
                    looks.append(look)
            progress(done + 1, len(todo))
        entered, left = sum(look.entered for look in looks), sum(look.left for look in looks)
        took = perf_counter() - self.begun
        return replace(looks[-1], entered=entered, left=left, stops=len(looks), seconds=took)

    def _parts(self, last: journal.LastRefresh | None, stop: Stop, most: int) -> list[Stop]:
        """The stop, and before it those for the edges of short windows that lie in between."""
        # parts begin with minutes
        if not self.windows or last is None or stop.everybody or _minute(last.as_of) == _minute(stop.at):
            return [stop]
        with self.warehouse.write() as writer:
            moments: dict[Moment, datetime] = {"at": stop.at, "last": last.as_of}
            rows = Look(writer, self.shop, self.definitions, self.windows, moments).crossed_minutes()
        instants = stops_for([row["minute"].replace(tzinfo=UTC) for row in rows], most)
        return [*(Stop(instant, False) for instant in instants if last.as_of < instant < stop.at), stop]

    def _look(self, last: journal.LastRefresh | None, stop: Stop, *, is_last: bool) -> RefreshResult | None:
        """One transaction; None when nobody had to be looked at."""
        begun = perf_counter()
        moments: dict[Moment, datetime] = {"at": stop.at, "recorded": self.recorded_at}
        if last is not None:
            moments["last"] = last.as_of
        with self.warehouse.write() as writer:
            look = Look(writer, self.shop, self.definitions, self.windows, moments)
            why = find_reasons(look)
            if not (why.whom or why.everybody or stop.everybody or is_last):
                return None
            look = replace(look, found=self._thresholds(writer, stop.at))
            look = self._of_some(look, why) if last is not None and not stop.everybody else replace(look, is_whole=True)
            result = self._write(last, look, why.customers)
            whom = why.customers if look.is_whole else why.whom
            result = replace(result, seconds=perf_counter() - begun, touched=whom)
            _note(look, result, last)
        if self.is_live and look.is_whole and is_last:
            touched.make_ready(look)
        return result

    def _of_some(self, look: Look, why: Reasons) -> Look:
        """The look as small as the reasons allow: at those who have one, for the segments that it can concern."""
        look = replace(look, after=why.after)
        share = len(look.evaluated.order) / max(len(self.definitions.order), 1)
        if why.everybody or why.whom * share > why.customers * MOST_TOUCHED:
            return replace(look, is_whole=True, after="anything")
        return look

    def _write(self, last: journal.LastRefresh | None, look: Look, customers: int) -> RefreshResult:
        entered = left = 0
        sized: dict[str, sizes.Size] = {}
        if self.definitions.words:
            if look.is_whole:
                everybody.find_words(look, customers, lambda _done, _total: None)
                everybody.find_changes(look)
            else:
                touched.find_words(look)
                touched.find_changes(look)
            stage_masks(look, self._redefined(last), self._moved(last, look))
            entered, left = journal.write(look, is_first=last is None)
            if look.is_whole:
                customers, sized = sizes.counted(look)
                everybody.keep(look)
            else:
                sized = sizes.brought_forward(look)
                touched.keep(look)
        forget_due(look)
        sizes.write(look, customers, sized)
        return RefreshResult(
            f"{_utc(look.at):%Y%m%dT%H%M%S%f}-{_utc(self.recorded_at):%Y%m%dT%H%M%S%f}",
            look.at,
            customers,
            entered,
            left,
            0.0,
            {segment_id: size.members for segment_id, size in sized.items()},
            mode="full" if look.is_whole else "incremental",
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
        known = (THRESHOLDS, at.astimezone(self.shop.zone).date(), needed)
        if known not in self.warehouse.remembered:
            found = thresholds(writer.engine, self.shop, at, needed)
            if found.computed:
                writer.insert("threshold", threshold_rows(found, self.recorded_at))
                return found
            self.warehouse.remembered[known] = found
        stored: Thresholds = self.warehouse.remembered[known]
        return stored

    def _moved(self, last: journal.LastRefresh | None, look: Look) -> frozenset[str]:
        """The segments that read a population fact which is not what it was at the last refresh."""
        if last is None or not look.is_whole:
            return frozenset()
        meanings = self.definitions.meanings
        facts = {segment_id: facts_needed([meaning]) for segment_id, meaning in meanings.items()}
        before = thresholds(look.writer.engine, self.shop, last.as_of, frozenset().union(*facts.values()))
        changed = {name for name in before.edges if before.edges[name] != look.found.edges.get(name)}
        return frozenset(segment_id for segment_id, read in facts.items() if read & changed)


def _note(look: Look, result: RefreshResult, last: journal.LastRefresh | None) -> None:
    """Keep that a refresh was; one that only looked at some gives its place to the next."""
    if last is not None and last.mode == "incremental" and last.as_of < result.as_of:
        for name in ("refresh", "segment_size"):
            look.forget_last(name)
    row = {
        "refresh_id": result.refresh_id,
        "as_of": _utc(result.as_of),
        "recorded_at": _utc(look.moments["recorded"]),
        "segments": result.segments,
        "customers": result.customers,
        "entered": result.entered,
        "left": result.left,
        "seconds": result.seconds,
        "mode": result.mode,
    }
    look.writer.insert_arrow("refresh", pa.Table.from_pylist([row]))


def _minute(instant: datetime) -> datetime:
    return _utc(instant).replace(second=0, microsecond=0)


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _day(shop: Shop, instant: datetime) -> str:
    return f"{instant.astimezone(shop.zone):%Y-%m-%d %H:%M}"
