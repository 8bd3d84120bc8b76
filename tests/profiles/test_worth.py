"""Net value, preferred category, gifts and spend tiers, in cases made by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.profiles.shop_rows import features, one, put

from relance.errors import BadSetting
from relance.profiles import Thresholds
from relance.profiles.phase_numbers import ValueNumbers, numbers_under
from relance.store import Shop
from relance.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, 12)  # noqa: DTZ001


def people(warehouse: Warehouse, *ids: str) -> None:
    put(warehouse, "customer", *({"customer_id": who} for who in ids))


def order(order_id: str, customer: str = "ann", total: int = 1000, **more: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_id": customer,
        "ordered_at": MARCH,
        "day": MARCH.date(),
        "total": total,
        **more,
    }


def line(order_id: str, total: int, category: str | None = None, **more: Any) -> dict[str, Any]:
    return {"order_id": order_id, "total": total, "category": category, "ordered_at": MARCH, **more}


def refund(order_id: str | None, amount: int, line_id: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "line_id": line_id,
        "customer_id": "ann",
        "amount": amount,
        "refunded_at": MARCH,
        **more,
    }


def costing(**costs: float) -> Shop:
    return Shop("main", "M", "EUR", "Europe/Paris", "fr", {"value": costs})


def test_net_value(warehouse: Warehouse) -> None:
    """`analytics` §3: revenue without taxes and refunds, less the goods, less what returns and contacts cost."""
    people(warehouse, "ann", "bob", "zoe")
    put(warehouse, "product", {"product_id": "p1", "cost": 300}, {"product_id": "p2", "cost": None})
    put(
        warehouse,
        "order",
        order("o1", total=12_000, tax=2000),
        order("o2", total=6000, tax=None),
        order("o3", total=900, currency="USD"),
        order("o4", "bob", total=500, cancelled_at=MARCH),
    )
    put(
        warehouse,
        "order_line",
        line("o1", 6000, product_id="p1", quantity=4, line_id="l1"),  # half given back: 2 × 3.00 are gone
        line("o1", 6000, product_id="p2", quantity=1),
        line("o2", 6000, product_id="p1", quantity=1),
        line("o2", 0, product_id="p1", quantity=1),  # a present still costs
        line("o3", 900, product_id="p1", quantity=9),
        line("o4", 500, product_id="p1", quantity=1),
    )
    put(warehouse, "refund", refund("o1", 3000, "l1"), refund(None, 100))
    put(warehouse, "event", {"customer_id": "ann", "name": "Support Contacted", "occurred_at": MARCH})
    # o1: 10,000 × 9,000 / 12,000 = 7,500; o2: 6,000; less 100 that match no order; goods 600 + 300 + 300
    assert features(warehouse, NOW, ["net_value"]) == {"ann": (12_200,), "bob": (0,), "zoe": (0,)}
    assert one(warehouse, NOW, "net_value", costing(return_cost=5, contact_cost=2.5)) == 12_200 - 500 - 250


def test_costs_are_no_negative_numbers() -> None:
    assert numbers_under(costing(), "value", ValueNumbers) == ValueNumbers(0, 0)
    assert numbers_under(costing(return_cost=0), "value", ValueNumbers).return_cost == 0
    for wrong in (-1, "2", True):
        with pytest.raises(BadSetting, match=r"value\.return_cost"):
            numbers_under(costing(return_cost=wrong), "value", ValueNumbers)  # type: ignore[arg-type]


def test_preferred_category(warehouse: Warehouse) -> None:
    """Most spent, net of refunds; of equal ones the first by name; lines without category do not vote."""
    people(warehouse, "ann", "bob", "cid", "zoe")
    put(warehouse, "order", order("o1"), order("o2"), order("o3", "bob"), order("o4", "cid"))
    put(
        warehouse,
        "order_line",
        line("o1", 500, "Lamps"),
        line("o1", 900, "Soap", line_id="l1"),
        line("o2", 300, "Lamps"),
        line("o2", 9000),
        line("o3", 400, "Zinc"),
        line("o3", 400, "Bowls"),
        line("o4", 900),
    )
    found = features(warehouse, NOW, ["preferred_category"])
    assert found == {"ann": ("Soap",), "bob": ("Bowls",), "cid": (None,), "zoe": (None,)}
    put(warehouse, "refund", refund("o1", 200, "l1"))
    assert one(warehouse, NOW, "preferred_category") == "Lamps"


@pytest.mark.parametrize(
    ("marks", "gift"),
    [
        ({"tags": ["Gift"]}, True),
        ({"tags": ["vip", "CADEAU"]}, True),
        ({"tags": ["gifted"]}, False),
        ({"extra": '{"gift": "1"}'}, True),
        ({"extra": '{"Is gift": "Yes"}'}, True),
        ({"extra": '{"gift": "0", "gift_message": " "}'}, False),
        ({"extra": '{"gift_message": "Bon anniversaire"}'}, True),
        ({"extra": '{"Note": "a gift", "weight": "1"}'}, False),
        ({"extra": '{"gift card": "GIFT10"}'}, False),
        ({}, False),
        ({"tags": ["gift"], "counted": False}, False),
    ],
)
def test_gift_buyers(warehouse: Warehouse, marks: dict[str, Any], gift: bool) -> None:
    people(warehouse, "ann")
    put(warehouse, "order", order("o1", **marks), order("o2"))
    assert one(warehouse, NOW, "gift_buyer") is gift


def tiers(warehouse: Warehouse, spent: dict[str, list[int]], found: Thresholds | None = None) -> dict[str, str | None]:
    people(warehouse, *spent)
    orders = [order(f"{who}{at}", who, total) for who, totals in spent.items() for at, total in enumerate(totals)]
    put(warehouse, "order", *orders)
    return {
        who: values[0] for who, values in features(warehouse, NOW, ["predicted_spend_tier"], thresholds=found).items()
    }


def test_spend_tiers_at_their_borders(warehouse: Warehouse) -> None:
    """HIGH above the 70th percentile, else LOW under the 10th or with one order, else MEDIUM."""
    borders = {"share:amount_spent:70": (5000.0,), "share:amount_spent:10": (1000.0,)}
    fixed = Thresholds(borders, dict.fromkeys(borders, date(2026, 3, 10)))
    spent = {"a": [5001], "b": [2500, 2500], "c": [5000], "d": [500, 500], "e": [500, 499], "f": []}
    assert tiers(warehouse, spent, fixed) == {
        "a": "HIGH",
        "b": "MEDIUM",
        "c": "LOW",
        "d": "MEDIUM",
        "e": "LOW",
        "f": None,
    }


def test_spend_tiers_of_a_shop(warehouse: Warehouse) -> None:
    spent = {f"c{number}": [number * 100] * 2 for number in range(1, 11)}
    found = tiers(warehouse, spent)
    assert [found[f"c{number}"] for number in range(1, 11)] == [*["MEDIUM"] * 7, *["HIGH"] * 3]


def test_a_shop_without_buyers_has_no_tiers(warehouse: Warehouse) -> None:
    assert tiers(warehouse, {"a": []}) == {"a": None}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob"]),
            st.sampled_from(["A", "B", "C", None]),
            st.integers(0, 5) | st.integers(0, 10_000),
            st.integers(0, 3),
        ),
        max_size=12,
    )
)
def test_preferred_category_is_the_dearest(warehouse: Warehouse, rows: list[tuple[str, str | None, int, int]]) -> None:
    """Against plain counting, with refunds of lines."""
    with warehouse.write() as writer:
        for table in ("customer", "order", "order_line", "refund"):
            writer.delete_where(table)
    people(warehouse, "ann", "bob")
    for number, (who, category, total, returned) in enumerate(rows):
        put(warehouse, "order", order(f"o{number}", who, total))
        put(warehouse, "order_line", line(f"o{number}", total, category, line_id=f"l{number}"))
        if returned:
            put(warehouse, "refund", refund(f"o{number}", returned, f"l{number}"))
    spent: dict[tuple[str, str], int] = {}
    for who, category, total, returned in rows:
        if category:
            spent[who, category] = spent.get((who, category), 0) + total - returned
    for who in ("ann", "bob"):
        own = sorted((-amount, category) for (whose, category), amount in spent.items() if whose == who)
        assert one(warehouse, NOW, "preferred_category", customer=who) == (own[0][1] if own else None)
