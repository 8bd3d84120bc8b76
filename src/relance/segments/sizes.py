"""How many customers each segment has, and what they are worth: counted whole, or brought forward by what changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.expr.types import Table

from relance.errors import RelanceError
from relance.profiles import instant_literal
from relance.segments.passes import Look
from relance.segments.words64 import place_of
from relance.warehouse import PLACEHOLDERS, Writer


@dataclass(frozen=True)
class Size:
    """Members, and their net spend in minor units."""

    members: int
    revenue: int


def counted(look: Look) -> tuple[int, dict[str, Size]]:
    """How many customers there are, and each computed segment's size, from a look at everybody."""
    people, sizes = _sizes(look, "sizes", lambda: _worded(look, "look_fresh"))
    return people, {one.segment_id: sizes[one.bit] for one in look.definitions.computed}


def brought_forward(look: Look) -> dict[str, Size]:
    """Each computed segment's size after a look at some: as it was, and what changed; asked before it is kept."""
    _, new = _sizes(look, "sizes", lambda: _worded(look, "look_fresh"))
    _, old = _sizes(look, "sizes before", lambda: _worded(look, "look_before"))
    known = look.ask("last sizes", lambda: _last(look))
    before = {row["segment_id"]: Size(row["members"], row["revenue"]) for row in known}
    sizes: dict[str, Size] = {}
    for one in look.definitions.computed:
        if (size := before.get(one.segment_id)) is not None:
            more, less = new[one.bit], old[one.bit]
            members, revenue = size.members + more.members - less.members, size.revenue + more.revenue - less.revenue
            sizes[one.segment_id] = Size(members, revenue)
    return sizes


def _sizes(look: Look, name: str, build: Callable[[], Table]) -> tuple[int, dict[int, Size]]:
    """The people among some with words, and the size of each computed segment among them, by bit.

    A few hundred filtered sums take the engine longer to plan than the sums take: they are made a piece at a time.
    """
    people, bits = 0, [one.bit for one in look.definitions.computed]
    members, revenue = np.zeros(len(bits), np.int64), np.zeros(len(bits), np.int64)
    for piece in look.writer.pieces_of(look.text(name, build)):
        people += piece.num_rows
        spent = _numbers(piece, "amount_spent")
        words = [_numbers(piece, f"w{word}") for word in range(look.definitions.words)]
        for place, bit in enumerate(bits):
            word, mask = place_of(bit)
            inside = (words[word] & np.int64(mask)) != 0
            members[place] += np.count_nonzero(inside)
            revenue[place] += spent[inside].sum()
    return people, {bit: Size(int(members[place]), int(revenue[place])) for place, bit in enumerate(bits)}


def _numbers(piece: pa.RecordBatch, name: str) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = piece.column(name).fill_null(0).to_numpy(zero_copy_only=False)
    return numbers.astype(np.int64, copy=False)


def _worded(look: Look, name: str) -> Table:
    rows = look.table(name)
    return rows.select("amount_spent", *(f"w{word}" for word in range(look.definitions.words)))


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
