"""The commands that the pages show are run, in their order, on a small shop."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import CUSTOMERS, ORDERS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial" / "from-files-to-follow-ups.md"]


def commands(document: Path) -> list[list[str]]:
    """The `relance` commands of a page's console blocks, without the one that goes on for ever."""
    blocks = re.findall(r"```console\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    asked = [shlex.split(line.removeprefix("$ ")) for line in lines if line.startswith("$ .venv/bin/relance")]
    return [words[1:] for words in asked if "serve" not in words]


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.name)
def test_the_commands_of_a_page_work(document: Path, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RELANCE_")}
    found = commands(document)
    assert found
    for words in found:
        done = subprocess.run(
            [sys.executable, "-m", "relance", *words],
            cwd=tmp_path,
            env={**environment, "RELANCE_LANGUAGE": "en"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (words, done.stderr)
