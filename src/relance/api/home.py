"""The first page: the shop's key figures and what to do next."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter

from relance.api.asking import TheHouse, TheLanguage
from relance.api.shapes import Answer, Money

router = APIRouter(prefix="/api", tags=["home"])


class Figure(Answer):
    """One key figure. One of `count`, `share` (0 to 1) and `money` is set, as `unit` says; all null when unknown."""

    key: str
    label: str
    unit: Literal["count", "share", "money"]
    count: int | None
    share: float | None
    money: Money | None
    note: str | None


class MonthRevenue(Answer):
    """One month (YYYY-MM) of counted orders, gross, and refunds at their own date."""

    month: str
    orders: int
    revenue: Money
    refunds: Money


class NextStep(Answer):
    """Something to do next: a sentence, and what it leads to."""

    key: str
    sentence: str
    segment_id: str | None
    flow_id: str | None
    customers: int | None
    money: Money | None


class Home(Answer):
    """The first page; without a shop its lists are empty."""

    as_of: datetime | None
    figures: list[Figure]
    months: list[MonthRevenue]
    next_steps: list[NextStep]


@router.get("/home")
def read_home(house: TheHouse, language: TheLanguage) -> Home:
    """The first page."""
    raise NotImplementedError
