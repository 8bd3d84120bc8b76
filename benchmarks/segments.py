"""How long one refresh of the whole library of segments takes, beside a bare `GROUP BY customer`.

`python benchmarks/segments.py [--customers N] [--orders N]` prints Markdown rows. The shop is made up (seeded); the
reference is DuckDB alone, counting, summing and taking the latest order of each customer over the same table. A
third row shows the evaluation of the library for 300 touched customers.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
from benchmarks.measure import Measured, row

from relance import segments
from relance.store import Shop, Store, add_shop, open_store, sqlite_url
from relance.warehouse import Warehouse

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
SHOP = Shop("main", "Benchmark", "EUR", "Europe/Paris", "en")
DAYS = 730
PIECE = 500_000
TOUCHED = 300
FILE = "warehouse.duckdb"


def make_shop(file: Path, customers: int, orders: int) -> None:
    """Customers with a long-tailed number of orders over two years; one order in twenty is half refunded."""
    warehouse = Warehouse(file, memory_mb=2048, threads=2)
    dice = np.random.default_rng(20_260)
    ids = np.char.add("c", np.arange(customers).astype("U9"))
    with warehouse.write() as writer:
        statuses = dice.choice(["SUBSCRIBED", "UNSUBSCRIBED"], customers)
        writer.insert("customer", pa.table({"customer_id": ids, "email_status": statuses, **_same(customers)}))
    weights = dice.pareto(1.5, customers) + 0.05
    buyers = np.searchsorted(np.cumsum(weights / weights.sum()), dice.random(orders)).clip(max=customers - 1)
    for begin in range(0, orders, PIECE):
        _add_orders(warehouse, dice, ids, buyers[begin : begin + PIECE], begin)
    warehouse.close()


def _add_orders(
    warehouse: Warehouse, dice: np.random.Generator, ids: np.ndarray, buyers: np.ndarray, begin: int
) -> None:
    count = len(buyers)
    numbers = np.char.add("o", np.arange(begin, begin + count).astype("U9"))
    latest = int(AS_OF.timestamp())
    seconds = dice.integers(latest - DAYS * 86_400, latest, count)
    at = pa.array(seconds * 1_000_000).cast(pa.timestamp("us"))
    totals = dice.integers(500, 20_000, count)
    common = {"customer_id": ids[buyers], "number": numbers, "day": at.cast(pa.date32(), safe=False), **_same(count)}
    orders = {
        "order_id": numbers,
        "ordered_at": at,
        "total": totals,
        "tax": totals // 6,
        "discount": pa.repeat(0, count),
        "currency": pa.repeat("EUR", count),
        "status": pa.repeat("paid", count),
        "test": pa.repeat(False, count),
        "counted": pa.repeat(True, count),
    }
    refunds = pa.table(
        {
            "refund_id": numbers,
            "order_id": numbers,
            "amount": totals // 2,
            "refunded_at": at,
            "dated": pa.repeat(True, count),
            **common,
        }
    )
    with warehouse.write() as writer:
        writer.insert("order", pa.table({**orders, **common}))
        writer.insert("refund", refunds.take(np.arange(0, count, 20)))


def _same(count: int) -> dict[str, pa.Array]:
    return {name: pa.repeat("benchmark", count) for name in ("source", "batch", "batch_id")}


def bare_group_by(warehouse: Warehouse) -> None:
    """The reference: count, sum and max of each customer's orders."""
    with warehouse.read() as engine:
        orders = engine.table("order")
        grouped = orders.group_by("customer_id").agg(
            n=orders.count(), total=orders.total.sum(), last=orders.ordered_at.max()
        )
        engine.to_pyarrow(grouped.agg([grouped.n.sum(), grouped.total.sum(), grouped["last"].max()]))


def evaluate_touched(warehouse: Warehouse) -> None:
    """The library for a few hundred customers, as a tick of the engine asks."""
    fields = segments.fields_with()
    meanings = {
        ready.library_id: segments.understood(ready.query, fields).meaning
        for ready in segments.library()
        if ready.available
    }
    touched = ibis.memtable({"customer_id": [f"c{number}" for number in range(TOUCHED)]})
    with warehouse.read() as engine:
        engine.to_pyarrow(segments.evaluate(engine, meanings, SHOP, AS_OF, touched=touched))


def seconds_of(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def peak() -> int:
    """The largest resident memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def prepared(folder: Path) -> Store:
    """A store with the shop and the library."""
    store = open_store(sqlite_url(folder / "store.sqlite"))
    with store.begin() as connection:
        add_shop(connection, SHOP, AS_OF)
        segments.install_library(connection, SHOP, AS_OF)
    return store


def main() -> None:
    """Print the rows."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--customers", type=int, default=1_000_000)
    options.add_argument("--orders", type=int, default=5_000_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = prepared(folder)
        # In a process of its own, so that the peak is that of the refresh.
        maker = multiprocessing.Process(target=make_shop, args=(folder / FILE, chosen.customers, chosen.orders))
        maker.start()
        maker.join()
        if maker.exitcode:
            raise SystemExit(maker.exitcode)
        warehouse = Warehouse(folder / FILE, memory_mb=2048, threads=2)
        reference = min(seconds_of(lambda: bare_group_by(warehouse)) for _ in range(3))
        took = seconds_of(lambda: segments.refresh(store, warehouse, SHOP, AS_OF, recorded_at=AS_OF))
        again = seconds_of(lambda: segments.refresh(store, warehouse, SHOP, AS_OF, recorded_at=AS_OF))
        touched = seconds_of(lambda: evaluate_touched(warehouse))
        available = sum(ready.available for ready in segments.library())
        size = f"{available} segments, {chosen.customers:,} customers, {chosen.orders:,} orders"
        print(row(f"first refresh, {size}", Measured(took, peak()), "bare GROUP BY", reference))
        print(row(f"next refresh, {size}", Measured(again, peak()), "bare GROUP BY", reference))
        print(row(f"{TOUCHED} touched customers, same shop", Measured(touched, peak()), "bare GROUP BY", reference))
        warehouse.close()
        store.close()


if __name__ == "__main__":
    main()
