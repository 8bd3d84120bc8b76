"""Segments of other tools, brought into the shop: read, told, and kept when asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relance.errors import BadInput
from relance.segments.definitions import Segment
from relance.segments.fields import fields_of_shop
from relance.segments.foreign import ForeignSegment, foreign_summary, keep
from relance.segments.klaviyo import read_klaviyo
from relance.segments.language.fields import Fields
from relance.segments.language.parser import DEFAULT_LIMITS, Limits
from relance.segments.shopify_queries import read_shopify
from relance.store import Shop, Store
from relance.warehouse import Warehouse
from relance.words import Language


@dataclass(frozen=True)
class Brought:
    """The segments of a file, each with the segment of the shop that it was kept as; None for one that was not."""

    segments: tuple[tuple[ForeignSegment, Segment | None], ...]
    fields: Fields
    shop: Shop

    def as_json(self, language: Language) -> dict[str, Any]:
        """Plain values for --json and the API."""
        told = [
            {**one.as_json(self.fields, self.shop.currency, language), "segment_id": kept and kept.segment_id}
            for one, kept in self.segments
        ]
        return {"segments": told, "summary": foreign_summary((one for one, _ in self.segments), language)}


def bring(
    store: Store,
    warehouse: Warehouse,
    shop: Shop,
    tool: str,
    text: str,
    now: datetime,
    by: str,
    *,
    save: bool,
    limits: Limits = DEFAULT_LIMITS,
) -> Brought:
    """What a file of klaviyo or shopify holds; with `save` those that can be expressed whole are kept.

    Raises BadInput for another tool and for a file that holds no segment.
    """
    with warehouse.read() as engine:
        fields = fields_of_shop(engine)
    match tool:
        case "klaviyo":
            found = read_klaviyo(text, fields, shop, limits)
        case "shopify":
            found = read_shopify(text, fields, limits)
        case _:
            raise BadInput("foreign.unknown_source", source=tool)
    kept: list[Segment | None] = [None] * len(found)
    if save:
        with store.begin() as connection:
            kept = keep(connection, shop, found, fields, limits, now, by)
    return Brought(tuple(zip(found, kept, strict=True)), fields, shop)
