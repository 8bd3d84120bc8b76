"""The same segments on PostgreSQL, in the shape listmonk and Mautic use, beside Relance's full refresh.

`python benchmarks/segments_postgres.py [--customers N] [--events N] [--orders N]` prints Markdown rows. Both sides have
the same rows, indexed, analysed and warm, and two processors; both write who is in which segment. The counts of every
segment are compared: a difference ends the run.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import pyarrow.csv
from benchmarks.made_shop import AS_OF, SHOP, Size
from benchmarks.measure import Measured, row
from benchmarks.postgres_queries import QUERIES
from benchmarks.segments import THREADS, made_shop, peak, seconds_of
from psycopg import sql

from relance import segments
from relance.store import add_shop, open_store, sqlite_url
from relance.warehouse import Warehouse

COLUMNS: Final = {
    "customer": "customer_id text PRIMARY KEY, email text, email_status text, gender text, region text, tags text[]",
    "orders": "order_id text PRIMARY KEY, customer_id text, ordered_at timestamp, counted boolean, total bigint,"
    " coupon text, channel text, shipping_method text, payment_method text",
    "order_line": "line_id text PRIMARY KEY, order_id text, customer_id text, kind text, product_id text,"
    " category text, vendor text",
    "refund": "refund_id text PRIMARY KEY, order_id text, amount bigint",
    "event": "event_id text PRIMARY KEY, customer_id text, name text, occurred_at timestamp, product_id text,"
    " value double precision, properties jsonb",
    "message_event": "message_event_id text PRIMARY KEY, customer_id text, channel text, kind text, verdict text,"
    " occurred_at timestamp",
    "member": "segment integer, customer_id text",
}
INDEXES: Final = (
    "orders (customer_id, ordered_at)",
    "orders (ordered_at)",
    "order_line (customer_id, product_id)",
    "order_line (product_id)",
    "refund (order_id)",
    "event (customer_id, name, occurred_at)",
    "event (name, occurred_at)",
    "message_event (customer_id, kind, occurred_at)",
    "message_event (kind, occurred_at)",
    "customer (email_status)",
)
SETTINGS: Final = (
    *("shared_buffers=2GB", "work_mem=256MB", "effective_cache_size=6GB", "random_page_cost=1.1", "fsync=off"),
    *("max_parallel_workers_per_gather=1", "maintenance_work_mem=512MB", "listen_addresses=''", "max_wal_size=8GB"),
)


def main() -> None:
    """Print the rows."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--customers", type=int, default=100_000)
    options.add_argument("--events", type=int, default=5_000_000)
    options.add_argument("--orders", type=int, default=500_000)
    options.add_argument("--keep", type=Path, help="a folder for the shop that is made")
    given = options.parse_args()
    size = Size(given.customers, given.events, given.orders)
    with tempfile.TemporaryDirectory(dir=given.keep) as name:
        made = made_shop(given.keep or Path(name), size, 1, 2048)
        shutil.copy(made, Path(name) / "warehouse.duckdb")
        warehouse = Warehouse(Path(name) / "warehouse.duckdb", memory_mb=2048, threads=THREADS)
        with server() as connection:
            fill(connection, warehouse)
            theirs, counts = run(connection)
        ours, sizes = refreshed(Path(name), warehouse)
        warehouse.close()
    if sizes != counts:
        odd = [f"{query}: {sizes[query]} and {counts[query]}" for query in QUERIES if sizes[query] != counts[query]]
        raise SystemExit("the counts differ: " + "; ".join(odd))
    shown = f"{len(QUERIES)} segments, {size.customers:,} customers, {size.events:,} events"
    print(row(f"PostgreSQL, a query a segment, {shown}", Measured(theirs, peak()), "full refresh of the same", ours))


def refreshed(folder: Path, warehouse: Warehouse) -> tuple[float, dict[str, int]]:
    """Seconds of the first refresh of these segments, and how many members each has."""
    store = open_store(sqlite_url(folder / "store.sqlite"))
    with store.begin() as connection:
        add_shop(connection, SHOP, AS_OF)
        for number, query in enumerate(QUERIES):
            segments.save(connection, SHOP, f"s{number}", f"Segment {number}", query, AS_OF, "benchmark")
    found: list[segments.RefreshResult] = []
    took = seconds_of(lambda: found.append(segments.refresh(store, warehouse, SHOP, AS_OF, recorded_at=AS_OF)))
    store.close()
    return took, {query: found[0].sizes[f"s{number}"] for number, query in enumerate(QUERIES)}


def run(connection: psycopg.Connection) -> tuple[float, dict[str, int]]:
    """Seconds in which every segment's members are found and kept, after a warming run; and how many they are."""
    counts: dict[str, int] = {}

    def once() -> None:
        connection.execute("TRUNCATE member")
        for number, (query, where) in enumerate(QUERIES.items()):
            statement = f"INSERT INTO member SELECT {number}, c.customer_id FROM customer c WHERE {dated(where)}"
            counts[query] = connection.execute(sql.SQL(statement)).rowcount
        connection.commit()

    once()
    return seconds_of(once), counts


def dated(where: str) -> str:
    """The condition with its days as instants: {30d}, {6m} and {1y} before today, at midnight in the shop's zone."""
    today = AS_OF.astimezone(SHOP.zone).date()

    def instant(found: re.Match[str]) -> str:
        number, unit = int(found[1]), found[2]
        months = today.year * 12 + today.month - 1 - number * {"d": 0, "m": 1, "y": 12}[unit]
        day = today - timedelta(days=number) if unit == "d" else date(months // 12, months % 12 + 1, today.day)
        midnight = datetime.combine(day, time(), tzinfo=SHOP.zone).astimezone(ZoneInfo("UTC"))
        return f"timestamp '{midnight:%Y-%m-%d %H:%M:%S}'"

    return re.sub(r"\{(\d+)([dmy])\}", instant, where)


def fill(connection: psycopg.Connection, warehouse: Warehouse) -> None:
    """The warehouse's rows in PostgreSQL's tables, with indexes and statistics."""
    for name, columns in COLUMNS.items():
        connection.execute(sql.SQL(f"CREATE TABLE {name} ({columns})"))
        if name != "member":
            _copy(connection, warehouse, name, [part.split()[0] for part in columns.split(", ")])
    for index in INDEXES:
        connection.execute(sql.SQL(f"CREATE INDEX ON {index}"))
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")
    connection.autocommit = False


def _copy(connection: psycopg.Connection, warehouse: Warehouse, name: str, columns: list[str]) -> None:
    with warehouse.read() as engine:
        table = engine.table("order" if name == "orders" else name)
        if name == "orders":
            table = table.mutate(coupon=table.coupons[0])
        if name == "customer":
            table = table.mutate(tags="{" + table.tags.join(",") + "}")
        with connection.cursor().copy(sql.SQL(f"COPY {name} FROM STDIN (FORMAT csv)")) as copy:
            for batch in engine.to_pyarrow_batches(table.select(*columns), chunk_size=200_000):
                buffer = pa.BufferOutputStream()
                options = pyarrow.csv.WriteOptions(include_header=False)
                pyarrow.csv.write_csv(pa.Table.from_batches([batch]), buffer, options)
                copy.write(buffer.getvalue().to_pybytes())


@contextmanager
def server() -> Iterator[psycopg.Connection]:
    """A PostgreSQL cluster of our own for the time of the run, reached over a socket."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    home = Path(tempfile.mkdtemp(prefix="relance-benchmark-"))
    become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if become:
        shutil.chown(home, "postgres")

    def call(program: str, *arguments: str) -> None:
        command = [*become, str(programs / program), "-D", f"{home}/cluster", *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    call("initdb", "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
    settings = " ".join(f"-c {setting}" for setting in SETTINGS)
    call("pg_ctl", "-l", f"{home}/log", "-w", "-o", f"-k {home} {settings}", "start")
    try:
        with psycopg.connect(f"host={home} user=postgres dbname=postgres") as connection:
            yield connection
    finally:
        call("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
