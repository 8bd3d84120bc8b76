"""What WooCommerce's REST API says of orders and refunds, in canonical records.

Formats: https://woocommerce.github.io/woocommerce-rest-api-docs/?shell#order-properties and #order-refund-properties.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from relance.ingest.api_values import Json, minor, needed, number, text, told, whole
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said
from relance.ingest.shop_pages import said_of
from relance.ingest.woocommerce import gmt, person, plain, public_meta, record

PAID: Final = frozenset({"processing", "completed"})
DRAFTS: Final = frozenset({"checkout-draft", "auto-draft", "draft"})
DEAD: Final = frozenset({"failed", "trash", "cancelled"})
# what a refund's own list says comes after what its order says of it
DATED: Final = timedelta(seconds=1)
UTM: Final = "_wc_order_attribution_utm_"


def order(body: Json, origin: Origin) -> list[Said]:
    """An order of `/orders`, and the person where it is a guest's; nothing of a draft.

    Raises BadInput for a body that cannot be read. Which orders count (S12): those that are paid, by their status or
    because they have a date of payment; a cancelled one up to its cancellation.
    """
    status = str(needed(body, "status", "order"))
    if status in DRAFTS:
        return []
    number_ = needed(body, "id", "order")
    said = told(_head(body, status, origin)) | {
        "lines": [_line(body, item, origin) for item in body.get("line_items") or []]
    }
    return [*_guest(body, origin), said_of(f"order:{number_}", record(origin, "order", "order", number_, said))]


def order_deleted(body: Json, origin: Origin) -> Record:
    """An order that was put into the trash or deleted: it counts no more."""
    key = order_id(body, origin)
    return Record("order_deleted", f"{key}:deleted", {"order_id": key})


def _head(body: Json, status: str, origin: Origin) -> Json:
    currency = str(needed(body, "currency", "order"))
    billing = person(body.get("billing") or {}, origin)
    paid = status in PAID or bool(body.get("date_paid_gmt")) or bool(body.get("date_paid"))
    meta = {each.get("key"): text(each.get("value")) for each in body.get("meta_data") or []}
    return {
        "order_id": order_id(body, origin),
        "source": origin.source,
        "number": str(body.get("number") or body["id"]),
        "who": who(body, origin),
        "ordered_at": gmt(body, "date_created"),
        "updated_at": gmt(body, "date_modified"),
        "currency": currency,
        "status": _status(body, status, paid=paid),
        "cancelled_at": gmt(body, "date_modified") if status == "cancelled" else None,
        "counted": status == "refunded" or (paid and status not in DEAD - {"cancelled"}),
        **_amounts(body, currency),
        "coupons": [code for code in (text(each.get("code")) for each in body.get("coupon_lines") or []) if code],
        "shipping_method": _shipping(body),
        "payment_method": text(body.get("payment_method_title")) or text(body.get("payment_method")),
        "channel": text(body.get("created_via")),
        "acquisition_source": meta.get(f"{UTM}source"),
        "campaign": meta.get(f"{UTM}campaign"),
        **{name: billing.get(name) for name in ("country", "region", "city")},
        "extra": public_meta(body),
    }


def order_id(body: Json, origin: Origin) -> str:
    """The canonical id of an order."""
    return f"{origin.source}:{needed(body, 'id', 'order')}"


def who(body: Json, origin: Origin) -> Json:
    """The account that ordered; a guest is known by the address and the phone of the bill."""
    if body.get("customer_id"):
        return {"source": origin.source, "external_id": str(body["customer_id"])}
    billing = body.get("billing") or {}
    return told({"source": origin.source, "email": text(billing.get("email")), "phone": text(billing.get("phone"))})


def _status(body: Json, status: str, *, paid: bool) -> str:
    if status in DEAD:
        return "voided"
    if status == "refunded":
        return "refunded"
    if paid:
        return "partially_refunded" if body.get("refunds") else "paid"
    return "pending"


def _amounts(body: Json, currency: str) -> Json:
    """With taxes or without them, as the shop shows its prices; the total is what was charged."""
    lines = body.get("line_items") or []
    return {
        "subtotal": minor(sum((_shown(body, each, "total") for each in lines), Decimal(0)), currency),
        "shipping": minor(_shown(body, body, "shipping_total", "shipping_tax"), currency),
        "tax": minor(number(body.get("total_tax"), "total_tax"), currency),
        "discount": minor(_shown(body, body, "discount_total", "discount_tax"), currency),
        "total": minor(number(needed(body, "total", "order"), "total"), currency),
    }


def _shown(body: Json, part: Json, name: str, tax: str | None = None) -> Decimal:
    """An amount with its tax where the shop's prices include it."""
    tax = tax or f"{name}_tax"
    return number(part.get(name), name) + (number(part.get(tax), tax) if body.get("prices_include_tax") else 0)


def _shipping(body: Json) -> str | None:
    return next((plain(each.get("method_title")) for each in body.get("shipping_lines") or []), None)


def _line(body: Json, item: Json, origin: Origin) -> Json:
    currency = body["currency"]
    quantity = whole(item.get("quantity"), "quantity")
    before, after = _shown(body, item, "subtotal"), _shown(body, item, "total")
    return told(
        {
            "line_id": _line_id(body, needed(item, "id", "line"), origin),
            "product_id": str(item["product_id"]) if item.get("product_id") else None,
            "sku": text(item.get("sku")),
            "title": plain(item.get("parent_name") or item.get("name")),
            "variant": _variant(item),
        }
    ) | {
        "quantity": quantity,
        "unit_price": str(round(before / quantity, 6)) if quantity else "0",
        "discount": minor(before - after, currency),
        "total": minor(after, currency),
    }


def _line_id(body: Json, item: object, origin: Origin) -> str:
    return f"{order_id(body, origin)}:{item}"


def _variant(item: Json) -> str | None:
    """The options of a variation, as the shop shows them."""
    if not item.get("variation_id"):
        return None
    shown = [
        plain(each.get("display_value") or each.get("value"))
        for each in item.get("meta_data") or []
        if not str(each.get("key", "_")).startswith("_") and isinstance(each.get("value"), str)
    ]
    return " / ".join(value for value in shown if value) or None


def _guest(body: Json, origin: Origin) -> list[Said]:
    """The person of a guest's order, who has no record of their own in the shop; it fills what is not known."""
    known = who(body, origin)
    if "external_id" in known or not known.keys() & {"email", "phone"}:
        return []
    said = {**person(body.get("billing") or {}, origin), **known, "fill": True}
    return [Said((record(origin, "customer", "guest", body["id"], said),))]


def undated_refunds(body: Json, origin: Origin) -> list[Said]:
    """The refunds that an order names, without their dates: the order's first change after each stands for it.

    They give way to what their own list says of them, and never come after that.
    """
    return [_undated(body, summary, origin) for summary in body.get("refunds") or []]


def _undated(body: Json, summary: Json, origin: Origin) -> Said:
    head = _refund_head(body, summary, origin)
    said = head | {
        "amount": minor(abs(number(summary.get("total"), "total")), body["currency"]),
        "refunded_at": gmt(body, "date_modified") or gmt(body, "date_created"),
        "dated": False,
    }
    made = Record("refund", f"{head['refund_id']}:undated", told(said))
    return Said((made,), f"refund:{summary['id']}", _moment(gmt(body, "date_created")))


def refunds(body: Json, entries: Sequence[Json], origin: Origin) -> list[Said]:
    """The refunds of `/orders/<id>/refunds` with their own dates, under the order `body`.

    Each is one row for what belongs to no line (0 where its lines say it all), and one row a line.
    """
    return [_refund(body, entry, origin) for entry in entries]


def _refund(body: Json, entry: Json, origin: Origin) -> Said:
    currency = body["currency"]
    lines = [_returned(body, entry, item, origin) for item in entry.get("line_items") or []]
    whole_amount = minor(abs(number(needed(entry, "amount", "refund"), "amount")), currency)
    at = gmt(entry, "date_created")
    head = _refund_head(body, entry, origin) | {
        "amount": whole_amount - sum(line["amount"] for line in lines),
        "refunded_at": at,
    }
    rows = [told(each) for each in (head, *({**head, **line} for line in lines))]
    dated = _moment(at)
    records = tuple(Record("refund", f"{row['refund_id']}:dated", row) for row in rows)
    return Said(records, f"refund:{entry['id']}", dated + DATED if dated else None)


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _refund_head(body: Json, entry: Json, origin: Origin) -> Json:
    return {
        "refund_id": f"{origin.source}:{needed(entry, 'id', 'refund')}",
        "order_id": order_id(body, origin),
        "number": str(body.get("number") or body["id"]),
        "who": who(body, origin),
    }


def _returned(body: Json, entry: Json, item: Json, origin: Origin) -> dict[str, Any]:
    """A refunded line; what a refund gives back of it includes its tax."""
    meta = {each.get("key"): each.get("value") for each in item.get("meta_data") or []}
    amount = number(item.get("total"), "total") + number(item.get("total_tax"), "total_tax")
    sold = meta.get("_refunded_item_id")
    return {
        "refund_id": f"{origin.source}:{entry['id']}:{item['id']}",
        "line_id": _line_id(body, sold, origin) if sold else None,
        "product_id": str(item["product_id"]) if item.get("product_id") else None,
        "sku": text(item.get("sku")),
        "quantity": abs(whole(item.get("quantity"), "quantity")),
        "amount": minor(abs(amount), body["currency"]),
    }
