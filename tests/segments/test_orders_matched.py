"""`orders_placed` and `products_purchased` over hand-made orders: places, sums, averages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from tests.segments.behaviour_rows import NOW, SHOP, Row, ago, members, put

from relance.profiles import threshold_rows, thresholds
from relance.segments import facts_needed, fields_with, understood
from relance.warehouse import Warehouse


def order(number: str, who: str, at: datetime, **more: object) -> Row:
    """An order; 50 € unless told otherwise."""
    return {"order_id": number, "customer_id": who, "ordered_at": at, **more}


def line(number: str, place: int, at: datetime, **more: object) -> Row:
    """A line of that order; 10 € unless told otherwise."""
    return {"line_id": f"{number}/{place}", "order_id": number, "ordered_at": at, **more}


def test_first_last_and_every_order(warehouse: Warehouse) -> None:
    """Of two orders at one instant the greater id is the later; cancelled ones have no place."""
    same = ago(days=5)
    put(
        warehouse,
        order=[
            order("o1", "a", ago(days=20), coupons=["TEN"]),
            order("o2", "a", ago(days=10)),
            order("o3", "b", same, coupons=["TEN"]),
            order("o4", "b", same, channel="app"),
            order("o5", "c", ago(days=9), coupons=["ten", "SUMMER"], cancelled_at=ago(days=8)),
            order("o6", "c", ago(days=7), channel="app"),
        ],
    )
    found = members(
        warehouse,
        "orders_placed MATCHES (position = 'first', coupon = 'TEN')",
        "orders_placed MATCHES (position = 'last', channel = 'app')",
        "orders_placed MATCHES (position = 'last', coupon IS NOT NULL)",
        "orders_placed MATCHES (position = 'every', date < -4d)",
        "orders_placed MATCHES (position = 'every', channel = 'app')",
        "orders_placed NOT MATCHES (position = 'every', coupon = 'TEN')",
        "orders_placed MATCHES (position = 'any', channel = 'app')",
        "orders_placed MATCHES (position = 'first', count = 0)",
        "orders_placed MATCHES (position = 'last', sum_amount >= 50, date >= -5d)",
        "orders_placed MATCHES (position = 'every', count >= 2)",
        "orders_placed MATCHES (position = 'every', count = 0)",
        "orders_placed MATCHES (position = 'every', count >= 1, channel = 'app')",
    )
    assert found == ["ab", "bc", "", "abc", "c", "abcde", "bc", "de", "b", "ab", "", "c"]


def test_the_same_parameter_twice(warehouse: Warehouse) -> None:
    put(warehouse, order=[order(f"o{days}", who, ago(days=days)) for who, days in (("a", 10), ("b", 40), ("c", 70))])
    found = members(
        warehouse,
        "orders_placed MATCHES (date > -60d, date < -30d)",
        "orders_placed NOT MATCHES (date > -60d, date < -30d)",
        "orders_placed MATCHES (amount >= 50, amount <= 50, amount != 49, count >= 1, count <= 1)",
        "orders_placed MATCHES (sum_amount > 49, sum_amount < 50)",
        "orders_placed MATCHES (sum_amount <= 50)",
        "orders_placed MATCHES (sum_amount <= 0, count = 0)",
    )
    assert found == ["b", "acde", "abc", "", "abc", "de"]


def test_refunds_and_lines(warehouse: Warehouse) -> None:
    """A line's amount is less its own refunds, an order's less all of its own (S12)."""
    at = ago(days=20)
    put(
        warehouse,
        product=[{"product_id": "7", "tags": ["gift"]}],
        order=[order("o1", "a", at), order("o2", "b", at), order("o3", "c", at, currency="USD")],
        order_line=[
            line("o1", 0, at, product_id="7", quantity=2),
            line("o1", 1, at, product_id="8", total=4000),
            line("o2", 0, at, product_id="7", total=5000),
            line("o3", 0, at, product_id="7", total=5000),
            line("o2", 1, at, product_id="9", kind="adjustment"),
        ],
        refund=[
            {"refund_id": "r1", "order_id": "o1", "line_id": "o1/1", "amount": 3000, "refunded_at": ago(days=2)},
            {"refund_id": "r2", "order_id": "o2", "line_id": "o2/0", "amount": 100, "refunded_at": ago()},
        ],
    )
    found = members(
        warehouse,
        "orders_placed MATCHES (amount < 50)",
        "orders_placed MATCHES (refund_rate = 60)",
        "products_purchased MATCHES (id = 8, amount = 10)",
        "products_purchased MATCHES (tag = 'gift', amount >= 50)",
        "products_purchased MATCHES (tag = 'gift', count = 1)",
        "products_purchased MATCHES (sum_amount = 20, sum_quantity = 3)",
        "products_purchased MATCHES (id = 9)",
        "products_purchased MATCHES (position = 'every', tag = 'gift')",
    )
    assert found == ["a", "a", "a", "b", "abc", "a", "", "abc"]


@pytest.fixture
def baths(warehouse: Warehouse) -> Warehouse:
    """Lines of 10, 30 and 20 € in two categories, and one of today that no average knows."""
    at = ago(days=20)
    put(
        warehouse,
        order=[order(f"o{who}", who, at) for who in "abc"] + [order("od", "d", ago(hours=1))],
        order_line=[
            line("oa", 0, at, category="Bath", total=1000),
            line("ob", 0, at, category="Bath", total=3000),
            line("oc", 0, at, category="Light", total=2500),
            line("od", 0, ago(hours=1), category="Bath", total=9000),
        ],
    )
    return warehouse


def test_averages_are_those_of_the_category(baths: Warehouse) -> None:
    """All lines before today average 21.67 €, those of Bath 20 €, those of Light 25 €."""
    found = members(
        baths,
        "products_purchased MATCHES (amount > 100% OF AVERAGE)",
        "products_purchased MATCHES (category = 'Bath', amount > 100% OF AVERAGE)",
        "products_purchased MATCHES (category = 'Bath', amount <= 50% OF AVERAGE)",
        "products_purchased MATCHES (category = 'Light', amount >= 100% OF AVERAGE)",
        "products_purchased MATCHES (category = 'Light', amount > 100% OF AVERAGE)",
        "products_purchased MATCHES (category = 'Garden', amount > 1% OF AVERAGE)",
        "products_purchased MATCHES (category CONTAINS 'light', amount > 115% OF AVERAGE)",
        "orders_placed MATCHES (amount >= 100% OF AVERAGE)",
    )
    assert found == ["bcd", "bd", "a", "c", "", "", "c", "abcd"]


def test_an_average_of_a_category_is_a_fact_of_the_day(baths: Warehouse) -> None:
    """S9: named, and read back where it is stored."""
    query = "products_purchased MATCHES (category = 'Bath', amount > 100% OF AVERAGE)"
    needed = facts_needed([understood(query, fields_with()).meaning])
    assert needed == {"mean:products_purchased.amount@category=Bath"}
    with baths.read() as engine:
        found = thresholds(engine, SHOP, NOW, needed)
    assert found.one(*needed) == 2000
    stored = threshold_rows(found, NOW)
    with baths.write() as writer:
        writer.insert("threshold", stored.set_column(3, "edges", pa.array([[500.0]], pa.list_(pa.float64()))))
    assert members(baths, query) == ["abd"]
    assert members(baths, query, now=NOW + timedelta(days=1)) == ["d"]


def test_nobody_equals_an_average_that_nobody_makes(baths: Warehouse) -> None:
    """Of a property that no customer has, and of lines that nobody bought (an oracle run's seed 61)."""
    found = members(
        baths,
        "average_days_between_orders = 100% OF AVERAGE",
        "average_days_between_orders != 100% OF AVERAGE",
        "products_purchased MATCHES (category = 'Garden', amount = 100% OF AVERAGE)",
    )
    assert found == ["", "abcde", ""]
