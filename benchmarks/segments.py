"""The segment engine on a made-up shop: every figure beside a reference of the same run.

`python benchmarks/segments.py [--customers N] [--events N] [--orders N] [--keep DIR] [--only NAME …]` prints
Markdown rows. The whole library of segments is kept in the shop. With `--keep` the shop is made once and used again;
what is measured works on a copy. The measures, in the order in which they run:

    full         the first refresh of everybody, beside a bare GROUP BY customer of the event table; then the next day's
    singly       one query a segment on the same engine, beside the full refresh
    incremental  a refresh after 10 and 1,000 customers have done something, beside the full refresh
    typing       counts while somebody types, over conditions on fields and on events
    live         from an event's arrival to its memberships, at 1,000 events a second
    doubled      full and incremental again over twice the history
    tenfold      the first refresh of ten times the customers and orders, and six times the events, beside that of one;
                 its shop is not kept, and takes a disk of some 60 GB at the usual size
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from benchmarks.live import lags
from benchmarks.made_shop import AS_OF, DAYS, SHOP, Size, make_history, make_people
from benchmarks.measure import Measured, row

from relance import segments
from relance.ingest import cut_sessions
from relance.pipeline import RECENT
from relance.store import DataFolder, Store, add_shop, open_store, sqlite_url
from relance.warehouse import Warehouse
from relance.worker.loop import leave_garbage_to_loops

MEASURES: Final = ("full", "singly", "incremental", "typing", "live", "doubled", "tenfold")
THREADS: Final = 2
RUNS: Final = 5
PIECES: Final = 20  # of a shop that one process makes: what they leave behind in memory grows
FIELDS: Final = (
    "number_of_orders >= 3",
    "number_of_orders = 1 AND last_order_date < -90d",
    "amount_spent > 500 AND email_subscription_status = 'SUBSCRIBED'",
    "amount_spent IN TOP 20%",
    "customer_tags CONTAINS 'vip' OR customer_cities CONTAINS 'FR-ARA-Lyon'",
    "lifecycle_phase = 'at_risk'",
    "rfm_group = 'CHAMPIONS'",
    "age BETWEEN 25 AND 40 AND gender = 'F'",
    "days_since_last_order > 2 * average_days_between_orders",
    "average_order_value > 115% OF AVERAGE",
    "customer_language = 'fr' AND customer_added_date >= -1y",
    "customer_email_domain = 'example.com' AND first_order_date >= -6m",
)
CONDITIONS: Final = (
    "storefront.product_viewed MATCHES (date >= -7d, count >= 3)",
    "storefront.product_viewed MATCHES (id = '12', date >= -30d)",
    "storefront.product_added_to_cart MATCHES (date >= -7d) AND orders_placed NOT MATCHES (date >= -7d)",
    "storefront.search_submitted MATCHES (properties.query = 'vase')",
    "event MATCHES (name = 'Product Added', value > 50, count >= 2)",
    "session MATCHES (date >= -30d, duration >= 4:30, purchases = 0)",
    "session MATCHES (source = 'email', carts >= 1, count >= 2)",
    "funnel MATCHES (steps = ('Product Added', NOT 'Checkout Started'), within = 4h, date >= -7d)",
    "email.clicked MATCHES (date >= -30d)",
    "orders_placed MATCHES (coupon IS NOT NULL, date >= -1y, count >= 2)",
    "products_purchased MATCHES (category = 'Table', date >= -6m)",
    "event MATCHES (date >= -4h)",
)


@dataclass(frozen=True)
class Bench:
    """A shop that is being measured."""

    folder: DataFolder
    store: Store
    warehouse: Warehouse


def main() -> None:
    """Print the rows."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--customers", type=int, default=1_000_000)
    options.add_argument("--events", type=int, default=50_000_000)
    options.add_argument("--orders", type=int, default=5_000_000)
    options.add_argument("--memory-mb", type=int, default=2048)
    options.add_argument("--tenfold-mb", type=int, default=6144, help="the engine's memory for tenfold")
    options.add_argument("--minutes", type=float, default=5, help="how long events come in live")
    options.add_argument("--keep", type=Path, help="a folder for the shops that are made")
    options.add_argument("--only", nargs="+", choices=MEASURES, default=MEASURES)
    given = options.parse_args()
    size = Size(given.customers, given.events, given.orders)
    leave_garbage_to_loops()  # as a server does before it answers
    with tempfile.TemporaryDirectory(dir=given.keep) as name:
        kept = given.keep or Path(name)
        made = made_shop(kept, size, 1, given.memory_mb)
        with opened(made, Path(name) / "once", given.memory_mb) as bench:
            full, bare = measure_first(bench, size)
            if "full" in given.only:
                measure_next_day(bench, bare)
            if "singly" in given.only:
                measure_singly(bench, full)
            once = measure_incremental(bench, "", full) if {"incremental", "doubled"} & {*given.only} else {}
            if "typing" in given.only:
                measure_typing(bench, bare)
            if "live" in given.only:
                measure_live(bench, given.minutes)
        if "doubled" in given.only:
            made = made_shop(kept, size, 2, given.memory_mb)
            with opened(made, Path(name) / "twice", given.memory_mb) as bench:
                twice, _ = measure_first(bench, replace(size, events=2 * size.events, orders=2 * size.orders))
                for touched, took in measure_incremental(bench, ", history doubled", twice).items():
                    print(row("the same", Measured(took, peak()), f"of one history, {touched:,}", once[touched]))
        if "tenfold" in given.only:
            more = Size(10 * size.customers, 6 * size.events, 10 * size.orders)
            made = made_shop(Path(name), more, 1, given.tenfold_mb)
            with opened(made, Path(name) / "tenfold", given.tenfold_mb) as bench:
                ten, _ = measure_first(bench, more)
                print(row("the same", Measured(ten, peak()), "full refresh of a tenth of the customers", full))


def made_shop(kept: Path, size: Size, times: int, memory_mb: int) -> Path:
    """The file of a shop with `times` two years of history, made in a process of its own if it is not there yet."""
    file = kept / f"shop-{size.customers}-{size.events}-{size.orders}-{times}.duckdb"
    if not file.with_suffix(".json").exists():
        file.unlink(missing_ok=True)
        in_a_process(make, file, size, times, memory_mb)
    facts = json.loads(file.with_suffix(".json").read_text(encoding="ascii"))
    what = f"sessions cut by the loader, {times * size.events:,} events"
    bare = "bare GROUP BY of the events as they came"
    print(row(what, Measured(facts["cut"], facts["peak"]), bare, facts["bare"]), flush=True)
    print(row("tables put in order by the loader", Measured(facts["tidied"], facts["peak"]), bare, facts["bare"]))
    return file


def make(file: Path, size: Size, times: int, memory_mb: int) -> None:
    """Write the shop, cut its sessions and put its tables in order; how long that took stands beside it."""
    warehouse = Warehouse(file, memory_mb=memory_mb, threads=THREADS)
    make_people(warehouse, size)
    warehouse.close()
    for history in range(times, 0, -1):
        for first in range(0, size.pieces, PIECES):
            begun = replace(size, first_day=DAYS * history)
            in_a_process(make_pieces, file, begun, range(first, min(first + PIECES, size.pieces)), memory_mb)
    warehouse = Warehouse(file, memory_mb=memory_mb, threads=THREADS)
    before = peak()
    with warehouse.write() as writer:
        took = seconds_of(lambda: cut_sessions(writer, SHOP, None))
    facts = {"cut": took, "peak": peak(), "made": before, "bare": reference(warehouse, "event", "occurred_at", "value")}
    facts["tidied"] = seconds_of(lambda: warehouse.tidy(AS_OF - RECENT))
    warehouse.close()
    file.with_suffix(".json").write_text(json.dumps(facts), encoding="ascii")


def make_pieces(file: Path, size: Size, pieces: range, memory_mb: int) -> None:
    """Write some pieces of a shop's history."""
    warehouse = Warehouse(file, memory_mb=memory_mb, threads=THREADS)
    make_history(warehouse, size, pieces)
    warehouse.close()


def in_a_process(work: Callable[..., None], *arguments: object) -> None:
    """Call it in a process of its own, whose memory is given back. Raises SystemExit when it fails."""
    maker = multiprocessing.Process(target=work, args=arguments)
    maker.start()
    maker.join()
    if maker.exitcode:
        raise SystemExit(maker.exitcode)


@contextmanager
def opened(file: Path, where: Path, memory_mb: int) -> Iterator[Bench]:
    """A copy of the shop (itself, when it lies beside `where`), with a store that has the whole library."""
    folder = DataFolder(where)
    folder.create()
    (shutil.move if file.parent == where.parent else shutil.copy)(file, folder.warehouse_file)
    store = open_store(sqlite_url(folder.store_file))
    with store.begin() as connection:
        add_shop(connection, SHOP, AS_OF)
        kept: set[str] = set()
        waiting = [ready for ready in segments.library() if ready.available]
        while waiting:
            ready = next(one for one in waiting if kept.issuperset(one.needs()))
            name = ready.names[SHOP.language]
            segments.save(connection, SHOP, ready.library_id, name, ready.query, AS_OF, "benchmark")
            kept.add(ready.library_id)
            waiting.remove(ready)
    warehouse = Warehouse(folder.warehouse_file, memory_mb=memory_mb, threads=THREADS)
    yield Bench(folder, store, warehouse)
    warehouse.close()
    store.close()
    shutil.rmtree(where)


def refresh(bench: Bench, now: datetime) -> segments.RefreshResult:
    """Bring every segment up to `now`."""
    return segments.refresh(bench.store, bench.warehouse, SHOP, now, recorded_at=now)


def measure_first(bench: Bench, size: Size) -> tuple[float, float]:
    """The first refresh of everybody beside bare groupings; its seconds, and those of the grouping of the events."""
    bare = reference(bench.warehouse, "event", "occurred_at", "value")
    orders = reference(bench.warehouse, "order", "ordered_at", "total")
    found: list[segments.RefreshResult] = []
    full = seconds_of(lambda: found.append(refresh(bench, AS_OF)))
    shown = (
        f"{found[0].segments} segments, {size.customers:,} customers, {size.events:,} events, {size.orders:,} orders"
    )
    print(row(f"full refresh, {shown}", Measured(full, peak()), "bare GROUP BY of the events", bare))
    print(row("the same", Measured(full, peak()), "bare GROUP BY of events and orders", bare + orders), flush=True)
    return full, bare


def measure_next_day(bench: Bench, bare: float) -> None:
    """The refresh of the day after, beside a bare grouping."""
    next_day = seconds_of(partial(refresh, bench, AS_OF + timedelta(days=1)))
    print(row("the next day's refresh", Measured(next_day, peak()), "bare GROUP BY of the events", bare), flush=True)


def measure_singly(bench: Bench, full: float) -> None:
    """One query a segment, as its member count would be asked for without a shared pass."""
    fields = segments.fields_with()
    took = 0.0
    with bench.warehouse.read() as engine:
        for ready in segments.library():
            if ready.available:
                meaning = segments.understood(segments.standing_alone(ready.query, ()), fields).meaning
                answer = segments.evaluate(engine, {"inside": meaning}, SHOP, AS_OF)
                took += seconds_of(partial(engine.to_pyarrow, answer.inside.sum()))
    print(row("one query a segment", Measured(took, peak()), "full refresh", full), flush=True)


def measure_incremental(bench: Bench, when: str, full: float) -> dict[int, float]:
    """A refresh after some customers did something, each time others; the median of five, by their number."""
    medians: dict[int, float] = {}
    dice = np.random.default_rng(3)
    now = segments_now(bench)
    for touched in (10, 1_000):
        times = []
        for _ in range(RUNS):
            now += timedelta(seconds=2)
            with bench.warehouse.write() as writer:
                writer.insert("event", some_events(dice, touched, now - timedelta(seconds=1)))
            times.append(seconds_of(partial(refresh, bench, now)))
        medians[touched] = statistics.median(times)
        took = Measured(medians[touched], peak())
        print(row(f"refresh after {touched:,} touched customers{when}", took, "full refresh", full), flush=True)
    return medians


def some_events(dice: np.random.Generator, count: int, at: datetime) -> pa.Table:
    """One product view of each of some customers."""
    when = pa.array([at.replace(tzinfo=None)] * count, pa.timestamp("us"))
    return pa.table(
        {
            "event_id": [f"live-{number}" for number in dice.integers(0, 1 << 60, count)],
            "customer_id": [f"c{number}" for number in dice.choice(20_000, count, replace=False)],
            "name": pa.repeat("Product Viewed", count),
            "occurred_at": when,
            "received_at": when,
            "product_id": pa.repeat("12", count),
            "batch_id": pa.repeat("live", count),
        }
    )


def measure_typing(bench: Bench, bare: float) -> None:
    """The 95th percentile of counts, each query three times, the first time included."""
    now = segments_now(bench)
    for kind, queries in (("fields", FIELDS), ("events", CONDITIONS)):
        times = [
            seconds_of(partial(segments.preview, bench.warehouse, SHOP, text, now, sample=0))
            for _ in range(3)
            for text in queries
        ]
        shown = f"count while typing, conditions on {kind}, p95 of {len(times)}"
        print(row(shown, Measured(percentile(times, 95), peak()), "bare GROUP BY of the events", bare), flush=True)


def measure_live(bench: Bench, minutes: float) -> None:
    """From the arrival of an event to the commit of its memberships."""
    found = lags(bench.folder, bench.store, bench.warehouse, segments_now(bench), minutes * 60)
    half = len(found) // 2
    shown = f"event to membership, {len(found):,} events in {minutes:g} min"
    for part in (50, 95, 100):
        took = Measured(percentile(found, part), peak())
        print(row(f"{shown}, p{part}", took, "bound", 2.0), flush=True)
    drift = Measured(percentile(found[half:], 95), peak())
    print(row("p95 of the second half", drift, "p95 of the first half", percentile(found[:half], 95)), flush=True)


def segments_now(bench: Bench) -> datetime:
    """The instant after the last refresh."""
    with bench.warehouse.read() as engine:
        return (segments.last_as_of(engine) or AS_OF) + timedelta(seconds=1)


def reference(warehouse: Warehouse, table: str, instant: str, amount: str) -> float:
    """Seconds of a bare GROUP BY customer with count, sum and max: warm, the median of five."""

    def group() -> None:
        with warehouse.read() as engine:
            rows = engine.table(table)
            grouped = rows.group_by("customer_id").agg(
                n=rows.count(), total=rows[amount].sum(), last=rows[instant].max()
            )
            engine.to_pyarrow(grouped.agg([grouped.n.sum(), grouped.total.sum(), grouped["last"].max()]))

    group()
    return statistics.median(seconds_of(group) for _ in range(RUNS))


def percentile(times: list[float], share: int) -> float:
    """The value that `share` percent of the times do not exceed."""
    return float(np.percentile(times, share))


def seconds_of(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def peak() -> int:
    """The largest resident memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
