"""Conditions whose answers are plain to see: anniversaries, metafields, days on which the clocks change, nulls."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.segments.random_shops import fill
from tests.segments.segment_oracle import Shop as Rows

from relance.segments import evaluate, fields_of_shop, understood
from relance.store import Shop
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
ZONE = ZoneInfo("Europe/Paris")


def members(warehouse: Warehouse, rows: Rows, *queries: str) -> list[str]:
    """The ids that meet each query, in one pass, joined to a text."""
    fill(warehouse, rows)
    with warehouse.read() as engine:
        fields = fields_of_shop(engine)
        meanings = {f"q{place}": understood(query, fields).meaning for place, query in enumerate(queries)}
        found = engine.to_pyarrow(evaluate(engine, meanings, SHOP, rows.now)).to_pylist()
    return ["".join(sorted(row["customer_id"] for row in found if row[name])) for name in meanings]


@pytest.mark.parametrize(
    ("today", "query", "expected"),
    [
        (date(2026, 3, 10), "anniversary('birth_date') = today", "a"),
        (date(2026, 3, 10), "anniversary('birth_date') != today", "bcn"),
        (date(2026, 3, 10), "anniversary('birth_date') BETWEEN today AND +30d", "a"),
        (date(2025, 12, 20), "anniversary('birth_date') BETWEEN today AND +30d", "c"),
        (date(2025, 12, 20), "anniversary('birth_date') BETWEEN -1y AND today", "abc"),
        (date(2026, 2, 28), "anniversary('birth_date') > yesterday", "ab"),
        (date(2025, 1, 1), "anniversary('birth_date') > yesterday", ""),
        (date(2025, 1, 1), "anniversary('birth_date') < today", ""),
        (date(2025, 12, 31), "anniversary('customer_added_date') > today", ""),
        (date(2026, 2, 28), "anniversary('birth_date') = today", "b"),
        (date(2024, 2, 29), "anniversary('birth_date') = today", "b"),
        (date(2026, 1, 2), "anniversary('birth_date') IS NULL", "n"),
        (date(2026, 1, 2), "anniversary('customer_added_date') = 2020-12-31", "b"),
        (date(2026, 1, 2), "anniversary('customer_added_date') BETWEEN 2020-12-31 AND 2021-01-01", "abc"),
        (date(2026, 1, 2), "anniversary('customer_added_date') <= 2020-01-01", "ac"),
    ],
)
def test_anniversaries_leave_the_year_out(warehouse: Warehouse, today: date, query: str, expected: str) -> None:
    rows = Rows(ZONE, datetime(today.year, today.month, today.day, 12, tzinfo=UTC))
    births = {"a": date(1980, 3, 10), "b": date(2000, 2, 29), "c": date(1999, 1, 5), "n": None}
    # In Paris: New Year's first second, the last second of the old year, and New Year's noon.
    added = {
        "a": datetime(2021, 12, 31, 23, 0, 0),  # noqa: DTZ001
        "b": datetime(2021, 12, 31, 22, 59, 59),  # noqa: DTZ001
        "c": datetime(2023, 1, 1, 11, 0),  # noqa: DTZ001
        "n": None,
    }
    rows.customers = [{"customer_id": who, "birth_date": births[who], "added_at": added[who]} for who in births]
    assert members(warehouse, rows, query) == [expected]


def test_metafields_have_the_kind_of_their_values(warehouse: Warehouse) -> None:
    rows = Rows(ZONE, datetime(2026, 3, 10, tzinfo=UTC))
    texts = {
        "a": '{"my.size": "42", "my.score": "1.5", "my.born": "2020-03-10", "my.vip": "true", "my.note": "Blue"}',
        "b": '{"my.size": "9", "my.score": "2", "my.born": "2019-01-01", "my.vip": "false", "my.note": "7"}',
        "c": None,
    }
    rows.customers = [{"customer_id": who, "metafields": text} for who, text in texts.items()]
    found = members(
        warehouse,
        rows,
        "metafields.my.size > 9",
        "metafields.my.score <= 1.5",
        "metafields.my.born >= 2020-01-01",
        "anniversary('metafields.my.born') = today",
        "metafields.my.vip = true",
        "metafields.my.note CONTAINS 'blue'",
        "metafields.my.note != 'Blue'",
        "metafields.my.size IS NULL",
    )
    assert found == ["a", "a", "a", "a", "a", "a", "bc", "c"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 3, 28, 22, 59, 59), "-"),  # noqa: DTZ001
        (datetime(2026, 3, 28, 23, 0, 0), "="),  # noqa: DTZ001
        (datetime(2026, 3, 29, 21, 59, 59), "="),  # noqa: DTZ001
        (datetime(2026, 3, 29, 22, 0, 0), "+"),  # noqa: DTZ001
    ],
)
def test_a_day_of_twenty_three_hours(warehouse: Warehouse, at: datetime, expected: str) -> None:
    """The clocks of Paris go forward on 2026-03-29; its whole day is that day."""
    rows = Rows(ZONE, datetime(2026, 6, 1, tzinfo=UTC))
    rows.customers = [{"customer_id": "a", "added_at": at}]
    signs = {"-": "<", "=": "=", "+": ">"}
    queries = [f"customer_added_date {sign} 2026-03-29" for sign in signs.values()]
    assert members(warehouse, rows, *queries) == ["a" if sign == expected else "" for sign in signs]


def test_a_sum_alone_asks_for_a_row(warehouse: Warehouse, small: Rows) -> None:
    """Without `count` at least one row must pass: the sum of no rows, which is 0, makes nobody a member."""
    some, none = members(
        warehouse,
        small,
        "orders_placed MATCHES (amount > 40, sum_amount < 400)",
        "orders_placed NOT MATCHES (amount > 1000, sum_amount >= 0)",
    )
    assert (some, none) == ("ann", "annbobcid")
