"""Opening files: CSV, Parquet and xlsx, as pieces of columns."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from relance.errors import FileProblem, MappingProblem
from relance.ingest.csv_files import open_csv
from relance.ingest.source import PIECE_ROWS, RawPiece, Source, unique_names


def open_source(path: Path) -> Source:
    """Look at a file. Raises FileProblem when it is missing, empty, cut short or of another format."""
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            start = handle.read(8)
            sha256 = hashlib.file_digest(handle, "sha256").hexdigest() if not handle.seek(0) else ""
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileProblem("file_missing", path=str(path)) from error
    except OSError as error:
        raise FileProblem("ingest.file_unreadable", path=str(path)) from error
    if size == 0:
        raise FileProblem("ingest.file_empty", path=str(path))
    if start.startswith(b"PAR1") or path.suffix.lower() == ".parquet":
        return _parquet(path, size, sha256)
    if start.startswith(b"PK\x03\x04") or path.suffix.lower() in {".xlsx", ".xlsm", ".ods", ".xlsb"}:
        return _workbook(path, size, sha256)
    return open_csv(path, size, sha256)


def _parquet(path: Path, size: int, sha256: str) -> Source:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FileProblem("ingest.parquet_broken", path=str(path)) from error
    if file.metadata.num_rows == 0:
        raise FileProblem("ingest.file_no_rows", path=str(path))

    def read(told: Callable[[int], None]) -> Iterator[RawPiece]:
        done = 0
        try:
            for batch in pq.ParquetFile(path).iter_batches(batch_size=PIECE_ROWS):
                lines = pa.array(np.arange(done + 1, done + 1 + batch.num_rows))
                yield RawPiece(pa.Table.from_batches([batch]), lines, "")
                done += batch.num_rows
                told(done)
        except (pa.ArrowInvalid, OSError) as error:
            raise FileProblem("ingest.parquet_broken", path=str(path)) from error

    columns = tuple(file.schema_arrow.names)
    return Source(path, "parquet", columns, size, sha256, rows=file.metadata.num_rows, read=read)


def _workbook(path: Path, size: int, sha256: str) -> Source:
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
        headers = {sheet.name: _header_row(sheet) for sheet in sheets}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileProblem("ingest.workbook_broken", path=str(path)) from error
    filled = [sheet for sheet in sheets if headers[sheet.name]]
    if not filled:
        raise FileProblem("ingest.file_no_rows", path=str(path))
    columns = headers[filled[0].name]
    for sheet in filled:
        if headers[sheet.name] != columns:
            raise MappingProblem("ingest.sheets_differ", path=str(path), sheet=sheet.name, first=filled[0].name)

    def read(told: Callable[[int], None]) -> Iterator[RawPiece]:
        done = 0
        for sheet in filled:
            for piece in _sheet_pieces(sheet, columns):
                done += piece.rows
                yield piece
                told(done)

    rows = sum(max(sheet.total_height - 1, 0) for sheet in filled)
    return Source(path, "xlsx", columns, size, sha256, rows=rows, read=read)


def _header_row(sheet: Any) -> tuple[str, ...]:
    for row in sheet.iter_rows():
        return unique_names([str(cell).strip() for cell in row])
    return ()


def _sheet_pieces(sheet: Any, columns: tuple[str, ...]) -> Iterator[RawPiece]:
    rows = iter(sheet.iter_rows())
    next(rows, None)
    line = 2
    while chunk := [row for row, _ in zip(rows, range(PIECE_ROWS), strict=False)]:
        cells = list(zip(*chunk, strict=True))
        table = pa.table({name: _cell_column(cells[index]) for index, name in enumerate(columns)})
        lines = pa.array(np.arange(line, line + len(chunk)))
        line += len(chunk)
        yield RawPiece(table, lines, sheet.name).without_blank_rows()


def _cell_column(cells: tuple[Any, ...]) -> pa.Array:
    """A column of a sheet: of one kind where its cells are, else of text."""
    kinds = {type(cell) for cell in cells if cell != ""}
    values = [None if cell == "" else cell for cell in cells]
    if len(kinds) == 1:
        return pa.array(values)
    if kinds <= {int, float}:
        return pa.array(values, pa.float64())
    return pa.array([None if value is None else _cell_text(value) for value in values], pa.string())


def _cell_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
