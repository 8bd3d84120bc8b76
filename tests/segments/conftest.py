"""A small shop with a year of orders, and the wholesaler of the real data, both as canonical tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.segments.random_shops import fill
from tests.segments.segment_oracle import Row
from tests.segments.segment_oracle import Shop as Rows
from tests.segments.wholesaler import Sales, load, read_sales

from relance.store import Shop
from relance.warehouse import Warehouse


def order(number: int, customer: str, day: date, total: int) -> Row:
    """An order at noon, Paris time."""
    at = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)
    return {
        "order_id": f"o{number}",
        "customer_id": customer,
        "ordered_at": at.replace(tzinfo=None),
        "day": day,
        "currency": "EUR",
        "counted": True,
        "discount": 0,
        "total": total,
    }


@pytest.fixture
def small(warehouse: Warehouse, now: datetime) -> Rows:
    """Ann orders every month, Bob ordered once 200 days ago, Cid never; everyone but Bob is subscribed."""
    rows = Rows(ZoneInfo("Europe/Paris"), now)
    today = now.date()
    rows.customers = [
        {"customer_id": "ann", "email": "ann@example.org", "email_status": "SUBSCRIBED", "first_name": "Ann"},
        {"customer_id": "bob", "email": "bob@example.org", "email_status": "UNSUBSCRIBED"},
        {"customer_id": "cid", "email": None, "email_status": "SUBSCRIBED", "external_id": "7"},
    ]
    monthly = [order(number, "ann", today - timedelta(days=30 * number), 5000) for number in range(1, 7)]
    rows.orders = [*monthly, order(7, "bob", today - timedelta(days=200), 1999)]
    fill(warehouse, rows)
    return rows


@pytest.fixture(scope="session")
def wholesaler_sales(data: Path) -> Sales:
    """Orders and credit notes of the real wholesaler, counted without the product."""
    return read_sales(data / "online_retail_II.parquet")


@pytest.fixture(scope="session")
def wholesaler(wholesaler_sales: Sales) -> Iterator[tuple[Warehouse, Shop]]:
    """The wholesaler's warehouse and shop."""
    warehouse = Warehouse(None, memory_mb=1024, threads=2)
    load(warehouse, wholesaler_sales)
    yield warehouse, Shop("main", "Wholesaler", "GBP", "Europe/London", "en")
    warehouse.close()
