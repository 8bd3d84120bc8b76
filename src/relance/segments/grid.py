"""The RFM grid of the shop, and one customer's scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from relance.errors import NotFound
from relance.profiles import RFM_GRID, Column, Reading, customers_with, facts_of, thresholds
from relance.segments.people import among
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

SCORES: Final = ("rfm_recency", "rfm_frequency", "rfm_monetary", "rfm_group", "lifecycle_phase")


@dataclass(frozen=True)
class Cell:
    """Customers with these scores: their net spend in minor units, and their average days since the last order."""

    recency: int
    frequency_money: int
    group: str
    customers: int
    revenue: int
    average_recency: float | None


@dataclass(frozen=True)
class Grid:
    """The 25 cells (recency 5 first), and the edges that the scores come from; `computed`: not yet stored (S9)."""

    as_of: datetime
    cells: tuple[Cell, ...]
    customers: int
    prospects: int
    recency_edges: tuple[float, ...]
    frequency_edges: tuple[float, ...]
    monetary_edges: tuple[float, ...]
    computed: bool


@dataclass(frozen=True)
class Scores:
    """One customer's scores (None without an order), group and life phase."""

    recency: int | None
    frequency: int | None
    monetary: int | None
    group: str
    phase: str


def rfm_grid(warehouse: Warehouse, shop: Shop, now: datetime) -> Grid:
    """The grid as of `now`: every customer with an order is in exactly one cell."""
    with warehouse.read() as engine:
        found = thresholds(engine, shop, now, facts_of(SCORES))
        names = [*SCORES, "days_since_last_order", "amount_spent", "number_of_orders"]
        people: Column = customers_with(Reading(engine, shop, now), names, found)
        people = people.mutate(fm=(people.rfm_frequency + people.rfm_monetary + 1) // 2)
        rows = rows_of(
            engine,
            people.group_by(["rfm_recency", "fm"]).agg(
                customers=people.count(),
                revenue=people.amount_spent.sum().cast("int64"),
                recency=people.days_since_last_order.mean(),
            ),
        )
    by_place = {(row["rfm_recency"], row["fm"]): row for row in rows}
    cells = tuple(
        _cell(by_place.get((recency, fm), {}), recency, fm, group)
        for recency, groups in RFM_GRID.items()
        for fm, group in enumerate(groups, 1)
    )
    return Grid(
        now,
        cells,
        sum(cell.customers for cell in cells),
        by_place.get((None, None), {}).get("customers", 0),
        found.all("rfm_recency"),
        found.all("rfm_frequency"),
        found.all("rfm_monetary"),
        bool(found.computed),
    )


def customer_scores(warehouse: Warehouse, shop: Shop, customer_id: str, now: datetime) -> Scores:
    """The scores of one customer as of `now`. Raises NotFound."""
    with warehouse.read() as engine:
        found = thresholds(engine, shop, now, facts_of(SCORES))
        one: Column = customers_with(Reading(engine, shop, now, among([customer_id])), SCORES, found)
        rows = rows_of(engine, one.select(*SCORES))
    if not rows:
        raise NotFound("membership.unknown_customer", customer=customer_id)
    return Scores(*(rows[0][name] for name in SCORES))


def _cell(row: Mapping[str, Any], recency: int, fm: int, group: str) -> Cell:
    return Cell(recency, fm, group, row.get("customers", 0), row.get("revenue", 0), row.get("recency"))
