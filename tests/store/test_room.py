"""A file at its size limit, or a full disk, is told as NoRoom wherever the store meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import resource, signal, sys
from relance.errors import NoRoom
from relance.store import open_store, sqlite_url
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    open_store(sqlite_url(Path(sys.argv[1]) / "store.sqlite"))
except NoRoom as error:
    sys.exit(7 if "store.sqlite" in str(error) else 1)
"""


@pytest.mark.parametrize("limit", [20_000, 100_000])
def test_a_size_limit_is_no_room(tmp_path: Path, limit: int) -> None:
    """At the first write, and while the tables are made."""
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (7, "")
