"""The catalogue: the newest version holds, and what changed about it is told as a product's event."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from relance.errors import BadSetting
from relance.ingest import Record, append, load_inbox, quarantine
from relance.ingest.products import load_products
from relance.store import DataFolder, Shop, Store, tables, with_setting
from relance.warehouse import EVERYBODY, Warehouse, rows_of

Told = Callable[..., None]
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


def stored(warehouse: Warehouse, name: str, *order: str) -> list[dict[str, Any]]:
    """The rows of a table."""
    with warehouse.read() as engine:
        return rows_of(engine, engine.table(name).order_by(*order or ("product_id",)))


def events(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """What changed: product, variant, name, before, after."""
    rows = stored(warehouse, "product_event", "occurred_at", "product_id", "variant_id", "name")
    return [(row["product_id"], row["variant_id"], row["name"], row["before"], row["after"]) for row in rows]


@pytest.fixture
def told(warehouse: Warehouse) -> Told:
    """Bodies loaded together; the day of March on which a body came is its last word, if it is a number."""

    def load(*bodies: dict[str, Any]) -> None:
        whole = [{"source": "woo", "received_at": "2026-03-31T12:00:00Z", **body} for body in bodies]
        with warehouse.write() as writer:
            load_products(writer, whole, SHOP, "inbox:1")

    return load


def mug(day: int, **facts: Any) -> dict[str, Any]:
    return {"product_id": "7", "title": "Mug", "updated_at": f"2026-03-{day:02}T10:00:00Z", **facts}


def test_what_changes_is_an_event_of_the_product(told: Told, warehouse: Warehouse) -> None:
    told(mug(1, price=1900, stock=9, cost=700, url="https://shop.example/mug", categories=["Home", "Mugs"]))
    assert events(warehouse) == []
    told(mug(2, price=1500, stock=4))
    told(mug(3, price=1600, stock=0, title="Mug XL"))
    told(mug(4, stock=12))
    told(mug(5, deleted_at="2026-03-05"))
    assert events(warehouse) == [
        ("7", None, "Low Stock", 9, 4),
        ("7", None, "Price Dropped", 1900, 1500),
        ("7", None, "Out Of Stock", 4, 0),
        ("7", None, "Price Raised", 1500, 1600),
        ("7", None, "Product Renamed", None, None),
        ("7", None, "Back In Stock", 0, 12),
        ("7", None, "Product Renamed", None, None),
        ("7", None, "Product Removed", None, None),
    ]
    (row,) = stored(warehouse, "product")
    assert (row["price"], row["stock"], row["cost"], row["in_stock"]) == (1600, 12, 700, True)
    assert (row["categories"], row["url"]) == (["Home", "Mugs"], "https://shop.example/mug")
    assert row["added_at"] == datetime(2026, 3, 31, 12)
    renamed = [row for row in stored(warehouse, "product_event", "occurred_at") if row["name"] == "Product Renamed"]
    assert (renamed[0]["title_before"], renamed[0]["title_after"]) == ("Mug", "Mug XL")


def test_what_is_low_is_a_setting_of_the_shop(warehouse: Warehouse) -> None:
    shop = with_setting(SHOP, "low_stock", "20")
    with pytest.raises(BadSetting):
        with_setting(SHOP, "low_stock", "0")
    for day, stock in ((1, 30), (2, 20), (3, 19)):
        body = mug(day, stock=stock, source="woo", received_at="2026-03-31T12:00:00Z")
        with warehouse.write() as writer:
            load_products(writer, [body], shop, "b")
    assert events(warehouse) == [("7", None, "Low Stock", 30, 20)]


def test_an_older_version_never_overwrites_a_newer(told: Told, warehouse: Warehouse) -> None:
    """S2: whatever comes last, and also within one load."""
    told(mug(5, price=1500))
    told(mug(4, price=1900, title="Old mug"), {"product_id": "8", "title": "Bowl", "updated_at": "2026-03-01"})
    told(mug(9, price=1200), mug(7, price=1400))
    assert [(row["title"], row["price"]) for row in stored(warehouse, "product")] == [("Mug", 1200), ("Bowl", None)]
    assert events(warehouse) == [("7", None, "Price Dropped", 1500, 1400), ("7", None, "Price Dropped", 1400, 1200)]


def test_what_is_not_said_stays(told: Told, warehouse: Warehouse) -> None:
    """A cost without a version does not hold up the shop's versions; stock that is not counted is none."""
    told(mug(1, price=1900, stock=3, in_stock=True))
    told({"product_id": "7", "cost": 700})
    told(mug(2, stock=None, in_stock=True, cost=None))
    (row,) = stored(warehouse, "product")
    assert (row["price"], row["cost"], row["stock"], row["in_stock"], row["title"]) == (1900, 700, None, True, "Mug")
    assert events(warehouse) == []


def test_a_product_has_the_sum_of_its_variants(told: Told, warehouse: Warehouse) -> None:
    red = {"variant_id": "71", "variant": "Red", "price": 1900, "stock": 2, "cost": 700}
    blue = {"variant_id": "72", "variant": "Blue", "price": 2100, "stock": 0, "cost": 800}
    told(mug(1, price=1, variants=[red, blue]))
    (row,) = stored(warehouse, "product")
    assert (row["price"], row["stock"], row["cost"], row["in_stock"]) == (1900, 2, 800, True)
    # a shop that sends each variant by itself, with the product's words
    told({"product_id": "7", "variant_id": "71", "title": "Mug", "stock": 0, "updated_at": "2026-03-02T10:00:00Z"})
    told({"product_id": "7", "variant_id": "72", "stock": 30, "price": 1800, "updated_at": "2026-03-03T10:00:00Z"})
    (row,) = stored(warehouse, "product")
    assert (row["price"], row["stock"], row["in_stock"]) == (1800, 30, True)
    assert events(warehouse) == [
        ("7", "71", "Out Of Stock", 2, 0),
        ("7", None, "Out Of Stock", 2, 0),
        ("7", "72", "Back In Stock", 0, 30),
        ("7", "72", "Price Dropped", 2100, 1800),
        ("7", None, "Back In Stock", 0, 30),
        ("7", None, "Price Dropped", 1900, 1800),
    ]
    told({"product_id": "9", "variant_id": "91", "title": "Bowl", "price": 500, "updated_at": "2026-03-03"})
    assert [(row["product_id"], row["title"], row["price"]) for row in stored(warehouse, "product")][1] == (
        "9",
        "Bowl",
        500,
    )
    assert len(stored(warehouse, "product_variant")) == 3


def test_a_product_that_is_gone_cannot_be_bought_until_it_is_back(told: Told, warehouse: Warehouse) -> None:
    variants = [{"variant_id": "71", "stock": 2}]
    told(mug(1, variants=variants))
    told(mug(2, in_stock=False, deleted_at="2026-03-02"))
    (row,) = stored(warehouse, "product")
    assert (row["in_stock"], row["deleted_at"]) == (False, datetime(2026, 3, 1, 23))
    told({"product_id": "7", "cost": 700})
    assert stored(warehouse, "product")[0]["deleted_at"] is not None
    told(mug(3, variants=variants))
    (row,) = stored(warehouse, "product")
    assert (row["in_stock"], row["deleted_at"], row["cost"]) == (True, None, 700)


def test_a_product_known_from_lines_only_has_no_history(told: Told, warehouse: Warehouse) -> None:
    """What it cost on an order is not the catalogue's price."""
    with warehouse.write() as writer:
        line = {"product_id": ["7"], "title": ["MUG"], "price": [2500], "batch_id": ["x"]}
        writer.insert("product", pa.table(line))
    told(mug(1, price=1900))
    assert events(warehouse) == []
    assert stored(warehouse, "product")[0]["title"] == "Mug"


def test_only_cost_and_tags_have_everybody_looked_at_again(told: Told, warehouse: Warehouse, now: datetime) -> None:
    """A new price every minute would otherwise compute every segment of everybody."""
    told(mug(1, price=1900, cost=700, tags=["gift"]))
    with warehouse.write() as writer:
        at = now.replace(tzinfo=None)
        row = {"refresh_id": "r", "as_of": at, "recorded_at": at, "segments": 0, "customers": 0, "entered": 0}
        row |= {"left": 0, "seconds": 0.0}
        writer.insert("refresh", pa.Table.from_pylist([row]))
    told(mug(2, price=1500, stock=4, tags=["gift"]))
    assert stored(warehouse, "agenda", "what") == []
    told(mug(3, cost=600))
    assert {(row["customer_id"], row["cause"]) for row in stored(warehouse, "agenda", "what")} == {
        (EVERYBODY, "import")
    }


def test_products_come_through_the_inbox(
    store: Store, shop: Shop, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """A product that cannot be read waits in the quarantine, with the place of the fault."""
    bodies = [
        mug(1, price=1900),
        mug(1, variants=[{"variant_id": "1", "price": "dear"}]),
        mug(1, variants=[{"price": 1}]),
        mug(1, variant_id=5),
        {"title": "?"},
    ]
    with store.begin() as connection:
        append(connection, shop, [Record("product", f"woo:{n}", body) for n, body in enumerate(bodies)], now)
    result = load_inbox(store, warehouse, folder, shop, now)
    assert (result.rows, result.rejected) == (1, 4)
    with store.read() as connection:
        places = {item.place for item in quarantine.waiting(connection, shop)}
        assert connection.execute(select(tables.quarantine.c.kind)).scalars().all() == ["product"] * 4
    assert places == {"variants[0].price", "variants[0].variant_id", "variant_id", "product_id"}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 28), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=8), st.data())
def test_the_order_of_arrival_changes_nothing(
    told: Told, warehouse: Warehouse, rows: list[tuple[int, int, int]], data: Any
) -> None:
    """S2: in any order and in any batches the same catalogue is there at the end."""
    product_id = f"p{next(_products)}"
    versions = {day: {"price": price * 100, "stock": stock} for day, price, stock in rows}
    bodies = [{**mug(day, **facts), "product_id": product_id} for day, facts in versions.items()]
    shuffled = data.draw(st.permutations(bodies))
    cut = data.draw(st.integers(0, len(bodies)))
    for part in (shuffled[:cut], shuffled[cut:]):
        if part:
            told(*part)
    (row,) = [row for row in stored(warehouse, "product") if row["product_id"] == product_id]
    last = versions[max(versions)]
    assert (row["price"], row["stock"], row["in_stock"]) == (last["price"], last["stock"], last["stock"] > 0)


_products = iter(range(1 << 30))
