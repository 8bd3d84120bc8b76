"""A long run of triples in blocks that can be resumed, on both cores, with progress and a report of what it reached.

    python -m tests.segments.oracle_soak --triples 1000000 --folder .soak

A block is a few shops by their seeds; a finished one is a file in the folder and is not run again. The last line says
whether engine and oracle agreed everywhere and everything was reached often enough.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.segments.engines_under_test import InWarehouse
from tests.segments.oracle_coverage import Coverage
from tests.segments.oracle_runs import QUERIES, everything, run

from relance.warehouse import Warehouse

INSTANTS: Final = 100  # building a pass costs as much as a hundred of its answers
SHOPS: Final = 5
BLOCK: Final = SHOPS * QUERIES * INSTANTS
LEAST: Final = 100
LEAST_AT_AN_EDGE: Final = 0.3


@dataclass(frozen=True)
class Report:
    """What all blocks of a folder found together."""

    coverage: Coverage
    differences: list[str]
    blocks: int

    @property
    def faults(self) -> list[str]:
        """Why the run does not prove enough, as lines; none when it does."""
        least = LEAST * min(1.0, self.coverage.triples / 1_000_000)
        short = self.coverage.short_of(int(least), everything())
        edge = self.coverage.at_an_edge / max(self.coverage.triples, 1)
        few = [f"only {100 * edge:.1f} % at an edge"] if edge < LEAST_AT_AN_EDGE else []
        return [*self.differences, *(f"too seldom telling: {one}" for one in short), *few]


def block(number: int) -> dict[str, Any]:
    """Run one block: its seeds are those after the blocks before."""
    warehouse = Warehouse(None, memory_mb=512, threads=1)
    engine, coverage, differences = InWarehouse(warehouse), Coverage(), list[str]()
    for seed in range(number * SHOPS, (number + 1) * SHOPS):
        whole = run(engine, seed, instants=INSTANTS)
        some = run(engine, seed, touched=True, queries=QUERIES // 6)
        coverage.update(whole.coverage)
        differences += [*whole.differences, *some.differences]
    warehouse.close()
    return {"differences": differences, **coverage.as_json()}


def file_of(folder: Path, number: int) -> Path:
    """Where a block is kept."""
    return folder / f"block-{number:06}.json"


def report(folder: Path, numbers: Iterable[int]) -> Report:
    """What the finished blocks among these found."""
    coverage, differences, blocks = Coverage(), list[str](), 0
    for number in numbers:
        if file_of(folder, number).exists():
            found = json.loads(file_of(folder, number).read_text(encoding="utf-8"))
            coverage.update(Coverage.from_json(found))
            differences += found["differences"]
            blocks += 1
    return Report(coverage, differences, blocks)


def soak(folder: Path, triples: int, workers: int, first: int = 0) -> Iterator[int]:
    """Run the blocks that are not finished yet; yields how many triples are done after each."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(first, first + -(-triples // BLOCK))
    open_ones = [number for number in numbers if not file_of(folder, number).exists()]
    done = len(numbers) - len(open_ones)
    with ProcessPoolExecutor(workers) as pool:
        running = {pool.submit(block, number): number for number in open_ones}
        for future in as_completed(running):
            path = file_of(folder, running[future])
            path.with_suffix(".new").write_text(json.dumps(future.result()), encoding="utf-8")
            path.with_suffix(".new").rename(path)
            done += 1
            yield done * BLOCK


def main(arguments: list[str]) -> int:
    """Run and report; the exit code says whether the run proves what it has to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(".soak/oracle"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="number of the first block")
    given = parser.parse_args(arguments)
    for done in soak(given.folder, given.triples, given.workers, given.first):
        sys.stderr.write(f"\r{done:,} of {given.triples:,} triples")
    sys.stderr.write("\n")
    found = report(given.folder, range(given.first, given.first + -(-given.triples // BLOCK)))
    text = found.coverage.report(everything())
    (given.folder / "report.txt").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{text}\n\n{len(found.faults)} faults\n")
    sys.stdout.writelines(f"{fault}\n" for fault in found.faults[:200])
    return 1 if found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
