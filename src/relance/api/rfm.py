"""The RFM grid."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter

from relance import segments
from relance.api.asking import TheHouse, TheLanguage, TheShop, instant_of
from relance.api.shapes import Answer, Money, money
from relance.store import Shop
from relance.words import Language, say

router = APIRouter(prefix="/api", tags=["rfm"])


class RfmCell(Answer):
    """One of the 25 cells: recency score by rounded frequency-and-money score, 1 to 5.

    `average_days` is the mean of days since the last order.
    """

    recency: int
    frequency_money: int
    group: str
    customers: int
    share: float
    revenue: Money
    average_days: float | None


class RfmGroup(Answer):
    """One of the ten groups, with the query that is its segment."""

    group: str
    label: str
    customers: int
    share: float
    revenue: Money
    query: str


class RfmGrid(Answer):
    """The grid of all customers with an order, and the edges its scores come from (S9, S29).

    `prospects` have no order and stand in no cell.
    """

    as_of: datetime
    customers: int
    prospects: int
    cells: list[RfmCell]
    groups: list[RfmGroup]
    recency_edges: list[float]
    frequency_edges: list[float]
    monetary_edges: list[float]


@router.get("/rfm")
def read_rfm(house: TheHouse, shop: TheShop, language: TheLanguage) -> RfmGrid:
    """The grid as of the last refresh."""
    grid = segments.rfm_grid(house.warehouse, shop, instant_of(house))
    return RfmGrid(
        as_of=grid.as_of,
        customers=grid.customers,
        prospects=grid.prospects,
        cells=[_cell(cell, grid, shop) for cell in grid.cells],
        groups=_groups(grid, shop, language),
        recency_edges=list(grid.recency_edges),
        frequency_edges=list(grid.frequency_edges),
        monetary_edges=list(grid.monetary_edges),
    )


def _share(part: int, grid: segments.Grid) -> float:
    return part / grid.customers if grid.customers else 0.0


def _cell(cell: segments.Cell, grid: segments.Grid, shop: Shop) -> RfmCell:
    return RfmCell(
        recency=cell.recency,
        frequency_money=cell.frequency_money,
        group=cell.group,
        customers=cell.customers,
        share=_share(cell.customers, grid),
        revenue=money(cell.revenue, shop),
        average_days=cell.average_recency,
    )


def _groups(grid: segments.Grid, shop: Shop, language: Language) -> list[RfmGroup]:
    """The groups of the cells, in the order in which the grid meets them."""
    groups = []
    for name in dict.fromkeys(cell.group for cell in grid.cells):
        cells = [cell for cell in grid.cells if cell.group == name]
        people = sum(cell.customers for cell in cells)
        groups.append(
            RfmGroup(
                group=name,
                label=say(f"api.rfm_{name.lower()}", language),
                customers=people,
                share=_share(people, grid),
                revenue=money(sum(cell.revenue for cell in cells), shop),
                query=f"rfm_group = '{name}'",
            )
        )
    return groups
