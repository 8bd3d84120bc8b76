"""What simulated customers do after a message goes through the inbox like everything else."""

from __future__ import annotations

from datetime import UTC, datetime, time

import numpy as np

from relance.demo import SentMessage, SimulatedShop, order_records, reactions
from relance.ingest import append, load_inbox
from relance.store import DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse


def test_orders_after_messages_are_loaded_once(
    simulated: SimulatedShop, sqlite_store: Store, folder: DataFolder, warehouse: Warehouse, now: datetime
) -> None:
    shop = Shop("main", simulated.name, "EUR", "Europe/Paris", "fr")
    at = datetime.combine(simulated.truth.until, time(9), tzinfo=UTC)
    messages = [SentMessage(f"m-{name}", name, "m3", "RETOUR5", at) for name in simulated.truth.customer_ids[:4000]]
    done = reactions(simulated.truth, np.random.default_rng(2), messages)
    records = order_records(done, np.random.default_rng(3), simulated.tables["product"], {"RETOUR5": 5})
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
        assert append(connection, shop, records, now) == len(records)
        assert append(connection, shop, records, now) == 0
    result = load_inbox(sqlite_store, warehouse, folder, shop, now)
    assert result.rejected == 0
    with warehouse.read() as engine:
        orders, lines, events = (engine.table(name) for name in ("order", "order_line", "event"))
        wanted = sum(reaction.ordered_at is not None for reaction in done)
        assert wanted > 30
        assert orders.filter(orders.counted).count().to_pyarrow().as_py() == wanted
        assert events.count().to_pyarrow().as_py() == wanted
        assert lines.total.sum().to_pyarrow().as_py() == orders.subtotal.sum().to_pyarrow().as_py()
        assert lines.day.isnull().any().to_pyarrow().as_py() is False
