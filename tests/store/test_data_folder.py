"""The data folder: one process at a time, a key of its own, no network disk (S3, S4)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from relance.errors import FolderInUse, NoRoom
from relance.store import DataFolder
from relance.store.folder import filesystem_kind

OTHER = (
    "import sys; from pathlib import Path; from relance.store import DataFolder; DataFolder(Path(sys.argv[1])).lock()"
)


def test_one_process_holds_the_folder(folder: DataFolder) -> None:
    folder.lock()
    other = subprocess.run([sys.executable, "-c", OTHER, str(folder.path)], capture_output=True, text=True, check=False)
    assert "FolderInUse" in other.stderr
    with pytest.raises(FolderInUse):
        DataFolder(folder.path).lock()
    folder.unlock()
    DataFolder(folder.path).lock()


def test_the_key_is_made_once_and_for_the_owner(folder: DataFolder) -> None:
    key = folder.secret_key()
    assert len(key) == 32
    assert DataFolder(folder.path).secret_key() == key
    assert folder.key_file.stat().st_mode & 0o077 == 0
    assert folder.pieces.stat().st_mode & 0o077 == 0


def test_a_place_that_takes_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NoRoom):
        DataFolder(tmp_path / "file" / "data").create()


def test_the_kind_of_disk_is_known(tmp_path: Path) -> None:
    assert filesystem_kind(tmp_path)
