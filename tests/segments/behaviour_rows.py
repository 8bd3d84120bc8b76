"""Hand-made rows of every table that a query reads, and who meets a query over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from relance.segments import evaluate, fields_of_shop, understood
from relance.store import Shop
from relance.warehouse import TABLES, Warehouse

SHOP: Final = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
PARIS: Final = ZoneInfo("Europe/Paris")
NOW: Final = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)

Row = dict[str, Any]

# What a row needs beside what a test says about it.
USUAL: Final[Mapping[str, Row]] = {
    "customer": {"source": "test", "batch_id": "b"},
    "product": {"batch_id": "b"},
    "order": {
        "source": "test",
        "number": "n",
        "currency": "EUR",
        "status": "paid",
        "test": False,
        "counted": True,
        "discount": 0,
        "total": 5000,
        "batch": "b",
        "batch_id": "b",
    },
    "order_line": {
        "number": "n",
        "kind": "sale",
        "quantity": 1,
        "unit_price": Decimal(10),
        "discount": 0,
        "total": 1000,
        "batch": "b",
        "batch_id": "b",
    },
    "event": {"batch_id": "b"},
    "session": {
        "pages": 1,
        "product_pages": 0,
        "longest_product_view": 0,
        "searches": 0,
        "recommendation_clicks": 0,
        "chats": 0,
        "carts": 0,
        "wishlists": 0,
        "batch_id": "b",
    },
    "order_session": {"batch_id": "b"},
    "message_event": {
        "message_id": "m",
        "channel": "email",
        "source": "flow:welcome",
        "step": "first",
        "batch_id": "b",
    },
    "consent_entry": {},
    "refund": {"day": datetime(2026, 1, 1).date(), "dated": True, "batch": "b", "batch_id": "b"},  # noqa: DTZ001
    "segment_name": {"bit": 0, "profiling": False},
    "journal": {"recorded_at": datetime(2026, 3, 1), "cause": "event"},  # noqa: DTZ001
}
_IDS: Final = {
    "event": "event_id",
    "session": "session_id",
    "message_event": "message_event_id",
    "order_line": "line_id",
}


def ago(now: datetime = NOW, **length: float) -> datetime:
    """The naive UTC instant that long before `now`."""
    return (now - timedelta(**length)).astimezone(UTC).replace(tzinfo=None)


def paris(*wall: int) -> datetime:
    """The naive UTC instant of a wall-clock time in Paris."""
    return datetime(*wall, tzinfo=PARIS).astimezone(UTC).replace(tzinfo=None)  # type: ignore[arg-type,misc]


def put(warehouse: Warehouse, **tables: Sequence[Row]) -> None:
    """Put the rows into the warehouse; customers a to e are there unless the test names its own."""
    tables.setdefault("customer", [{"customer_id": who} for who in "abcde"])
    with warehouse.write() as writer:
        for name, rows in tables.items():
            full = [_whole(name, place, row) for place, row in enumerate(rows)]
            writer.insert(name, _typed(name, full))


def _whole(name: str, place: int, row: Row) -> Row:
    whole = {**USUAL[name], **({_IDS[name]: f"{name}{place:03}"} if name in _IDS else {}), **row}
    if name == "event":
        whole.setdefault("received_at", whole["occurred_at"])
    if name in {"order", "order_line"}:
        whole.setdefault("day", whole["ordered_at"].replace(tzinfo=UTC).astimezone(PARIS).date())
    return whole


def _typed(name: str, rows: Sequence[Row]) -> pa.Table:
    columns = [one for one in TABLES[name].to_pyarrow() if any(one.name in row for row in rows)]
    return pa.table({one.name: pa.array([row.get(one.name) for row in rows], one.type) for one in columns})


def members(warehouse: Warehouse, *queries: str, now: datetime = NOW) -> list[str]:
    """The ids that meet each query, all in one pass, joined to a text; alone and together they are the same."""
    with warehouse.read() as engine:
        fields = fields_of_shop(engine)
        meanings = {f"q{place}": understood(query, fields).meaning for place, query in enumerate(queries)}
        together = engine.to_pyarrow(evaluate(engine, meanings, SHOP, now)).to_pylist()
        alone = {
            name: engine.to_pyarrow(evaluate(engine, {name: meaning}, SHOP, now)).to_pylist()
            for name, meaning in meanings.items()
        }
    for name in meanings:
        assert _inside(together, name) == _inside(alone[name], name)
    return [_inside(together, name) for name in meanings]


def _inside(rows: Sequence[Row], name: str) -> str:
    assert all(row[name] in {True, False} for row in rows)
    return "".join(sorted(row["customer_id"] for row in rows if row[name]))
