"""S16: an import asks for a declaration; at a terminal it is asked for in words."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.cli.conftest import Line


def at_a_terminal(line: Line, files: tuple[Path, Path], answers: str) -> str:
    """What an import prints when somebody at a terminal gives these answers."""
    here, there = os.openpty()
    os.write(here, answers.encode())
    command = line.command("import", "shopify", *files)
    done = subprocess.run(
        command, stdin=there, capture_output=True, text=True, env=line.environment(), timeout=120, check=False
    )
    os.close(here)
    os.close(there)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ("newsletter form\n2024\n\n", "consent declared by the merchant at import: 2"),
        ("\n", "nobody declared where this consent comes from: 2"),
    ],
)
def test_somebody_at_a_terminal_is_asked(line: Line, files: tuple[Path, Path], answers: str, told: str) -> None:
    printed = at_a_terminal(line, files, answers)
    assert "Where were the consents collected?" in printed
    assert told in printed
