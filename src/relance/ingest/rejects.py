"""The file of rejected rows: line, column, value, reason and the row itself, safe to open in a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from relance.ingest.columns import file_sized, formula_safe
from relance.ingest.faults import REJECT_SCHEMA
from relance.ingest.pieces import write_text
from relance.store import DataFolder
from relance.words import Language, say

ORPHAN: Final = "order_without_first_row"


def orphans(folder: DataFolder, pieces: Sequence[str]) -> pa.Table:
    """Rows whose order has no first row that could be read, as rejects."""
    columns = ["number", "head", "batch", "batch_rank", "raw", "line"]
    rows = pa.concat_tables([pq.read_table(folder.pieces / name, columns=columns) for name in pieces])
    ranks = rows.group_by("number").aggregate([("batch_rank", "max")])
    newest = rows.join(ranks, "number").filter(pc.field("batch_rank") == pc.field("batch_rank_max"))
    complete = pc.unique(newest.filter(pc.field("head"))["number"])
    lost = newest.filter(pc.invert(pc.is_in(newest["number"], complete))).sort_by("line")
    count = lost.num_rows
    same = [pa.array([text] * count, pa.string()) for text in ("", ORPHAN)]
    return pa.table([lost["batch"], lost["line"], same[0], lost["number"], same[1], lost["raw"]], schema=REJECT_SCHEMA)


def counted(rejects: pa.Table) -> dict[str, int]:
    """How many rows were rejected for each reason."""
    counts = rejects["reason"].combine_chunks().value_counts().to_pylist()
    return {str(entry["values"]): int(entry["counts"]) for entry in counts}


def write_rejects(folder: DataFolder, source: Path, import_id: str, rejects: pa.Table, language: Language) -> str:
    """Write the rejects of one import as CSV; the file's path."""
    path = folder.rejects / f"{file_sized(source.stem)}-{import_id}.csv"
    write_text(path, _as_csv(rejects.sort_by("line"), language))
    return str(path)


def _as_csv(rejects: pa.Table, language: Language) -> Iterator[bytes]:
    reasons = rejects["reason"].combine_chunks().dictionary_encode()
    sentences = pa.array(
        [say(f"ingest.reject_{reason}", language) for reason in reasons.dictionary.to_pylist()], pa.string()
    )
    out = pa.table(
        {
            "sheet": formula_safe(rejects["sheet"]),
            "line": rejects["line"],
            "column": formula_safe(rejects["column"]),
            "value": formula_safe(rejects["value"]),
            "reason": sentences.take(reasons.indices),
            "row": formula_safe(rejects["row"]),
        }
    )
    sink = io.BytesIO()
    pa_csv.write_csv(out, sink)
    yield sink.getvalue()
