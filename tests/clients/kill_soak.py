"""A server is killed again and again under load; every acknowledged event has to be in the warehouse, once.

    python -m tests.clients.kill_soak --kills 50 --folder .soak/kills

A kill is a file in the folder and is not done again, so that a run that was stopped goes on. The last lines tell what
was found; the exit code is 1 where an acknowledged event is lost, one is there twice, or one that nobody sent.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.clients.killing import killed, told
from tests.clients.server import Server


def main(arguments: list[str]) -> int:
    """Kill, load what is left, count and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--folder", type=Path, default=Path(".soak/kills"))
    given = parser.parse_args(arguments)
    server = Server(given.folder / "data")
    try:
        for run in range(given.kills):
            if not (given.folder / f"kill-{run:03}.json").exists():
                killed(server, run, given.folder)
                sys.stderr.write(f"\r{run + 1} of {given.kills} kills")
    finally:
        server.kill()
    begun = time.monotonic()
    received = server.received()
    said = told(given.folder)
    lost, unknown = said.acknowledged - received.keys(), said.unknown(received)
    double = [name for name, times in received.items() if times > 1]
    sys.stdout.write(
        f"\n{given.kills} kills: {len(said.sent):,} events sent, {len(said.acknowledged):,} acknowledged, "
        f"{len(received):,} in the warehouse; lost {len(lost)}, double {len(double)}, unknown {len(unknown)}; "
        f"what was left was loaded in {time.monotonic() - begun:.0f} s\n"
    )
    return 1 if lost or double or unknown else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
