"""What follow-ups did and earned."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Money

router = APIRouter(prefix="/api", tags=["reports"])


class ReportRow(Answer):
    """The figures of one step or of all. `delivered` is accepted and not bounced.

    `orders` and `revenue` fall within 5 days of a human click; `orders_beside` and `revenue_beside` within 5 days of
    sending without one: they are shown, not attributed.
    """

    step: str | None
    label: str
    planned: int
    accepted: int
    bounced: int
    delivered: int
    in_doubt: int
    not_sent: int
    clicked: int
    unsubscribed: int
    orders: int
    revenue: Money
    orders_beside: int
    revenue_beside: Money


class NotSent(Answer):
    """Why messages were not sent, in words, and how many."""

    reason: str
    sentence: str
    messages: int


class Report(Answer):
    """A report of one source over whole days of the shop, both included."""

    source: str
    name: str
    start: str | None
    end: str | None
    rows: list[ReportRow]
    total: ReportRow
    not_sent: list[NotSent]
    notes: list[str]


@router.get("/reports")
def read_report(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    source: Annotated[str, Query(max_length=200, description="Such as flow:inactive.")],
    start: date | None = None,
    end: date | None = None,
) -> Report:
    """The report of one flow over messages planned from `start` to `end`; all of them when left out."""
    raise NotImplementedError
