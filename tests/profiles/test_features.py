"""Features of customers: what they are worth in cases made by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.segments.conftest import order
from tests.segments.engines_under_test import SHOP as PLACED
from tests.segments.random_shops import fill, random_shop
from tests.segments.segment_oracle import Oracle, Row
from tests.segments.segment_oracle import Shop as Rows

from relance import profiles
from relance.errors import BadSetting
from relance.profiles import Thresholds
from relance.store import Shop
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)  # midnight in Paris
TODAY = date(2026, 3, 10)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def shop_of(*orders: Row, refunds: list[Row] | None = None) -> Rows:
    rows = Rows(ZONE, NOW)
    rows.customers = [{"customer_id": who} for who in sorted({one["customer_id"] for one in orders} | {"zoe"})]
    rows.orders = list(orders)
    rows.refunds = refunds or []
    return rows


def features(
    warehouse: Warehouse, rows: Rows, *names: str, shop: Shop = SHOP, thresholds: Thresholds | None = None
) -> dict[str, dict[str, Any]]:
    """The named features of every customer; thresholds are computed unless given."""
    fill(warehouse, rows)
    with warehouse.read() as engine:
        found = thresholds or profiles.thresholds(engine, shop, rows.now, profiles.facts_of(names))
        table = engine.to_pyarrow(profiles.features(engine, shop, rows.now, names, found))
    return {row.pop("customer_id"): row for row in table.to_pylist()}


def refund(order_id: str | None, amount: int, days: int, customer: str = "ann") -> Row:
    at = datetime(2026, 3, 9, 22, 0) - timedelta(days=days)  # noqa: DTZ001
    return {
        "refund_id": f"r{amount}",
        "order_id": order_id,
        "line_id": None,
        "customer_id": customer,
        "amount": amount,
        "refunded_at": at,
    }


def test_amounts_are_net_of_refunds_known_now(warehouse: Warehouse) -> None:
    """S12: a refund lowers its order; one that matches none lowers the lifetime amount only; later ones wait (S24)."""
    orders = [order(1, "ann", ago(50), 10_000), order(2, "ann", ago(20), 6000)]
    later = {**refund("o1", 700, 0), "refunded_at": NOW.replace(tzinfo=None)}
    rows = shop_of(*orders, refunds=[refund("o2", 1500, 5), refund(None, 300, 4), later])
    names = ("number_of_orders", "amount_spent", "gross_amount_spent", "average_order_value", "last_order_amount")
    assert features(warehouse, rows, *names)["ann"] == {
        "number_of_orders": 2,
        "amount_spent": 14_200,
        "gross_amount_spent": 16_000,
        "average_order_value": 7250.0,
        "last_order_amount": 4500,
    }


def test_cancelled_and_foreign_orders(warehouse: Warehouse) -> None:
    """S12: a cancellation counts from its date; an order in another currency has no amount."""
    orders = [
        {**order(1, "ann", ago(50), 10_000), "cancelled_at": datetime(2026, 3, 1)},  # noqa: DTZ001
        {**order(2, "ann", ago(40), 2000), "cancelled_at": datetime(2026, 3, 20)},  # noqa: DTZ001
        {**order(3, "ann", ago(30), 9900), "currency": "USD"},
        {**order(4, "ann", ago(20), 9900), "counted": False},
    ]
    found = features(warehouse, shop_of(*orders), "number_of_orders", "amount_spent", "days_since_last_order")
    assert found["ann"] == {"number_of_orders": 2, "amount_spent": 2000, "days_since_last_order": 30}
    assert found["zoe"] == {"number_of_orders": 0, "amount_spent": 0, "days_since_last_order": None}


def test_last_amount_without_tax(warehouse: Warehouse) -> None:
    """S27: total − taxes, the total where they are unknown; S12: lowered by refunds in proportion."""
    taxed = {**order(1, "ann", ago(5), 12_000), "tax": 2000}
    untaxed = order(2, "bob", ago(5), 12_000)
    half = {**order(3, "eve", ago(5), 12_000), "tax": 2000}
    rows = shop_of(taxed, untaxed, half, refunds=[refund("o3", 6000, 1, "eve")])
    found = features(warehouse, rows, "last_order_amount_excluding_tax")
    assert [found[who]["last_order_amount_excluding_tax"] for who in ("ann", "bob", "eve", "zoe")] == [
        10_000,
        12_000,
        5000,
        None,
    ]


def test_two_orders_of_one_instant_have_an_order(warehouse: Warehouse) -> None:
    """The last order is the greatest by (instant, id), whatever the order of rows."""
    pair = [order(1, "ann", ago(5), 100), order(2, "ann", ago(5), 200)]
    for orders in (pair, pair[::-1]):
        assert features(warehouse, shop_of(*orders), "last_order_amount")["ann"] == {"last_order_amount": 200}


@pytest.mark.parametrize(
    ("days", "phase"),
    [
        ((), "prospect"),
        ((60,), "first_time"),
        ((41, 40), "repeat"),
        ((61,), "at_risk"),
        ((90,), "at_risk"),
        ((91,), "inactive"),
        ((365,), "inactive"),
        ((366,), "lost"),
        ((20, 10, 10), "loyal"),
    ],
)
def test_phases_at_their_edges(warehouse: Warehouse, days: tuple[int, ...], phase: str) -> None:
    """S28, with the shop's mean gap at 30 days: g = (2 · 30 + t) / (2 + x)."""
    rows = shop_of(*(order(number, "ann", ago(back), 1000) for number, back in enumerate(days)))
    rows.customers = [{"customer_id": "ann"}]
    fixed = Thresholds({"gap": (30.0,)}, {"gap": TODAY})
    assert features(warehouse, rows, "lifecycle_phase", thresholds=fixed)["ann"]["lifecycle_phase"] == phase


def test_the_numbers_of_the_phases_are_settings(warehouse: Warehouse) -> None:
    rows = shop_of(order(1, "ann", ago(61), 1000))
    fixed = Thresholds({"gap": (30.0,)}, {"gap": TODAY})
    patient = Shop("main", "M", "EUR", "Europe/Paris", "fr", {"lifecycle": {"at_risk_gaps": 2.5}})
    assert features(warehouse, rows, "lifecycle_phase", shop=patient, thresholds=fixed)["ann"] == {
        "lifecycle_phase": "first_time"
    }
    with pytest.raises(BadSetting) as fault:
        profiles.numbers_of(Shop("main", "M", "EUR", "Europe/Paris", "fr", {"lifecycle": {"lost_days": "x"}}))
    assert "lifecycle.lost_days" in fault.value.say("fr")


def _written(value: Any) -> Any:
    """An empty list is no value."""
    return value or None if isinstance(value, list) else value


def _told(value: Any) -> Any:
    """Distances and averages are computed in another order."""
    return pytest.approx(value, rel=1e-9) if isinstance(value, float) else _written(value)


@pytest.mark.parametrize("seed", range(4))
def test_features_equal_the_oracle_whatever_the_order_of_rows(warehouse: Warehouse, seed: int) -> None:
    """S9, S28, S29: values, scores and phases; shuffled rows give the same scores."""
    rows = random_shop(seed)
    oracle = Oracle(rows)
    shown = next(iter(oracle.facts.values()))
    names = [name for name in shown if name in profiles.FEATURES]
    for _ in range(2):
        found = features(warehouse, rows, *names, shop=PLACED)
        for who, facts in oracle.facts.items():
            assert {name: _written(found[who][name]) for name in names} == {name: _told(facts[name]) for name in names}
        rows.customers.reverse()
        rows.orders.reverse()


def test_thresholds_are_kept_for_their_time(warehouse: Warehouse) -> None:
    """S9: a stored version of the day is read; the scores' edges stay for a month, averages for a day."""
    fill(warehouse, shop_of(order(1, "ann", ago(50), 1000), order(2, "bob", ago(40), 3000)))
    names = {"rfm_monetary", "mean:amount_spent"}
    with warehouse.read() as engine:
        fresh = profiles.thresholds(engine, SHOP, NOW, names)
    assert fresh.computed == names
    assert fresh.one("mean:amount_spent") == 2000
    assert fresh.all("rfm_monetary") == (1000, 1000, 3000, 3000)
    with warehouse.write() as writer:
        writer.insert("threshold", profiles.threshold_rows(fresh, NOW))
    for days, computed in ((0, set()), (1, {"mean:amount_spent"}), (30, {"mean:amount_spent"}), (31, names)):
        with warehouse.read() as engine:
            then = profiles.thresholds(engine, SHOP, NOW + timedelta(days=days), names)
        assert then.computed == computed, days
