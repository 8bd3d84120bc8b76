"""The rows of a piece that cannot be read, with line, column, value and reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relance.ingest import columns as read
from relance.ingest.source import RawPiece, raw_text

REJECT_SCHEMA: Final = pa.schema(
    [
        ("sheet", pa.string()),
        ("line", pa.int64()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
        ("row", pa.string()),
    ]
)


def flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


@dataclass
class Faults:
    """The rows of a piece that are set aside, each with its first fault."""

    piece: RawPiece
    bad: np.ndarray[tuple[int], np.dtype[np.bool_]] = field(init=False)
    found: list[pa.Table] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bad = np.zeros(self.piece.table.num_rows, dtype=bool)

    def add(self, wrong: pa.Array, column: str, reason: str) -> None:
        """Set aside the rows of the mask that have no fault yet."""
        new = np.asarray(pc.fill_null(wrong, False)) & ~self.bad
        if not new.any():
            return
        self.bad |= new
        mask = pa.array(new)
        rows = self.piece.table.filter(mask)
        values = read.text(flat(rows[column])) if column in rows.column_names else pa.nulls(len(rows), pa.string())
        self.found.append(
            _rejects(self.piece.sheet, self.piece.lines.filter(mask), column, values, reason, raw_text(rows))
        )

    def table(self) -> pa.Table:
        """All rejects of the piece, in the order of the file."""
        broken = self.piece.broken
        parts = list(self.found)
        if broken:
            lines = pa.array([row.line for row in broken], pa.int64())
            cells = pa.array([str(row.cells) for row in broken])
            texts = pa.array([row.text for row in broken])
            parts.append(_rejects(self.piece.sheet, lines, "", cells, "wrong_cells", texts))
        if not parts:
            return REJECT_SCHEMA.empty_table()
        return pa.concat_tables(parts).sort_by("line")


def _rejects(sheet: str, lines: pa.Array, column: str, values: pa.Array, reason: str, rows: pa.Array) -> pa.Table:
    count = len(lines)
    same = [pa.array([text] * count, pa.string()) for text in (sheet, column, reason)]
    return pa.table([same[0], lines, same[1], values, same[2], rows], schema=REJECT_SCHEMA)
