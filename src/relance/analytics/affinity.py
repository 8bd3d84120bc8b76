"""Which products are bought together: support, confidence and lift of pairs, counted in one pass over the orders.

Baskets of many products make unrelated ones meet: the expected count of a pair is therefore inflated by
κ = N·Σs(s−1)/(Σs)², s being the products of each of the N baskets (`analytics` §3). A pair is kept only when the lower
end of the 95 % interval of its lift over that is above one, and pairs are ranked by that end, never by the lift itself.
"""

from __future__ import annotations

from typing import Any, Final

import ibis
from ibis import _
from ibis.expr.types import Table

from relance.profiles import Reading

# a basket of more products says nothing of pairs, and its pairs grow with the square
LARGEST_BASKET: Final = 100
LEAST_TOGETHER: Final = 5
# of the standard normal distribution
NORMAL_975: Final = 1.959963985


def baskets(reading: Reading) -> Table:
    """Each product once an order: customer_id, order_id, product_id; counted orders only, gifts left out."""
    line = reading.lines
    sold = line.filter(line.product_id.notnull(), line.quantity > 0, line.total > 0)
    return sold.select("customer_id", "order_id", "product_id").distinct()


def pairs(reading: Reading, level: str = "order", least: int = LEAST_TOGETHER) -> Table:
    """The ordered pairs of products that are bought together more often than baskets of their size make them.

    `level` order counts orders, customer counts customers (whatever they ever bought). Columns: product_id, other_id,
    together, support (of all baskets), confidence (of those with the product), lift, lift_low (see above).
    """
    whole = baskets(reading).select(basket=f"{level}_id", product_id="product_id").distinct()
    sizes = whole.group_by("basket").agg(size=_.count())
    fair = sizes.filter(sizes.size <= LARGEST_BASKET)
    items = whole.semi_join(fair, "basket")
    total = fair.agg(baskets=_.count(), ones=_.size.sum(), meetings=(_.size * (_.size - 1)).sum())
    often = items.group_by("product_id").agg(count=_.count())
    kept = items.semi_join(often.filter(often["count"] >= least), "product_id")
    other = kept.select(basket_of="basket", other_id="product_id")
    met = kept.inner_join(other, [kept.basket == other.basket_of, kept.product_id != other.other_id])
    found = met.group_by("product_id", "other_id").agg(together=_.count())
    found = found.filter(found.together >= least)
    own = often.select(own_id="product_id", own_count="count")
    its = often.select(its_id="product_id", its_count="count")
    joined = found.inner_join(own, found.product_id == own.own_id)
    joined = joined.inner_join(its, joined.other_id == its.its_id).cross_join(total)
    expected = joined.own_count * joined.its_count / joined.baskets.cast("float64")
    inflation = joined.baskets * joined.meetings / (joined.ones * joined.ones).cast("float64")
    told = joined.mutate(
        support=joined.together / joined.baskets.cast("float64"),
        confidence=joined.together / joined.own_count.cast("float64"),
        lift=joined.together / expected,
        lift_low=least_rate(joined.together) / (inflation * expected),
    )
    columns = ("product_id", "other_id", "together", "support", "confidence", "lift", "lift_low")
    return told.filter(told.lift_low > 1).select(*columns)


def least_rate(count: Any) -> Any:
    """The lower end of the 95 % interval of a Poisson count: the 2.5 % quantile of a gamma of that shape.

    By the approximation of Wilson and Hilferty (doi:10.1073/pnas.17.12.684), right to half a percent from 5 on.
    """
    ninth = 1 / (9.0 * count)
    root = ibis.greatest(1 - ninth - NORMAL_975 * ninth.sqrt(), 0)
    return count * root * root * root
