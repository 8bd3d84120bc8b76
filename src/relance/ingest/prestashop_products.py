"""What PrestaShop's web service says of products, combinations, stock and purchase prices, in canonical records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from relance.ingest.api_values import minor, needed, number, text, told, whole
from relance.ingest.prestashop import ShopTables, is_id, record
from relance.ingest.prestashop_bodies import Row
from relance.ingest.records import Record

Stock = Mapping[tuple[str, str], int]


def stock_of(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    """The pieces that are there by product and combination (0: the product as a whole)."""
    return {
        (str(row.get("id_product")), row.get("id_product_attribute") or "0"): whole(row.get("quantity"), "quantity")
        for row in rows
    }


def product(row: Row, stock: Stock, tables: ShopTables) -> Record:
    """A product as a whole. Prices are those of the shop's tables: without taxes."""
    key = needed(row, "id", "product")
    category = tables.categories.get(row.get("id_category_default") or "")
    said = {
        "source": tables.source,
        "product_id": key,
        "sku": text(row.get("reference")),
        "title": tables.said(row.get("name")),
        "vendor": text(row.get("manufacturer_name")),
        "category": category,
        "price": minor(number(row.get("price"), "price"), tables.currency),
        "cost": _cost(number(row.get("wholesale_price"), "wholesale_price"), tables),
        "stock": stock.get((key, "0")),
        "updated_at": tables.at(row, "date_upd"),
    }
    return record(tables, "product", "product", key, told(said))


def combination(row: Row, parent: Row, options: Mapping[str, str], stock: Stock, tables: ShopTables) -> Record:
    """A combination of options under its product: its price is the product's and what it adds to it."""
    key, product_id = needed(row, "id", "combination"), needed(parent, "id", "product")
    names = [options.get(each.get("id") or "") for each in row["associations"].get("product_option_values") or []]
    price = number(parent.get("price"), "price") + number(row.get("price"), "price")
    cost = number(row.get("wholesale_price"), "wholesale_price") or number(parent.get("wholesale_price"), "cost")
    said = {
        "source": tables.source,
        "product_id": product_id,
        "variant_id": key,
        "sku": text(row.get("reference")) or text(parent.get("reference")),
        "title": tables.said(parent.get("name")),
        "variant": " / ".join(name for name in names if name) or None,
        "vendor": text(parent.get("manufacturer_name")),
        "category": tables.categories.get(parent.get("id_category_default") or ""),
        "price": minor(price, tables.currency),
        "cost": _cost(cost, tables),
        "stock": stock.get((product_id, key)),
        "updated_at": tables.at(parent, "date_upd"),
    }
    return record(tables, "product", "combination", key, told(said))


def costs(details: Iterable[Row], tables: ShopTables) -> list[Record]:
    """What products cost when they were sold last: the supplier's price, else the wholesale price of that day."""
    last: dict[tuple[str, str], tuple[str, int]] = {}
    for row in details:
        paid = number(row.get("purchase_supplier_price"), "purchase_supplier_price")
        cost = _cost(paid or number(row.get("original_wholesale_price"), "original_wholesale_price"), tables)
        if cost is not None and is_id(row.get("product_id")):
            last[row["product_id"], row.get("product_attribute_id") or "0"] = row["id"], cost
    return [_costing(product_id, variant, *found, tables) for (product_id, variant), found in last.items()]


def _costing(product_id: str, variant: str, detail: str, cost: int, tables: ShopTables) -> Record:
    said = {"source": tables.source, "product_id": product_id, "cost": cost}
    if is_id(variant):
        said["variant_id"] = variant
    return Record("product", f"{tables.source}:cost:{product_id}:{variant}:{detail}", said)


def _cost(amount: Decimal, tables: ShopTables) -> int | None:
    """Minor units; PrestaShop writes 0 where nobody entered a price."""
    return minor(amount, tables.currency) if amount > 0 else None
