"""Orders and refunds out of Segment's e-commerce events: https://segment.com/docs/connections/spec/ecommerce/v2/."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from relance.errors import BadInput
from relance.ingest.calls_values import Told, decimal, identifier, minor_units, place_in
from relance.ingest.order_changes import CALLED, CHANGE
from relance.ingest.records import Record

COMPLETED: Final = "Order Completed"
CHANGES: Final = ("Order Updated", "Order Cancelled")
REFUNDED: Final = "Order Refunded"
AMOUNTS: Final = ("subtotal", "shipping", "tax", "discount")
TEXTS: Final = {"shipping_method": "shipping_method", "payment_method": "payment_method", "channel": "affiliation"}
LINE_TEXTS: Final = {
    "product_id": "product_id",
    "sku": "sku",
    "title": "name",
    "variant": "variant",
    "vendor": "brand",
    "category": "category",
}


def order_records(name: str, properties: dict[str, Any], told: Told, place: str) -> list[Record]:
    """The order or refund that an event tells of; none for other events.

    Raises BadInput where the order has no number, or an amount is none.
    """
    if name == REFUNDED:
        return [_refund(properties, told, place)]
    if name == COMPLETED:
        return [_order(properties, told, place)]
    if name in CHANGES:
        return [_change(name, properties, told, place)]
    return []


def _number(properties: dict[str, Any], place: str) -> str:
    number = identifier(properties.get("order_id"), place_in(place, "order_id"))
    if number is None:
        raise BadInput("calls.no_order", place=place_in(place, "order_id"))
    return number


def _currency(properties: dict[str, Any], told: Told, place: str) -> str:
    said = properties.get("currency")
    if said is None or said == "":
        return told.shop.currency
    if not isinstance(said, str) or not (said.isascii() and said.isalpha() and len(said) == 3):
        raise BadInput("calls.no_currency", place=place_in(place, "currency"))
    return said.upper()


def _order(properties: dict[str, Any], told: Told, place: str) -> Record:
    facts = _facts(properties, told, place)
    if facts.get("total") is None:
        raise BadInput("calls.no_total", place=place_in(place, "total"))
    body = {**facts, "ordered_at": told.at, "status": "paid", "lines": facts.get("lines", []), CALLED: True}
    return Record("order", f"{told.message_id}:order", body)


def _change(name: str, properties: dict[str, Any], told: Told, place: str) -> Record:
    """What an event changes of an order: all else stays as it is, its instant first of all."""
    facts = _facts(properties, told, place)
    if name == "Order Cancelled":
        facts["cancelled_at"] = told.at
    return Record(CHANGE, f"{told.message_id}:order", {**facts, "changed_at": told.at})


def _facts(properties: dict[str, Any], told: Told, place: str) -> dict[str, Any]:
    """The columns of an order that an event fills."""
    number, currency = _number(properties, place), _currency(properties, told, place)
    amounts = {name: minor_units(properties.get(name), currency, place_in(place, name)) for name in AMOUNTS}
    lines = _lines(properties, place)
    total = minor_units(properties.get("total"), currency, place_in(place, "total"))
    facts: dict[str, Any] = {
        "order_id": f"{told.source}:{number}",
        "number": number,
        "source": told.source,
        "currency": currency,
        **amounts,
        "total": _total(properties, amounts, lines, currency, place) if total is None else total,
        "coupons": [properties["coupon"]] if isinstance(properties.get("coupon"), str) else None,
        **{column: properties.get(name) for column, name in TEXTS.items() if isinstance(properties.get(name), str)},
        "lines": lines or None,
        "who": told.who,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _total(
    properties: dict[str, Any],
    amounts: dict[str, int | None],
    lines: list[dict[str, Any]],
    currency: str,
    place: str,
) -> int | None:
    """What was charged where it is not said: revenue or subtotal with shipping and tax, else the sum of the lines."""
    revenue = minor_units(properties.get("revenue"), currency, place_in(place, "revenue"))
    goods = amounts["subtotal"] if revenue is None else revenue
    if goods is None and lines:
        worth = sum((line["quantity"] * Decimal(line["unit_price"]) for line in lines), Decimal(0))
        goods = (minor_units(str(worth), currency, place) or 0) - (amounts["discount"] or 0)
    return None if goods is None else goods + (amounts["shipping"] or 0) + (amounts["tax"] or 0)


def _lines(properties: dict[str, Any], place: str) -> list[dict[str, Any]]:
    products = properties.get("products")
    if products is None:
        return []
    place = place_in(place, "products")
    if not isinstance(products, list) or not all(isinstance(product, dict) for product in products):
        raise BadInput("calls.no_list", place=place)
    return [_line(product, f"{place}[{index}]") for index, product in enumerate(products)]


def _line(product: dict[str, Any], place: str) -> dict[str, Any]:
    quantity = decimal(product.get("quantity"), place_in(place, "quantity"))
    if quantity is not None and quantity != int(quantity):
        raise BadInput("calls.no_number", place=place_in(place, "quantity"))
    price = decimal(product.get("price"), place_in(place, "price")) or Decimal(0)
    texts = {column: identifier(_name(product.get(name)), place) for column, name in LINE_TEXTS.items()}
    return {
        **{column: text for column, text in texts.items() if text is not None},
        "quantity": 1 if quantity is None else int(quantity),
        "unit_price": f"{round(price, 6):f}",
    }


def _name(value: object) -> object:
    """A product's words without line breaks and at a length that a column is shown with."""
    return " ".join(value.split())[:255] if isinstance(value, str) else value


def _refund(properties: dict[str, Any], told: Told, place: str) -> Record:
    """Money given back: the amount as it is said, else the worth of the products, else all that the order cost."""
    number, currency = _number(properties, place), _currency(properties, told, place)
    lines = _lines(properties, place)
    amount = minor_units(properties.get("total"), currency, place_in(place, "total"))
    if amount is None and lines:
        worth = sum((line["quantity"] * Decimal(line["unit_price"]) for line in lines), Decimal(0))
        amount = minor_units(str(worth), currency, place)
    body = {
        "refund_id": f"{told.message_id}:refund",
        "order_id": f"{told.source}:{number}",
        "number": number,
        "amount": None if amount is None else abs(amount),
        "refunded_at": told.at,
        "who": told.who,
    }
    said = {name: value for name, value in body.items() if value is not None}
    if amount is not None:
        return Record("refund", f"{told.message_id}:refund", said)
    order = {"source": told.source, "number": number, "order_id": said["order_id"], "changed_at": told.at}
    return Record(CHANGE, f"{told.message_id}:refund", {**order, "refund": said})
