"""Whether memory stays flat: events through the inbox and the loader without HTTP, and what is resident as they come.

`python benchmarks/memory.py [--events N] [--every N] [--memory-mb N]` prints a line after every so many events: how
many there are, the resident memory, the most there ever was, and how many a second came through both. The exit code
is 1 when the most has grown by over a tenth since half of the events: until then the engine fills what it is given.
The same over HTTP, with a server of its own, is the measure `memory` of `benchmarks/ingest.py`.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psutil

from relance.ingest import Record, append, load_inbox
from relance.store import DataFolder, Shop, add_shop, open_store, sqlite_url
from relance.warehouse import Warehouse

SHOP: Final = Shop("main", "Benchmark", "EUR", "Europe/Paris", "en")
BEGIN: Final = datetime(2025, 1, 1, tzinfo=UTC)
AT_ONCE: Final = 20_000  # records that are appended before the loader runs
BATCH: Final = 1_000  # records of one transaction of the inbox
PEOPLE: Final = 200_000
MOST_GROWTH: Final = 1.1
NAMES: Final = ("Product Viewed", "Page Viewed", "Product Added", "Products Searched")


def main() -> int:
    """Print the lines; 1 when memory grew in the second half."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--every", type=int, default=1_000_000)
    options.add_argument("--memory-mb", type=int, default=1024)
    given = options.parse_args()
    print("| events | resident memory | most so far | events a second |\n|---|---|---|---|")
    at_half = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = DataFolder(Path(name))
        folder.create()
        store = open_store(sqlite_url(folder.store_file))
        warehouse = Warehouse(folder.warehouse_file, memory_mb=given.memory_mb, threads=2)
        with store.begin() as connection:
            add_shop(connection, SHOP, BEGIN)
        begun = time.perf_counter()
        for first in range(0, given.events, AT_ONCE):
            now = moment(first + AT_ONCE)
            for start in range(first, min(first + AT_ONCE, given.events), BATCH):
                with store.begin() as connection:
                    append(connection, SHOP, [record(number) for number in range(start, start + BATCH)], now)
            load_inbox(store, warehouse, folder, SHOP, now)
            done = first + AT_ONCE
            if 2 * done <= given.events or not at_half:
                at_half = most_resident()
            if done % given.every == 0:
                resident, rate = psutil.Process().memory_info().rss / 1e6, done / (time.perf_counter() - begun)
                print(f"| {done:,} | {resident:,.0f} MB | {most_resident():,.0f} MB | {rate:,.0f} |", flush=True)
        warehouse.close()
        store.close()
    growth = most_resident() / at_half
    print(f"The most was {growth:.2f} times what it was after half of the events.")
    return int(growth > MOST_GROWTH)


def most_resident() -> float:
    """The most memory that this process ever had, in MB (Linux counts it in KB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def moment(number: int) -> datetime:
    """When an event happens: a hundred a second."""
    return BEGIN + timedelta(milliseconds=10 * number)


def record(number: int) -> Record:
    """An event of somebody who comes back every half hour or so."""
    who = number * 7_919 % PEOPLE
    body = {
        "event_id": f"m{number}",
        "customer_id": f"c{who}" if who % 4 else None,
        "anonymous_id": f"b{who}",
        "name": NAMES[number % len(NAMES)],
        "occurred_at": moment(number).isoformat(),
        "product_id": str(number % 500 + 1),
        "properties": {"price": number % 90, "position": number % 7},
    }
    return Record("event", f"memory:{number}", body)


if __name__ == "__main__":
    raise SystemExit(main())
