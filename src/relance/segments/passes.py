"""One look at the customers: who is in which segment at an instant, and what that changed.

Its statements are compiled once a day and kind of look (`warehouse.statements`). They follow one another over tables
that last as long as the look:

    look_reasons  who is looked at, and why          look_fresh    everyone's new words and spend
    look_changed  the words that are not as before   look_rows     the journal's rows
    look_masks    the segments' bits                 look_same     words that stay, of those with a change
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, cast

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Column, Reading, Thresholds, instant_literal
from relance.segments.checks import Context
from relance.segments.definitions import Segment
from relance.segments.edges import Window, edges
from relance.segments.evaluate import answer, gathered
from relance.segments.language.typed import Matching, Meaning, leaves
from relance.segments.references import Names, is_membership, said_by, said_in
from relance.segments.standing import column_of
from relance.segments.words64 import mask_of, packed, place_of
from relance.store import Shop
from relance.warehouse import EVERYBODY, INSTANTS, PLACEHOLDERS, Moment, Writer, aligned, bucket_of, filled


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
    """What one look works with: `is_whole` looks at everybody, else only at those with a reason."""

    writer: Writer
    shop: Shop
    definitions: Definitions
    windows: tuple[Window, ...]
    moments: Mapping[Moment, datetime]
    found: Thresholds = field(default_factory=Thresholds)
    is_whole: bool = False

    @property
    def at(self) -> datetime:
        """As of when."""
        return self.moments["at"]

    @cached_property
    def key(self) -> Hashable:
        """What most statements of the look depend on, beside its moments."""
        places = tuple((one.segment_id, one.version, one.bit, one.archived) for one in self.definitions.segments)
        return (self.shop, places, tuple(self.definitions.order), self.windows, self.is_whole, "last" in self.moments)

    @cached_property
    def day(self) -> Hashable:
        """What the words depend on besides: the shop's day, and those of hours away; the population facts."""
        zone = self.shop.zone
        days = {(self.at - wait).astimezone(zone).date() for wait in (ZERO, *(one.after for one in self.windows))}
        return tuple(sorted(days)), tuple(sorted(self.found.edges.items()))

    def text(self, name: str, build: Callable[[], Table], of: Hashable = None) -> str:
        """The named statement with this look's moments; its expression is built when nothing like it is known."""
        return filled(self.writer.compiled((name, self.key, of), build), self.moments)

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
ZERO: Final = timedelta(0)
# Tables of customers' rows: a look at some reads only theirs.
OF_CUSTOMERS: Final = frozenset({*INSTANTS, "order_line", "order_session", "journal", "membership"})
_NARROWED: Final = re.compile(r'"look_of_(\w+)"')


class Narrowed:
    """The warehouse's engine as a look at some customers sees it: their rows only, picked once a table."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.picked: set[str] = set()

    def table(self, name: str) -> Table:
        """The table, or the rows of it that the customers have."""
        if name not in OF_CUSTOMERS:
            return self.look.table(name)
        self.pick(name)
        return self.look.table(f"look_of_{name}")

    def pick(self, name: str) -> None:
        """Stage the rows of those who are looked at."""
        if name not in self.picked:
            self.picked.add(name)
            self.look.stage(f"look_of_{name}", lambda: self._theirs(name))

    def _theirs(self, name: str) -> Table:
        rows = self.look.table(name)
        keys = ["bucket", "customer_id"] if "bucket" in rows.columns else "customer_id"
        return rows.semi_join(self.look.table("look_reasons"), keys)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.look.writer.engine, name)


def find_reasons(look: Look) -> tuple[int, int, bool]:
    """Stage whose rows became due, or whose edges were crossed, with the latest of each.

    Rows (customer_id, bucket, row_at, cause, what, edge), one a customer. Returns how many they are, how many
    customers there are, and whether a change calls for everybody.
    """
    look.stage("look_reasons", lambda: _reasons(look))
    (row,) = look.ask("whom", lambda: _whom(look))
    return row["whom"], row["customers"], row["everybody"] > 0


def _due(look: Look) -> Table:
    agenda = look.table("agenda")
    due: Table = agenda.filter(agenda["at"].isnull() | (agenda["at"] < instant_literal(AT)))
    return due


def _reasons(look: Look) -> Table:
    due = _due(look).filter(ibis._.customer_id != EVERYBODY)
    moment = due["at"].fill_null(instant_literal(AT))
    # a visit ends half an hour after what was done in it: it is named only when there is nothing else
    order = ibis.struct({"first": (due.cause != "session").cast("int8"), "at": moment, "what": due.what})
    latest = due.group_by("customer_id").agg(
        row_at=moment.argmax(order), cause=due.cause.argmax(order), what=due.what.argmax(order)
    )
    if not look.windows or "last" not in look.moments:
        reasons = latest.mutate(edge=ibis.null("timestamp"))
    else:
        crossed = edges(look.writer.engine, look.windows, PLACEHOLDERS["last"], AT)
        by_edge = crossed.group_by(edge_of=crossed.customer_id).agg(edge=crossed.edge.max())
        joined: Column = latest.outer_join(by_edge, latest.customer_id == by_edge.edge_of)
        whose = ibis.coalesce(joined.customer_id, joined.edge_of)
        reasons = joined.mutate(customer_id=whose).drop("edge_of")
    return reasons.mutate(bucket=bucket_of(reasons.customer_id))


def _whom(look: Look) -> Table:
    due = _due(look)
    everybody = due.agg(everybody=due.count(where=due.customer_id == EVERYBODY))
    counts: Column = everybody.cross_join(look.table("look_reasons").agg(whom=ibis._.count()))
    table: Table = counts.cross_join(look.table("customer").agg(customers=ibis._.count()))
    return table


def find_words(look: Look) -> None:
    """Stage the customers with the packed words `w0`, `w1` … and `amount_spent`, net in minor units."""
    if look.is_whole:
        look.stage("look_fresh", lambda: _words(look, look.writer.engine), look.day)
        return
    narrowed = Narrowed(look)
    text = look.text("look_fresh", lambda: _words(look, cast(BaseBackend, narrowed)), look.day)
    for name in set(_NARROWED.findall(text)):
        narrowed.pick(name)
    look.writer.stage_as("look_fresh", text)


def _words(look: Look, engine: BaseBackend) -> Table:
    definitions, names = look.definitions, look.definitions.names
    reading = Reading(engine, look.shop, look.at, None, AT)
    computed = frozenset(said for said, found in names.ids.items() if found in definitions.meanings)
    table, matches = gathered(reading, definitions.meanings.values(), look.found, ["amount_spent"], names, computed)
    read = {said for meaning in definitions.meanings.values() for said in said_by(meaning)} & computed
    for level in definitions.levels:
        context = Context(reading, look.found, table)
        columns = {_bit(definitions, key): answer(definitions.meanings[key], context, matches) for key in level}
        table = table.mutate(**columns)
        said = {column_of(one): table[_bit(definitions, names.ids[one])] for one in read if names.ids[one] in level}
        table = table.mutate(**said) if said else table
    bits = {definitions.by_id[key].bit: table[_bit(definitions, key)] for key in definitions.order}
    words = {f"w{word}": packed(bits, word) for word in range(definitions.words)}
    return table.select("customer_id", "amount_spent", **words)


def _bit(definitions: Definitions, key: str) -> str:
    return f"_bit_{definitions.by_id[key].bit}"


def find_changes(look: Look) -> None:
    """Stage the rows (customer_id, word, bits, changed) where a word is not what it was; `bits` is what it is now.

    A customer who is no more leaves everything.
    """
    look.stage("look_changed", lambda: ibis.union(*(_changes(look, word) for word in range(look.definitions.words))))


def _changes(look: Look, word: int) -> Table:
    fresh, old = look.table("look_fresh"), look.table("membership")
    if not look.is_whole:
        old = old.semi_join(look.table("look_reasons"), "customer_id")
    before: Column = old.filter(old.word == word).select(old_id="customer_id", old_bits="bits")
    kept = ibis.literal(mask_of(look.definitions.kept, word), type="int64")
    joined: Column = fresh.outer_join(before, fresh.customer_id == before.old_id)
    was = joined.old_bits.fill_null(0)
    still = (was & kept) if look.definitions.kept else ibis.literal(0, type="int64")
    bits = joined.customer_id.isnull().ifelse(ibis.literal(0, type="int64"), joined[f"w{word}"] | still)
    row = joined.select(
        customer_id=ibis.coalesce(joined.customer_id, joined.old_id),
        word=ibis.literal(word, type="int16"),
        bits=bits,
        changed=bits ^ was,
    )
    changed: Table = row.filter(row.changed != 0)
    return changed


def keep(look: Look) -> None:
    """Bring the stored words and what customers are worth to what the look found."""
    if look.is_whole:
        _keep_everybody(look)
    else:
        _keep_some(look)


def _keep_everybody(look: Look) -> None:
    writer, words = look.writer, range(look.definitions.words)
    if look.definitions.kept:
        look.stage("look_same", lambda: look.table("membership"))
    writer.delete_where("membership")
    if words:
        look.insert("membership", lambda: ibis.union(*(_whole_words(look, word) for word in words)))
    writer.delete_where("standing")
    look.insert("standing", lambda: look.table("look_fresh").select("customer_id", "amount_spent"))


def _whole_words(look: Look, word: int) -> Table:
    fresh = look.table("look_fresh")
    row: Column = fresh.select("customer_id", bits=fresh[f"w{word}"])
    if look.definitions.kept:
        same = look.table("look_same")
        before = same.filter(same.word == word).select(old_id="customer_id", old="bits")
        joined: Column = row.left_join(before, row.customer_id == before.old_id)
        still = joined.old.fill_null(0) & ibis.literal(mask_of(look.definitions.kept, word), type="int64")
        row = joined.select("customer_id", bits=joined.bits | still)
    words: Table = row.filter(row.bits != 0).select("customer_id", word=ibis.literal(word, type="int16"), bits="bits")
    return words


def _keep_some(look: Look) -> None:
    writer = look.writer
    look.stage("look_same", lambda: _words_of_changed(look))
    writer.delete_staged("membership", "customer_id", "look_changed")
    look.insert("membership", lambda: look.table("look_same"))
    writer.delete_staged("standing", "customer_id", "look_fresh")
    look.insert("standing", lambda: look.table("look_fresh").select("customer_id", "amount_spent"))


def _words_of_changed(look: Look) -> Table:
    membership, changed = look.table("membership"), look.table("look_changed")
    same = membership.semi_join(changed, "customer_id").anti_join(changed, ["customer_id", "word"])
    now: Column = changed.filter(changed.bits != 0).select("customer_id", "word", "bits")
    return ibis.union(same.select("customer_id", "word", "bits"), now)


def forget_due(look: Look) -> None:
    """Take what was due from the agenda."""
    look.stage("look_waiting", lambda: look.table("agenda").filter(ibis._["at"] >= instant_literal(AT)))
    look.writer.delete_where("agenda")
    look.insert("agenda", lambda: look.table("look_waiting"))


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
