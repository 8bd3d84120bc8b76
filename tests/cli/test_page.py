"""The page of the command line says what the command line says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_the_command_line_is_fresh() -> None:
    environment = {**os.environ, "RELANCE_LANGUAGE": "en", "COLUMNS": "80"}
    script = ROOT / "scripts" / "command_line_page.py"
    told = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8") == told
