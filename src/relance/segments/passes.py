"""One look at the customers: who is in which segment at an instant, and what that changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import ibis
from ibis.expr.types import Table

from relance.profiles import Column, Reading, Thresholds, instant_literal
from relance.segments.checks import Context
from relance.segments.definitions import Segment
from relance.segments.evaluate import answer, gathered
from relance.segments.language.typed import Meaning
from relance.segments.references import Names, said_by
from relance.segments.standing import column_of
from relance.segments.words64 import mask_of, packed, place_of
from relance.store import Shop
from relance.warehouse import EVERYBODY, Writer, bucket_of


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

    @property
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


@dataclass(frozen=True)
class Look:
    """What one look works with; `touched` has the customers (customer_id, bucket) to look at, None is everybody."""

    shop: Shop
    at: datetime
    definitions: Definitions
    found: Thresholds
    touched: Table | None
    reasons: Table


def reasons_at(writer: Writer, at: datetime, crossed: Table | None) -> tuple[Table, bool]:
    """Whose rows became due before `at`, or whose edges were crossed, with the latest of each; whether it is everybody.

    Rows (customer_id, bucket, row_at, cause, what, edge), one a customer.
    """
    agenda = writer.table("agenda")
    instant = instant_literal(at)
    due = agenda.filter(agenda["at"].isnull() | (agenda["at"] < instant))
    everybody = due.filter(due.customer_id == EVERYBODY).count()
    calls = bool(writer.engine.to_pyarrow(everybody).as_py())
    moment = due["at"].fill_null(instant)
    order = ibis.struct({"at": moment, "what": due.what})
    latest = due.group_by("customer_id").agg(
        row_at=moment.max(), cause=due.cause.argmax(order), what=due.what.argmax(order)
    )
    if crossed is None:
        reasons = latest.mutate(edge=ibis.null("timestamp"))
    else:
        edges = crossed.group_by(edge_of=crossed.customer_id).agg(edge=crossed.edge.max())
        joined: Column = latest.outer_join(edges, latest.customer_id == edges.edge_of)
        whose = ibis.coalesce(joined.customer_id, joined.edge_of)
        reasons = joined.mutate(customer_id=whose).drop("edge_of")
    named = reasons.filter(reasons.customer_id != EVERYBODY)
    return writer.stage(named.mutate(bucket=bucket_of(named.customer_id))), calls


def forget_due(writer: Writer, at: datetime) -> None:
    """Take what was due before `at` from the agenda."""
    agenda = writer.table("agenda")
    waiting = writer.stage(agenda.filter(agenda["at"] >= instant_literal(at)))
    writer.delete_where("agenda")
    writer.insert("agenda", waiting)


def looked(reading: Reading, look: Look) -> Table:
    """The customers with the packed words `w0`, `w1` … and `amount_spent`, net in minor units."""
    definitions = look.definitions
    computed = frozenset(said for said, found in definitions.names.ids.items() if found in definitions.meanings)
    table, matches = gathered(
        reading, definitions.meanings.values(), look.found, ["amount_spent"], definitions.names, computed
    )
    for level in _levels(definitions):
        context = Context(reading, look.found, table)
        columns = {_bit(definitions, key): answer(definitions.meanings[key], context, matches) for key in level}
        table = table.mutate(**columns)
        read = {said for key in definitions.order for said in said_by(definitions.meanings[key])} & computed
        of_level = {said: definitions.names.ids[said] for said in read if definitions.names.ids[said] in level}
        if of_level:
            table = table.mutate(**{column_of(said): table[_bit(definitions, key)] for said, key in of_level.items()})
    bits = {definitions.by_id[key].bit: table[_bit(definitions, key)] for key in definitions.order}
    words = {f"w{word}": packed(bits, word) for word in range(definitions.words)}
    return table.select("customer_id", "amount_spent", **words)


def _bit(definitions: Definitions, key: str) -> str:
    return f"_bit_{definitions.by_id[key].bit}"


def _levels(definitions: Definitions) -> list[set[str]]:
    """The segments in steps: each reads only segments of the steps before."""
    level_of: dict[str, int] = {}
    for key in definitions.order:
        read = {definitions.names.ids.get(said) for said in said_by(definitions.meanings[key])}
        level_of[key] = max((level_of[one] + 1 for one in read if one in level_of and one != key), default=0)
    found: list[set[str]] = [set() for _ in range(max(level_of.values(), default=-1) + 1)]
    for key, level in level_of.items():
        found[level].add(key)
    return found


def changes(writer: Writer, look: Look, fresh: Table) -> Table:
    """Rows (customer_id, word, bits, changed) where a word is not what it was; `bits` is what it is now.

    A customer who is no more leaves everything.
    """
    old = _memberships(writer, look)
    by_word = [_changes_of(look, fresh, old, word) for word in range(look.definitions.words)]
    return ibis.union(*by_word) if by_word else _nothing()


def _changes_of(look: Look, fresh: Table, old: Table, word: int) -> Table:
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


def _memberships(writer: Writer, look: Look) -> Table:
    membership = writer.table("membership")
    return membership if look.touched is None else membership.semi_join(look.touched, "customer_id")


def keep(writer: Writer, look: Look, fresh: Table, changed: Table) -> None:
    """Bring the stored words and what customers are worth to what the look found."""
    if look.touched is None:
        _keep_everybody(writer, look, fresh)
    else:
        _keep_some(writer, fresh, changed)


def _keep_everybody(writer: Writer, look: Look, fresh: Table) -> None:
    kept = writer.stage(writer.table("membership")) if look.definitions.kept else None
    writer.delete_where("membership")
    for word in range(look.definitions.words):
        row: Column = fresh.select("customer_id", bits=fresh[f"w{word}"])
        if kept is not None:
            before = kept.filter(kept.word == word).select(old_id="customer_id", old="bits")
            joined: Column = row.left_join(before, row.customer_id == before.old_id)
            still = joined.old.fill_null(0) & ibis.literal(mask_of(look.definitions.kept, word), type="int64")
            row = joined.select("customer_id", bits=joined.bits | still)
        set_ones = row.filter(row.bits != 0)
        writer.insert("membership", set_ones.mutate(word=ibis.literal(word, type="int16")))
    writer.delete_where("standing")
    writer.insert("standing", fresh.select("customer_id", "amount_spent"))


def _keep_some(writer: Writer, fresh: Table, changed: Table) -> None:
    membership = writer.table("membership")
    same = membership.semi_join(changed, "customer_id").anti_join(changed, ["customer_id", "word"])
    now: Column = changed.filter(changed.bits != 0).select("customer_id", "word", "bits")
    rows = writer.stage(ibis.union(same.select("customer_id", "word", "bits"), now))
    writer.delete_matching("membership", "customer_id", changed)
    writer.insert("membership", rows)
    writer.delete_matching("standing", "customer_id", fresh)
    writer.insert("standing", fresh.select("customer_id", "amount_spent"))


def _nothing() -> Table:
    schema = {"customer_id": "string", "word": "int16", "bits": "int64", "changed": "int64"}
    empty: Table = ibis.memtable([], schema=schema)
    return empty
