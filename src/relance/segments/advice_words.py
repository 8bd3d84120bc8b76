"""Stored memberships grouped by exact combination: what overlap, coverage and quality are summed from.

One pass over the memberships leaves one row for each set of segments that somebody is in exactly; everything else is
sums over these rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import numpy as np
import numpy.typing as npt
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Column
from relance.segments.words64 import mask_of, place_of

PIECE: Final = 50_000

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Combinations:
    """One row for each exact combination: `inside` says which of the segments, `people` how many customers.

    `sums` holds the totals of the other columns that were asked for.
    """

    inside: Flags
    people: Whole
    sums: Mapping[str, Whole]

    @property
    def depth(self) -> Whole:
        """In how many of the segments each combination is."""
        return self.depth_in(range(self.inside.shape[1]))

    def depth_in(self, places: Sequence[int]) -> Whole:
        """In how many of the segments at these places each combination is."""
        depth: Whole = self.inside[:, list(places)].sum(axis=1, dtype=np.int64)
        return depth

    def total(self, name: str, where: Flags | None = None) -> int:
        """The sum of a column, `people` included, over all rows or those chosen."""
        column = self.people if name == "people" else self.sums[name]
        return int(column.sum() if where is None else column[where].sum())

    def by_segment(self, name: str) -> list[int]:
        """The sum of a column over each segment's members."""
        column = self.people if name == "people" else self.sums[name]
        return [int(column[self.inside[:, place]].sum()) for place in range(self.inside.shape[1])]

    def shared(self) -> Whole:
        """A square of counts: customers in both of two segments; the diagonal holds the sizes."""
        width = self.inside.shape[1]
        # Counts stay below 2⁵³, where floating sums are exact.
        both = np.zeros((width, width))
        for start in range(0, len(self.people), PIECE):
            rows = self.inside[start : start + PIECE].astype(np.float64)
            both += (rows * self.people[start : start + PIECE, None]).T @ rows
        counts: Whole = np.rint(both).astype(np.int64)
        return counts


def combinations(engine: BaseBackend, bits: Sequence[int], people: Table, sums: Sequence[str] = ()) -> Combinations:
    """The combinations of the segments with these bits among `people`, a table with `customer_id` and the sums."""
    table: Column = people.select("customer_id", *sums)
    words = sorted({place_of(bit)[0] for bit in bits})
    memberships = engine.table("membership")
    for word in words:
        mask = ibis.literal(mask_of(bits, word), type="int64")
        known = memberships.filter(memberships.word == word)
        held = known.select(holder="customer_id", **{f"w{word}": known.bits & mask})
        joined: Column = table.left_join(held, table.customer_id == held.holder).drop("holder")
        table = joined.mutate(**{f"w{word}": joined[f"w{word}"].fill_null(0)})
    totals = {name: table[name].sum().fill_null(0).cast("int64") for name in sums}
    keys = [f"w{word}" for word in words]
    counted = table.agg(people=table.count(), **totals, by=keys) if keys else table.agg(people=table.count(), **totals)
    found = engine.to_pyarrow(counted)
    return Combinations(_unpacked(found, bits), _whole(found, "people"), {name: _whole(found, name) for name in sums})


def _unpacked(found: Any, bits: Sequence[int]) -> Flags:
    inside: Flags = np.zeros((found.num_rows, len(bits)), dtype=np.bool_)
    for place, bit in enumerate(bits):
        word, mask = place_of(bit)
        inside[:, place] = (_whole(found, f"w{word}") & np.int64(mask)) != 0
    return inside


def _whole(found: Any, name: str) -> Whole:
    column: Whole = found[name].to_numpy().astype(np.int64)
    return column
