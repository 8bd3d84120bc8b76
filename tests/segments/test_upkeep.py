"""What a segment's summary says of its upkeep: cost, next change, last problem."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.segments.segment_oracle import Shop as Rows

from relance import segments
from relance.segments.passing import moving
from relance.store import Shop, Store, add_shop
from relance.warehouse import Warehouse

WALL = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("number_of_orders > 1", "data"),
        ("customer_tags CONTAINS 'vip' AND last_order_date > 2026-01-01", "data"),
        ("orders_placed MATCHES (amount > 3)", "data"),
        ("last_order_date < -90d", "midnight"),
        ("number_of_orders > 1 OR NOT (orders_placed MATCHES (date >= -1m))", "midnight"),
        ("anniversary('birth_date') = today", "midnight"),
        ("days_since_last_order > 3 * usual_gap_days", "midnight"),
        ("lifecycle_phase = 'loyal'", "midnight"),
        ("amount_spent IN TOP 20%", "midnight"),
        ("amount_spent > 110% OF AVERAGE", "midnight"),
        ("orders_placed MATCHES (date >= -4h)", "moment"),
        ("last_order_date < now AND last_order_date < -3d", "moment"),
    ],
)
def test_what_moves_a_segment(query: str, kind: str) -> None:
    """S8: new data alone, the shop's midnight, or any second."""
    assert moving(segments.understood(query, segments.fields_with()).meaning) == kind


def test_summaries_tell_cost_next_change_and_problem(
    sqlite_store: Store, warehouse: Warehouse, small: Rows, now: datetime
) -> None:
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
        segments.save(connection, shop, "quiet", "Quiet", "last_order_date < -40d", now, "test")
        segments.save(connection, shop, "read", "Read", "number_of_orders > 1", now, "test")
        segments.save(connection, shop, "lost", "Lost", "segment = 'read'", now, "test")
        before = segments.summaries(connection, warehouse, shop, "en")
    assert [(one.cost, one.next_change, one.problem) for one in before] == [(None, None, None)] * 3
    segments.refresh(sqlite_store, warehouse, shop, now, recorded_at=WALL)
    with sqlite_store.read() as connection:
        quiet, read, lost = segments.summaries(connection, warehouse, shop, "en")
    assert quiet.cost is not None
    assert (quiet.cost.segments, quiet.cost.mode) == (3, "full")
    assert quiet.next_change is not None
    assert quiet.next_change.at == datetime(2026, 3, 10, 23, tzinfo=UTC)
    assert "11 March 2026" in quiet.as_json()["next_change"]
    assert "11 mars 2026" in quiet.next_change.say("fr", shop)
    assert read.next_change is not None
    assert (read.next_change.kind, read.next_change.at) == ("data", None)
    assert (lost.problem, lost.as_json()["problem"]) == (None, None)
    for language in ("en", "fr"):
        assert quiet.cost.say(language)


def test_a_segment_that_cannot_be_computed_says_why(
    sqlite_store: Store, warehouse: Warehouse, small: Rows, now: datetime
) -> None:
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    fields = segments.fields_with({"metafields.shop.size": segments.fields_with().fields["age"].kind})
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
        segments.save(connection, shop, "big", "Big", "metafields.shop.size > 3", now, "test", fields=fields)
    result = segments.refresh(sqlite_store, warehouse, shop, now, recorded_at=WALL)
    assert result.skipped == ("big",)
    with sqlite_store.read() as connection:
        (big,) = segments.summaries(connection, warehouse, shop, "en")
    assert big.problem is not None
    assert "metafields.shop.size" in big.as_json()["problem"]
    assert big.problem.say("fr") != big.problem.say("en")
