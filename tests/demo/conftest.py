"""One simulated shop for all tests, at the demo's size, and a warehouse that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from ibis.backends.duckdb import Backend

from relance.demo import SimulatedShop, simulate
from relance.ingest import cut_sessions
from relance.store import Shop
from relance.warehouse import Warehouse

UNTIL = date(2026, 11, 22)
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(scope="session")
def simulated() -> SimulatedShop:
    """The shop of the demo: 20,000 customers, two years."""
    return simulate(11, UNTIL, PARIS)


@pytest.fixture(scope="session")
def loaded(simulated: SimulatedShop) -> Iterator[Backend]:
    """An engine to read the shop with, from a warehouse that took in every table and cut its sessions."""
    warehouse = Warehouse(None, memory_mb=1024, threads=2)
    with warehouse.write() as writer:
        for name, rows in simulated.tables.items():
            writer.insert(name, rows)
        cut_sessions(writer, Shop("main", simulated.name, "EUR", "Europe/Paris", "fr"), None)
    with warehouse.read() as engine:
        yield engine
    warehouse.close()
