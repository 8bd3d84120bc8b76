"""A file of products: `relance import csv products.csv --map products`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from relance.ingest import ImportFigures, ImportRequest, run_import
from relance.store import DataFolder, Store, find_shop
from relance.warehouse import Warehouse, rows_of

FIRST = """\
ID produit;ID déclinaison;Désignation;Déclinaison;Prix TTC;Prix d'achat;Stock;Étiquettes;Image
7;71;Mug;Rouge;19,00;7,00;2;cadeau, table;https://shop.example/mug.jpg
7;72;Mug;Bleu;21,00;8,00;0;;
8;;Bol;;9,90;3,10;12;;
;;Sans identifiant;;1,00;;;;
"""
SECOND = """\
Product ID,Price,Stock,Cost
8,7.50,12,
9,5.00,1,2.00
"""


def brought(
    store: Store, warehouse: Warehouse, folder: DataFolder, path: Path, content: str, now: datetime
) -> ImportFigures:
    """Import one file of products."""
    path.write_text(content, encoding="utf-8")
    request = ImportRequest("csv", file=path, mapping="products", currency="EUR", zone="Europe/Paris", language="en")
    return run_import(store, warehouse, folder, request, now)


def test_products_and_variants_come_from_a_file(
    sqlite_store: Store, warehouse: Warehouse, folder: DataFolder, tmp_path: Path, now: datetime
) -> None:
    """Prices, costs and stock are those of the file; what a later file leaves empty stays, and a new price is told."""
    figures = brought(sqlite_store, warehouse, folder, tmp_path / "first.csv", FIRST, now)
    assert (figures.rows_read, figures.rows_kept, figures.rows_rejected) == (4, 3, {"no_product": 1})
    brought(sqlite_store, warehouse, folder, tmp_path / "second.csv", SECOND, now)
    with warehouse.read() as engine:
        products = {row["product_id"]: row for row in rows_of(engine, engine.table("product"))}
        variants = rows_of(engine, engine.table("product_variant").order_by("variant_id"))
        events = rows_of(engine, engine.table("product_event"))
    mug, bowl = products["7"], products["8"]
    assert (mug["title"], mug["price"], mug["cost"], mug["stock"], mug["tags"]) == (
        "Mug",
        1900,
        800,
        2,
        ["cadeau", "table"],
    )
    assert mug["image"] == "https://shop.example/mug.jpg"
    assert [(one["variant"], one["price"], one["in_stock"]) for one in variants] == [
        ("Rouge", 1900, True),
        ("Bleu", 2100, False),
    ]
    assert (bowl["title"], bowl["price"], bowl["cost"], bowl["source"]) == ("Bol", 750, 310, "file")
    assert [(one["product_id"], one["name"], one["before"], one["after"]) for one in events] == [
        ("8", "Price Dropped", 990, 750)
    ]
    with sqlite_store.read() as connection:
        assert find_shop(connection) is not None
