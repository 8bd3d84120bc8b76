"""What WooCommerce's REST API says of customers, products and coupons, in canonical records.

Formats: https://woocommerce.github.io/woocommerce-rest-api-docs/?shell#customer-properties and its neighbours. Amounts
are decimal texts, instants end in `_gmt` and name no zone. Orders and refunds: `woocommerce_orders`.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from relance.ingest.api_values import Json, instant, minor, needed, number, phone, region, text, told, version_of
from relance.ingest.records import Record
from relance.ingest.said import Origin

GMT: Final = ZoneInfo("UTC")
COST_KEYS: Final = ("_wc_cog_cost", "_alg_wc_cog_cost")


def customer(body: Json, origin: Origin) -> Record:
    """A customer of `/customers`. Raises BadInput for a body that cannot be read."""
    number_ = needed(body, "id", "customer")
    billing = body.get("billing") or {}
    said = {
        "source": origin.source,
        "external_id": str(number_),
        "email": text(body.get("email")),
        **person(billing, origin),
        **told({"first_name": text(body.get("first_name")), "last_name": text(body.get("last_name"))}),
        "added_at": gmt(body, "date_created"),
        "updated_at": gmt(body, "date_modified"),
        "metafields": public_meta(body),
    }
    return record(origin, "customer", "customer", number_, told(said))


def customer_deleted(body: Json, origin: Origin) -> Record:
    """The account is gone, the person and the orders stay."""
    number_ = needed(body, "id", "customer")
    said = {"source": origin.source, "external_id": str(number_), "account_status": "DELETED"}
    return record(origin, "customer", "customer", number_, said)


def person(address: Mapping[str, Any], origin: Origin) -> Json:
    """Name, phone and place as a billing address has them."""
    country = text(address.get("country"))
    return told(
        {
            "first_name": text(address.get("first_name")),
            "last_name": text(address.get("last_name")),
            "company": text(address.get("company")),
            "phone": phone(address.get("phone"), country, origin.shop),
            "country": country,
            "region": region(country, text(address.get("state"))),
            "city": text(address.get("city")),
            "postcode": text(address.get("postcode")),
        }
    )


def product(body: Json, origin: Origin) -> Record:
    """A product of `/products`; its variations come by `variation`. Raises BadInput for a body that cannot be read."""
    number_ = needed(body, "id", "product")
    return record(origin, "product", "product", number_, _sold(body, body, origin) | {"product_id": str(number_)})


def variation(body: Json, parent: Json, origin: Origin) -> Record:
    """A variation of `/products/<id>/variations`, under its product."""
    number_ = needed(body, "id", "variation")
    options = [text(each.get("option")) for each in body.get("attributes") or []]
    said = _sold(body, parent, origin) | {
        "product_id": str(needed(parent, "id", "product")),
        "variant_id": str(number_),
        "variant": " / ".join(option for option in options if option) or None,
    }
    return record(origin, "product", "variation", number_, said)


def _sold(body: Json, parent: Json, origin: Origin) -> Json:
    """What product and variation say alike; name, categories and tags are the product's."""
    categories = _names(parent, "categories")
    price = text(body.get("price"))
    cost = _cost(body)
    return {
        "source": origin.source,
        "sku": text(body.get("sku")),
        "title": plain(parent.get("name")),
        "vendor": next(iter(_names(parent, "brands")), None),
        "category": next(iter(categories), None),
        "tags": _names(parent, "tags") if "tags" in parent else None,
        "price": None if price is None else minor(number(price, "price"), origin.shop.currency),
        "cost": None if cost is None else minor(number(cost, "cost"), origin.shop.currency),
        "stock": body.get("stock_quantity") if body.get("manage_stock") else None,
        "in_stock": body.get("stock_status") in {"instock", "onbackorder"},
        "updated_at": gmt(body, "date_modified"),
    }


def _cost(body: Json) -> str | None:
    """The purchase price, which WooCommerce itself and the usual plugins keep in different places."""
    kept = body.get("cost_of_goods_sold") or {}
    if kept.get("total_value") is not None:
        return str(kept["total_value"])
    meta = {each.get("key"): text(each.get("value")) for each in body.get("meta_data") or []}
    return next((meta[key] for key in COST_KEYS if meta.get(key)), None)


def product_deleted(body: Json, origin: Origin) -> Record:
    """A product that is sold no more: nothing of it is in stock."""
    number_ = str(needed(body, "id", "product"))
    said = {"source": origin.source, "product_id": number_, "stock": 0, "in_stock": False}
    return Record("product", f"{origin.source}:product:{number_}:deleted:{origin.now:%Y%m%d%H%M%S}", said)


def coupon(body: Json, origin: Origin) -> list[Record]:
    """A coupon made out to addresses is an event of each of these people; one for everybody is nobody's event."""
    number_ = needed(body, "id", "coupon")
    facts = told(
        {
            "coupon": text(body.get("code")),
            "discount_type": text(body.get("discount_type")),
            "amount": text(body.get("amount")),
            "free_shipping": body.get("free_shipping") or None,
            "minimum_amount": text(body.get("minimum_amount")),
            "expires_at": gmt(body, "date_expires"),
        }
    )
    at = gmt(body, "date_created")
    return [
        _received(f"{number_}:{version_of({'coupon': number_, 'for': address.lower()})}", at, address, facts, origin)
        for address in body.get("email_restrictions") or []
        if at and "*" not in address
    ]


def _received(key: str, at: str, address: str, facts: Json, origin: Origin) -> Record:
    said = {
        "event_id": f"{origin.source}:coupon:{key}",
        "name": "Coupon Received",
        "occurred_at": at,
        "who": {"source": origin.source, "email": address},
        "properties": facts,
    }
    return Record("event", f"{origin.source}:coupon:{key}", said)


def gmt(body: Mapping[str, Any], name: str) -> str | None:
    """An instant of a body, which has each one in the shop's time and in GMT."""
    return instant(body.get(f"{name}_gmt"), GMT, f"{name}_gmt")


def plain(value: object) -> str | None:
    """A text without the entities in which WordPress writes it."""
    return text(html.unescape(str(value))) if value is not None else None


def public_meta(body: Json) -> Json:
    """The metadata that is not a plugin's private affair, as texts: keys that begin with `_` are private."""
    return {
        str(each["key"]): str(each["value"])
        for each in body.get("meta_data") or []
        if not str(each.get("key", "_")).startswith("_") and isinstance(each.get("value"), str | int | float)
    }


def _names(body: Json, name: str) -> list[str]:
    entries: Sequence[Json] = body.get(name) or []
    return [found for found in (plain(entry.get("name")) for entry in entries) if found]


def record(origin: Origin, kind: str, what: str, number_: object, said: Json) -> Record:
    """A record of the state of a thing: the same state has the same message id."""
    return Record(kind, f"{origin.source}:{what}:{number_}:{version_of(said)}", said)
