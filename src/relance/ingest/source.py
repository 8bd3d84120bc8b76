"""A file that was looked at, and its rows piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relance.ingest.columns import text

PIECE_ROWS: Final = 50_000
CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Broken:
    """A row of a CSV file that has the wrong number of cells."""

    line: int
    cells: int
    text: str


@dataclass(frozen=True)
class RawPiece:
    """At most 50,000 source rows: their columns as read, the line of each, and the broken rows between them."""

    table: pa.Table
    lines: pa.Array
    sheet: str
    broken: tuple[Broken, ...] = ()

    @property
    def rows(self) -> int:
        """The source rows, broken ones included."""
        return int(self.table.num_rows) + len(self.broken)

    def without_blank_rows(self) -> RawPiece:
        """The piece without the rows that have no value at all."""
        blank = np.ones(self.table.num_rows, dtype=bool)
        for column in self.table.columns:
            blank &= np.asarray(column.is_null())
        if not blank.any():
            return self
        keep = pa.array(~blank)
        return replace(self, table=self.table.filter(keep), lines=self.lines.filter(keep))


@dataclass(frozen=True)
class Source:
    """A file that was looked at: its format, its columns, and how its text is written."""

    path: Path
    format: str
    columns: tuple[str, ...]
    size: int
    sha256: str
    encoding: str = "utf-8"
    separator: str = ","
    rows: int | None = None
    read: Callable[[Callable[[int], None]], Iterator[RawPiece]] = field(repr=False, default=lambda _told: iter(()))

    def pieces(self, told: Callable[[int], None] | None = None) -> Iterator[RawPiece]:
        """The rows in order; `told` hears how many units of `total` are read. Raises FileProblem at a cut."""
        return self.read(told or (lambda _done: None))

    @property
    def total(self) -> int:
        """What progress counts up to: rows where the file says how many, else bytes."""
        return self.size if self.rows is None else self.rows


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Column names, those that repeat with a number behind."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(out)


def raw_text(table: pa.Table, separator: str = ",") -> pa.Array:
    """Each row as one line of CSV, for the file of rejected rows."""
    cells = [
        pc.replace_substring(pc.fill_null(text(column.combine_chunks()), ""), '"', '""') for column in table.columns
    ]
    quoted = [pc.binary_join_element_wise('"', cell, '"', "") for cell in cells]
    return pc.binary_join_element_wise(*quoted, separator)
