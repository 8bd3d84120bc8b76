"""What PrestaShop's web service says of orders, their details and credit slips, in canonical records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from relance.ingest.api_values import Json, minor, needed, number, text, told, whole
from relance.ingest.prestashop import ShopTables, account, is_id, place, record
from relance.ingest.prestashop_bodies import Row
from relance.ingest.records import Record


@dataclass(frozen=True)
class Beside:
    """What an order's row refers to: its details, its coupon codes and the address of its delivery."""

    details: list[Row]
    coupons: list[str]
    address: Row


@dataclass(frozen=True)
class _Money:
    """Amounts of one order in the shop's own currency: the order names the rate of its day (S12)."""

    currency: str
    rate: Decimal

    def of(self, row: Row, name: str) -> int:
        return minor(number(row.get(name), name) / self.rate, self.currency)

    def exact(self, row: Row, name: str) -> Decimal:
        return number(row.get(name), name) / self.rate


def order(row: Row, beside: Beside, tables: ShopTables) -> Record:
    """An order with its lines. Which count (S12): those whose state says paid or that PrestaShop holds for valid.

    A fully refunded order counts; a cancelled one up to its cancellation, if it had an invoice. Raises BadInput for a
    row that cannot be read.
    """
    key, money = needed(row, "id", "order"), _money(row, tables)
    status, counted = _status(row, tables)
    said = {
        "order_id": f"{tables.source}:{key}",
        "source": tables.source,
        "number": _number(row, key),
        "who": account(tables, needed(row, "id_customer", "order")),
        "ordered_at": tables.at(row, "date_add"),
        "updated_at": tables.at(row, "date_upd"),
        "currency": money.currency,
        "status": status,
        "cancelled_at": tables.at(row, "date_upd") if row.get("current_state") == tables.cancelled else None,
        "counted": counted,
        **_amounts(row, money),
        "coupons": beside.coupons,
        "shipping_method": tables.carriers.get(row.get("id_carrier") or ""),
        "payment_method": text(row.get("payment")),
        "channel": text(row.get("module")),
        **{name: value for name, value in place(beside.address, tables).items() if name != "postcode"},
        "extra": _foreign(row, money, tables),
        "lines": [_line(detail, money, tables) for detail in beside.details],
    }
    return record(tables, "order", "order", key, told(said))


def _number(row: Row, key: str) -> str:
    """The reference that the customer knows, with the id: a cart that was split gives several orders one reference."""
    reference = text(row.get("reference"))
    return f"{reference}-{key}" if reference else key


def _money(row: Row, tables: ShopTables) -> _Money:
    currency = tables.currencies.get(row.get("id_currency") or "", tables.currency)
    rate = number(row.get("conversion_rate"), "conversion_rate")
    if currency == tables.currency or rate <= 0:
        return _Money(currency, Decimal(1))
    return _Money(tables.currency, rate)


def _foreign(row: Row, money: _Money, tables: ShopTables) -> Json:
    """What was charged in another currency, beside its worth in the shop's."""
    currency = tables.currencies.get(row.get("id_currency") or "", tables.currency)
    if currency == money.currency:
        return {}
    return {
        "charged_currency": currency,
        "charged_total": row.get("total_paid_tax_incl"),
        "rate": row["conversion_rate"],
    }


def _status(row: Row, tables: ShopTables) -> tuple[str, bool]:
    state = row.get("current_state") or "0"
    if state == tables.cancelled:
        return "voided", is_id(row.get("invoice_number"))
    if state == tables.failed:
        return "voided", False
    if state == tables.refunded:
        return "refunded", True
    if state in tables.paid or row.get("valid") == "1":
        return "paid", True
    return "pending", False


def _amounts(row: Row, money: _Money) -> Json:
    """With taxes; the subtotal is what the products cost after discounts."""
    total, discount = money.of(row, "total_paid_tax_incl"), money.of(row, "total_discounts_tax_incl")
    return {
        "subtotal": money.of(row, "total_products_wt") - discount,
        "shipping": money.of(row, "total_shipping_tax_incl"),
        "tax": total - money.of(row, "total_paid_tax_excl"),
        "discount": discount,
        "total": total,
    }


def _line(row: Row, money: _Money, tables: ShopTables) -> Json:
    """An order detail: its price is after the reductions of the catalogue, before those of the cart."""
    quantity = whole(needed(row, "product_quantity", "order_detail"), "product_quantity")
    price = money.exact(row, "unit_price_tax_incl")
    variant = row.get("product_attribute_id")
    return told(
        {
            "line_id": f"{tables.source}:{needed(row, 'id_order', 'order_detail')}:{needed(row, 'id', 'order_detail')}",
            "product_id": row["product_id"] if is_id(row.get("product_id")) else None,
            "variant_id": variant if is_id(variant) else None,
            "sku": text(row.get("product_reference")),
            "title": text(row.get("product_name")),
            "quantity": quantity,
            "unit_price": str(round(price, 6)),
            "total": _line_total(row, quantity * price, money),
        }
    )


def _line_total(row: Row, computed: Decimal, money: _Money) -> int:
    if row.get("total_price_tax_incl"):
        return money.of(row, "total_price_tax_incl")
    return minor(computed, money.currency)


def slip(row: Row, orders: Mapping[str, Row], tables: ShopTables) -> list[Record]:
    """A credit slip by its own date: one row for what belongs to no line (shipping), and one row a line."""
    key, order_key = needed(row, "id", "order_slip"), needed(row, "id_order", "order_slip")
    ordered = orders.get(order_key, {})
    money = _money(ordered, tables)
    lines = [_returned(key, order_key, each, money, tables) for each in _slip_lines(row)]
    amount = money.of(row, "total_products_tax_incl") + money.of(row, "total_shipping_tax_incl")
    head = {
        "refund_id": f"{tables.source}:{key}",
        "order_id": f"{tables.source}:{order_key}",
        "number": _number(ordered, order_key),
        "who": account(tables, needed(row, "id_customer", "order_slip")),
        "refunded_at": tables.at(row, "date_add"),
        "amount": amount - sum(line["amount"] for line in lines),
    }
    return [record(tables, "refund", "slip", key, told(each)) for each in (head, *({**head, **line} for line in lines))]


def _slip_lines(row: Row) -> Iterable[Row]:
    """Its association is called order_slip_details, and order_slip_detail in older versions."""
    joined: Mapping[str, list[Row]] = row["associations"]
    return joined.get("order_slip_details") or joined.get("order_slip_detail") or []


def _returned(key: str, order_key: str, row: Row, money: _Money, tables: ShopTables) -> dict[str, Any]:
    detail = needed(row, "id_order_detail", "order_slip")
    return {
        "refund_id": f"{tables.source}:{key}:{detail}",
        "line_id": f"{tables.source}:{order_key}:{detail}",
        "quantity": whole(row.get("product_quantity"), "product_quantity"),
        "amount": money.of(row, "amount_tax_incl"),
    }
