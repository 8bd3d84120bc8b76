"""A warehouse file of an older version gets the columns that came since."""

from __future__ import annotations

from pathlib import Path

import ibis

from relance.warehouse import TABLES, Warehouse, rows_of


def test_an_older_file_gets_its_missing_columns(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    older = {name: kind for name, kind in TABLES["journal"].items() if name != "detail"}
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
