"""What changed in the catalogue: prices, stock, names, as the events that the loader makes of a product's versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import ibis

from relance.errors import BadInput
from relance.ingest import PRODUCT_EVENTS
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

AMOUNTS: Final = frozenset({"Price Dropped", "Price Raised"})


@dataclass(frozen=True)
class ProductChange:
    """A change of a product or of one variant. Prices are decimal amounts of the shop's currency, stock is pieces."""

    product_id: str
    variant_id: str | None
    title: str | None
    name: str
    occurred_at: datetime
    before: str | None
    after: str | None

    @property
    def key(self) -> str:
        """The key of its name in words."""
        return f"catalogue.{self.name.lower().replace(' ', '_')}"


def product_changes(
    warehouse: Warehouse, shop: Shop, *, name: str | None = None, product_id: str | None = None, most: int = 50
) -> list[ProductChange]:
    """The changes of the catalogue, the newest first, at most `most`; `name` in any case.

    Raises BadInput for a name that no change has.
    """
    with warehouse.read() as engine:
        events, product = engine.table("product_event"), engine.table("product")
        if name is not None:
            events = events.filter(events.name == _known(name))
        if product_id is not None:
            events = events.filter(events.product_id == product_id)
        order = [ibis.desc("occurred_at"), "product_id", ibis.asc("variant_id", nulls_first=True), "name"]
        newest = events.order_by(order).limit(most)
        titles = product.select("product_id", "title")
        rows = rows_of(engine, newest.left_join(titles, "product_id").drop("product_id_right").order_by(order))
    return [
        ProductChange(
            row["product_id"],
            row["variant_id"],
            row["title"],
            row["name"],
            row["occurred_at"].replace(tzinfo=UTC),
            row["title_before"] or _number(row["before"], row["name"], shop.amount),
            row["title_after"] or _number(row["after"], row["name"], shop.amount),
        )
        for row in rows
    ]


def _known(name: str) -> str:
    found = next((one for one in PRODUCT_EVENTS if one.casefold() == name.strip().casefold()), None)
    if found is None:
        raise BadInput("catalogue.no_change", name=name, names=", ".join(PRODUCT_EVENTS))
    return found


def _number(value: int | None, name: str, amount: Callable[[int], str]) -> str | None:
    if value is None:
        return None
    return amount(value) if name in AMOUNTS else str(value)
