"""Key figures, revenue by month, advice, the card and the timeline of one customer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.analytics.messages import FLOW, Messages
from tests.analytics.test_report import refund
from tests.flows.hand_made import F2, HandMade, utc

from relance import flows
from relance.analytics import (
    customer_card,
    customer_timeline,
    key_figures,
    revenue_by_month,
    what_next,
)
from relance.errors import NotFound

NOW = utc("2026-02-01T09:00:00")


def ten_customers(shop: HandMade) -> None:
    """Ten customers, eight buyers, three of them on two days; spending 1000, 400, 100 × 4, 50 × 2."""
    for number in range(1, 11):
        shop.customer(f"c{number}", f"c{number}@exemple.fr" if number < 10 else None)
    for customer, day, euros in (
        ("c1", "2025-03-01", 700),
        ("c1", "2026-01-20", 300),
        ("c2", "2025-12-20", 300),
        ("c2", "2026-01-25", 100),
        ("c3", "2025-06-01", 60),
        ("c3", "2025-07-01", 40),
        ("c4", "2025-02-01", 100),
        ("c5", "2026-01-31", 100),
        ("c6", "2026-01-30", 100),
        ("c7", "2025-12-31", 50),
        ("c8", "2025-12-31", 50),
    ):
        shop.order(customer, utc(f"{day}T10:00:00"), euros)


def test_key_figures_of_ten_customers(hand_made: HandMade) -> None:
    """Counts, revenue of 30 days against the 30 before, and the best fifth with equals kept together."""
    ten_customers(hand_made)
    refund(hand_made, "o0002", 30)
    found = key_figures(hand_made.warehouse, hand_made.shop, NOW)
    assert (found.customers, found.buyers, found.with_address) == (10, 8, 9)
    assert (found.repeat_rate, found.one_time) == (3 / 8, 5)
    assert (found.orders, found.revenue.text, found.previous_revenue.text) == (4, "570.00", "400.00")
    assert found.revenue_change == pytest.approx(0.425)
    assert found.average_order is not None
    assert found.average_order.text == "150.00"
    assert found.top_share == pytest.approx((970 + 400) / 1870)
    assert sum(phase.customers for phase in found.phases) == 10
    assert {phase.phase: phase.customers for phase in found.phases}["prospect"] == 2
    assert sum(phase.spent.minor for phase in found.phases) == 1870_00
    assert found.last_order_at == utc("2026-01-31T10:00:00")


def test_an_empty_shop_has_figures_too(hand_made: HandMade) -> None:
    found = key_figures(hand_made.warehouse, hand_made.shop, NOW)
    assert (found.customers, found.repeat_rate, found.top_share, found.revenue_change) == (0, None, None, None)
    with hand_made.store.read() as connection:
        advice = what_next(connection, hand_made.warehouse, hand_made.shop, found, NOW)
    assert [one.key for one in advice] == ["analytics.next_import"]


def test_revenue_by_month_keeps_empty_months_and_dates_refunds_their_own_way(hand_made: HandMade) -> None:
    """S12: in revenue a refund counts at its own date."""
    ten_customers(hand_made)
    refund(hand_made, "o0001", 30)
    months = revenue_by_month(hand_made.warehouse, hand_made.shop, NOW, months=12)
    assert [month.month for month in months][0::11] == ["2025-03", "2026-02"]
    by_name = {month.month: (month.orders, month.revenue.text, month.refunds.text) for month in months}
    assert by_name["2025-03"] == (1, "700.00", "0.00")
    assert by_name["2025-04"] == (0, "0.00", "0.00")
    assert by_name["2026-01"] == (4, "600.00", "30.00")


def test_what_to_do_next_names_the_flow_and_what_is_at_stake(hand_made: HandMade) -> None:
    ten_customers(hand_made)
    with hand_made.store.begin() as connection:
        flows.install_library(connection, hand_made.shop, NOW)
    with hand_made.store.read() as connection:
        found = key_figures(hand_made.warehouse, hand_made.shop, NOW)
        advice = what_next(connection, hand_made.warehouse, hand_made.shop, found, NOW)
    keys = [one.key for one in advice]
    assert "analytics.next_activate" in keys
    start = advice[keys.index("analytics.next_activate")]
    assert (start.flow_id, start.link) == (F2, f"/flows/{F2}")
    for one in advice:
        assert one.say("en")
        assert one.say("fr")
    hand_made.start_flow(NOW)
    with hand_made.store.read() as connection:
        again = what_next(connection, hand_made.warehouse, hand_made.shop, found, NOW)
    assert "analytics.next_activate" not in [one.key for one in again]


def test_the_timeline_tells_everything_once_over_its_pages(hand_made: HandMade, messages: Messages) -> None:
    """Orders, messages with their reason, clicks, consents and the flow, newest first, in pages."""
    hand_made.customer("c1", "c1@exemple.fr", first_name="Anne")
    for day in range(1, 8):
        hand_made.order("c1", utc(f"2025-01-0{day}T10:00:00"), 10 * day)
    refund(hand_made, "o0001", 5)
    messages.send("m", "c1", utc("2025-04-10T08:00:00"))
    messages.event("m", "c1", "clicked", utc("2025-04-10T09:00:00"), "human")
    messages.plan("n", "c1", utc("2025-07-10T08:00:00"), "m6-coupon")
    messages.settle("n", "suppressed", utc("2025-07-10T08:00:00"), "consent.withdrawn")
    with hand_made.store.read() as connection:
        whole = customer_timeline(connection, hand_made.warehouse, hand_made.shop, "c1", 100, None, NOW)
        pages, before = [], None
        while page := customer_timeline(connection, hand_made.warehouse, hand_made.shop, "c1", 3, before, NOW):
            pages += page
            before = page[-1].at
    assert pages == whole
    assert [entry.at for entry in whole] == sorted((entry.at for entry in whole), reverse=True)
    kinds = [entry.kind for entry in whole]
    assert kinds == ["refund", "message", "click", "message", *["order"] * 7, "consent"]
    held = whole[1]
    assert (held.key, held.reason, held.link) == ("analytics.entry_message_suppressed", "consent.withdrawn", FLOW)
    assert whole[4].details == ("1 × Lampe",)
    assert whole[4].money is not None
    assert whole[4].money.text == "70.00"
    for entry in whole:
        assert entry.say("en")
        assert entry.say("fr")


def test_the_card_of_one_customer(hand_made: HandMade) -> None:
    ten_customers(hand_made)
    with hand_made.store.read() as connection:
        card = customer_card(connection, hand_made.warehouse, hand_made.shop, "c1", NOW)
        with pytest.raises(NotFound):
            customer_card(connection, hand_made.warehouse, hand_made.shop, "nobody", NOW)
    assert (card.name, card.identity["email"], card.spent.text) == ("c1", "c1@exemple.fr", "1000.00")
    assert card.features["number_of_orders"] == 2
    assert NOW - card.features["last_order_date"] == timedelta(days=11, hours=23)
    assert [(consent.channel, consent.status) for consent in card.consents] == [("email", "granted")]
    assert card.segments == ()
