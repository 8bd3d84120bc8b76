"""Receiving events over HTTP, durably: a real server in a process of its own, and a client beside it.

`python benchmarks/ingest.py` prints Markdown rows, each the median of three runs, in about four minutes. An answer
counts when it is 200: it comes after the commit, synchronous to the disk. Raw inserts are the rows that the server kept
in the last of its runs, put into an empty table of the same columns and index by as many commits as a client of one
connection would cause. The measures, in the order in which they run:

    batches   events a second by batches of 100, beside raw inserts
    half      the answers at half of that rate: 99 of 100 are no later than this
    singly    events a second one by one, beside raw inserts
    memory    (--only memory) the server's memory after many events, beside that after a tenth of them
    import    (--only import) a file of order lines, beside DuckDB alone reading the same file with the canonical types
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import psutil
from benchmarks.measure import Measured, measured, row
from benchmarks.sender import Call, Sent, call, send

from relance.ingest import WantedKey, add_key
from relance.store import DataFolder, Shop, add_shop, open_store, sqlite_url

QUICK: Final = ("batches", "half", "singly")
MEASURES: Final = (*QUICK, "memory", "import")
BATCH: Final = 100
CONNECTIONS: Final = 16
MANY_CONNECTIONS: Final = 64  # for events one by one
FASTEST: Final = 30_000  # events a second that are made ahead: more than can be taken
FASTEST_SINGLY: Final = 6_000
RAW_ROWS: Final = 50_000
SHOP: Final = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
NAMES: Final = ("Product Viewed", "Product Added", "Product List Viewed", "Products Searched", "Checkout Started")
HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Served:
    """A running server: its process, port, key and data folder."""

    process: psutil.Process
    port: int
    key: str
    folder: DataFolder

    @property
    def memory(self) -> int:
        """The server's resident memory, in bytes."""
        return int(self.process.memory_info().rss)

    @property
    def processor(self) -> float:
        """Seconds of processor time that the server has taken."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def main() -> None:
    """Print the rows."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=8, help="how long each run is")
    options.add_argument("--runs", type=int, default=3, help="of how many runs the median is told")
    options.add_argument("--events", type=int, default=10_000_000, help="how many the memory is watched over")
    options.add_argument("--lines", type=int, default=1_000_000, help="how many order lines are imported")
    options.add_argument("--only", nargs="+", choices=MEASURES, default=QUICK)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place, runs = Path(name), Runs(Path(name), given.runs, given.seconds)
        rate = 0.0
        if {"batches", "half"} & set(given.only):
            rate = measure_batches(runs)
        if "half" in given.only:
            measure_half(runs, rate / 2)
        if "singly" in given.only:
            measure_singly(runs)
        if "memory" in given.only:
            measure_memory(place, given.events)
        if "import" in given.only:
            measure_import(place, given.lines)


@dataclass(frozen=True)
class Run:
    """What came of one run: what was sent, the server's peak memory and processor time, and its data folder."""

    sent: Sent
    peak: int
    processor: float
    folder: DataFolder

    @property
    def rate(self) -> float:
        """Events a second that were acknowledged."""
        return len(self.sent.acknowledged) / self.sent.seconds


@dataclass(frozen=True)
class Runs:
    """Several runs of one measure, each against a new server."""

    place: Path
    times: int
    seconds: float

    def of(
        self, name: str, calls: Callable[[Served], Iterator[Call]], connections: int, rate: float | None
    ) -> list[Run]:
        """The runs; `rate` is in requests a second, None for as many as are answered."""
        return [self._one(self.place / f"{name}-{run}", calls, connections, rate) for run in range(self.times)]

    def _one(self, where: Path, calls: Callable[[Served], Iterator[Call]], connections: int, rate: float | None) -> Run:
        with serving(where) as served:
            made, before = calls(served), served.processor
            sent = send(served.port, made, self.seconds, connections, rate)
            return Run(sent, served.memory, served.processor - before, served.folder)


def measure_batches(runs: Runs) -> float:
    """Events a second by batches, told as seconds for 100,000; the rate."""
    done = runs.of("batches", lambda served: prepared(served, runs.seconds, FASTEST), CONNECTIONS, None)
    return told_rate(done, "by batches of 100", 100_000, raw_inserts(done[-1].folder, runs.place, BATCH, RAW_ROWS))


def measure_singly(runs: Runs) -> None:
    """Events a second one by one, told as seconds for 1,000."""

    def calls(served: Served) -> Iterator[Call]:
        made = events()
        many = range(int(runs.seconds * FASTEST_SINGLY))
        return iter([call(served.port, served.key, [next(made)], single=True) for _ in many])

    done = runs.of("singly", calls, MANY_CONNECTIONS, None)
    told_rate(done, "one by one", 1_000, raw_inserts(done[-1].folder, runs.place, 1, 2_000))


def told_rate(done: list[Run], how: str, many: int, raw: float) -> float:
    """Print the median rate as seconds for so many events, beside raw inserts a row; the rate."""
    rate = float(np.median([run.rate for run in done]))
    processor = float(np.median([run.processor / len(run.sent.acknowledged) for run in done])) * 1e6
    what = f"{many:,} events over HTTP {how}: {rate:,.0f} a second, {processor:,.0f} µs of processor each"
    peak = max(run.peak for run in done)
    print(row(what, Measured(many / rate, peak), "raw inserts of the same rows", many * raw), flush=True)
    return rate


def measure_half(runs: Runs, rate: float) -> None:
    """The answers at half of the highest rate, beside their median."""
    done = runs.of("half", lambda served: prepared(served, runs.seconds, rate), CONNECTIONS, rate / BATCH)
    late, middle = (float(np.median([np.percentile(run.sent.answers, share) for run in done])) for share in (99, 50))
    peak = max(run.peak for run in done)
    what = f"99 of 100 answers at {rate:,.0f} events a second"
    print(row(what, Measured(late, peak), "half of the answers", middle), flush=True)


def measure_memory(place: Path, many: int) -> None:
    """The server's memory after all events, beside that after a tenth; the loader goes on beside."""
    with serving(place / "memory") as served:
        first, early = after(served, many // 10, 0)
        whole, late = after(served, many - many // 10, many // 10)
    print(
        row(
            f"{many:,} events, memory at the end",
            Measured(first + whole, late),
            f"a tenth, {early / 1e6:,.0f} MB",
            first,
        )
    )


def after(served: Served, many: int, start: int) -> tuple[float, int]:
    """Seconds until so many events were received and loaded, and the memory then."""
    begun = time.perf_counter()
    left = Sent()
    calls = list_of(served, many, start)
    while (one := next(calls, None)) is not None:
        sent = send(served.port, iter([one, *(each for each, _ in zip(calls, range(4_999), strict=False))]), 1e9, 4)
        left.acknowledged += sent.acknowledged[:1]
        while waiting(served) > 200_000:
            time.sleep(0.5)
    while waiting(served):
        time.sleep(0.5)
    return time.perf_counter() - begun, served.memory


def list_of(served: Served, many: int, start: int) -> Iterator[Call]:
    """Batches of so many events."""
    made = events(start)
    for _ in range(many // BATCH):
        yield call(served.port, served.key, [next(made) for _ in range(BATCH)], single=False)


def waiting(served: Served) -> int:
    """How many records the loader has not moved yet."""
    with sqlite3.connect(f"file:{served.folder.store_file}?mode=ro", uri=True, timeout=30) as store:
        last = store.execute("SELECT max(id) FROM inbox").fetchone()[0] or 0
        moved = store.execute("SELECT position FROM cursor WHERE name = 'loader'").fetchone()
    return int(last) - (int(moved[0]) if moved else 0)


def measure_import(place: Path, lines: int) -> None:
    """Order lines from a CSV file, beside DuckDB reading it into a file with the canonical types."""
    file = place / "lines.csv"
    write_lines(file, lines)
    alone = read_alone(file, place / "alone.duckdb")
    command = [sys.executable, str(HERE / "import.py"), "--file", str(file), "--mapping", "order-lines"]
    run = measured([*command, "--into", str(place / "imported")])
    print(row(f"Import of {lines:,} order lines", run, "DuckDB reads the same CSV", alone), flush=True)


def write_lines(file: Path, lines: int) -> None:
    """A file of order lines: 400,000 orders of 50,000 customers in a million lines."""
    with duckdb.connect() as engine:
        engine.execute(
            f"""
            COPY (
              SELECT 'A' || (i * 2 // 5)::VARCHAR AS "Order number",
                     TIMESTAMP '2024-01-01' + INTERVAL (i * 2 // 5) MINUTE AS "Order date",
                     'c' || ((i * 2 // 5) * 7919 % 50000)::VARCHAR AS "Customer ID",
                     'customer' || ((i * 2 // 5) * 7919 % 50000)::VARCHAR || '@example.com' AS "Email",
                     'SKU' || (i * 31 % 2000)::VARCHAR AS "SKU",
                     'Product ' || (i * 31 % 2000)::VARCHAR AS "Product",
                     1 + i % 3 AS "Quantity",
                     (5 + i * 31 % 2000 / 10.0)::DECIMAL(18, 2) AS "Unit price"
              FROM range({lines}) AS made(i)
            ) TO '{file}' (HEADER)
            """
        )


def read_alone(file: Path, where: Path) -> float:
    """Seconds in which DuckDB reads the file into a table with the canonical types, the checkpoint included."""
    types = {
        "Order number": "VARCHAR",
        "Order date": "TIMESTAMP",
        "Customer ID": "VARCHAR",
        "Email": "VARCHAR",
        "SKU": "VARCHAR",
        "Product": "VARCHAR",
        "Quantity": "BIGINT",
        "Unit price": "DECIMAL(18, 6)",
    }
    begun = time.perf_counter()
    with duckdb.connect(str(where), config={"threads": 2}) as engine:
        engine.execute("CREATE TABLE line AS SELECT * FROM read_csv(?, header = true, columns = ?)", [str(file), types])
        engine.execute("CHECKPOINT")
    return time.perf_counter() - begun


@contextmanager
def serving(where: Path) -> Iterator[Served]:
    """A server on an empty shop, as `relance serve` runs it, worker included."""
    folder = DataFolder(where)
    folder.create()
    store = open_store(sqlite_url(folder.store_file))
    now = datetime.now(UTC)
    with store.begin() as connection:
        add_shop(connection, SHOP, now)
        _, key = add_key(connection, SHOP, WantedKey("benchmark", "server"), secrets.token_urlsafe(32), now)
    store.close()
    command = [sys.executable, "-m", "relance", "--data", str(where), "serve", "--port", "0", "--json"]
    environment = {**os.environ, "RELANCE_INBOX_LIMIT": "100000000"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    try:
        port = port_of(process)
        yield Served(psutil.Process(process.pid), port, key, folder)
    finally:
        process.terminate()
        process.wait(60)


def port_of(process: subprocess.Popen[str]) -> int:
    """The port that a server tells when it has started."""
    told = ""
    if process.stdout is None:
        raise RuntimeError("the server tells nothing")
    while not told.rstrip().endswith("}"):
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the server did not start")
        told += line
    return int(json.loads(told)["url"].rpartition(":")[2])


def prepared(served: Served, seconds: float, rate: float) -> Iterator[Call]:
    """Batches of 100 events for so long at such a rate, made ahead: making them takes no time from the server."""
    return iter(list(list_of(served, int(seconds * rate), 0)))


def events(start: int = 0) -> Iterator[dict[str, Any]]:
    """Events of a shop, about 450 bytes each."""
    chance = random.Random(start)  # noqa: S311
    number = start
    while True:
        number += 1
        product = chance.randrange(2_000)
        yield {
            "type": "track",
            "messageId": f"benchmark-{number}",
            "anonymousId": f"visitor-{chance.randrange(200_000)}",
            "userId": f"customer-{chance.randrange(50_000)}" if number % 3 == 0 else None,
            "event": NAMES[number % len(NAMES)],
            "timestamp": datetime.now(UTC).isoformat(),
            "properties": {
                "product_id": str(product),
                "SKU": f"SKU-{product}",
                "name": f"Product {product}",
                "price": product / 10,
                "Quantity": 1,
                "url": f"https://shop.example/products/{product}",
            },
            "context": {"page": {"referrer": "https://www.google.com/"}, "locale": "fr-FR"},
        }


def raw_inserts(kept: DataFolder, place: Path, at_once: int, most: int) -> float:
    """Seconds a row in which the rows that a server kept go into an empty store, with commits of so many rows."""
    columns = "shop_id, message_id, kind, body, received_at"
    with sqlite3.connect(f"file:{kept.store_file}?mode=ro", uri=True) as store:
        rows = store.execute(f"SELECT {columns} FROM inbox ORDER BY id LIMIT ?", [most]).fetchall()
    file = place / f"raw-{at_once}.sqlite"
    open_store(sqlite_url(file)).close()
    with sqlite3.connect(file, isolation_level=None) as store:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            store.execute(f"PRAGMA {pragma}")
        insert = f"INSERT INTO inbox ({columns}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (shop_id, message_id) DO NOTHING"
        begun = time.perf_counter()
        for start in range(0, len(rows), at_once):
            store.execute("BEGIN IMMEDIATE")
            store.executemany(insert, rows[start : start + at_once])
            store.execute("COMMIT")
        return (time.perf_counter() - begun) / len(rows)


if __name__ == "__main__":
    main()
