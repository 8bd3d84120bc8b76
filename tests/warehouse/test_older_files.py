"""A warehouse file of an older version gets the columns that came since."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import ibis
import pyarrow as pa

from relance.warehouse import TABLES, Warehouse, rows_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None)


def test_an_older_file_gets_its_missing_columns(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    older = {name: kind for name, kind in TABLES["journal"].items() if name not in {"detail", "bucket"}}
    engine = ibis.duckdb.connect(path)
    engine.create_table("journal", schema=ibis.schema(older))
    engine.raw_sql("insert into journal values ('c1', 's1', true, '2026-01-01', '2026-01-01', 'event')")
    engine.disconnect()
    warehouse = Warehouse(path, memory_mb=256, threads=1)
    with warehouse.read() as reader:
        assert rows_of(reader, reader.table("journal").select("customer_id", "detail")) == [
            {"customer_id": "c1", "detail": None}
        ]
    warehouse.close()


def test_the_rows_of_an_older_file_get_their_bucket(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    older = {name: kind for name, kind in TABLES["event"].items() if name != "bucket"}
    engine = ibis.duckdb.connect(path)
    engine.create_table("event", schema=ibis.schema(older))
    row = {
        "event_id": "e1",
        "customer_id": "c1",
        "name": "x",
        "occurred_at": NOON,
        "received_at": NOON,
        "batch_id": "b",
    }
    rows = ibis.memtable(pa.Table.from_pylist([row, {**row, "event_id": "e2", "customer_id": None}]))
    missing = {name: ibis.null(kind) for name, kind in older.items() if name not in row}
    engine.insert("event", rows.mutate(**missing).select(*older))
    engine.disconnect()
    warehouse = Warehouse(path, memory_mb=256, threads=1)
    with warehouse.write() as writer:
        writer.insert("event", pa.Table.from_pylist([{**row, "event_id": "e3"}]))
        events = rows_of(writer.engine, writer.table("event").order_by("event_id").select("event_id", "bucket"))
    warehouse.close()
    assert events[0]["bucket"] == events[2]["bucket"] is not None
    assert events[1]["bucket"] is None


def test_rows_that_lie_in_other_buckets_move_and_are_no_longer_in_order(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    row = {"event_id": "e1", "customer_id": "c1", "name": "x", "batch_id": "b"}
    warehouse = Warehouse(path, memory_mb=256, threads=1)
    with warehouse.write() as writer:
        writer.insert("event", pa.Table.from_pylist([{**row, "occurred_at": NOON, "received_at": NOON}]))
        events = rows_of(writer.engine, writer.table("event").select("event_id", "bucket"))
        writer.insert("arranged", pa.table({"of": ["event", "order"], "rows": [1, 1]}))
        writer.engine.raw_sql("update event set bucket = (bucket + 1) % 65536")
    warehouse.close()
    warehouse = Warehouse(path, memory_mb=256, threads=1)
    with warehouse.read() as reader:
        assert rows_of(reader, reader.table("event").select("event_id", "bucket")) == events
        assert [found["of"] for found in rows_of(reader, reader.table("arranged"))] == ["order"]
    warehouse.close()
