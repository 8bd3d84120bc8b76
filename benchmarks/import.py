"""How long a whole shop's history takes from file to committed tables, beside DuckDB alone reading the same file.

`python benchmarks/import.py [--file PARQUET] [--memory-mb N]` prints one Markdown row. The file is Online Retail II,
1,067,371 invoice lines; each import runs in a process of its own, into an empty data folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from benchmarks.measure import measured, row

from relance.ingest import ImportRequest, run_import
from relance.store import DataFolder, open_store, sqlite_url
from relance.warehouse import Warehouse

FILE = Path(__file__).parent.parent.parent / "shared" / "data" / "online_retail_II.parquet"
RUNS = 3


def import_once(file: Path, where: Path, memory_mb: int, mapping: str) -> None:
    """Import the file into an empty folder."""
    folder = DataFolder(where)
    folder.create()
    store = open_store(sqlite_url(folder.store_file))
    warehouse = Warehouse(folder.warehouse_file, memory_mb=memory_mb, threads=2)
    request = ImportRequest("csv", file=file, mapping=mapping)
    run_import(store, warehouse, folder, request, datetime(2026, 1, 1, tzinfo=UTC))
    warehouse.close()
    store.close()


def read_alone(file: Path, where: Path) -> float:
    """Seconds in which DuckDB copies the file into a table of its own, unchanged."""
    begun = time.perf_counter()
    with duckdb.connect(str(where), config={"threads": 2}) as engine:
        engine.execute("CREATE TABLE line AS SELECT * FROM read_parquet(?)", [str(file)])
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=FILE)
    parser.add_argument("--mapping", default="uci-online-retail")
    parser.add_argument("--memory-mb", type=int, default=2048)
    parser.add_argument("--into", type=Path, help="import once into this folder and print nothing")
    given = parser.parse_args()
    if given.into:
        import_once(given.file, given.into, given.memory_mb, given.mapping)
        return
    with tempfile.TemporaryDirectory() as folder:
        alone = min(read_alone(given.file, Path(folder) / f"alone-{place}.duckdb") for place in range(RUNS))
        command = [sys.executable, __file__, "--file", str(given.file), "--memory-mb", str(given.memory_mb)]
        runs = [measured([*command, "--into", f"{folder}/data-{place}"]) for place in range(RUNS)]
    best = min(runs, key=lambda run: run.seconds)
    print(row("Import of Online Retail II, 1,067,371 lines", best, "DuckDB reads the same file", alone))


if __name__ == "__main__":
    main()
