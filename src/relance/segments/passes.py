"""One look at the customers: who is in which segment at an instant, and what that changed.

Its statements are compiled once a day and kind of look (`warehouse.statements`). They follow one another over tables
that last as long as the look:

    look_reasons  who is looked at, and why          look_fresh    their new words and spend
    look_before   what these were (some only)        look_changed  the words that are not as before
    look_masks    the segments' bits                 look_rows     the journal's rows
    look_of_*     the rows of those who are looked at, table by table (`touched`)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, Literal

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import STANDING, Column, Reading, Thresholds, instant_literal
from relance.segments.checks import Context
from relance.segments.definitions import Segment
from relance.segments.edges import Window, edges, exact_windows
from relance.segments.evaluate import answer, gathered
from relance.segments.language.typed import Matching, Meaning, leaves
from relance.segments.reads import BROWSING, VISITING, tables_of
from relance.segments.references import Names, is_membership, said_by, said_in
from relance.segments.standing import column_of
from relance.segments.words64 import packed, place_of
from relance.store import Shop
from relance.warehouse import (
    EVERYBODY,
    INSTANTS,
    PLACEHOLDERS,
    TABLES,
    Moment,
    Statement,
    Writer,
    aligned,
    bucket_of,
    filled,
)

After = Literal["visits", "browsing", "anything"]


@dataclass(frozen=True)
class Definitions:
    """The shop's segments: `order` has the ids that can be computed, those that are read before their readers."""

    segments: Sequence[Segment]
    meanings: Mapping[str, Meaning]
    order: Sequence[str]
    names: Names

    @cached_property
    def by_id(self) -> Mapping[str, Segment]:
        """The segments by their ids."""
        return {segment.segment_id: segment for segment in self.segments}

    @cached_property
    def computed(self) -> list[Segment]:
        """The segments that are evaluated, in the order of their bits."""
        return [segment for segment in self.segments if segment.segment_id in self.meanings]

    @cached_property
    def kept(self) -> list[int]:
        """The bits that stay as they are: of segments that cannot be computed."""
        return [one.bit for one in self.segments if not one.archived and one.segment_id not in self.meanings]

    @cached_property
    def words(self) -> int:
        """How many words the bits take."""
        return max((place_of(segment.bit)[0] + 1 for segment in self.segments), default=0)

    @cached_property
    def followed(self) -> frozenset[str]:
        """The segments whose entries and exits another segment asks for."""
        found = (
            self.names.find(said)
            for meaning in self.meanings.values()
            for leaf in leaves(meaning)
            if isinstance(leaf, Matching) and not is_membership(leaf)
            for said, _ in said_in(leaf)
        )
        return frozenset(one for one in found if one is not None)

    @cached_property
    def browsing(self) -> Definitions:
        """Those of the segments that browsing can change."""
        return self._changed_by(BROWSING)

    @cached_property
    def visiting(self) -> Definitions:
        """Those of the segments that visits can change."""
        return self._changed_by(VISITING)

    def _changed_by(self, tables: frozenset[str]) -> Definitions:
        """The segments that read these tables, those that minutes or hours change by themselves, and their readers."""
        chosen: dict[str, Meaning] = {}
        for key in self.order:
            meaning = self.meanings[key]
            named = {self.names.find(said) for said in said_by(meaning)}
            if tables & tables_of(meaning) or named & chosen.keys() or exact_windows([meaning]):
                chosen[key] = meaning
        return replace(self, meanings=chosen, order=tuple(chosen))

    @cached_property
    def levels(self) -> list[list[str]]:
        """The computed segments in steps: each reads only segments of the steps before."""
        level_of: dict[str, int] = {}
        for key in self.order:
            read = {self.names.ids.get(said) for said in said_by(self.meanings[key])}
            level_of[key] = max((level_of[one] + 1 for one in read if one in level_of and one != key), default=0)
        found: list[list[str]] = [[] for _ in range(max(level_of.values(), default=-1) + 1)]
        for key, level in level_of.items():
            found[level].append(key)
        return found


@dataclass(frozen=True)
class Look:
    """What one look works with: `is_whole` looks at everybody, else only at those with a reason.

    After mere browsing or visits (`after`) only the segments that these can change are evaluated; the others' bits
    stay.
    """

    writer: Writer
    shop: Shop
    definitions: Definitions
    windows: tuple[Window, ...]
    moments: Mapping[Moment, datetime]
    found: Thresholds = field(default_factory=Thresholds)
    is_whole: bool = False
    after: After = "anything"

    @property
    def evaluated(self) -> Definitions:
        """The segments whose conditions are asked."""
        if self.after == "anything":
            return self.definitions
        return self.definitions.visiting if self.after == "visits" else self.definitions.browsing

    @property
    def is_browsing(self) -> bool:
        """Whether nothing has happened by which anybody's worth changes."""
        return self.after != "anything"

    @property
    def at(self) -> datetime:
        """As of when."""
        return self.moments["at"]

    @cached_property
    def key(self) -> Hashable:
        """What most statements of the look depend on, beside its moments."""
        places = tuple((one.segment_id, one.version, one.bit, one.archived) for one in self.definitions.segments)
        kind = self.is_whole, self.after, "last" in self.moments
        return (self.shop, places, tuple(self.definitions.order), self.windows, kind)

    @cached_property
    def day(self) -> Hashable:
        """What the words depend on besides: the shop's day, and those of hours away; the population facts."""
        zone = self.shop.zone
        days = {(self.at - wait).astimezone(zone).date() for wait in (ZERO, *(one.after for one in self.windows))}
        return tuple(sorted(days)), tuple(sorted(self.found.edges.items()))

    def text(self, name: str, build: Callable[[], Table], of: Hashable = None) -> str:
        """The named statement with this look's moments; its expression is built when nothing like it is known."""
        return self.statement(name, build, of).text

    def statement(self, name: str, build: Callable[[], Table], of: Hashable = None) -> Statement:
        """The same with the columns that it reads."""
        found = self.writer.statement((name, self.key, of), build)
        return replace(found, text=filled(found.text, self.moments))

    def stage(self, name: str, build: Callable[[], Table], of: Hashable = None) -> None:
        """Keep the rows of the named statement until the look ends."""
        self.writer.stage_as(name, self.text(name, build, of))

    def insert(self, table: str, build: Callable[[], Table], name: str = "") -> None:
        """Add the rows of a statement to a table; a table's second statement needs a name."""
        self.writer.insert_compiled(table, self.text(f"{name} into {table}", lambda: aligned(table, build())))

    def ask(self, name: str, build: Callable[[], Table]) -> list[dict[str, Any]]:
        """The rows of the named statement."""
        return self.writer.ask(self.text(name, build))

    def table(self, name: str) -> Table:
        """A table of the warehouse or of the look."""
        return self.writer.table(name)

    def crossed_minutes(self) -> list[dict[str, Any]]:
        """The minutes since the last refresh in which an edge of a short window lies, in order, as naive UTC."""
        return self.ask("minutes", self._minutes)

    def _minutes(self) -> Table:
        found = edges(self.writer.engine, self.windows, PLACEHOLDERS["last"], AT)
        minutes: Table = found.select(minute=found.edge.truncate("m")).distinct().order_by("minute")
        return minutes

    def forget_last(self, name: str) -> None:
        """Delete the rows of a table that are as of the last refresh."""
        self.stage(f"look_last_{name}", lambda: self._as_of_last(name))
        self.writer.delete_staged(name, "as_of", f"look_last_{name}")

    def _as_of_last(self, name: str) -> Table:
        rows = self.table(name)
        return rows.filter(rows.as_of == instant_literal(PLACEHOLDERS["last"])).select("as_of").distinct()


AT = PLACEHOLDERS["at"]
# What is kept of each customer beside the words.
KEPT: Final = tuple(name for name in TABLES["standing"] if name not in {"customer_id", "bucket"})
ZERO: Final = timedelta(0)
# Tables of customers' rows.
OF_CUSTOMERS: Final = frozenset({*INSTANTS, "order_line", "order_session", "journal", "membership"})


@dataclass(frozen=True)
class Reasons:
    """How many of the customers have to be looked at, rows of which tables are new; or a change calls for everybody."""

    whom: int
    customers: int
    everybody: bool
    tables: frozenset[str]

    @property
    def after(self) -> After:
        """What has happened at most."""
        if self.everybody or not self.tables <= BROWSING:
            return "anything"
        return "visits" if self.tables <= VISITING else "browsing"


def find_reasons(look: Look) -> Reasons:
    """Stage whose rows became due, or whose edges were crossed, with the latest of each.

    Rows (customer_id, bucket, row_at, cause, what, edge), one a customer.
    """
    look.stage("look_due", lambda: _due(look))
    if has_windows(look):
        look.stage("look_crossed", lambda: edges(look.writer.engine, look.windows, PLACEHOLDERS["last"], AT))
    look.stage("look_reasons", lambda: _reasons(look))
    (row,) = look.ask("whom", lambda: _whom(look))
    tables = frozenset(_table_of(what) for what in row["whats"] or ())
    return Reasons(row["whom"], row["customers"], row["everybody"] > 0, tables)


def has_windows(look: Look) -> bool:
    """Whether an edge of a short window can have been crossed since the last refresh."""
    return bool(look.windows) and "last" in look.moments


def _table_of(what: str) -> str:
    return "journal" if what == "segment" else what


def _due(look: Look) -> Table:
    agenda = look.table("agenda")
    due: Table = agenda.filter(agenda["at"].isnull() | (agenda["at"] < instant_literal(AT)))
    return due


def _reasons(look: Look) -> Table:
    due = look.table("look_due").filter(ibis._.customer_id != EVERYBODY)
    moment = due["at"].fill_null(instant_literal(AT))
    # a visit ends half an hour after what was done in it: it is named only when there is nothing else
    order = ibis.struct({"first": (due.cause != "session").cast("int8"), "at": moment, "what": due.what})
    latest = due.group_by("customer_id").agg(
        row_at=moment.argmax(order), cause=due.cause.argmax(order), what=due.what.argmax(order)
    )
    if not has_windows(look):
        reasons = latest.mutate(edge=ibis.null("timestamp"))
    else:
        crossed = look.table("look_crossed")
        by_edge = crossed.group_by(edge_of=crossed.customer_id).agg(edge=crossed.edge.max())
        joined: Column = latest.outer_join(by_edge, latest.customer_id == by_edge.edge_of)
        whose = ibis.coalesce(joined.customer_id, joined.edge_of)
        reasons = joined.mutate(customer_id=whose).drop("edge_of")
    return reasons.mutate(bucket=bucket_of(reasons.customer_id))


def _whom(look: Look) -> Table:
    due = look.table("look_due")
    found: Column = due.agg(
        everybody=due.count(where=due.customer_id == EVERYBODY),
        whats=due.what.split(":")[0].collect(distinct=True),
    )
    counts: Column = found.cross_join(look.table("look_reasons").agg(whom=ibis._.count()))
    table: Table = counts.cross_join(look.table("customer").agg(customers=ibis._.count()))
    return table


def words_of(look: Look, engine: BaseBackend) -> Table:
    """The customers with the words of the evaluated segments, other bits unset; `KEPT` after more than browsing."""
    definitions, names = look.evaluated, look.definitions.names
    reading = Reading(engine, look.shop, look.at, None, AT)
    computed = frozenset(said for said, found in names.ids.items() if found in definitions.meanings)
    spent, sums = ([], ()) if look.is_browsing else (["amount_spent"], STANDING)
    asked = definitions.meanings.values()
    table, matches = gathered(reading, asked, look.found, spent, names, computed, sums=sums)
    read = {said for meaning in definitions.meanings.values() for said in said_by(meaning)} & computed
    for level in definitions.levels:
        context = Context(reading, look.found, table)
        columns = {_bit(definitions, key): answer(definitions.meanings[key], context, matches) for key in level}
        table = table.mutate(**columns)
        said = {column_of(one): table[_bit(definitions, names.ids[one])] for one in read if names.ids[one] in level}
        table = table.mutate(**said) if said else table
    bits = {definitions.by_id[key].bit: table[_bit(definitions, key)] for key in definitions.order}
    words = {f"w{word}": packed(bits, word) for word in range(definitions.words)}
    kept = {one.name: table[f"_{one.name}"] for one in sums}
    return table.select("customer_id", *spent, **kept, **words)


def _bit(definitions: Definitions, key: str) -> str:
    return f"_bit_{definitions.by_id[key].bit}"


def forget_due(look: Look) -> None:
    """Take what was due from the agenda."""
    look.writer.delete_before("agenda", "at", look.at)


def stage_masks(look: Look, redefined: frozenset[str], moved: frozenset[str]) -> None:
    """Stage the segments' places in the words, and which are redefined or read population facts that changed."""
    segments = look.definitions.segments
    places = [place_of(segment.bit) for segment in segments]
    ids = [segment.segment_id for segment in segments]
    masks = pa.table(
        {
            "segment_id": pa.array(ids, pa.string()),
            "of_word": pa.array([word for word, _ in places], pa.int16()),
            "mask": pa.array([mask for _, mask in places], pa.int64()),
            "redefined": pa.array([one in redefined for one in ids], pa.bool_()),
            "is_read": pa.array([one in look.definitions.followed for one in ids], pa.bool_()),
            "moved": pa.array([one in moved for one in ids], pa.bool_()),
            "version": pa.array([f"version:{segment.version}" for segment in segments], pa.string()),
            "day": pa.array([f"day:{look.at.astimezone(look.shop.zone).date()}"] * len(segments), pa.string()),
        }
    )
    look.writer.stage_arrow("look_masks", masks)
