"""Every change of a customer's rows is noted in the agenda, once something was refreshed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest

from relance.warehouse import Warehouse, rows_of

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC).replace(tzinfo=None)
ORDER = {
    "order_id": "o1",
    "source": "test",
    "number": "1001",
    "customer_id": "c1",
    "ordered_at": NOON,
    "day": NOON.date(),
    "currency": "EUR",
    "status": "paid",
    "test": False,
    "counted": True,
    "discount": 0,
    "total": 100,
    "batch": "b",
    "batch_id": "b",
}
SESSION = {
    "session_id": "s1",
    "customer_id": "c1",
    "started_at": NOON,
    "ended_at": NOON + timedelta(minutes=5),
    **dict.fromkeys(("pages", "product_pages", "longest_product_view", "searches", "recommendation_clicks"), 0),
    **dict.fromkeys(("chats", "carts", "wishlists"), 0),
    "batch_id": "b",
}
REFRESH = {
    "refresh_id": "r1",
    "as_of": NOON,
    "recorded_at": NOON,
    **dict.fromkeys(("segments", "customers", "entered", "left"), 0),
    "seconds": 0.0,
}


@pytest.fixture
def refreshed(warehouse: Warehouse) -> Warehouse:
    with warehouse.write() as writer:
        writer.insert("refresh", pa.Table.from_pylist([REFRESH]))
    return warehouse


def noted(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    with warehouse.read() as engine:
        rows = rows_of(engine, engine.table("agenda").order_by("customer_id", "at", "what"))
    return [tuple(row.values()) for row in rows]


def test_before_the_first_refresh_nothing_is_noted(warehouse: Warehouse) -> None:
    with warehouse.write() as writer:
        writer.insert("order", pa.Table.from_pylist([ORDER]))
    assert noted(warehouse) == []


def test_an_order_is_noted_when_it_was_placed_and_when_it_is_cancelled(refreshed: Warehouse) -> None:
    cancelled = NOON + timedelta(days=1)
    rows = [ORDER, {**ORDER, "order_id": "o2", "customer_id": None}, {**ORDER, "order_id": "o3", "customer_id": "c2"}]
    with refreshed.write() as writer:
        writer.insert("order", pa.Table.from_pylist([{**row, "cancelled_at": None} for row in rows[:2]]))
        writer.cause = "import"
        writer.insert("order", pa.Table.from_pylist([{**rows[2], "cancelled_at": cancelled}]))
    assert noted(refreshed) == [
        ("c1", NOON, "event", "order:1001"),
        ("c2", NOON, "import", "order:1001"),
        ("c2", cancelled, "import", "order:1001"),
    ]


def test_a_session_is_noted_when_it_begins_and_when_silence_has_ended_it(refreshed: Warehouse) -> None:
    """S11: after 30 minutes."""
    with refreshed.write() as writer:
        writer.insert("session", pa.Table.from_pylist([SESSION]))
    assert noted(refreshed) == [
        ("c1", NOON, "session", "session"),
        ("c1", NOON + timedelta(minutes=35), "session", "session"),
    ]


def test_deleted_rows_are_noted_at_once(refreshed: Warehouse) -> None:
    with refreshed.write() as writer:
        writer.engine.insert(
            "order",
            ibis.memtable(pa.Table.from_pylist([ORDER]))
            .mutate(
                **{name: ibis.null(kind) for name, kind in writer.table("order").schema().items() if name not in ORDER}
            )
            .select(*writer.table("order").columns),
        )
        writer.delete_matching("order", "order_id", writer.table("order").filter(ibis._.number == "1001"))
    assert noted(refreshed) == [("c1", None, "event", "order:1001")]


def test_a_change_of_the_catalogue_calls_for_everybody(refreshed: Warehouse) -> None:
    with refreshed.write() as writer:
        writer.insert("product", pa.table({"product_id": ["p1"], "batch_id": ["b"]}))
    assert noted(refreshed) == [("*", None, "event", "product")]
