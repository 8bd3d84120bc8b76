"""What Shopify says of orders, refunds, checkouts and carts, in canonical records.

Formats: https://shopify.dev/docs/api/admin-rest/latest/resources/order and its neighbours `refund` and `checkout`. An
order's amounts are those of the shop's currency, as charged: refunds stand in rows of their own (S12).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from relance.ingest.api_values import Json, needed, text, told, whole
from relance.ingest.fold_orders import COUNTED
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said
from relance.ingest.shopify import at, identity, metafields, moment, money, person, tags_of

VISITOR_NOTE: Final = "relance_anonymous_id"
# of two tellings of one refund the one with its lines wins
DETAIL: Final = timedelta(seconds=1)
PAID_OUT: Final = frozenset({"refund"})


def order(body: Json, origin: Origin) -> list[Said]:
    """An order with its lines, and each refund that it names. Raises BadInput for a body that cannot be read."""
    number_ = identity(needed(body, "id", "order"), "order")
    said = told(_head(body, number_, origin)) | {
        "test": bool(body.get("test")),
        "lines": [_line(item, number_, origin) for item in body.get("line_items") or []],
    }
    version = moment(body, "updated_at", "created_at")
    state = version.isoformat() if version else ""
    record = Record("order", f"{origin.source}:order:{number_}:{state}", said)
    refunds = [one for entry in body.get("refunds") or [] for one in refund({"order_id": number_, **entry}, origin)]
    return [*_buyer(body, origin), Said((record,), f"order:{number_}", version), *refunds]


def _head(body: Json, number_: str, origin: Origin) -> Json:
    address = body.get("billing_address") or body.get("shipping_address") or {}
    place = person({}, address)
    status = (text(body.get("financial_status")) or "pending").lower()
    source, campaign = _came_from(body)
    return {
        "order_id": f"{origin.source}:{number_}",
        "source": origin.source,
        "number": text(body.get("name")) or number_,
        "who": who(body, origin),
        "ordered_at": at(body, "processed_at") or at(body, "created_at"),
        "updated_at": at(body, "updated_at"),
        "currency": _currency(body, origin),
        "status": status,
        "cancelled_at": at(body, "cancelled_at"),
        "counted": status in COUNTED and not body.get("test"),
        "subtotal": money(body, "subtotal_price", origin),
        "shipping": money(body, "total_shipping_price", origin),
        "tax": money(body, "total_tax", origin),
        "discount": money(body, "total_discounts", origin) or 0,
        "total": money({"total_price": needed(body, "total_price", "order"), **body}, "total_price", origin),
        "coupons": [code for each in body.get("discount_codes") or [] if (code := text(each.get("code")))],
        "shipping_method": next((text(each.get("title")) for each in body.get("shipping_lines") or []), None),
        "payment_method": next(iter(body.get("payment_gateway_names") or []), None),
        "channel": text(body.get("source_name")),
        "location": text(body.get("location_id")),
        "acquisition_source": source,
        "campaign": campaign,
        "tags": tags_of(body.get("tags")),
        **{name: place[name] for name in ("country", "region", "city")},
        "extra": _notes(body) | metafields(body),
    }


def _currency(body: Json, origin: Origin) -> str:
    """The shop's currency as the shop says it: amounts in another than ours are never added to ours (S12)."""
    told = (body.get("total_price_set") or {}).get("shop_money") or {}
    return str(told.get("currency_code") or body.get("currency") or origin.shop.currency)


def who(body: Mapping[str, Any], origin: Origin) -> Json:
    """The account that ordered; a guest is known by address and phone, a visitor by the note that the theme left.

    An account may order under another's address, which makes nobody another person.
    """
    account = body.get("customer") or {}
    known: Json = {"source": origin.source, "anonymous_id": _notes(body).get(VISITOR_NOTE)}
    if account.get("id"):
        known["external_id"] = identity(account["id"], "customer")
    else:
        known["email"] = text(body.get("email")) or text(body.get("contact_email")) or text(account.get("email"))
        known["phone"] = text(body.get("phone")) or text(account.get("phone"))
    return told(known)


def _buyer(body: Json, origin: Origin) -> list[Said]:
    """Where a guest lives, whom no record of a customer describes."""
    account = body.get("customer") or {}
    known = {name: value for name, value in who(body, origin).items() if name != "anonymous_id"}
    if account.get("id") or not known.keys() & {"email", "phone"}:
        return []
    place = told(person({}, body.get("billing_address") or body.get("shipping_address") or {}))
    number_ = identity(body["id"], "order")
    record = Record("customer", f"{origin.source}:guest:{number_}", {**place, **known, "fill": True})
    return [Said((record,), f"guest:{number_}", moment(body, "updated_at", "created_at"))]


def _notes(body: Mapping[str, Any]) -> Json:
    """The notes of an order, which checkouts write as an object and orders as a list."""
    notes = body.get("note_attributes") or []
    pairs = notes.items() if isinstance(notes, dict) else ((each.get("name"), each.get("value")) for each in notes)
    return {str(name): str(value) for name, value in pairs if name and value is not None}


def _came_from(body: Json) -> tuple[str | None, str | None]:
    """Source and campaign, as the address of the first page names them."""
    query = parse_qs(urlsplit(str(body.get("landing_site") or "")).query)
    source, campaign = (next(iter(query.get(f"utm_{name}", ())), None) for name in ("source", "campaign"))
    return source, campaign


def _line(item: Json, number_: str, origin: Origin) -> Json:
    """A line: its total is what was charged for it, the share of the order's discounts taken off."""
    discounts = item.get("discount_allocations") or []
    discount = sum(money(each, "amount", origin) or 0 for each in discounts)
    product = item.get("product_id")
    return told(
        {
            "line_id": f"{origin.source}:{number_}:{identity(needed(item, 'id', 'line'), 'line')}",
            "product_id": identity(product, "product") if product else None,
            "sku": text(item.get("sku")),
            "title": text(item.get("title")) or text(item.get("name")),
            "variant": text(item.get("variant_title")),
            "vendor": text(item.get("vendor")),
        }
    ) | {
        "quantity": whole(needed(item, "quantity", "line"), "quantity"),
        "unit_price": _unit_price(item),
        "discount": discount or money(item, "total_discount", origin) or 0,
    }


def _unit_price(item: Json) -> str:
    both = item.get("price_set")
    return str(both["shop_money"]["amount"] if isinstance(both, dict) else needed(item, "price", "line"))


def refund(body: Json, origin: Origin) -> list[Said]:
    """A refund: a row for each line that came back, and one for what belongs to none (0 where the lines say it all).

    What was paid back is what the transactions say; of goods that came back for less their rows share it.
    """
    number_ = identity(needed(body, "order_id", "refund"), "order")
    key = identity(needed(body, "id", "refund"), "refund")
    when = at(body, "processed_at") or at(body, "created_at")
    head = {"order_id": f"{origin.source}:{number_}", "refunded_at": when}
    if (buyer := body.get("who")) is not None:
        head["who"] = buyer
    lines = body.get("refund_line_items") or []
    amounts = [(money(each, "subtotal", origin) or 0) + (money(each, "total_tax", origin) or 0) for each in lines]
    paid = _paid(body, origin)
    paid = sum(amounts) if paid is None else paid
    shares = amounts if sum(amounts) <= paid else _shared(paid, amounts)
    rows = [{"refund_id": f"{origin.source}:{key}", "amount": paid - sum(shares), **head}]
    rows += [
        {**head, **_returned(each, key, number_, origin), "amount": share}
        for each, share in zip(lines, shares, strict=True)
    ]
    version = moment(body, "created_at", "processed_at")
    detailed = version + DETAIL if version is not None and lines else version
    kept = "lines" if lines else "whole"
    records = tuple(
        Record("refund", f"{origin.source}:refund:{key}:{kept}:{place}", row) for place, row in enumerate(rows)
    )
    return [Said(records, f"refund:{key}", detailed)]


def _paid(body: Json, origin: Origin) -> int | None:
    """What was paid back; None where the refund tells no transactions."""
    if "total_refunded_set" in body:
        return money(body, "total_refunded", origin)
    done = body.get("transactions")
    if done is None:
        return None
    return sum(
        money(each, "amount", origin) or 0
        for each in done
        if each.get("kind", "refund") in PAID_OUT and each.get("status", "success") == "success"
    )


def _shared(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount shared out in proportion to the weights, to the last unit."""
    ends, so_far, of = [], 0, sum(weights)
    for weight in weights:
        so_far += weight
        ends.append(amount * so_far // of)
    return [end - before for end, before in zip(ends, [0, *ends], strict=False)]


def _returned(entry: Json, key: str, number_: str, origin: Origin) -> Json:
    item = entry.get("line_item") or {}
    line = identity(entry.get("line_item_id") or item.get("id"), "line")
    return told(
        {
            "refund_id": f"{origin.source}:{key}:{identity(needed(entry, 'id', 'refund'), 'refund')}",
            "line_id": f"{origin.source}:{number_}:{line}",
            "product_id": identity(item["product_id"], "product") if item.get("product_id") else None,
            "sku": text(item.get("sku")),
            "quantity": whole(entry.get("quantity"), "quantity"),
        }
    )


def checkout(body: Json, origin: Origin) -> list[Said]:
    """A checkout that was begun, as an event of whoever is known there by now; of its states the last one counts."""
    token = str(needed(body, "token", "checkout"))
    begun = at(body, "created_at") or origin.now.isoformat()
    known = who(body, origin)
    if not known.keys() & {"external_id", "email", "phone", "anonymous_id"}:
        return []
    facts = told(
        {
            "checkout_id": token,
            "cart_id": text(body.get("cart_token")),
            "url": text(body.get("abandoned_checkout_url")),
            "coupon": next((text(each.get("code")) for each in body.get("discount_codes") or []), None),
        }
    )
    return [_event(f"checkout:{token}", "Checkout Started", begun, known, body, facts, origin)]


def cart(body: Json, origin: Origin) -> list[Said]:
    """A cart that changed. Shopify tells no person with it: without the theme's note there is nobody to follow."""
    visitor = _notes({"note_attributes": body.get("attributes") or body.get("note_attributes")}).get(VISITOR_NOTE)
    account = (body.get("customer") or {}).get("id")
    if not visitor and not account:
        return []
    known = told(
        {
            "source": origin.source,
            "external_id": identity(account, "customer") if account else None,
            "anonymous_id": visitor,
        }
    )
    token = str(body.get("token") or needed(body, "id", "cart"))
    when = at(body, "updated_at") or at(body, "created_at") or origin.now.isoformat()
    return [_event(f"cart:{token}:{when}", "Cart Updated", when, known, body, {"cart_id": token}, origin)]


def _event(key: str, name: str, when: str, known: Json, body: Json, facts: Json, origin: Origin) -> Said:
    items = body.get("line_items") or []
    products = [
        told(
            {
                "product_id": identity(each["product_id"], "product") if each.get("product_id") else None,
                "sku": text(each.get("sku")),
                "name": text(each.get("title")),
                "variant": text(each.get("variant_title")),
                "price": text(each.get("price")),
                "quantity": each.get("quantity"),
            }
        )
        for each in items
    ]
    total = text(body.get("total_price"))
    said = {
        "event_id": f"{origin.source}:{key}",
        "name": name,
        "occurred_at": when,
        "who": known,
        "value": float(total) if total else None,
        "properties": {**facts, "currency": text(body.get("currency")) or origin.shop.currency, "products": products},
    }
    return Said((Record("event", f"{origin.source}:{key}", told(said)),))
