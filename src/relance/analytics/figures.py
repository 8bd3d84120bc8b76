"""The shop's key figures: who the customers are, what came in, and how much of it comes from how few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.analytics.report import Money, money
from relance.profiles import PHASES, Reading, customers_with, facts_of, thresholds
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

ACTIVE_PHASES: Final = ("first_time", "repeat", "loyal")
FADING_PHASES: Final = ("at_risk", "inactive")
PERIOD: Final = timedelta(days=30)
TOP_SHARE: Final = 5  # one customer in five
FACTS: Final = ("number_of_orders", "order_days", "amount_spent", "lifecycle_phase")


@dataclass(frozen=True)
class Phase:
    """One life phase: how many customers, and what they spent in all, net of refunds."""

    phase: str
    customers: int
    spent: Money


@dataclass(frozen=True)
class KeyFigures:
    """The shop at `as_of`. Shares go from 0 to 1 and are None when there is nothing to divide by.

    `buyers` have a counted order, `active` are those in the phases first_time, repeat and loyal. `repeat_rate` is the
    share of buyers who ordered on two days or more. Revenue is gross orders less refunds at their own date (S12), of
    the last 30 days and of the 30 before. `top_share` is the part of net spending that the best fifth of the buyers
    accounts for, equals kept together.
    """

    as_of: datetime
    customers: int
    buyers: int
    with_address: int
    active: int
    repeat_rate: float | None
    one_time: int
    orders: int
    revenue: Money
    previous_revenue: Money
    average_order: Money | None
    at_risk: Phase
    top_share: float | None
    phases: tuple[Phase, ...]
    last_order_at: datetime | None

    @property
    def revenue_change(self) -> float | None:
        """The change of revenue against the 30 days before, as a share; None when there was none."""
        if self.previous_revenue.minor <= 0:
            return None
        return self.revenue.minor / self.previous_revenue.minor - 1


@dataclass(frozen=True)
class MonthRevenue:
    """One calendar month of the shop's zone, `YYYY-MM`: gross orders, and refunds at their own date."""

    month: str
    orders: int
    revenue: Money
    refunds: Money


def key_figures(warehouse: Warehouse, shop: Shop, now: datetime) -> KeyFigures:
    """The key figures as of `now`, in three questions to the warehouse."""
    with warehouse.read() as engine:
        reading = Reading(engine, shop, now)
        people = _people(engine, shop, now)
        phases = {row["phase"]: row for row in rows_of(engine, _by_phase(people))}
        whole = rows_of(engine, _whole(people))[0]
        flows = rows_of(engine, _periods(reading))[0]
    listed = tuple(_phase(shop, phase, phases.get(phase, {})) for phase in PHASES)
    by_name = {phase.phase: phase for phase in listed}
    buyers, orders = whole["buyers"], flows["orders"]
    revenue, before = (flows[name] - flows[f"{name}_back"] for name in ("recent", "earlier"))
    return KeyFigures(
        as_of=now,
        customers=whole["customers"],
        buyers=buyers,
        with_address=whole["with_address"],
        active=sum(by_name[phase].customers for phase in ACTIVE_PHASES),
        repeat_rate=whole["repeaters"] / buyers if buyers else None,
        one_time=buyers - whole["repeaters"],
        orders=orders,
        revenue=money(shop, revenue),
        previous_revenue=money(shop, before),
        average_order=money(shop, round(flows["recent"] / orders)) if orders else None,
        at_risk=by_name["at_risk"],
        top_share=_share(whole["top"], whole["spent"]),
        phases=listed,
        last_order_at=flows["last_at"] and flows["last_at"].replace(tzinfo=now.tzinfo),
    )


def _people(engine: BaseBackend, shop: Shop, now: datetime) -> Table:
    found = thresholds(engine, shop, now, facts_of(FACTS))
    return customers_with(Reading(engine, shop, now), FACTS, found).select("customer_id", "email", *FACTS)


def _by_phase(people: Table) -> Table:
    by = people.group_by(phase=people.lifecycle_phase)
    return by.agg(customers=people.count(), spent=people.amount_spent.sum())


def _whole(people: Table) -> Table:
    """Counts of everybody, and the spending of the best fifth: all who spend at least as much as its last member."""
    buys = people.number_of_orders > 0
    buyers = people.filter(buys).select("amount_spent")
    ranked = buyers.mutate(
        rank=ibis.row_number().over(order_by=buyers.amount_spent.desc()), everyone=buyers.count().over()
    )
    last = ranked.filter(ranked["rank"] * TOP_SHARE < ranked.everyone).agg(edge=ranked.amount_spent.min())
    best = buyers.cross_join(last)
    top = best.agg(top=best.amount_spent.sum(where=best.amount_spent >= best.edge).fill_null(0))
    counts = people.agg(
        customers=people.count(),
        buyers=buys.sum().fill_null(0),
        repeaters=(people.order_days >= 2).sum().fill_null(0),
        with_address=people.email.notnull().sum().fill_null(0),
        spent=people.amount_spent.sum(where=buys).fill_null(0),
    )
    return counts.cross_join(top)


def _periods(reading: Reading) -> Table:
    """Orders and refunds of the last period and of the one before, and the last order's instant."""
    recent, earlier = (ibis.literal((reading.now - PERIOD * n).replace(tzinfo=None)) for n in (1, 2))
    order, refund = reading.orders, refunds(reading)
    at, back = order.ordered_at, refund.refunded_at
    sold = order.agg(
        orders=(at >= recent).sum().fill_null(0),
        recent=order.amount.sum(where=at >= recent).fill_null(0),
        earlier=order.amount.sum(where=(at >= earlier) & (at < recent)).fill_null(0),
        last_at=at.max(),
    )
    returned = refund.agg(
        recent_back=refund.amount.sum(where=back >= recent).fill_null(0),
        earlier_back=refund.amount.sum(where=(back >= earlier) & (back < recent)).fill_null(0),
    )
    return sold.cross_join(returned)


def refunds(reading: Reading) -> Table:
    """Every refund before now, of an order that counts or of none, with its amount in the shop's currency."""
    refund = reading.engine.table("refund")
    known = refund.filter(refund.refunded_at < reading.instant)
    order = reading.orders.filter(reading.orders.amount.notnull()).select(counted="order_id")
    joined = known.left_join(order, known.order_id == order.counted)
    return joined.filter(joined.order_id.isnull() | joined.counted.notnull()).drop("counted")


def _phase(shop: Shop, phase: str, row: Mapping[str, Any]) -> Phase:
    return Phase(phase, row.get("customers", 0), money(shop, int(row.get("spent") or 0)))


def _share(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) if whole and whole > 0 else None


def revenue_by_month(warehouse: Warehouse, shop: Shop, now: datetime, months: int = 24) -> list[MonthRevenue]:
    """The last calendar months up to today's, the oldest first, months without orders included."""
    today = now.astimezone(shop.zone).date()
    first = _months_before(today, months - 1)
    with warehouse.read() as engine:
        reading = Reading(engine, shop, now)
        sold = reading.orders.filter(reading.orders.day >= ibis.literal(first))
        sold = sold.group_by(month=sold.day.truncate("M")).agg(orders=sold.count(), amount=sold.amount.sum())
        refund = refunds(reading)
        back = refund.filter(refund.day >= ibis.literal(first))
        back = back.group_by(month=back.day.truncate("M")).agg(amount=back.amount.sum())
        orders = {f"{row['month']:%Y-%m}": row for row in rows_of(engine, sold)}
        returned = {f"{row['month']:%Y-%m}": int(row["amount"] or 0) for row in rows_of(engine, back)}
    names = [f"{_months_before(today, ago):%Y-%m}" for ago in range(months - 1, -1, -1)]
    return [
        MonthRevenue(
            name,
            orders[name]["orders"] if name in orders else 0,
            money(shop, int(orders[name]["amount"] or 0) if name in orders else 0),
            money(shop, returned.get(name, 0)),
        )
        for name in names
    ]


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)
