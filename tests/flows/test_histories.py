"""Random order histories: never twice, never after a newer order, always for the last one (S6, S27)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.flows.hand_made import HandMade, new_shop, utc

from relance.store import Store, sqlite_url
from relance.warehouse import Warehouse

BEGIN = utc("2025-01-01T00:00:00")
MOMENT = st.integers(0, 500 * 24).map(lambda hours: BEGIN + timedelta(hours=hours))
HISTORY = st.lists(st.tuples(MOMENT, st.sampled_from([40, 150, 151, 400])), min_size=1, max_size=6)


def fresh(path: Path, template: Path) -> HandMade:
    path.write_bytes(template.read_bytes())
    store = Store(sqlite_url(path))
    return HandMade(store, Warehouse(None, memory_mb=512, threads=1), new_shop(store, BEGIN))


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    histories=st.lists(HISTORY, min_size=4, max_size=12), ticks=st.lists(MOMENT, min_size=4, max_size=12, unique=True)
)
def test_whatever_people_order_nobody_is_written_to_twice_or_too_late(
    tmp_path: Path, sqlite_template: Path, histories: list[list[tuple[datetime, int]]], ticks: list[datetime]
) -> None:
    """For each (customer, order, step) at most one message; each is for the order that was the last one then."""
    shop = fresh(tmp_path / "s.sqlite", sqlite_template)
    placed: dict[str, list[tuple[datetime, str]]] = {}
    for number, history in enumerate(histories):
        customer = f"c{number}"
        shop.customer(customer, f"{customer}@exemple.fr")
        placed[customer] = [(at, shop.order(customer, at, euros)) for at, euros in history]
    moments = sorted(ticks)
    shop.start_flow(moments[0])
    for now in moments:
        shop.tick(now)
    rows = shop.outbox()
    assert set(Counter((row["customer_id"], row["occurrence"], row["step"]) for row in rows).values()) <= {1}
    for row in rows:
        before = [one for one in placed[row["customer_id"]] if one[0] < row["planned_at"]]
        last_at, last = max(before)
        assert row["occurrence"] == last
        wait = row["planned_at"] - last_at
        months = {"m3": 89, "m6": 180, "m1": 364}[row["step"][:2]]
        assert timedelta(days=months - 1) < wait <= timedelta(days=months + 8)
    shop.warehouse.close()
    shop.store.close()
