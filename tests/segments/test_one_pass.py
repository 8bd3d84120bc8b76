"""Each source is looked at once, over no more rows and aggregates than the queries need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.segments.behaviour_rows import NOW, SHOP, ago, put

from relance.profiles import Only, Reading, Thresholds
from relance.profiles.aggregates import narrowed
from relance.segments import fields_with, understood
from relance.segments.language.typed import Matching
from relance.segments.matches import Matches
from relance.standard_events import STANDARD_EVENTS
from relance.warehouse import Warehouse

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "segment-functions.md"


def noted(warehouse: Warehouse, *queries: str) -> Matches:
    """The aggregates of these queries."""
    with warehouse.read() as engine:
        matches = Matches(Reading(engine, SHOP, NOW), Thresholds())
        for query in queries:
            for leaf in understood(query, fields_with()).leaves():
                assert isinstance(leaf, Matching)
                matches.add(leaf)
    return matches


def test_windows_share_the_instant_of_the_latest_row(warehouse: Warehouse) -> None:
    queries = [f"storefront.product_viewed MATCHES (date >= -{days}d)" for days in (7, 30, 90)]
    queries += [
        "storefront.product_viewed NOT MATCHES ()",
        "storefront.product_viewed MATCHES (count >= 1, date > -4h)",
    ]
    assert len(noted(warehouse, *queries).aggregates) == 1
    assert len(noted(warehouse, *queries, "storefront.product_viewed MATCHES (date < -7d)").aggregates) == 2
    assert len(noted(warehouse, *queries, "storefront.product_viewed MATCHES (count >= 2)").aggregates) == 2


def test_a_source_is_read_from_its_earliest_window_on(warehouse: Warehouse) -> None:
    viewed, started = STANDARD_EVENTS["storefront.product_viewed"], STANDARD_EVENTS["storefront.checkout_started"]
    matches = noted(
        warehouse,
        "storefront.product_viewed MATCHES (date >= -7d)",
        "storefront.product_viewed MATCHES (date BETWEEN -30d AND -20d)",
        "storefront.checkout_started MATCHES (date >= -4h)",
    )
    only = {aggregate.only.names: aggregate.only.since for aggregate in matches.aggregates.values()}
    assert only.keys() == {frozenset(viewed), frozenset(started)}
    assert {one.only.since for one in matches.aggregates.values()} == {
        datetime(2026, 3, 2, 23, tzinfo=UTC),
        datetime(2026, 2, 7, 23, tzinfo=UTC),
        datetime(2026, 3, 9, 19, tzinfo=UTC),
    }


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ([Only(frozenset("A"))], 3),
        ([Only(frozenset("A"), NOW - 2 * DAY)], 1),
        ([Only(frozenset("A"), NOW - 2 * DAY), Only(frozenset("A"), NOW - 6 * DAY)], 2),
        ([Only(frozenset("A"), NOW - 2 * DAY), Only(frozenset("B"))], 4),
        ([Only(frozenset("A"), NOW - 2 * DAY), Only(frozenset("B"), NOW - 6 * DAY)], 3),
        ([Only(frozenset("A"), NOW - 2 * DAY), Only(frozenset("A"))], 3),
        ([Only(frozenset("A"), NOW - 2 * DAY), Only(since=NOW - 2 * DAY)], 2),
        ([Only(frozenset("A")), Only()], 6),
        ([Only(frozenset())], 0),
    ],
)
def test_rows_that_nobody_wants_are_left_out(warehouse: Warehouse, wanted: Sequence[Only], left: int) -> None:
    put(
        warehouse,
        event=[
            {"customer_id": "a", "name": name, "occurred_at": ago(days=days)} for name in "AB" for days in (1, 5, 9)
        ],
    )
    with warehouse.read() as engine:
        rows = narrowed(Reading(engine, SHOP, NOW).rows("events", frozenset()), "events", wanted)
        assert engine.to_pyarrow(rows.count()).as_py() == left


def test_the_page_has_every_standard_event() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith(("| `storefront.", "| `support."))] == [
        f"| `{short}` | {', '.join(f'`{name}`' for name in names)} |" for short, names in STANDARD_EVENTS.items()
    ]
