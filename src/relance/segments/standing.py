"""Who was in a segment at an instant, from what refreshes kept: columns for queries that name a segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import ibis
from ibis.expr.types import Table

from relance.profiles import Column, Reading
from relance.segments.references import Names
from relance.segments.words64 import has, place_of
from relance.warehouse import rows_of


def column_of(said: str) -> str:
    """The column that says who is in the segment called so."""
    return f"_segment:{said.casefold()}"


def with_memberships(table: Table, reading: Reading, said: Iterable[str], names: Names) -> Table:
    """The customers with a boolean column for each name: who was in that segment at `now`.

    Since the last refresh these are the kept bits; for an earlier instant the journal is replayed. A name that no
    segment has is nobody's.
    """
    wanted = {name: names.find(name) for name in said}
    ids = sorted({found for found in wanted.values() if found is not None})
    if ids:
        inside = _kept(reading, ids, names) if _stands(reading) else _replayed(reading, ids)
        table = table.left_join(inside, table.customer_id == inside.member_id).drop("member_id")
    columns: dict[str, Column] = {}
    for name, found in wanted.items():
        columns[column_of(name)] = ibis.literal(False) if found is None else table[f"_in_{found}"].fill_null(False)
    return table.mutate(**columns)


def _stands(reading: Reading) -> bool:
    """Whether the kept memberships are those of `now`, or the nearest before it."""
    refresh = reading.engine.table("refresh")
    later = refresh.filter(refresh.as_of > ibis.literal(reading.now.replace(tzinfo=None), type="timestamp"))
    return not rows_of(reading.engine, later.limit(1))


def _kept(reading: Reading, ids: Iterable[str], names: Names) -> Table:
    membership = reading.engine.table("membership")
    if reading.touched is not None:
        membership = membership.semi_join(reading.touched, "customer_id")
    bits: Mapping[str, int] = {found: names.bits[found] for found in ids}
    words = sorted({place_of(bit)[0] for bit in bits.values()})
    by_word = membership.filter(membership.word.isin(words)).group_by(member_id=membership.customer_id)
    packed = by_word.agg(**{f"w{word}": membership.bits.max(where=membership.word == word) for word in words})
    flags = {f"_in_{found}": has(packed[f"w{place_of(bit)[0]}"].fill_null(0), bit) for found, bit in bits.items()}
    return packed.select("member_id", **flags)


def _replayed(reading: Reading, ids: Iterable[str]) -> Table:
    journal = reading.engine.table("journal")
    if reading.touched is not None:
        journal = journal.semi_join(reading.touched, "customer_id")
    rows = journal.filter(journal.effective_at < reading.instant, journal.segment_id.isin(list(ids)))
    order = ibis.struct({"recorded": rows.recorded_at, "at": rows.effective_at})
    state = {f"_in_{found}": rows.entered.argmax(order, where=rows.segment_id == found) for found in ids}
    return rows.group_by(member_id=rows.customer_id).agg(**state)
