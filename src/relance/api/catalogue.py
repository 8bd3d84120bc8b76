"""What changed in the catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from relance import analytics
from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer
from relance.words import say

router = APIRouter(prefix="/api/catalogue", tags=["catalogue"])


class CatalogueChange(Answer):
    """A change of a product, or of one variant: its price as a decimal text, its stock in pieces, or its title."""

    product_id: str
    variant_id: str | None
    title: str | None
    name: str
    label: str
    occurred_at: datetime
    before: str | None
    after: str | None


class CatalogueChanges(Answer):
    """Changes of the catalogue, the newest first; prices are in `currency`."""

    currency: str
    changes: list[CatalogueChange]


@router.get("/changes")
def list_catalogue_changes(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    name: Annotated[str | None, Query(max_length=40)] = None,
    product_id: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CatalogueChanges:
    """Prices that dropped or rose, what is back in stock, short or gone, new titles, deleted products."""
    found = analytics.product_changes(house.warehouse, shop, name=name, product_id=product_id, most=limit)
    rows = [CatalogueChange(**one.__dict__, label=say(one.key, language)) for one in found]
    return CatalogueChanges(currency=shop.currency, changes=rows)
