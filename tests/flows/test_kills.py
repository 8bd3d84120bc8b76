"""A tick that is killed anywhere, then run again, does what one whole tick does: S6."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.flows.hand_made import HandMade, new_shop, utc

from relance.flows import TickResult
from relance.store import Store, open_store, sqlite_url, tables
from relance.warehouse import Warehouse

ANCHOR, M3 = utc("2025-01-10T12:00:00"), utc("2025-04-10T08:00:00")
PEOPLE, ORDERED = 25, 8

# Each place is a function of the runner; the process dies when it is called for the n-th time, or right after it.
PLACES = [
    ("relance.flows.entering", "insert_new", 2, "after"),
    ("relance.flows.entering", "move", 1, "after"),
    ("relance.flows.engine", "plan", 2, "after"),
    ("relance.flows.engine", "move", 3, "before"),
    ("relance.flows.engine", "move", 3, "after"),
]
MORE_PLACES = [
    ("relance.flows.entering", "insert_new", 2, "before"),
    ("relance.flows.engine", "plan", 2, "before"),
    ("relance.flows.engine", "insert_new", 1, "after"),
    ("relance.flows.engine", "due_positions", 3, "before"),
    ("relance.flows.engine", "_decide", 2, "after"),
]

CHILD = """
import importlib, os, signal, sys
from datetime import datetime
from pathlib import Path
from relance.flows import entering, tick
from relance.store import find_shop, open_store, sqlite_url
from relance.warehouse import Warehouse

folder, at, module, name, count, when = sys.argv[1:]
entering.ROWS_A_BATCH = 5
entering.batches.__defaults__ = (5,)
place, real, calls = importlib.import_module(module), None, 0
real = getattr(place, name)

def dying(*arguments, **named):
    global calls
    calls += 1
    if calls == int(count) and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    answer = real(*arguments, **named)
    if calls == int(count):
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

setattr(place, name, dying)
store = open_store(sqlite_url(Path(folder) / "store.sqlite"))
warehouse = Warehouse(Path(folder) / "warehouse.duckdb", memory_mb=512, threads=1)
with store.read() as connection:
    shop = find_shop(connection)
tick(store, warehouse, shop, b"0" * 32, datetime.fromisoformat(at))
"""


def open_shop(folder: Path, now: datetime) -> HandMade:
    store = open_store(sqlite_url(folder / "store.sqlite"))
    warehouse = Warehouse(folder / "warehouse.duckdb", memory_mb=512, threads=1)
    return HandMade(store, warehouse, new_shop(store, now))


def close(shop: HandMade) -> None:
    shop.warehouse.close()
    shop.store.close()


def reopened(folder: Path, shop: HandMade) -> HandMade:
    store = Store(sqlite_url(folder / "store.sqlite"))
    return HandMade(store, Warehouse(folder / "warehouse.duckdb", memory_mb=512, threads=1), shop.shop)


def passages(shop: HandMade) -> Counter[Any]:
    passage = tables.flow_passage
    with shop.store.read() as connection:
        return Counter(connection.execute(select(passage.c.customer_id, passage.c.step)).all())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name", "count", "when"),
    [*PLACES, *(pytest.param(*place, marks=pytest.mark.soak) for place in MORE_PLACES)],
)
def test_a_killed_tick_is_finished_by_the_next_one(
    tmp_path: Path, module: str, name: str, count: int, when: str
) -> None:
    """Everybody is in the flow once, got each message once, and passed each step once."""
    shop = open_shop(tmp_path, ANCHOR)
    for number in range(PEOPLE):
        shop.customer(f"c{number:02d}", f"c{number:02d}@exemple.fr")
        shop.order(f"c{number:02d}", ANCHOR, 200 if number % 2 else 20)
    shop.start_flow(ANCHOR)
    shop.tick(ANCHOR + timedelta(days=1))
    for number in range(ORDERED):
        shop.order(f"c{number:02d}", ANCHOR + timedelta(days=30))
    close(shop)
    command = [sys.executable, "-c", CHILD, str(tmp_path), M3.isoformat(), module, name, str(count), when]
    killed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    shop = reopened(tmp_path, shop)
    shop.tick(M3)
    assert shop.tick(M3) == TickResult()
    sent = Counter((row["customer_id"], row["step"]) for row in shop.outbox())
    assert sent == {
        (f"c{number:02d}", "m3-coupon" if number % 2 else "m3-novelties"): 1 for number in range(ORDERED, PEOPLE)
    }
    assert set(passages(shop).values()) == {1}
    assert len(passages(shop)) == 3 * (PEOPLE - ORDERED)
    states = {number: [row.state for row in shop.positions(f"c{number:02d}")] for number in range(PEOPLE)}
    assert states == {number: ["waiting", "ended"] if number < ORDERED else ["waiting"] for number in range(PEOPLE)}
    close(shop)
