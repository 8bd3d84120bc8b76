"""Price drops, low stock and what is back in stock, as they are listed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from relance.analytics import product_changes
from relance.errors import BadInput
from relance.ingest import Record, append, load_inbox
from relance.store import DataFolder, Shop, Store
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


@pytest.fixture
def changed(store: Store, warehouse: Warehouse, folder: DataFolder, shop: Shop, now: datetime) -> Warehouse:
    """A mug that got cheaper, scarce, sold out, available and another name; a poster that was told of once."""
    mug: dict[str, object] = {"source": "woo", "product_id": "7", "title": "Mug"}
    versions: list[dict[str, object]] = [
        {"price": 1900, "stock": 9},
        {"price": 1500, "stock": 4},
        {"stock": 0},
        {"stock": 12, "title": "Mug XL"},
    ]
    bodies = [{**mug, **one, "updated_at": f"2026-03-0{day}T10:00:00Z"} for day, one in enumerate(versions, 1)]
    bodies.append({"source": "woo", "product_id": "8", "title": "Poster", "price": 900, "stock": 1})
    with store.begin() as connection:
        records = [Record("product", f"p{number}", body) for number, body in enumerate(bodies)]
        append(connection, shop, records, now)
    load_inbox(store, warehouse, folder, shop, now)
    return warehouse


def test_changes_come_newest_first_with_amounts_and_the_title_of_today(changed: Warehouse) -> None:
    told = [(one.name, one.before, one.after) for one in product_changes(changed, SHOP)]
    assert told == [
        ("Back In Stock", "0", "12"),
        ("Product Renamed", "Mug", "Mug XL"),
        ("Out Of Stock", "4", "0"),
        ("Low Stock", "9", "4"),
        ("Price Dropped", "19.00", "15.00"),
    ]
    first = product_changes(changed, SHOP, most=1)[0]
    assert (first.title, first.occurred_at) == ("Mug XL", datetime(2026, 3, 4, 10, tzinfo=UTC))


def test_one_kind_of_change_of_one_product(changed: Warehouse) -> None:
    (found,) = product_changes(changed, SHOP, name="price dropped", product_id="7")
    assert (found.product_id, found.variant_id, found.key) == ("7", None, "catalogue.price_dropped")
    assert product_changes(changed, SHOP, name="Price Dropped", product_id="8") == []
    with pytest.raises(BadInput) as told:
        product_changes(changed, SHOP, name="Discount")
    assert "Price Dropped" in told.value.say("fr")
