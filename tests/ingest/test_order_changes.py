"""Order Updated, Cancelled and Refunded, in any order of arrival: https://segment.com/docs/connections/spec/ecommerce/v2/."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

import itertools
import uuid
from datetime import datetime
from typing import Any

import pytest

from relance.ingest import SCOPES, Receipt, load_inbox, take_calls
from relance.ingest.inbox import append_texts
from relance.store import ApiKey, DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
LINE = {"product_id": "p1", "price": 10, "quantity": 2}
COMPLETED = {"order_id": "A1", "total": 25, "shipping": 5, "products": [LINE]}
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "completed": ("Order Completed", "2026-03-01T10:00:00Z", COMPLETED),
    "updated": ("Order Updated", "2026-03-02T10:00:00Z", {"order_id": "A1", "total": 35, "products": [LINE, LINE]}),
    "cancelled": ("Order Cancelled", "2026-03-03T10:00:00Z", {"order_id": "A1"}),
}


class Desk:
    """Sends calls and loads them."""

    def __init__(self, store: Store, warehouse: Warehouse, folder: DataFolder, now: datetime) -> None:
        self.store, self.warehouse, self.folder, self.now = store, warehouse, folder, now
        key = ApiKey("k", "main", "test", "server", "api", SCOPES, now)
        self.receipt = Receipt(SHOP, key, now, _nobody, lambda: uuid.uuid4().hex)
        with store.begin() as connection:
            add_shop(connection, SHOP, now)

    def tell(self, *calls: tuple[str, str, dict[str, Any]]) -> None:
        """Send calls at once and load them."""
        batch = [
            {"type": "track", "userId": "7", "event": name, "timestamp": at, "properties": properties}
            for name, at, properties in calls
        ]
        taken = take_calls({"batch": batch}, "batch", self.receipt)
        assert taken.faults == []
        with self.store.begin() as connection:
            append_texts(connection, SHOP, taken.texts, self.now)
        result = load_inbox(self.store, self.warehouse, self.folder, SHOP, self.now)
        assert result.rejected == 0

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A table's rows."""
        with self.warehouse.read() as engine:
            found: list[dict[str, Any]] = engine.to_pyarrow(engine.table(table)).to_pylist()
        return found


def _nobody(_token: str) -> Any:
    raise AssertionError


@pytest.fixture
def desk(sqlite_store: Store, warehouse: Warehouse, folder: DataFolder, now: datetime) -> Desk:
    """A shop without orders."""
    return Desk(sqlite_store, warehouse, folder, now)


@pytest.mark.parametrize("names", list(itertools.permutations(CALLS))[1::2], ids="-".join)
def test_the_order_is_the_same_in_whatever_order_it_is_told(desk: Desk, names: tuple[str, ...]) -> None:
    """S11: late and out of order."""
    for name in names:
        desk.tell(CALLS[name])
    (order,) = desk.rows("order")
    assert (order["order_id"], order["customer_id"]) == ("api:A1", "api:7")
    assert order["ordered_at"] == datetime(2026, 3, 1, 10)
    assert (order["total"], order["shipping"]) == (3500, 500)
    assert order["cancelled_at"] == datetime(2026, 3, 3, 10)
    assert [(line["quantity"], line["total"]) for line in desk.rows("order_line")] == [(2, 2000), (2, 2000)]


def test_all_at_once(desk: Desk) -> None:
    desk.tell(*CALLS.values())
    (order,) = desk.rows("order")
    assert (order["total"], order["cancelled_at"]) == (3500, datetime(2026, 3, 3, 10))


@pytest.mark.parametrize("first", [True, False])
def test_all_the_money_back(desk: Desk, first: bool) -> None:
    """A refund without amount gives back what is left of the order, once."""
    part = ("Order Refunded", "2026-03-04T10:00:00Z", {"order_id": "A1", "total": 10})
    rest = ("Order Refunded", "2026-03-05T10:00:00Z", {"order_id": "A1"})
    for call in [CALLS["completed"], part, rest] if first else [rest, CALLS["completed"]]:
        desk.tell(call)
    refunds = desk.rows("refund")
    assert sorted(refund["amount"] for refund in refunds) == ([1000, 1500] if first else [2500])
    assert {refund["order_id"] for refund in refunds} == {"api:A1"}
    desk.tell(("Order Updated", "2026-03-06T10:00:00Z", {"order_id": "A1", "coupon": "X"}))
    assert len(desk.rows("refund")) == len(refunds)


def test_what_is_said_of_an_unknown_order_waits(desk: Desk) -> None:
    desk.tell(CALLS["cancelled"])
    assert desk.rows("order") == []
    assert len(desk.rows("event")) == 1
