"""Recommendations as a message shows them: read from the tables that analytics wrote, still for sale."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend

from relance.store import Shop
from relance.warehouse import rows_of

# the facts of templates that hold each kind, the surest first
FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "recommended": ("next_version", "complement"),
    "viewed": ("viewed",),
    "popular": ("popular",),
}
A_MESSAGE: Final = 3


def recommended(
    engine: BaseBackend, shop: Shop, customer_ids: Collection[str], most: int = A_MESSAGE
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The recommendations of these customers as facts of templates, by customer id: title, price, url, image.

    A product that was bought, or went out of stock, since they were computed is left out.
    """
    people = ibis.memtable(pa.table({"customer_id": pa.array(sorted(set(customer_ids)), pa.string())}))
    table = engine.table("recommendation").semi_join(people, "customer_id")
    product = engine.table("product")
    in_stock = product.in_stock.fill_null(True) & (product.stock.fill_null(1) > 0) & product.deleted_at.isnull()
    sold = engine.table("order_line").filter(ibis._.kind == "sale").select("customer_id", "product_id")
    since = table.anti_join(sold.semi_join(people, "customer_id"), ["customer_id", "product_id"])
    shown = product.filter(in_stock).select("product_id", "title", "price", "url", "image")
    found: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(dict)
    rows = rows_of(engine, since.inner_join(shown, "product_id").order_by("customer_id", "place", "product_id"))
    for fact, kinds in FACTS.items():
        for kind in kinds:
            for row in (row for row in rows if row["kind"] == kind):
                mine = found[row["customer_id"]].setdefault(fact, [])
                told = _told(row, shop)
                if len(mine) < most and told not in mine:
                    mine.append(told)
    return found


def _told(row: Mapping[str, Any], shop: Shop) -> dict[str, Any]:
    price = None if row["price"] is None else shop.amount(row["price"])
    return {"title": row["title"], "price": price, "url": row["url"], "image": row["image"]}
