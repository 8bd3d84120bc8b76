"""Segments of the library and of everyday use, each also as SQL in the shape that listmonk and Mautic give theirs.

Every condition is a sub-select of its own with EXISTS or IN, answered by an index. The SQL is written by hand and knows
nothing of the engine that it is compared with; `{30d}` stands for midnight of that many days ago in the shop's zone.
"""

from __future__ import annotations

from typing import Final

_SUBSCRIBED: Final = "c.email_status = 'SUBSCRIBED'"


def _orders(condition: str = "true", least: int = 1) -> str:
    """Customers with orders like that."""
    if least == 1:
        return f"EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id AND o.counted AND {condition})"
    return (
        f"c.customer_id IN (SELECT o.customer_id FROM orders o WHERE o.counted AND {condition}"
        f" GROUP BY o.customer_id HAVING count(*) >= {least})"
    )


def _lines(condition: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM order_line l JOIN orders o USING (order_id)"
        f" WHERE l.customer_id = c.customer_id AND o.counted AND l.kind = 'sale' AND {condition})"
    )


def _events(name: str, condition: str = "true", least: int = 1) -> str:
    if least == 1:
        return (
            f"EXISTS (SELECT 1 FROM event e WHERE e.customer_id = c.customer_id AND e.name = '{name}' AND {condition})"
        )
    return (
        f"c.customer_id IN (SELECT e.customer_id FROM event e WHERE e.name = '{name}' AND {condition}"
        f" GROUP BY e.customer_id HAVING count(*) >= {least})"
    )


def _letters(kind: str, since: str) -> str:
    human = "" if kind == "delivered" else " AND m.verdict = 'human'"
    return (
        "EXISTS (SELECT 1 FROM message_event m WHERE m.customer_id = c.customer_id"
        f" AND m.channel = 'email' AND m.kind = '{kind}' AND m.occurred_at >= {since}{human})"
    )


_SPENT: Final = (
    "c.customer_id IN (SELECT o.customer_id FROM orders o"
    " LEFT JOIN (SELECT order_id, sum(amount) AS back FROM refund GROUP BY order_id) r USING (order_id)"
    " WHERE o.counted GROUP BY o.customer_id HAVING sum(o.total - coalesce(r.back, 0)) > 50000)"
)

# query → WHERE
QUERIES: Final[dict[str, str]] = {
    "number_of_orders >= 1": _orders(),
    "number_of_orders > 1": _orders(least=2),
    "number_of_orders = 0": f"NOT {_orders()}",
    "email_subscription_status = 'SUBSCRIBED'": _SUBSCRIBED,
    "email_subscription_status = 'SUBSCRIBED' AND number_of_orders = 0": f"{_SUBSCRIBED} AND NOT {_orders()}",
    "first_order_date >= -30d AND number_of_orders = 1": (
        f"{_orders('o.ordered_at >= {30d}')} AND NOT {_orders('o.ordered_at < {30d}')} AND NOT {_orders(least=2)}"
    ),
    "last_order_date < -90d": f"{_orders()} AND NOT {_orders('o.ordered_at >= {90d}')}",
    "number_of_orders >= 3 AND email_subscription_status = 'SUBSCRIBED'": f"{_orders(least=3)} AND {_SUBSCRIBED}",
    "amount_spent > 500": _SPENT,
    "orders_placed MATCHES (date >= -1y)": _orders("o.ordered_at >= {1y}"),
    "orders_placed MATCHES (date >= -6m, count >= 2)": _orders("o.ordered_at >= {6m}", 2),
    "orders_placed MATCHES (date >= -30d)": _orders("o.ordered_at >= {30d}"),
    "orders_placed MATCHES (date >= -1y, coupon IS NOT NULL)": _orders("o.ordered_at >= {1y} AND o.coupon IS NOT NULL"),
    "orders_placed MATCHES (coupon = 'RETOUR5')": _orders("o.coupon = 'RETOUR5'"),
    "orders_placed MATCHES (channel = 'app', count >= 2)": _orders("o.channel = 'app'", 2),
    "orders_placed MATCHES (shipping_method = 'Colissimo')": _orders("o.shipping_method = 'Colissimo'"),
    "orders_placed MATCHES (payment_method = 'paypal')": _orders("o.payment_method = 'paypal'"),
    "products_purchased MATCHES (id = '12', date >= -1y)": _lines("l.product_id = '12' AND o.ordered_at >= {1y}"),
    "products_purchased MATCHES (category = 'Table', date >= -6m)": _lines(
        "l.category = 'Table' AND o.ordered_at >= {6m}"
    ),
    "products_purchased MATCHES (vendor = 'Foam', date >= -90d)": _lines("l.vendor = 'Foam' AND o.ordered_at >= {90d}"),
    "products_purchased MATCHES (id = '12') AND products_purchased NOT MATCHES (id = '13')": (
        _lines("l.product_id = '12'") + " AND NOT " + _lines("l.product_id = '13'")
    ),
    "storefront.product_viewed MATCHES (date >= -7d) AND storefront.product_added_to_cart NOT MATCHES (date >= -7d)"
    " AND orders_placed NOT MATCHES (date >= -7d)": (
        f"{_events('Product Viewed', 'e.occurred_at >= {7d}')}"
        f" AND NOT {_events('Product Added', 'e.occurred_at >= {7d}')}"
        f" AND NOT {_orders('o.ordered_at >= {7d}')}"
    ),
    "storefront.product_added_to_cart MATCHES (date >= -7d)"
    " AND storefront.checkout_started NOT MATCHES (date >= -7d)": (
        f"{_events('Product Added', 'e.occurred_at >= {7d}')}"
        f" AND NOT {_events('Checkout Started', 'e.occurred_at >= {7d}')}"
    ),
    "storefront.product_viewed MATCHES (date >= -30d, count >= 3)": _events(
        "Product Viewed", "e.occurred_at >= {30d}", 3
    ),
    "storefront.product_viewed MATCHES (id = '12', date >= -30d) AND products_purchased NOT MATCHES (id = '12')": (
        _events("Product Viewed", "e.product_id = '12' AND e.occurred_at >= {30d}")
        + " AND NOT "
        + _lines("l.product_id = '12'")
    ),
    "storefront.search_submitted MATCHES (properties.query = 'vase', date >= -90d)": _events(
        "Products Searched", "e.properties->>'query' = 'vase' AND e.occurred_at >= {90d}"
    ),
    "number_of_orders = 0 AND storefront.product_added_to_cart MATCHES (count >= 2)": (
        f"NOT {_orders()} AND {_events('Product Added', least=2)}"
    ),
    "storefront.wishlist_added MATCHES (date >= -30d)": _events("Product Added to Wishlist", "e.occurred_at >= {30d}"),
    "storefront.recommendation_clicked MATCHES (date >= -90d, count >= 2)": _events(
        "Recommendation Clicked", "e.occurred_at >= {90d}", 2
    ),
    "event MATCHES (name = 'Product Added', value > 50, date >= -30d)": _events(
        "Product Added", "e.value > 50 AND e.occurred_at >= {30d}"
    ),
    "email.clicked MATCHES (date >= -30d)": _letters("clicked", "{30d}"),
    "email.opened MATCHES (date >= -30d) AND email.clicked NOT MATCHES (date >= -30d)": (
        f"{_letters('opened', '{30d}')} AND NOT {_letters('clicked', '{30d}')}"
    ),
    "email_subscription_status = 'SUBSCRIBED' AND email.delivered MATCHES (date >= -90d)"
    " AND email.clicked NOT MATCHES (date >= -90d)": (
        f"{_SUBSCRIBED} AND {_letters('delivered', '{90d}')} AND NOT {_letters('clicked', '{90d}')}"
    ),
    "customer_tags CONTAINS 'vip'": "'vip' = ANY (c.tags)",
    "customer_regions CONTAINS 'FR-BRE' AND email_subscription_status = 'SUBSCRIBED'": (
        f"c.region = 'FR-BRE' AND {_SUBSCRIBED}"
    ),
    "number_of_orders >= 1 AND gender = 'F'": f"{_orders()} AND c.gender = 'F'",
}
