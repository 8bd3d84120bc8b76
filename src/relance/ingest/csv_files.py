"""Reading CSV files: how they are written, and the physical line of each row over quoted newlines."""

from __future__ import annotations

import codecs
import csv
import io
import mmap
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from relance.errors import FileProblem
from relance.ingest.source import CHUNK, PIECE_ROWS, Broken, RawPiece, Source, unique_names

SEPARATORS: Final = (",", ";", "\t", "|")


def open_csv(path: Path, size: int, sha256: str) -> Source:
    """Look at a CSV file. Raises FileProblem when it is no table or cut short."""
    encoding = detect_encoding(path)
    with path.open(encoding=encoding, newline="", errors="replace") as handle:
        head = handle.read(CHUNK)
    if "\x00" in head:
        raise FileProblem("ingest.not_a_table", path=str(path))
    separator = detect_separator(head)
    try:
        names = next(csv.reader(io.StringIO(head), delimiter=separator))
    except (StopIteration, csv.Error) as error:
        raise FileProblem("ingest.not_a_table", path=str(path)) from error
    columns = unique_names([name.strip() for name in names])
    if not any(columns):
        raise FileProblem("ingest.file_empty", path=str(path))
    source = Source(path, "csv", columns, size, sha256, encoding, separator)
    return Source(path, "csv", columns, size, sha256, encoding, separator, read=lambda told: _csv_pieces(source, told))


def detect_encoding(path: Path) -> str:
    """utf-8-sig, utf-16, utf-8, cp1252 or latin-1: the first that reads the whole file. Raises FileProblem at a cut."""
    with path.open("rb") as handle:
        start = handle.read(4)
        if start.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
    for encoding in ("utf-8", "cp1252"):
        if _decodes(path, encoding):
            return encoding
    return "latin-1"


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as handle:
        try:
            while chunk := handle.read(CHUNK):
                decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FileProblem("ingest.file_cut", path=str(path), line=_lines_in(path)) from error
    return True


def _lines_in(path: Path) -> int:
    with path.open("rb") as handle:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: handle.read(CHUNK), b"")) + 1


def detect_separator(head: str) -> str:
    """The separator of the header line: the candidate that occurs most outside quotes."""
    bare = re.sub(r'"[^"]*"', "", head.split("\n", 1)[0])
    return max(SEPARATORS, key=lambda sign: (bare.count(sign), -SEPARATORS.index(sign)))


def _csv_pieces(source: Source, told: Callable[[int], None]) -> Iterator[RawPiece]:
    _check_quotes(source)
    reader = _CsvReader(source)
    yield from reader.pieces(told)
    reader.check_end()
    if not reader.any_rows:
        raise FileProblem("ingest.file_no_rows", path=str(source.path))


class _CsvReader:
    """Reads blocks of a CSV file, gathers them into pieces, and counts physical lines over quoted newlines."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.invalid: list[tuple[int, int, str]] = []
        self.record = 1  # records passed; the header is the first
        self.line = 1 + _newlines_in_header(source)
        self.last_broken: Broken | None = None
        self.last_row_line = 0
        self.any_rows = False

    def pieces(self, told: Callable[[int], None]) -> Iterator[RawPiece]:
        held: list[RawPiece] = []
        with pa.OSFile(str(self.source.path)) as stream:
            for block in self._blocks(stream):
                held.append(block)
                while sum(part.rows for part in held) >= PIECE_ROWS:
                    piece, rest = _split(held, PIECE_ROWS)
                    held = [rest] if rest.rows else []
                    yield piece
                    told(_position(stream, self.source.size))
        if held and (piece := _split(held, PIECE_ROWS)[0]).rows:
            yield piece
        told(self.source.size)

    def _blocks(self, stream: pa.NativeFile) -> Iterator[RawPiece]:
        source = self.source
        try:
            reader = pa_csv.open_csv(
                stream,
                read_options=pa_csv.ReadOptions(
                    use_threads=False,
                    block_size=4 * CHUNK,
                    encoding="utf8" if source.encoding.startswith("utf-8") else source.encoding,
                    column_names=list(source.columns),
                    skip_rows_after_names=1,
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=source.separator,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=self._on_invalid,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types={name: pa.string() for name in source.columns},
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                    null_values=[""],
                ),
            )
            for batch in reader:
                yield self._block(pa.Table.from_batches([batch]))
            if self.invalid:
                yield self._block(reader.schema.empty_table())
        except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
            raise FileProblem("ingest.not_a_table", path=str(source.path)) from error

    def _on_invalid(self, row: Any) -> str:
        self.invalid.append((row.number, row.actual_columns, row.text))
        return "skip"

    def _block(self, table: pa.Table) -> RawPiece:
        """A block with the lines of its rows: one a record, and one more for each newline inside its cells."""
        extra = _newlines_in_rows(table)
        rows = table.num_rows
        faults = self._faults_of(rows)
        ordinals = _free_ordinals(self.record + 1, rows, [number for number, _, _ in faults])
        spans = np.ones(rows + len(faults), dtype=np.int64)
        spans[ordinals - self.record - 1] += extra
        for number, _, written in faults:
            spans[number - self.record - 1] += written.count("\n")
        starts = self.line + 1 + np.concatenate(([0], np.cumsum(spans)[:-1])) if len(spans) else spans
        lines = starts[ordinals - self.record - 1]
        broken = tuple(
            Broken(int(starts[number - self.record - 1]), cells, written) for number, cells, written in faults
        )
        self.record += len(spans)
        self.line += int(spans.sum())
        self.last_broken = broken[-1] if broken else self.last_broken
        self.last_row_line = int(lines[-1]) if rows else self.last_row_line
        kept = RawPiece(table, pa.array(lines), "", broken).without_blank_rows()
        self.any_rows = self.any_rows or kept.rows > 0
        return kept

    def _faults_of(self, rows: int) -> list[tuple[int, int, str]]:
        """The invalid rows that lie among the next `rows` valid ones; those behind them stay for the next block."""
        taken: list[tuple[int, int, str]] = []
        for fault in self.invalid:
            if fault[0] > self.record + rows + len(taken) + 1:
                break
            taken.append(fault)
        del self.invalid[: len(taken)]
        return taken

    def check_end(self) -> None:
        """Raises FileProblem when the file ends inside a row."""
        with self.source.path.open("rb") as handle:
            handle.seek(-1, io.SEEK_END)
            ended = handle.read(1) in {b"\n", b"\r"}
        broken = self.last_broken
        if not ended and broken is not None and broken.line > self.last_row_line:
            raise FileProblem("ingest.file_cut", path=str(self.source.path), line=broken.line)


def _newlines_in_header(source: Source) -> int:
    return sum(name.count("\n") for name in source.columns)


def _newlines_in_rows(table: pa.Table) -> np.ndarray[Any, Any]:
    extra = np.zeros(table.num_rows, dtype=np.int64)
    for column in table.columns:
        if any(map(_has_newline, column.chunks)):
            extra += np.asarray(pc.fill_null(pc.count_substring(column, "\n"), 0))
    return extra


def _has_newline(texts: pa.StringArray) -> bool:
    """Whether a newline lies in the bytes of the texts: to look at them costs a tenth of counting in each text."""
    content = texts.buffers()[2]
    return content is not None and bool((np.frombuffer(content, dtype=np.uint8) == ord("\n")).any())


def _free_ordinals(first: int, count: int, taken: list[int]) -> np.ndarray[Any, Any]:
    """The first `count` record numbers from `first` on that are not `taken`."""
    numbers = np.arange(first, first + count + len(taken))
    return numbers[~np.isin(numbers, taken)][:count]


def _split(parts: list[RawPiece], rows: int) -> tuple[RawPiece, RawPiece]:
    """The first `rows` rows of the parts, and the rest; broken rows stay before the cut."""
    table = pa.concat_tables([part.table for part in parts])
    lines = pa.chunked_array([part.lines for part in parts], pa.int64()).combine_chunks()
    broken = tuple(fault for part in parts for fault in part.broken)
    room = max(rows - len(broken), 1)
    first = RawPiece(table.slice(0, room), lines.slice(0, room), "", broken)
    return first, RawPiece(table.slice(room), lines.slice(room), "")


def _position(stream: pa.NativeFile, size: int) -> int:
    return min(int(stream.tell()), size)


def _check_quotes(source: Source) -> None:
    """Raises FileProblem when a quoted cell is never closed. Files with as many quotes as they need pass at once."""
    if source.encoding == "utf-16":
        return
    with source.path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if _quotes(content) % 2 == 0:
            return
        sign = re.escape(source.separator.encode())
        cell = re.compile(rb"(?:\A|(?<=[" + sign + rb'\r\n]))"(?:[^"]|"")*("?)')
        for found in cell.finditer(content):
            if not found.group(1):
                line = content[: found.start()].count(b"\n") + 1
                raise FileProblem("ingest.quote_open", path=str(source.path), line=line)


def _quotes(content: mmap.mmap) -> int:
    return sum(content[start : start + CHUNK].count(b'"') for start in range(0, len(content), CHUNK))
