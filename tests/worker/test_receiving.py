"""A running server takes in what came at once, and rests while nothing comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from relance.house import House
from relance.ingest import Record, append
from relance.store import DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse
from relance.worker import receiving
from relance.worker.receiving import Receiver


def events(warehouse: Warehouse) -> int:
    """How many events there are."""
    with warehouse.read() as engine:
        return int(engine.to_pyarrow(engine.table("event").count()).as_py())


def test_what_comes_is_taken_in_and_then_it_rests(
    sqlite_store: Store, warehouse: Warehouse, folder: DataFolder, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    house = House(folder, sqlite_store, warehouse, folder.secret_key(), lambda: now, "http://127.0.0.1")
    receiver = Receiver(house)
    receiver.look()
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
        body = {"event_id": "e1", "name": "Page Viewed", "occurred_at": now.isoformat(), "customer_id": "c1"}
        append(connection, shop, [Record("event", "event:1", body)], now)
    assert not receiver.is_idle()
    receiver.look()
    assert events(warehouse) == 1
    receiver.step(lambda: False)
    assert receiver.is_idle()
    # somebody else changes the warehouse
    at = pa.array([now.astimezone(UTC).replace(tzinfo=None) - timedelta(days=1)], pa.timestamp("us"))
    order = {"order_id": ["o1"], "source": ["shop"], "number": ["1"], "customer_id": ["c1"], "ordered_at": at}
    order |= {"day": at.cast(pa.date32()), "currency": ["EUR"], "total": [100], "discount": [0], "counted": [True]}
    order |= {"status": ["paid"], "test": [False], "batch": ["b"], "batch_id": ["b"]}
    with warehouse.write() as writer:
        writer.insert("order", pa.table(order))
    assert not receiver.is_idle()
    receiver.look()
    with warehouse.read() as engine:
        assert engine.to_pyarrow(engine.table("refresh").count()).as_py() == 1
    # what time alone brings is asked for each minute
    receiver.look()
    assert receiver.is_idle()
    monkeypatch.setattr(receiving, "ASK_AGAIN", 0.0)
    house = House(folder, sqlite_store, warehouse, folder.secret_key(), lambda: now + timedelta(minutes=2), "http://a")
    receiver.house = house
    receiver.look()
    with warehouse.read() as engine:
        assert engine.to_pyarrow(engine.table("refresh").as_of.max()).as_py() == (now + timedelta(minutes=2)).replace(
            tzinfo=None
        )
