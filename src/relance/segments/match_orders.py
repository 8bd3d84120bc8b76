"""Orders and their lines: `orders_placed` and `products_purchased`."""

from __future__ import annotations

from typing import Final

from relance.profiles import Column
from relance.segments.language.fields import Function, Kind, Parameter
from relance.segments.related import Related

POSITIONS: Final = ("first", "last", "every", "any")
SUMS: Final = {"sum_amount": "net", "sum_quantity": "quantity"}
# Parameters that can be compared with the average of all rows.
AVERAGED: Final = frozenset({"amount", "quantity"})

_TEXTS: Final = ("coupon", "shipping_method", "payment_method", "channel", "source", "campaign", "tag")


def _rate(part: Column, whole: Column) -> Column:
    return part * 100.0 / whole.nullif(0)


ORDERS_PLACED: Final = Related(
    Function(
        "orders_placed",
        (
            Parameter("date", Kind.DATE, nullable=False),
            Parameter("amount", Kind.MONEY),
            Parameter("sum_amount", Kind.MONEY, nullable=False),
            Parameter("count", Kind.INTEGER, nullable=False),
            Parameter("location_id", Kind.ID),
            Parameter("app_id", Kind.ID, available=False),
            Parameter("discount_rate", Kind.DECIMAL, unit="percent"),
            Parameter("refund_rate", Kind.DECIMAL, unit="percent"),
            *(Parameter(name, Kind.TEXT) for name in _TEXTS),
            Parameter("position", Kind.ENUM, nullable=False, values=POSITIONS),
        ),
    ),
    "orders",
    {
        "date": lambda o: o.ordered_at,
        "amount": lambda o: o.net,
        "location_id": lambda o: o.location,
        "discount_rate": lambda o: o.discount_rate,
        "coupon": lambda o: o.coupons,
        "shipping_method": lambda o: o.shipping_method,
        "payment_method": lambda o: o.payment_method,
        "channel": lambda o: o.channel,
        "source": lambda o: o.acquisition_source,
        "campaign": lambda o: o.campaign,
        "refund_rate": lambda o: _rate(o.refunded, o.amount),
        "tag": lambda o: o.tags,
    },
)

PRODUCTS_PURCHASED: Final = Related(
    Function(
        "products_purchased",
        (
            Parameter("id", Kind.ID),
            *(Parameter(name, Kind.TEXT) for name in ("sku", "variant", "vendor", "title", "category", "tag")),
            Parameter("date", Kind.DATE, nullable=False),
            Parameter("quantity", Kind.INTEGER, nullable=False),
            Parameter("sum_quantity", Kind.INTEGER, nullable=False),
            Parameter("count", Kind.INTEGER, nullable=False),
            Parameter("amount", Kind.MONEY),
            Parameter("sum_amount", Kind.MONEY, nullable=False),
            Parameter("discount_rate", Kind.DECIMAL, unit="percent"),
            Parameter("position", Kind.ENUM, nullable=False, values=POSITIONS),
        ),
    ),
    "lines",
    {
        "id": lambda line: line.product_id,
        "sku": lambda line: line.sku,
        "variant": lambda line: line.variant,
        "vendor": lambda line: line.vendor,
        "title": lambda line: line.title,
        "category": lambda line: line.category,
        "tag": lambda line: line.product_tags,
        "date": lambda line: line.ordered_at,
        "quantity": lambda line: line.quantity,
        "amount": lambda line: line.net,
        "discount_rate": lambda line: line.discount_rate,
    },
)
