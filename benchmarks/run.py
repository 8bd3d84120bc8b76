"""Runs every benchmark and writes docs/benchmarks.md, with the machine and the date."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import HEADING

ROOT = Path(__file__).parent.parent
SCRIPTS = {
    "Import": ["benchmarks/import.py"],
    "Receiving events": ["benchmarks/ingest.py", "--only", "batches", "half", "singly", "import"],
    "Segments": ["benchmarks/segments.py"],
    "Segments beside PostgreSQL": ["benchmarks/segments_postgres.py"],
    "Sending": ["benchmarks/sending.py"],
    "Demo": ["benchmarks/demo.py", "--fresh-machine"],
}


def machine() -> str:
    """The processor, its cores and the memory of this machine."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{os.cpu_count()} cores ({model}), {pages * size / 2**30:.0f} GiB, Python {platform.python_version()}"


def rows(script: list[str]) -> str:
    """What a benchmark prints, run with the package folder on the path."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *script], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return "\n".join(line for line in done.stdout.splitlines() if line.startswith("|"))


def main() -> None:
    """Measure and write the page."""
    page = [
        "# Benchmarks",
        "",
        f"Measured on {datetime.now(UTC).date()} by `make bench` on {machine()}.",
        "Ratios are to the reference named in the row, in the same run.",
        "",
    ]
    for title, script in SCRIPTS.items():
        page += [f"## {title}", "", HEADING, rows(script), ""]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
