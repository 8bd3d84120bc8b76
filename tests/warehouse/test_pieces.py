"""Pieces are read where they lie: a column that none of them fills is not read, any other keeps every value."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance.warehouse import Warehouse
from relance.warehouse.parquet import never_filled

SCHEMA = pa.schema(
    [("row", pa.int64()), ("text", pa.string()), ("money", pa.decimal128(18, 6)), ("list", pa.list_(pa.string()))]
)
ROWS = st.fixed_dictionaries(
    {
        "text": st.none() | st.text("aé\n'", max_size=3),
        "money": st.none() | st.decimals(-10, 10, places=6),
        "list": st.none() | st.lists(st.none() | st.just("x"), max_size=2),
    }
)


@pytest.fixture(scope="module")
def opened() -> Iterator[Warehouse]:
    """A warehouse in memory."""
    warehouse = Warehouse(None, memory_mb=200, threads=1)
    yield warehouse
    warehouse.close()


@settings(max_examples=40)
@given(files=st.lists(st.lists(ROWS, max_size=4), min_size=1, max_size=3), group=st.integers(1, 3))
def test_what_pieces_hold_comes_back(opened: Warehouse, files: list[list[dict[str, object]]], group: int) -> None:
    rows = [{"row": place * 10 + at, **row} for place, file in enumerate(files) for at, row in enumerate(file)]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{place}.parquet" for place in range(len(files))]
        for place, path in enumerate(paths):
            mine = [row for row in rows if int(str(row["row"])) // 10 == place]
            pq.write_table(pa.Table.from_pylist(mine, SCHEMA), path, row_group_size=group)
        empty = set(never_filled(paths))
        assert empty.isdisjoint(name for row in rows for name, value in row.items() if value is not None)
        with opened.write() as writer:
            read = writer.rows(writer.pieces(paths).order_by("row"))
            writer.forget()
    assert read.to_pylist() == rows


def test_a_column_that_no_piece_fills_is_known_by_the_files_alone(tmp_path: Path) -> None:
    for place in range(2):
        pq.write_table(pa.table({"row": [place], "text": pa.nulls(1, pa.string())}), tmp_path / f"{place}.parquet")
    assert never_filled(sorted(tmp_path.iterdir())) == ["text"]
