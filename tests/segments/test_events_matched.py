"""`event`, `storefront.*` and `support.*` over hand-made events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.segments.behaviour_rows import NOW, Row, ago, members, paris, put

from relance.errors import QueryError
from relance.segments import fields_with, understood
from relance.standard_events import STANDARD_EVENTS
from relance.warehouse import Warehouse


def event(who: str | None, name: str, at: datetime, **more: object) -> Row:
    """An event of a customer; None is a visitor."""
    return {"customer_id": who, "name": name, "occurred_at": at, **more}


def test_all_parameters_are_asked_of_one_event(warehouse: Warehouse) -> None:
    put(
        warehouse,
        event=[
            event("a", "Size Chosen", ago(days=1), value=12.5, properties='{"color": "red", "size": 42, "old": false}'),
            event("b", "Size Chosen", ago(days=1), value=3.0, properties='{"color": "red", "size": "42"}'),
            event("b", "Size Chosen", ago(days=40), value=99.0, properties='{"color": "Dark red", "size": null}'),
            event("c", "Size Left", ago(days=1), value=50.0, properties=None),
            event("d", "Size Chosen", ago(days=1), properties='{"born": "2020-05-01"}'),
        ],
    )
    found = members(
        warehouse,
        "event MATCHES ()",
        "event NOT MATCHES ()",
        "event MATCHES (name = 'Size Chosen', value > 10, date >= -7d)",
        "event MATCHES (value > 10)",
        "event MATCHES (name IN ('Size Left', 'Nothing'))",
        "event MATCHES (name CONTAINS 'size c')",
        "event MATCHES (name != 'Size Chosen')",
        "event MATCHES (properties.color = 'red')",
        "event MATCHES (properties.color CONTAINS 'RED', date < -7d)",
        "event MATCHES (properties.size = 42)",
        "event MATCHES (properties.size > 41.5)",
        "event MATCHES (properties.old = false)",
        "event MATCHES (properties.born < 2020-05-02)",
        "event MATCHES (name = 'Size Chosen', properties.color != 'red')",
        "event MATCHES (name = 'Size Chosen', properties.size IS NULL)",
        "event MATCHES (value IS NULL)",
        "event MATCHES (name = 'Size Chosen', name = 'Size Left')",
    )
    assert found == ["abcd", "e", "a", "abc", "c", "abd", "c", "ab", "b", "ab", "ab", "a", "d", "bd", "bd", "d", ""]


def test_counts_are_over_the_events_that_pass(warehouse: Warehouse) -> None:
    clicks = [event("a", "Click", ago(hours=hour)) for hour in range(1, 4)]
    put(warehouse, event=[*clicks, event("b", "Click", ago(hours=1)), event("c", "Other", ago(hours=1))])
    found = members(
        warehouse,
        "event MATCHES (name = 'Click', count >= 3)",
        "event MATCHES (name = 'Click', count >= 2, count < 4, date >= -2h)",
        "event MATCHES (name = 'Click', count = 0)",
        "event NOT MATCHES (name = 'Click', count = 0)",
        "event MATCHES (name = 'Click', count < 2)",
        "event MATCHES (name = 'Click', count != 1)",
        "event MATCHES (name = 'Click', count BETWEEN 1 AND 2)",
        "event MATCHES (name = 'Click', count IN (1, 3))",
        "event MATCHES (name = 'Click', count > 0, date < -90min)",
    )
    assert found == ["a", "a", "cde", "ab", "bcde", "acde", "b", "ab", "a"]


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(-1, ["", "a", ""]), (0, ["a", "", "a"]), (1, ["a", "", "a"])],
)
def test_an_exact_window_to_the_second(warehouse: Warehouse, shift: int, expected: list[str]) -> None:
    """S8: an event exactly four hours old is in `>= -4h`, one a second older is not."""
    put(warehouse, event=[event("a", "Click", ago(hours=4) + timedelta(seconds=shift))])
    queries = ("event MATCHES (date >= -4h)", "event MATCHES (date < -4h)", "event MATCHES (date >= -4h, count = 1)")
    assert members(warehouse, *queries) == expected


@pytest.mark.parametrize(("shift", "expected"), [(-1, "a"), (0, ""), (1, "")])
def test_what_happens_now_has_not_happened_yet(warehouse: Warehouse, shift: int, expected: str) -> None:
    """S24: only what is strictly before now exists."""
    put(warehouse, event=[event("a", "Click", ago(seconds=-shift))])
    assert members(warehouse, "event MATCHES (name = 'Click')") == [expected]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (paris(2026, 3, 28, 23, 59, 59), ["", "", "a"]),
        (paris(2026, 3, 29, 0, 0, 0), ["a", "", ""]),
        (paris(2026, 3, 29, 23, 59, 59), ["a", "", ""]),
        (paris(2026, 3, 30, 0, 0, 0), ["", "a", ""]),
    ],
)
def test_a_day_of_twenty_three_hours(warehouse: Warehouse, at: datetime, expected: list[str]) -> None:
    put(warehouse, event=[event("a", "Click", at)])
    queries = [f"event MATCHES (date {sign} 2026-03-29)" for sign in ("=", ">", "<")]
    assert members(warehouse, *queries, now=datetime(2026, 4, 2, 12, tzinfo=UTC)) == expected


def test_visitors_are_in_no_segment(warehouse: Warehouse) -> None:
    """S7: an event without a customer is nobody's."""
    put(warehouse, event=[event(None, "Click", ago(days=1), anonymous_id="v1"), event("x", "Click", ago(days=1))])
    assert members(warehouse, "event MATCHES ()", "event NOT MATCHES ()") == ["", "abcde"]


@pytest.mark.parametrize(("short", "names"), STANDARD_EVENTS.items())
def test_a_short_name_covers_its_events(warehouse: Warehouse, short: str, names: tuple[str, ...]) -> None:
    people = "abcd"[: len(names)]
    seen = [event(who, name, ago(days=1)) for who, name in zip(people, names, strict=True)]
    put(warehouse, event=[*seen, event("e", names[0].swapcase(), ago(days=1))])
    assert members(warehouse, f"{short} MATCHES ()", f"{short} MATCHES (date < -7d)") == [people, ""]


def test_products_of_events(warehouse: Warehouse) -> None:
    put(
        warehouse,
        product=[{"product_id": "7", "tags": ["Gift", "new"]}, {"product_id": "8", "tags": None}],
        event=[
            event("a", "Product Viewed", ago(days=1), product_id="7", value=10.0),
            event("b", "Product Viewed", ago(days=1), product_id="8", value=20.0),
            event("c", "Product Viewed", ago(days=1), product_id="9"),
            event("d", "Product Viewed", ago(days=1)),
            event("e", "Product List Viewed", ago(days=1), properties='{"list_id": "7"}'),
            event("e", "collection_viewed", ago(days=1), properties='{"collection_id": 12}'),
        ],
    )
    found = members(
        warehouse,
        "storefront.product_viewed MATCHES (id = 7)",
        "storefront_event.product_viewed MATCHES (id IN (8, 9))",
        "storefront.product_viewed MATCHES (id != 7)",
        "storefront.product_viewed MATCHES (id IS NULL)",
        "storefront.product_viewed MATCHES (tag CONTAINS 'gift')",
        "storefront.product_viewed MATCHES (tag = 'gift')",
        "storefront.product_viewed MATCHES (tag != 'Gift')",
        "storefront.product_viewed MATCHES (value >= 15)",
        "storefront.collection_viewed MATCHES (id = 7)",
        "storefront.collection_viewed MATCHES (id = 12)",
    )
    assert found == ["a", "bc", "bcd", "d", "a", "", "bcd", "b", "e", "e"]


def test_windows_of_one_event_share_what_is_read(warehouse: Warehouse) -> None:
    """Narrow windows beside wide ones, and names beside each other, do not take rows from one another."""
    ages = {"a": 1, "b": 10, "c": 100}
    put(
        warehouse,
        event=[
            *(event(who, "Product Viewed", ago(days=days)) for who, days in ages.items()),
            event("d", "Checkout Started", ago(days=400)),
        ],
    )
    found = members(
        warehouse,
        "storefront.product_viewed MATCHES (date >= -7d)",
        "storefront.product_viewed MATCHES (date >= -30d)",
        "storefront.product_viewed MATCHES (date < -30d)",
        "storefront.product_viewed MATCHES (date >= -30d, date < -5d)",
        "storefront.product_viewed MATCHES (date BETWEEN -20d AND -5d)",
        "storefront.product_viewed MATCHES (date >= -20d, date > -5d)",
        "storefront.checkout_started MATCHES ()",
        "event MATCHES (name = 'Product Viewed', date <= -100d)",
    )
    assert found == ["a", "ab", "c", "b", "b", "a", "d", "c"]


@pytest.mark.parametrize(
    "query",
    [
        "event MATCHES (value > 115% OF AVERAGE)",
        "storefront.product_viewed MATCHES (name = 'x')",
        "event MATCHES (color = 'red')",
    ],
)
def test_what_events_do_not_take(query: str) -> None:
    with pytest.raises(QueryError):
        understood(query, fields_with())


def test_now_is_an_instant(warehouse: Warehouse) -> None:
    put(warehouse, event=[event("a", "Click", ago(minutes=15)), event("b", "Click", ago(minutes=16))])
    assert members(warehouse, "event MATCHES (date >= -15min, date <= now)", now=NOW) == ["a"]
