"""`session` over hand-made visits (S11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.segments.behaviour_rows import NOW, Row, ago, members, paris, put

from relance.warehouse import Warehouse


def visit(who: str | None, start: datetime, minutes: float = 10, **more: object) -> Row:
    """A visit that lasts so many minutes."""
    return {"customer_id": who, "started_at": start, "ended_at": start + timedelta(minutes=minutes), **more}


def test_one_visit_meets_all_conditions_together(warehouse: Warehouse) -> None:
    put(
        warehouse,
        session=[
            visit("a", ago(days=2), 4.5, pages=3, searches=2, source="email", campaign="spring", carts=1),
            visit("b", ago(days=2), 20, pages=3),
            visit("b", ago(days=3), 1, searches=2),
            visit("c", ago(days=2), 0, product_pages=2, longest_product_view=270, chats=1, wishlists=3),
            visit("d", ago(days=2), 10, recommendation_clicks=2, source="email"),
        ],
    )
    found = members(
        warehouse,
        "session MATCHES ()",
        "session NOT MATCHES ()",
        "session MATCHES (duration >= 4:30, pages <= 3, searches >= 2)",
        "session MATCHES (duration < 4:30)",
        "session MATCHES (duration = 0min)",
        "session MATCHES (duration BETWEEN 4:30 AND 10min)",
        "session MATCHES (product_pages <= 2, longest_product_view >= 4:30)",
        "session MATCHES (source = 'email')",
        "session MATCHES (source != 'email', campaign IS NULL)",
        "session MATCHES (campaign CONTAINS 'SPRING')",
        "session MATCHES (recommendation_clicks >= 2)",
        "session MATCHES (chats >= 1, wishlists = 3, carts = 0)",
        "session MATCHES (carts >= 1)",
        "session MATCHES (count = 1)",
        "session MATCHES (count >= 2, duration > 0min)",
    )
    assert found == ["abcd", "e", "a", "bc", "c", "ad", "c", "ad", "bc", "a", "d", "c", "a", "acd", "b"]


@pytest.mark.parametrize(("shift", "ended"), [(-1, True), (0, False), (1, False)])
def test_a_visit_ends_after_more_than_thirty_minutes_of_silence(warehouse: Warehouse, shift: int, ended: bool) -> None:
    """S11: exactly 30 minutes of silence do not end it."""
    last = ago(minutes=30) + timedelta(seconds=shift)
    put(warehouse, session=[visit("a", last - timedelta(minutes=5), 5)])
    queries = (
        "session MATCHES ()",
        "session MATCHES (current = false)",
        "session MATCHES (current = true)",
        "session MATCHES (current != false)",
    )
    expected = ["a", "a", "", ""] if ended else ["", "", "a", "a"]
    assert members(warehouse, *queries) == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (paris(2026, 2, 7, 23, 59, 59), ["", "a", "a"]),
        (paris(2026, 2, 8, 0, 0, 0), ["a", "a", "a"]),
        (paris(2025, 3, 9, 23, 59, 59), ["", "", "a"]),
    ],
)
def test_thirty_days_are_meant_unless_a_date_is_asked(
    warehouse: Warehouse, start: datetime, expected: list[str]
) -> None:
    """S11: whole days of the shop's zone."""
    put(warehouse, session=[visit("a", start)])
    queries = ("session MATCHES ()", "session MATCHES (date >= -1y)", "session MATCHES (date <= now)")
    assert members(warehouse, *queries) == expected


def test_days_on_which_the_clocks_change(warehouse: Warehouse) -> None:
    """Thirty days back from 10 April lies before 29 March, the day of 23 hours."""
    now = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)
    starts = [paris(2026, 3, 10, 23, 59, 59), paris(2026, 3, 11, 0, 0, 0), paris(2026, 3, 29, 1, 59, 59)]
    put(warehouse, session=[visit(who, start) for who, start in zip("abc", starts, strict=True)])
    queries = ("session MATCHES ()", "session MATCHES (date = 2026-03-29)")
    assert members(warehouse, *queries, now=now) == ["bc", "c"]


def test_orders_of_a_visit(warehouse: Warehouse) -> None:
    """Only counted orders; the time to the first one."""
    start = ago(days=1)

    def order(number: str, who: str, minutes: float, **more: object) -> Row:
        at = start + timedelta(minutes=minutes)
        return {"order_id": number, "customer_id": who, "ordered_at": at, **more}

    put(
        warehouse,
        session=[visit(who, start, 30, session_id=f"s{who}", pages=5) for who in "abcd"],
        order=[
            order("o1", "a", 15),
            order("o2", "a", 20),
            order("o3", "b", 15 + 1 / 60),
            order("o4", "c", 5, cancelled_at=ago(hours=1)),
            order("o5", "d", 5, counted=False),
            order("o6", "e", 5),
        ],
        order_session=[
            {"order_id": number, "session_id": f"s{who}", "customer_id": who}
            for number, who in (("o1", "a"), ("o2", "a"), ("o3", "b"), ("o4", "c"), ("o5", "d"))
        ],
    )
    found = members(
        warehouse,
        "session MATCHES (purchases = 0)",
        "session MATCHES (purchases >= 2)",
        "session MATCHES (time_to_purchase <= 15min)",
        "session MATCHES (time_to_purchase > 15min)",
        "session MATCHES (time_to_purchase IS NULL)",
        "session MATCHES (purchases >= 1, pages = 5, count = 1)",
    )
    assert found == ["cd", "a", "a", "b", "cd", "ab"]


def test_visitors_and_visits_to_come(warehouse: Warehouse) -> None:
    """S7 and S24: visits of nobody, and those that begin now, are in no segment."""
    put(warehouse, session=[visit(None, ago(days=1), anonymous_id="v"), visit("a", ago()), visit("b", ago(seconds=1))])
    queries = ("session MATCHES ()", "session MATCHES (current = true)", "session MATCHES (count = 0)")
    assert members(warehouse, *queries, now=NOW) == ["", "b", "abcde"]
