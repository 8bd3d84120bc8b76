"""An import that is stopped, killed or without room goes on where it stopped, and ends in the same tables."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.ingest.conftest import NOW, House

from relance.ingest import load_inbox
from relance.store import DataFolder, Store, find_shop, sqlite_url
from relance.warehouse import Warehouse

SCRIPT = Path(__file__).parent / "killed_import.py"
ROWS = 30_000


@pytest.fixture(scope="module")
def part(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of both sheets of Online Retail II, in three pieces."""
    rows = pq.read_table(data / "online_retail_II.parquet").slice(510_000, ROWS)
    path = tmp_path_factory.mktemp("part") / "part.parquet"
    pq.write_table(rows, path)
    return path


def run(folder: Path, file: Path, moment: str, count: int = 0) -> tuple[int, str]:
    """Run the import in a process of its own; its exit code and what it said."""
    command = [sys.executable, str(SCRIPT), str(folder), str(file), moment, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stderr


def state(where: Path) -> dict[str, Any]:
    """Every table and what is left of the pieces. Ids of anonymous hashes do not occur: the file has customer ids."""
    folder = DataFolder(where)
    store, warehouse = Store(sqlite_url(folder.store_file)), Warehouse(folder.warehouse_file, memory_mb=512)
    house = House(folder, store, warehouse)
    with store.read() as connection:
        shop = find_shop(connection)
    assert shop is not None
    assert load_inbox(store, warehouse, folder, shop, NOW).rows == 0
    seen = {**house.everything(), "pieces": house.pieces(), "loads": len(house.rows("loaded_batch"))}
    warehouse.close()
    store.close()
    return seen


@pytest.fixture(scope="module")
def whole(part: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an import that nothing stops leaves."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    assert run(folder, part, "never") == (0, "")
    return state(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "count"),
    [("piece", 0), ("piece", 2), ("end", 0), ("before the fold", 0), ("inside the fold", 0), ("between stores", 1)],
)
def test_kill_nine(part: Path, whole: dict[str, Any], tmp_path: Path, moment: str, count: int) -> None:
    folder = tmp_path / "data"
    assert run(folder, part, moment, count)[0] == -signal.SIGKILL
    assert run(folder, part, "never") == (0, "")
    assert state(folder) == whole


@pytest.mark.slow
def test_asked_to_stop(part: Path, whole: dict[str, Any], tmp_path: Path) -> None:
    code, said = run(tmp_path / "data", part, "asked to stop", 1)
    assert code == 3
    assert said.startswith("Interrupted: ")
    assert run(tmp_path / "data", part, "never") == (0, "")
    assert state(tmp_path / "data") == whole


@pytest.mark.slow
@pytest.mark.parametrize("limit", [400_000, 3_000_000])
def test_no_room(part: Path, whole: dict[str, Any], tmp_path: Path, limit: int) -> None:
    """A disk that is full while pieces are written, and one that is full while the tables are."""
    code, said = run(tmp_path / "data", part, "small files", limit)
    assert (code, said.split(":")[0]) == (3, "NoRoom")
    assert run(tmp_path / "data", part, "never") == (0, "")
    assert state(tmp_path / "data") == whole
