"""The warehouse: batches once, changes whole or not at all, readers beside the writer."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from relance.errors import NoRoom
from relance.warehouse import TABLES, Warehouse, Writer, rows_of


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Warehouse]:
    """A warehouse in a file."""
    opened = Warehouse(tmp_path / "warehouse.duckdb", memory_mb=256, threads=2)
    yield opened
    opened.close()


def sizes(*members: int) -> pa.Table:
    """Rows of segment_size."""
    count = len(members)
    at = pa.array([datetime(2026, 3, 1)] * count, pa.timestamp("us"))
    names = [f"s{place}" for place in range(count)]
    names_at = {"segment_id": names, "version": [1] * count, "as_of": at}
    return pa.table({**names_at, "members": members, "share": [0.5] * count, "revenue": [1] * count})


def members(warehouse: Warehouse) -> list[int]:
    """What is in segment_size."""
    with warehouse.read() as engine:
        return sorted(row["members"] for row in rows_of(engine, engine.table("segment_size")))


def test_a_batch_is_loaded_once(kept: Warehouse, now: datetime) -> None:
    def change(writer: Writer) -> int:
        writer.insert("segment_size", sizes(1, 2))
        return 2

    assert kept.load("a", "test", now, change)
    assert not kept.load("a", "test", now, change)
    assert members(kept) == [1, 2]
    with kept.read() as engine:
        (note,) = rows_of(engine, engine.table("loaded_batch"))
    assert (note["batch_id"], note["kind"], note["rows"]) == ("a", "test", 2)


def test_a_batch_that_fails_leaves_nothing(kept: Warehouse, now: datetime) -> None:
    def change(writer: Writer) -> int:
        writer.stage(sizes(1))
        writer.insert("segment_size", sizes(1))
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        kept.load("a", "test", now, change)
    assert members(kept) == []
    assert kept.load("a", "test", now, lambda _writer: 0)


def test_what_is_staged_is_forgotten(kept: Warehouse) -> None:
    with kept.write() as writer:
        staged = writer.stage(sizes(7))
        writer.insert("segment_size", staged)
    with kept.read() as engine:
        assert set(engine.list_tables()) == set(TABLES)
    assert members(kept) == [7]


def test_rows_are_deleted_by_value_and_by_key(kept: Warehouse) -> None:
    with kept.write() as writer:
        writer.insert("segment_size", sizes(1, 2, 3, 4))
        writer.delete_where("segment_size", segment_id="s0")
        writer.delete_matching("segment_size", "members", ibis.memtable(pa.table({"gone": [2, 9]})), "gone")
    assert members(kept) == [3, 4]
    with kept.write() as writer:
        writer.delete_where("segment_size")
    assert members(kept) == []


def test_a_quote_in_a_value_stays_a_value(kept: Warehouse) -> None:
    with kept.write() as writer:
        writer.insert("segment_size", sizes(1))
        writer.delete_where("segment_size", segment_id="' OR 1=1 --")
    assert members(kept) == [1]


def test_missing_columns_are_null_and_types_are_the_schemas(kept: Warehouse) -> None:
    at = pa.array([datetime(2026, 3, 1)], pa.timestamp("ms"))
    line = {"line_id": ["l"], "number": ["1"], "kind": ["sale"], "ordered_at": at, "day": at.cast(pa.date32())}
    line |= {"quantity": pa.array([2], pa.int8()), "unit_price": [Decimal("1.5")], "discount": [0], "total": [300]}
    with kept.write() as writer:
        writer.insert("order_line", pa.table({**line, "batch": ["b"], "batch_id": ["i"]}))
    with kept.read() as engine:
        found = engine.to_pyarrow(engine.table("order_line"))
    assert found.schema.field("unit_price").type == pa.decimal128(18, 6)
    assert found["order_id"].to_pylist() == [None]


def test_a_reader_sees_what_is_committed_while_another_thread_writes(kept: Warehouse) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with kept.write() as writer:
            writer.insert("segment_size", sizes(1))
            inside.set()
            go_on.wait(20)

    thread = threading.Thread(target=write)
    thread.start()
    assert inside.wait(20)
    assert members(kept) == []
    go_on.set()
    thread.join()
    assert members(kept) == [1]


def test_a_file_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    first = Warehouse(path, memory_mb=256)
    with first.write() as writer:
        writer.insert("segment_size", sizes(5))
    first.close()
    second = Warehouse(path, memory_mb=256)
    assert members(second) == [5]
    second.close()


def test_a_full_disk_is_told(kept: Warehouse) -> None:
    with pytest.raises(NoRoom), kept.write():
        raise OSError("No space left on device")
