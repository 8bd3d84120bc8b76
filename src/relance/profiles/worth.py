"""What a customer is worth and what they like to buy: net value, preferred category, gifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ibis
from babel.numbers import get_currency_precision
from ibis.expr.types import Table

from relance.profiles.aggregates import Aggregate, without_tax
from relance.profiles.feature import Feature, Row
from relance.profiles.phase_numbers import ValueNumbers, numbers_under
from relance.profiles.reading import Column, Reading

GIFT_TAGS: Final = ("gift", "cadeau")
# How shops export that an order is a present: PrestaShop's gift, a gift message, Shopify's and WooCommerce's columns.
GIFT_MARKS: Final = r'"[^"]*\b(gift|cadeau)s?\b[^"]*": *"?(1|true|yes|oui|vrai)\b'
GIFT_WORDS: Final = r'"[^"]*(gift|cadeau)[ _-]?(message|note|text|texte)[^"]*": *"[^"]*[^" ]'


@dataclass(frozen=True)
class SpentByCategory:
    """What each customer spent on each category, net of refunds of its lines."""

    def table(self, reading: Reading) -> Table:
        """One row a customer and category: `category` and `spent`."""
        lines = reading.rows("lines", frozenset({"net"}))
        known = lines.filter(lines.category.notnull())
        return known.group_by("customer_id", "category").agg(spent=known.net.sum().fill_null(0).cast("int64"))


@dataclass(frozen=True)
class LinesWithCost:
    """The sale lines of products whose cost is known."""

    def table(self, reading: Reading) -> Table:
        """The lines with `cost`: what the goods cost that the customer kept, in minor units."""
        lines = reading.rows("lines", frozenset({"net"}))
        product = reading.engine.table("product").select(priced="product_id", unit_cost="cost")
        known = product.filter(product.unit_cost.notnull())
        joined = lines.inner_join(known, lines.product_id == known.priced)
        kept = ibis.coalesce(joined.net / joined.amount.nullif(0), joined.amount.notnull().cast("float64"))
        return joined.select("customer_id", cost=joined.unit_cost * joined.quantity * kept)


def _preferred(spent: Table) -> Column:
    """The category of the greatest amount; of equal ones the first by name."""
    place: Column = ibis.struct({"less": -spent.spent, "category": spent.category})
    return place.min()["category"]


def is_gift(orders: Table) -> Column:
    """Whether an order is marked as a present: by a tag, or by a column of its file."""
    tagged = orders.tags.filter(lambda tag: tag.lower().isin(GIFT_TAGS)).length() > 0
    extra = orders.extra.lower()
    return tagged.fill_null(False) | (extra.re_search(GIFT_MARKS) | extra.re_search(GIFT_WORDS)).fill_null(False)


def _net_value(row: Row) -> Column:
    """Orders without taxes, net of refunds, less what the goods cost and what returns and contacts cost the shop."""
    costs = numbers_under(row.reading.shop, "value", ValueNumbers)
    minor = 10 ** get_currency_precision(row.reading.shop.currency)
    handling = row["_returned_orders"] * costs.return_cost * minor + row["_contacts"] * costs.contact_cost * minor
    return row["_untaxed"] - row["_lost"] - (row["_goods_cost"] + handling).round().cast("int64")


WORTH_AGGREGATES: Final = (
    Aggregate("preferred_category", SpentByCategory(), lambda spent, _: _preferred(spent)),
    Aggregate("goods_cost", LinesWithCost(), lambda lines, _: lines.cost.sum(), 0),
    Aggregate("untaxed", "orders", lambda o, _: without_tax(o).sum().cast("int64"), 0),
    Aggregate("returned_orders", "orders", lambda o, _: o.count(where=o.refunded > 0), 0),
    Aggregate("gifts", "orders", lambda o, _: o.count(where=is_gift(o)), 0),
)

WORTH_FEATURES: Final = (
    Feature(
        "net_value",
        "money",
        _net_value,
        nullable=False,
        needs=("untaxed", "lost", "goods_cost", "returned_orders", "contacts"),
    ),
    Feature("preferred_category", "text", lambda row: row["_preferred_category"], needs=("preferred_category",)),
    Feature("gift_buyer", "boolean", lambda row: row["_gifts"] > 0, nullable=False, needs=("gifts",)),
)
