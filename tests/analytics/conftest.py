"""The hand-made shop of the flows' tests, and messages written by hand."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.analytics.messages import Messages
from tests.flows.hand_made import HandMade, new_shop

from relance.store import Store
from relance.warehouse import Warehouse


@pytest.fixture
def hand_made(sqlite_store: Store, warehouse: Warehouse, now: datetime) -> HandMade:
    """A French shop without customers, in SQLite."""
    return HandMade(sqlite_store, warehouse, new_shop(sqlite_store, now))


@pytest.fixture
def messages(hand_made: HandMade) -> Messages:
    """Messages of that shop."""
    return Messages(hand_made)
