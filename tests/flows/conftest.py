"""A shop made by hand, on one store or on both."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.flows.hand_made import HandMade, new_shop

from relance.store import Store
from relance.warehouse import Warehouse


@pytest.fixture
def hand_made(sqlite_store: Store, warehouse: Warehouse, now: datetime) -> HandMade:
    """A French shop without customers, in SQLite."""
    return HandMade(sqlite_store, warehouse, new_shop(sqlite_store, now))


@pytest.fixture
def both_stores(store: Store, warehouse: Warehouse, now: datetime) -> HandMade:
    """The same in SQLite, then in PostgreSQL."""
    return HandMade(store, warehouse, new_shop(store, now))
