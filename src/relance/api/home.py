"""The first page: the shop's key figures and what to do next."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter

from relance import analytics
from relance.api.asking import TheHouse, TheLanguage, instant_of
from relance.api.shapes import Answer, Money, money
from relance.house import House
from relance.store import Shop, find_shop
from relance.words import Language, say

router = APIRouter(prefix="/api", tags=["home"])


class Figure(Answer):
    """One key figure. One of `count`, `share` (0 to 1) and `money` is set, as `unit` says; all null when unknown.

    `change` is the change against the period before, as a share: 0.12 is 12 % more.
    """

    key: str
    label: str
    unit: Literal["count", "share", "money"]
    count: int | None
    share: float | None
    money: Money | None
    change: float | None
    note: str | None


class MonthRevenue(Answer):
    """One month (YYYY-MM) of counted orders, gross, and refunds at their own date."""

    month: str
    orders: int
    revenue: Money
    refunds: Money


class PhaseCount(Answer):
    """One life phase (S28), with what its customers spent, net of refunds."""

    phase: str
    label: str
    customers: int
    spent: Money


class NextStep(Answer):
    """Something to do next: a sentence, and what it leads to."""

    key: str
    sentence: str
    segment_id: str | None
    flow_id: str | None
    link: str
    customers: int | None
    money: Money | None


class Home(Answer):
    """The first page; without a shop its lists are empty."""

    as_of: datetime | None
    figures: list[Figure]
    phases: list[PhaseCount]
    months: list[MonthRevenue]
    next_steps: list[NextStep]


@router.get("/home")
def read_home(house: TheHouse, language: TheLanguage) -> Home:
    """The first page."""
    with house.store.read() as connection:
        shop = find_shop(connection)
    if shop is None:
        advice = say("analytics.next_import", language)
        first = NextStep(
            key="next_import",
            sentence=advice,
            segment_id=None,
            flow_id=None,
            link="/import",
            customers=None,
            money=None,
        )
        return Home(as_of=None, figures=[], phases=[], months=[], next_steps=[first])
    return _home(house, shop, language)


def _home(house: House, shop: Shop, language: Language) -> Home:
    now = instant_of(house)
    told = analytics.key_figures(house.warehouse, shop, now)
    with house.store.read() as connection:
        advice = analytics.what_next(connection, house.warehouse, shop, told, now)
    return Home(
        as_of=told.as_of,
        figures=_figures(told, shop, language),
        phases=[
            PhaseCount(
                phase=phase.phase,
                label=say(f"api.phase_{phase.phase}", language),
                customers=phase.customers,
                spent=money(phase.spent.minor, shop),
            )
            for phase in told.phases
        ],
        months=[
            MonthRevenue(
                month=month.month,
                orders=month.orders,
                revenue=money(month.revenue.minor, shop),
                refunds=money(month.refunds.minor, shop),
            )
            for month in analytics.revenue_by_month(house.warehouse, shop, now)
        ],
        next_steps=[_next_step(one, shop, language) for one in advice],
    )


def _figures(told: analytics.KeyFigures, shop: Shop, language: Language) -> list[Figure]:
    def figure(
        key: str,
        *,
        count: int | None = None,
        share: float | None = None,
        amount: analytics.Money | None = None,
        unit: Literal["count", "share", "money"] = "count",
        change: float | None = None,
    ) -> Figure:
        note = f"api.figure_{key}_note"
        return Figure(
            key=key,
            label=say(f"api.figure_{key}", language),
            unit=unit,
            count=count,
            share=share,
            money=None if amount is None else money(amount.minor, shop),
            change=change,
            note=say(note, language),
        )

    return [
        figure("active_customers", count=told.active),
        figure("repeat_rate", share=told.repeat_rate, unit="share"),
        figure("revenue", amount=told.revenue, unit="money", change=told.revenue_change),
        figure("at_risk", amount=told.at_risk.spent, unit="money"),
        figure("customers", count=told.customers),
        figure("orders", count=told.orders),
        figure("average_order", amount=told.average_order, unit="money"),
        figure("top_share", share=told.top_share, unit="share"),
    ]


def _next_step(advice: analytics.Advice, shop: Shop, language: Language) -> NextStep:
    return NextStep(
        key=advice.key.rpartition(".")[2],
        sentence=advice.say(language),
        segment_id=advice.segment_id,
        flow_id=advice.flow_id,
        link=advice.link,
        customers=advice.customers,
        money=None if advice.value is None else money(advice.value.minor, shop),
    )
