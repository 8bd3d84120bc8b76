"""What follow-ups did and earned."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from relance import analytics
from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.called import names_of_sources
from relance.api.shapes import Answer, Money, known_words, money
from relance.clock import start_of_day
from relance.errors import BadInput
from relance.store import Shop
from relance.words import Language, say

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
    on_their_way: int
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
    """A report over whole days of the shop, both included."""

    source: str | None
    name: str
    start: date | None
    end: date | None
    rows: list[ReportRow]
    total: ReportRow
    not_sent: list[NotSent]
    notes: list[str]


@router.get("/reports")
def read_report(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    source: Annotated[
        str | None, Query(max_length=200, description="Such as flow:inactive; all when left out.")
    ] = None,
    start: date | None = None,
    end: date | None = None,
) -> Report:
    """The report of one flow, or of all, over messages planned from `start` to `end`; open where left out."""
    if start is not None and end is not None and start > end:
        raise BadInput("api.bad_range", start=start, end=end)
    after = None if end is None else start_of_day(end + timedelta(days=1), shop.zone)
    begin = None if start is None else start_of_day(start, shop.zone)
    with house.store.read() as connection:
        told = analytics.flow_report(connection, house.warehouse, shop, source, begin, after, house.clock())
    names = names_of_sources(house, shop, language)
    every = say("api.all_messages", language)
    return Report(
        source=source,
        name=every if source is None else names.get((source, None), source),
        start=start,
        end=end,
        rows=[
            _row(line.step, names.get((line.source, line.step), line.step), line.figures, shop) for line in told.steps
        ],
        total=_row(None, every, told.total, shop),
        not_sent=[_not_sent(line, language) for line in told.not_sent],
        notes=[note.say(language) for note in told.notes],
    )


def _row(step: str | None, label: str, figures: analytics.Figures, shop: Shop) -> ReportRow:
    return ReportRow(
        step=step,
        label=label,
        planned=figures.planned,
        accepted=figures.accepted,
        bounced=figures.bounced,
        delivered=figures.delivered,
        in_doubt=figures.in_doubt,
        on_their_way=figures.on_their_way,
        not_sent=figures.not_sent,
        clicked=figures.clicked,
        unsubscribed=figures.unsubscribed,
        orders=figures.orders,
        revenue=money(figures.revenue.minor, shop),
        orders_beside=figures.orders_beside,
        revenue_beside=money(figures.revenue_beside.minor, shop),
    )


def _not_sent(line: analytics.NotSent, language: Language) -> NotSent:
    reason = line.reason or line.state
    sentence = known_words(language, reason, f"analytics.reason_{reason}", f"analytics.state_{line.state}")
    return NotSent(reason=reason, sentence=sentence, messages=line.messages)
