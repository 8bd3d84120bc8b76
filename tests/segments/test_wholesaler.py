"""Counts on the real wholesaler, beside counts made with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from tests.segments.wholesaler import Sales

from relance import segments
from relance.profiles import PHASES, RFM_GROUPS
from relance.store import Shop
from relance.warehouse import Warehouse

AS_OF = datetime(2011, 12, 10, tzinfo=UTC)  # midnight in London
DAY = date(2011, 12, 10)


@pytest.fixture(scope="module")
def people(wholesaler_sales: Sales) -> Mapping[str, Mapping[str, float]]:
    """Each customer's orders, last day and net spend."""
    found: dict[str, dict[str, float]] = {}
    for row in wholesaler_sales.orders.to_pylist() + wholesaler_sales.credits.to_pylist():
        if row["customer"]:
            one = found.setdefault(row["customer"], {"orders": 0, "spent": 0, "last": 0})
            one["spent"] += row["total"]
            if not row["number"].startswith("C"):
                one["orders"] += 1
                one["last"] = max(one["last"], row["at"].toordinal())
    return found


def test_two_orders_and_silent_for_ninety_days(
    wholesaler: tuple[Warehouse, Shop], people: Mapping[str, Mapping[str, float]]
) -> None:
    """The query of the first milestone (S24)."""
    warehouse, shop = wholesaler
    edge = (DAY - timedelta(days=90)).toordinal()
    expected = [one for one in people.values() if one["orders"] >= 2 and one["last"] < edge]
    preview = segments.preview(warehouse, shop, "number_of_orders >= 2 AND last_order_date < -90d", AS_OF)
    assert preview.count == len(expected) > 500
    assert preview.revenue == sum(one["spent"] for one in expected)
    assert preview.customers == len(people)
    assert preview.share == len(expected) / len(people)
    assert preview.as_json()["currency"] == "GBP"
    spent = [member.amount_spent for member in preview.members]
    assert spent == sorted((int(one["spent"]) for one in expected), reverse=True)[:8]


def test_the_top_fifth_and_the_others(
    wholesaler: tuple[Warehouse, Shop], people: Mapping[str, Mapping[str, float]]
) -> None:
    """L5: above the value that 80 % do not exceed, equal amounts together; the two parts are all buyers."""
    warehouse, shop = wholesaler
    buyers = [one for one in people.values() if one["orders"]]
    spent = np.sort([one["spent"] for one in buyers])
    cut = spent[-(-80 * len(spent) // 100) - 1]
    top = segments.preview(warehouse, shop, "amount_spent IN TOP 20%", AS_OF)
    rest = segments.preview(warehouse, shop, "number_of_orders >= 1 AND NOT (amount_spent IN TOP 20%)", AS_OF)
    assert top.count == int((spent > cut).sum())
    assert top.count + rest.count == len(buyers)
    assert 0.7 < top.revenue / (top.revenue + rest.revenue) < 0.8


def test_every_buyer_stands_in_one_cell(
    wholesaler: tuple[Warehouse, Shop], people: Mapping[str, Mapping[str, float]]
) -> None:
    """S29: the 25 cells hold every buyer once; each cell's group is the language's."""
    warehouse, shop = wholesaler
    grid = segments.rfm_grid(warehouse, shop, AS_OF)
    assert grid.customers == sum(one["orders"] > 0 for one in people.values())
    assert grid.customers + grid.prospects == len(people)
    assert len(grid.cells) == 25
    by_group = dict.fromkeys(RFM_GROUPS, 0)
    for cell in grid.cells:
        by_group[cell.group] += cell.customers
    by_group["PROSPECTS"] = grid.prospects
    for group in ("CHAMPIONS", "DORMANT", "PROSPECTS", "PROMISING"):
        assert segments.preview(warehouse, shop, f"rfm_group = '{group}'", AS_OF).count == by_group[group]


def test_frequency_scores_are_those_of_numpy(
    wholesaler: tuple[Warehouse, Shop], people: Mapping[str, Mapping[str, float]]
) -> None:
    """S9: edges are percentile_disc over those with more than one order; one order always scores 1."""
    warehouse, shop = wholesaler
    counts = np.sort([one["orders"] for one in people.values() if one["orders"] > 1])
    edges = tuple(float(counts[-(-part * len(counts) // 4) - 1]) for part in (1, 2, 3))
    assert segments.rfm_grid(warehouse, shop, AS_OF).frequency_edges == edges
    ones = segments.preview(warehouse, shop, "rfm_frequency = 1", AS_OF)
    assert ones.count == sum(one["orders"] == 1 for one in people.values())


def test_everybody_is_in_one_phase_and_one_group(wholesaler: tuple[Warehouse, Shop]) -> None:
    """L2, S28, S29: the phases are a partition of all customers, the groups too."""
    warehouse, shop = wholesaler
    fields = segments.fields_with()
    queries = [
        *(f"lifecycle_phase = '{phase}'" for phase in PHASES),
        *(f"rfm_group = '{group}'" for group in RFM_GROUPS),
    ]
    meanings = {query: segments.understood(query, fields).meaning for query in queries}
    with warehouse.read() as engine:
        found = engine.to_pyarrow(segments.evaluate(engine, meanings, shop, AS_OF))
    for part in (queries[: len(PHASES)], queries[len(PHASES) :]):
        memberships = sum(np.asarray(found[query]).astype(int) for query in part)
        assert set(np.asarray(memberships).tolist()) == {1}
