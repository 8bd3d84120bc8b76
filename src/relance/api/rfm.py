"""The RFM grid."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter

from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Money

router = APIRouter(prefix="/api", tags=["rfm"])


class RfmCell(Answer):
    """One of the 25 cells: recency score by rounded frequency-and-money score, 1 to 5."""

    recency: int
    frequency_money: int
    group: str
    customers: int
    share: float
    revenue: Money


class RfmGroup(Answer):
    """One of the ten groups, with the query that is its segment."""

    group: str
    label: str
    customers: int
    share: float
    revenue: Money
    query: str


class RfmGrid(Answer):
    """The grid of all customers with an order, and the edges its scores come from (S9, S29)."""

    as_of: datetime | None
    customers: int
    cells: list[RfmCell]
    groups: list[RfmGroup]
    recency_edges: list[float]
    frequency_edges: list[float]
    monetary_edges: list[float]


@router.get("/rfm")
def read_rfm(house: TheHouse, shop: TheShop, language: TheLanguage) -> RfmGrid:
    """The grid as of the last refresh."""
    raise NotImplementedError
