"""An import that is stopped, killed or without room goes on where it stopped, and ends in the same tables."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.ingest.conftest import NOW, House
from tests.ingest.killed_import import PIECE_ROWS

from relance.ingest import files, load_inbox
from relance.store import DataFolder, Store, find_shop, sqlite_url
from relance.warehouse import Warehouse

SCRIPT = Path(__file__).parent / "killed_import.py"
DECEMBER, SECOND_SHEET, ROWS = 503_000, 525_461, 2_250


@pytest.fixture(scope="module")
def part(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same days of both sheets of Online Retail II, in three pieces: the second sheet replaces the first's."""
    rows = pq.read_table(data / "online_retail_II.parquet")
    path = tmp_path_factory.mktemp("part") / "part.parquet"
    pq.write_table(pa.concat_tables([rows.slice(DECEMBER, ROWS), rows.slice(SECOND_SHEET, ROWS)]), path)
    return path


@pytest.fixture
def where(tmp_path: Path, sqlite_template: Path) -> Path:
    """A data folder with an empty store."""
    folder = DataFolder(tmp_path / "data")
    folder.create()
    shutil.copy(sqlite_template, folder.store_file)
    return folder.path


def run(folder: Path, file: Path, moment: str, count: int = 0) -> tuple[int, str]:
    """Run the import in a process of its own; its exit code and what it said."""
    command = [sys.executable, str(SCRIPT), str(folder), str(file), moment, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stderr


def finish(where: Path, file: Path) -> dict[str, Any]:
    """The same import again, here: its figures, every table and what is left of the pieces."""
    folder = DataFolder(where)
    store, warehouse = Store(sqlite_url(folder.store_file)), Warehouse(folder.warehouse_file, memory_mb=512)
    house = House(folder, store, warehouse)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "PIECE_ROWS", PIECE_ROWS)
        figures = house.take(file, "uci-online-retail")
    with store.read() as connection:
        shop = find_shop(connection)
    assert shop is not None
    assert load_inbox(store, warehouse, folder, shop, NOW).rows == 0
    told = replace(figures, already_imported=False)
    seen = {**house.everything(), "told": told, "pieces": house.pieces(), "loads": len(house.rows("loaded_batch"))}
    warehouse.close()
    store.close()
    return seen


@pytest.fixture(scope="module")
def whole(part: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an import that nothing stops leaves."""
    folder = DataFolder(tmp_path_factory.mktemp("whole") / "data")
    folder.create()
    shutil.copy(sqlite_template, folder.store_file)
    seen = finish(folder.path, part)
    assert seen["told"].rows_read == 2 * ROWS
    assert seen["told"].rows_replaced
    return seen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "count"),
    [
        pytest.param("piece", 0, marks=pytest.mark.soak),
        ("piece", 2),
        ("end", 0),
        pytest.param("before the fold", 0, marks=pytest.mark.soak),
        ("inside the fold", 0),
        ("between stores", 1),
    ],
)
def test_kill_nine(part: Path, whole: dict[str, Any], where: Path, moment: str, count: int) -> None:
    assert run(where, part, moment, count)[0] == -signal.SIGKILL
    assert finish(where, part) == whole


@pytest.mark.slow
def test_asked_to_stop(part: Path, whole: dict[str, Any], where: Path) -> None:
    code, said = run(where, part, "asked to stop", 1)
    assert code == 3
    assert said.startswith("Interrupted: ")
    assert finish(where, part) == whole


@pytest.mark.slow
@pytest.mark.parametrize("limit", [20_000, 300_000])
def test_no_room(part: Path, whole: dict[str, Any], where: Path, limit: int) -> None:
    """A disk that is full while the import begins, and one that is full while the tables are written."""
    code, said = run(where, part, "small files", limit)
    assert (code, said.split(":")[0]) == (3, "NoRoom")
    assert finish(where, part) == whole
