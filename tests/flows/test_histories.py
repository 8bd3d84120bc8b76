"""Random order histories: never twice, never after a newer order, always for the last one (S6, S27)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.flows.hand_made import HandMade, new_shop, utc

from relance.store import Store, sqlite_url
from relance.warehouse import Warehouse

BEGIN = utc("2025-01-01T00:00:00")
MOMENT = st.integers(0, 500 * 24).map(lambda hours: BEGIN + timedelta(hours=hours))
ORDER = st.tuples(st.integers(0, 9).map("c{}".format), MOMENT, st.sampled_from([40, 150, 151, 400]))
# A tick shortly after somebody's wait is over, or at any time.
AFTER = st.tuples(st.sampled_from([89, 91, 181, 183, 365, 366]), st.integers(0, 71))


def fresh(path: Path, template: Path) -> HandMade:
    path.write_bytes(template.read_bytes())
    store = Store(sqlite_url(path))
    return HandMade(store, Warehouse(None, memory_mb=512, threads=1), new_shop(store, BEGIN))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("examples", "least"), [(2, 5), pytest.param(60, 150, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
def test_whatever_people_order_nobody_is_written_to_twice_or_too_late(
    tmp_path: Path, sqlite_template: Path, examples: int, least: int
) -> None:
    """For each (customer, order, step) at most one message, and each for the order that was the last one then."""
    planned = []

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(
        orders=st.lists(ORDER, min_size=10, max_size=40),
        ticks=st.lists(AFTER, min_size=8, max_size=8),
        others=st.lists(MOMENT, min_size=1, max_size=3),
    )
    def holds(orders: list[tuple[str, datetime, float]], ticks: list[tuple[int, int]], others: list[datetime]) -> None:
        shop = fresh(tmp_path / "s.sqlite", sqlite_template)
        for customer in sorted({customer for customer, _, _ in orders}):
            shop.customer(customer, f"{customer}@exemple.fr")
        names = shop.orders(orders)
        places = zip(orders, ticks, strict=False)
        moments = [at + timedelta(days=days, hours=hours) for (_, at, _), (days, hours) in places]
        shop.start_flow(BEGIN)
        for now in sorted({*moments, *others}):
            shop.tick(now)
        planned.append(_check(shop, orders, names))
        shop.warehouse.close()
        shop.store.close()

    holds()
    assert sum(planned) >= least


def _check(shop: HandMade, orders: list[tuple[str, datetime, float]], names: list[str]) -> int:
    """How many messages there are, after looking at each."""
    rows = shop.outbox()
    assert set(Counter((row["customer_id"], row["occurrence"], row["step"]) for row in rows).values()) <= {1}
    for row in rows:
        mine = [
            (at, name) for (customer, at, _), name in zip(orders, names, strict=True) if customer == row["customer_id"]
        ]
        last_at, last = max(one for one in mine if one[0] < row["planned_at"])
        assert row["occurrence"] == last
        days = {"m3": (89, 92), "m6": (181, 184), "m12": (365, 366)}[row["step"].split("-")[0]]
        assert timedelta(days=days[0] - 1) < row["planned_at"] - last_at <= timedelta(days=days[1] + 4)
    return len(rows)
