"""How many customers each segment has, and what they are worth: counted whole, or brought forward by what changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from ibis.expr.types import Table

from relance.errors import RelanceError
from relance.profiles import Column, instant_literal
from relance.segments.definitions import Segment
from relance.segments.passes import Definitions, Look
from relance.segments.words64 import has, place_of
from relance.warehouse import PLACEHOLDERS, Writer


@dataclass(frozen=True)
class Size:
    """Members, and their net spend in minor units."""

    members: int
    revenue: int


def counted(look: Look) -> tuple[int, dict[str, Size]]:
    """How many customers there are, and each computed segment's size, from a look at everybody."""
    (row,) = look.ask("sizes", lambda: _totals(look.definitions, look.table("look_fresh")))
    return row["customers"], {one.segment_id: _size(row, one) for one in look.definitions.computed}


def brought_forward(look: Look) -> dict[str, Size]:
    """Each computed segment's size after a look at some: as it was, and what changed; asked before it is kept."""
    (new,) = look.ask("sizes", lambda: _totals(look.definitions, look.table("look_fresh")))
    (old,) = look.ask("sizes before", lambda: _before(look))
    sizes: dict[str, Size] = {}
    known = look.ask("last sizes", lambda: _last(look))
    before = {row["segment_id"]: Size(row["members"], row["revenue"]) for row in known}
    for one in look.definitions.computed:
        if (size := before.get(one.segment_id)) is not None:
            more, less = _size(new, one), _size(old, one)
            members, revenue = size.members + more.members - less.members, size.revenue + more.revenue - less.revenue
            sizes[one.segment_id] = Size(members, revenue)
    return sizes


def _size(row: Mapping[str, int], segment: Segment) -> Size:
    return Size(row[f"n{segment.bit}"], row[f"r{segment.bit}"])


def _totals(definitions: Definitions, people: Column) -> Table:
    totals: dict[str, Column] = {"customers": people.count()}
    for one in definitions.computed:
        inside = has(people[f"w{place_of(one.bit)[0]}"].fill_null(0), one.bit)
        totals[f"n{one.bit}"] = people.count(where=inside)
        totals[f"r{one.bit}"] = people.amount_spent.sum(where=inside).fill_null(0).cast("int64")
    table: Table = people.agg(**totals)
    return table


def _before(look: Look) -> Table:
    """The totals of those who are looked at, as they were kept."""
    old: Column = look.table("membership").semi_join(look.table("look_reasons"), "customer_id")
    words = {f"w{word}": old.bits.max(where=old.word == word) for word in range(look.definitions.words)}
    packed = old.group_by("customer_id").agg(**words) if words else old.select("customer_id").distinct()
    was = packed.left_join(look.table("standing"), "customer_id").drop("customer_id_right")
    return _totals(look.definitions, was)


def _last(look: Look) -> Table:
    sizes = look.table("segment_size")
    return sizes.filter(sizes.as_of == instant_literal(PLACEHOLDERS["last"])).select("segment_id", "members", "revenue")


def write(look: Look, customers: int, sizes: Mapping[str, Size]) -> None:
    """Keep the sizes as of the look; those of the same instant are replaced."""
    look.stage("look_sizes", lambda: _same_instant(look))
    look.writer.delete_staged("segment_size", "as_of", "look_sizes")
    rows = [
        {
            "segment_id": one.segment_id,
            "version": one.version,
            "as_of": look.at.astimezone(UTC).replace(tzinfo=None),
            "members": sizes[one.segment_id].members,
            "share": sizes[one.segment_id].members / customers if customers else 0.0,
            "revenue": sizes[one.segment_id].revenue,
        }
        for one in look.definitions.computed
        if one.segment_id in sizes
    ]
    if rows:
        look.writer.insert_arrow("segment_size", pa.Table.from_pylist(rows))


def _same_instant(look: Look) -> Table:
    sizes = look.table("segment_size")
    return sizes.filter(sizes.as_of == instant_literal(PLACEHOLDERS["at"])).select("as_of").distinct()


def write_problems(writer: Writer, problems: Mapping[str, RelanceError], at: datetime) -> None:
    """Keep why segments could not be computed; what was computed has no problem any more."""
    writer.delete_where("segment_problem")
    rows = [
        {
            "segment_id": segment_id,
            "as_of": at.astimezone(UTC).replace(tzinfo=None),
            "problem": json.dumps({"key": error.key, "facts": {name: str(fact) for name, fact in error.facts.items()}}),
        }
        for segment_id, error in problems.items()
    ]
    if rows:
        writer.insert("segment_problem", pa.Table.from_pylist(rows))
