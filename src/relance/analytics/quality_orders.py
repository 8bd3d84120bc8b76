"""Checks of orders and of what they name: customers, currencies, products, dates."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import ibis
from ibis.expr.types import Table

from relance.analytics.quality_findings import Check, Finding, Looked
from relance.words import Amount

AHEAD: Final = timedelta(minutes=5)


def _orders(looked: Looked) -> Table:
    """The orders that count."""
    orders = looked.table("order")
    return orders.filter(orders.counted, orders.cancelled_at.isnull())


def orders_without_customer(looked: Looked) -> Finding:
    """Orders that belong to nobody: they count in the shop's revenue and in no customer's."""
    orders = _orders(looked)
    nobody = orders.filter(orders.customer_id.isnull())
    own = nobody.filter(nobody.currency == looked.shop.currency)
    amount = looked.facts(own.agg(total=own.total.sum()))["total"]
    return Finding(
        "orders_without_customer",
        looked.count(nobody),
        looked.count(orders),
        "order",
        looked.examples(nobody, "order_id"),
        {"amount": _amount(looked, int(amount))},
    )


def orders_foreign_currency(looked: Looked) -> Finding:
    """Orders in another currency than the shop's: they count as orders and are left out of amounts (S12)."""
    orders = _orders(looked)
    foreign = orders.filter(orders.currency != looked.shop.currency)
    return Finding(
        "orders_foreign_currency",
        looked.count(foreign),
        looked.count(orders),
        "order",
        looked.examples(foreign, "order_id"),
        {"currencies": ", ".join(looked.examples(foreign, "currency")), "currency": looked.shop.currency},
    )


def refunds_without_order(looked: Looked) -> Finding:
    """Refunds that matched no order: they lower the lifetime amounts only (S12, S23)."""
    refunds = looked.table("refund")
    alone = refunds.filter(refunds.order_id.isnull())
    amount = looked.facts(alone.agg(total=alone.amount.sum()))["total"]
    return Finding(
        "refunds_without_order",
        looked.count(alone),
        looked.count(refunds),
        "order",
        looked.examples(alone, "number"),
        {"amount": _amount(looked, int(amount))},
    )


def products_missing(looked: Looked) -> Finding:
    """Products that orders name and the catalogue lacks: no cost, no stock, no picture, no category of the shop's."""
    lines = looked.table("order_line")
    named = lines.filter(lines.kind == "sale", lines.product_id.notnull()).select("product_id").distinct()
    product = looked.table("product")
    catalogue = product.filter(product.source.notnull() | product.cost.notnull() | product.stock.notnull())
    lacking = named.anti_join(catalogue, "product_id")
    return Finding(
        "products_missing",
        looked.count(lacking),
        looked.count(named),
        "product",
        looked.examples(lacking, "product_id"),
        {"known": looked.count(catalogue)},
    )


def products_renamed(looked: Looked) -> Finding:
    """Products that were sold under several names, or whose name changed in the catalogue."""
    lines = looked.table("order_line")
    sold = lines.filter(lines.kind == "sale", lines.product_id.notnull(), lines.title.notnull())
    named = sold.select("product_id", "title").distinct()
    titles = named.group_by("product_id").agg(titles=named.title.strip().lower().nunique())
    events = looked.table("product_event")
    renamed = events.filter(events.name == "Product Renamed").select(product_id=events.product_id.cast("string"))
    every = titles.filter(titles.titles > 1).select("product_id").union(renamed).distinct()
    return Finding(
        "products_renamed",
        looked.count(every),
        looked.count(titles),
        "product",
        looked.examples(every, "product_id"),
    )


def dates_ahead(looked: Looked) -> Finding:
    """Orders and refunds dated in the future: a wrong clock or a wrong time zone of the source."""
    late = looked.instant + ibis.interval(seconds=int(AHEAD.total_seconds()))
    orders, refunds = looked.table("order"), looked.table("refund")
    found: Any = (
        orders.filter(orders.ordered_at > late)
        .select(number=orders.order_id)
        .union(refunds.filter(refunds.refunded_at > late).select(number=refunds.refund_id))
    )
    return Finding(
        "dates_ahead",
        looked.count(found),
        looked.count(orders) + looked.count(refunds),
        "order",
        looked.examples(found, "number"),
    )


def _amount(looked: Looked, minor: int) -> Amount:
    return Amount(Decimal(looked.shop.amount(minor)), looked.shop.currency)


CHECKS: Final[tuple[Check, ...]] = (
    orders_without_customer,
    orders_foreign_currency,
    refunds_without_order,
    products_missing,
    products_renamed,
    dates_ahead,
)
