"""What Shopify says of products, variants and stock: https://shopify.dev/docs/api/admin-rest/latest/resources/product."""

from __future__ import annotations

from typing import Final

from relance.ingest.api_values import Json, needed, text, told
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said
from relance.ingest.shopify import at, identity, moment, money, tags_of

NO_OPTION: Final = "Default Title"  # the one variant of a product without options


def product(body: Json, origin: Origin) -> list[Said]:
    """A product with its variants. Raises BadInput for a body that cannot be read."""
    number_ = identity(needed(body, "id", "product"), "product")
    version = moment(body, "updated_at", "created_at")
    said = told(
        {
            "source": origin.source,
            "product_id": number_,
            "title": text(body.get("title")),
            "vendor": text(body.get("vendor")),
            "category": text(body.get("product_type")),
            "url": text(body.get("online_store_url")),
            "image": text((body.get("image") or {}).get("src")),
            "added_at": at(body, "created_at"),
            "updated_at": at(body, "updated_at"),
        }
    )
    said |= {"tags": tags_of(body.get("tags")) or []}
    said |= {"variants": [_variant(each, origin) for each in body.get("variants") or []]}
    state = version.isoformat() if version else ""
    record = Record("product", f"{origin.source}:product:{number_}:{state}", said)
    return [Said((record,), f"product:{number_}", version)]


def _variant(variant: Json, origin: Origin) -> Json:
    name, stock = text(variant.get("title")), variant.get("inventory_quantity")
    counted = variant.get("inventory_management", "shopify") is not None
    said = told(
        {
            "variant_id": identity(needed(variant, "id", "variant"), "variant"),
            "sku": text(variant.get("sku")),
            "variant": None if name == NO_OPTION else name,
            "price": money(variant, "price", origin),
            "cost": money(variant, "cost", origin),
        }
    )
    if stock is None and counted:
        return said
    open_ended = not counted or variant.get("inventory_policy") == "continue"
    return {**said, "stock": stock if counted else None, "in_stock": open_ended or (stock or 0) > 0}


def product_deleted(body: Json, origin: Origin) -> list[Said]:
    """A product that is sold no more; it stays, because orders name it."""
    number_ = identity(needed(body, "id", "product"), "product")
    now = origin.now.isoformat()
    said = {"source": origin.source, "product_id": number_, "in_stock": False, "deleted_at": now, "updated_at": now}
    return [Said((Record("product", f"{origin.source}:product:{number_}:deleted", said),))]


def inventory(body: Json, origin: Origin) -> list[Said]:
    """What one place has of one item. The item is not the variant, and the stock is the sum over all places.

    So the change is kept as an event of nobody; the product's own webhook and the next reading bring the stock.
    """
    item = identity(needed(body, "inventory_item_id", "inventory"), "inventory")
    place = identity(needed(body, "location_id", "inventory"), "inventory")
    when = at(body, "updated_at") or origin.now.isoformat()
    key = f"{origin.source}:stock:{item}:{place}:{when}"
    said = {
        "event_id": key,
        "name": "Inventory Level Updated",
        "occurred_at": when,
        "properties": {"inventory_item_id": item, "location_id": place, "available": body.get("available")},
    }
    return [Said((Record("event", key, said),), f"stock:{item}:{place}", moment(body, "updated_at"))]
