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
from relance.segments.passes import Definitions, Look
from relance.segments.words64 import has, place_of
from relance.warehouse import Writer, rows_of


@dataclass(frozen=True)
class Size:
    """Members, and their net spend in minor units."""

    members: int
    revenue: int


def counted(writer: Writer, look: Look, fresh: Table) -> tuple[int, dict[str, Size]]:
    """How many customers there are, and each computed segment's size, from a look at everybody."""
    totals: dict[str, Column] = {"customers": fresh.count()}
    for one in look.definitions.computed:
        inside = has(fresh[f"w{place_of(one.bit)[0]}"], one.bit)
        totals[f"n{one.bit}"] = fresh.count(where=inside)
        totals[f"r{one.bit}"] = fresh.amount_spent.sum(where=inside).fill_null(0).cast("int64")
    (row,) = rows_of(writer.engine, fresh.agg(**totals))
    sizes = {one.segment_id: Size(row[f"n{one.bit}"], row[f"r{one.bit}"]) for one in look.definitions.computed}
    return row["customers"], sizes


def brought_forward(writer: Writer, look: Look, fresh: Table, last: datetime) -> tuple[int, dict[str, Size]]:
    """The same after a look at some: the sizes as of `last` and what changed; to be asked before it is kept."""
    before, change = _latest(writer, last), _moved(writer, look, fresh)
    sizes = {
        key: Size(before[key].members + size.members, before[key].revenue + size.revenue)
        for key, size in change.items()
        if key in before
    }
    customers = writer.engine.to_pyarrow(writer.table("customer").count()).as_py()
    return customers, sizes


def _moved(writer: Writer, look: Look, fresh: Table) -> dict[str, Size]:
    definitions = look.definitions
    old: Column = writer.table("membership").semi_join(look.reasons, "customer_id")
    by_customer = old.group_by("customer_id")
    words = {f"w{word}": old.bits.max(where=old.word == word) for word in range(definitions.words)}
    packed = by_customer.agg(**words) if words else old.select("customer_id").distinct()
    was = packed.left_join(writer.table("standing"), "customer_id").drop("customer_id_right")
    totals = [_signed(definitions, fresh, 1), _signed(definitions, was, -1)] if definitions.computed else []
    found: dict[str, Size] = {one.segment_id: Size(0, 0) for one in definitions.computed}
    for row in (row for table in totals for row in rows_of(writer.engine, table)):
        for one in definitions.computed:
            size = found[one.segment_id]
            found[one.segment_id] = Size(size.members + row[f"n{one.bit}"], size.revenue + row[f"r{one.bit}"])
    return found


def _signed(definitions: Definitions, people: Column, sign: int) -> Table:
    totals: dict[str, Column] = {}
    for one in definitions.computed:
        inside = has(people[f"w{place_of(one.bit)[0]}"].fill_null(0), one.bit)
        totals[f"n{one.bit}"] = people.count(where=inside) * sign
        totals[f"r{one.bit}"] = people.amount_spent.sum(where=inside).fill_null(0).cast("int64") * sign
    table: Table = people.agg(**totals)
    return table


def _latest(writer: Writer, as_of: datetime) -> dict[str, Size]:
    """The sizes of the refresh at that instant."""
    sizes = writer.table("segment_size")
    rows = rows_of(writer.engine, sizes.filter(sizes.as_of == instant_literal(as_of)))
    return {row["segment_id"]: Size(row["members"], row["revenue"]) for row in rows}


def write(writer: Writer, look: Look, customers: int, sizes: Mapping[str, Size]) -> None:
    """Keep the sizes as of the look; those of the same instant are replaced."""
    table = writer.table("segment_size")
    writer.delete_matching("segment_size", "as_of", table.filter(table.as_of == instant_literal(look.at)))
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
        writer.insert("segment_size", pa.Table.from_pylist(rows))


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
