"""How long the demo takes from nothing to ready, and once installed; its peak memory.

`python benchmarks/demo.py [--fresh-machine]` prints one Markdown row a run. With `--fresh-machine` the whole of
`make demo` is run in a clone of the committed tree, with its own environment. The reference is the time that the
simulated shop takes when nothing is loaded, sent or replayed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.measure import Measured, measured, row

from relance.demo import simulate

ROOT = Path(__file__).parent.parent
ZONE = ZoneInfo("Europe/Paris")


def reference() -> float:
    """Seconds for simulating the shop alone."""
    begun = time.perf_counter()
    simulate(20_260, datetime.now(UTC).date(), ZONE)
    return time.perf_counter() - begun


def installed() -> Measured:
    """The demo, from an empty data folder to ready, with Relance installed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "relance", "--data", f"{folder}/demo", "demo", "--port", "0", "--once"]
        return measured(command)


def from_nothing() -> Measured:
    """`make demo` in a fresh clone, installation included."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), f"{folder}/relance"], check=True)
        return measured(["scripts/demo", "--port", "0", "--once"], cwd=Path(folder) / "relance")


def main() -> None:
    """Print the rows."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--fresh-machine", action="store_true")
    chosen = options.parse_args()
    alone = reference()
    print(row("demo, installed", installed(), "simulation alone", alone))
    if chosen.fresh_machine:
        print(row("demo, from a fresh clone", from_nothing(), "simulation alone", alone))


if __name__ == "__main__":
    main()
