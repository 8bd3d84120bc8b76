"""Ann orders every month, Bob ordered once 200 days ago, Cid never; everyone but Bob is subscribed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from relance.warehouse import TABLES, Warehouse

Row = dict[str, Any]


def people() -> list[Row]:
    """The three customers."""
    return [
        {"customer_id": "ann", "email": "ann@example.org", "email_status": "SUBSCRIBED", "first_name": "Ann"},
        {"customer_id": "bob", "email": "bob@example.org", "email_status": "UNSUBSCRIBED"},
        {"customer_id": "cid", "email": None, "email_status": "SUBSCRIBED", "external_id": "7"},
    ]


def orders(now: datetime) -> list[Row]:
    """Six of Ann's, one of Bob's."""
    today = now.date()
    monthly = [order(number, "ann", today - timedelta(days=30 * number), 5000) for number in range(1, 7)]
    return [*monthly, order(7, "bob", today - timedelta(days=200), 1999)]


def order(number: int, customer: str, day: date, total: int) -> Row:
    """An order at noon, Paris time."""
    at = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)
    return {
        "order_id": f"o{number}",
        "number": f"o{number}",
        "customer_id": customer,
        "status": "paid",
        "test": False,
        "ordered_at": at.replace(tzinfo=None),
        "day": day,
        "currency": "EUR",
        "counted": True,
        "discount": 0,
        "total": total,
    }


def fill_shop(warehouse: Warehouse, customers: Sequence[Row], placed: Sequence[Row] = ()) -> None:
    """Put these customers and orders into the warehouse instead of whatever was there."""
    keyed = [{**one, "email_key": (one.get("email") or "").lower() or None} for one in customers]
    with warehouse.write() as writer:
        for name, rows in (("customer", keyed), ("order", list(placed))):
            writer.delete_where(name)
            if rows:
                writer.insert(name, _typed(name, rows))


def _typed(name: str, rows: Sequence[Row]) -> pa.Table:
    whole = [{"source": "test", "batch_id": "b", "batch": "b", **row} for row in rows]
    columns = [column for column in TABLES[name].to_pyarrow() if any(column.name in row for row in whole)]
    return pa.table({one.name: pa.array([row.get(one.name) for row in whole], one.type) for one in columns})
