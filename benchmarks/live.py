"""Events that come in at a steady rate while the loader and the refresh run behind them, as a server runs them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final

import numpy as np
from benchmarks.made_shop import SHOP

from relance.cli.serving import RECEIVE_PAUSE
from relance.house import House
from relance.ingest import Record, append
from relance.store import DataFolder, Store
from relance.warehouse import Warehouse
from relance.worker.receiving import Receiver

RATE: Final = 1_000  # events a second
TICK: Final = 0.1
WARM_UP: Final = 3
PEOPLE: Final = 20_000  # customers who are on the site
NAMES: Final = ("Product Viewed", "Page Viewed", "Product Added", "Products Searched")


def lags(folder: DataFolder, store: Store, warehouse: Warehouse, start: datetime, seconds: float) -> list[float]:
    """For each event the seconds from its arrival to the commit of the refresh that knows it, in their order.

    A few events before them let the server compile what it asks all day.
    """
    begun = time.perf_counter()
    arrived: list[float] = []
    over = Event()

    def clock() -> datetime:
        return start + timedelta(seconds=time.perf_counter() - begun)

    receiver = Receiver(House(folder, store, warehouse, folder.secret_key(), clock, "http://127.0.0.1"))
    for number in range(-WARM_UP, 0):
        with store.begin() as connection:
            append(connection, SHOP, [_record(np.random.default_rng(5), number, clock())], clock())
        receiver.look()
    sender = Thread(target=_send, args=(store, clock, arrived, seconds, over))
    sender.start()
    found: list[float] = []
    while not over.is_set() or len(found) < len(arrived):
        there = len(arrived)
        if not receiver.look():
            time.sleep(RECEIVE_PAUSE)
            continue
        done = time.perf_counter()
        found += [done - at for at in arrived[len(found) : there]]
    sender.join()
    return found


def _send(store: Store, clock: Callable[[], datetime], arrived: list[float], seconds: float, over: Event) -> None:
    """Append what came since the last tick, every tick: as a door for events would."""
    dice = np.random.default_rng(4)
    begun, sent = time.perf_counter(), 0
    while (passed := time.perf_counter() - begun) < seconds:
        due = int(passed * RATE) - sent
        at = time.perf_counter()
        records = [_record(dice, sent + place, clock()) for place in range(due)]
        with store.begin() as connection:
            append(connection, SHOP, records, clock())
        arrived += [at] * due
        sent += due
        time.sleep(max(0.0, TICK - (time.perf_counter() - at)))
    over.set()


def _record(dice: np.random.Generator, number: int, at: datetime) -> Record:
    who = int(dice.integers(0, PEOPLE))
    body = {
        "event_id": f"live-{number}",
        "customer_id": f"c{who}",
        "anonymous_id": f"b{who}",
        "name": NAMES[number % len(NAMES)],
        "occurred_at": at.isoformat(),
        "product_id": str(number % 500 + 1),
        "value": float(number % 90),
    }
    return Record("event", f"live:{number}", body)
