"""How long a person is kept: three years after their own last act (CNIL, and Spartoo, SAN-2020-003); never an open.

The person's acts are orders, human clicks, visits that are known to be theirs, and what they agreed to; without any,
the day on which they became known. What the shop does, such as sending or importing again, extends nothing.
https://www.cnil.fr/fr/les-durees-de-conservation-des-donnees
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

YEARS: Final = 3
SOON_MONTHS: Final = 1  # how long before the end people are listed as soon due
ACTS: Final = ("order", "click", "visit", "agreement", "known_since")


@dataclass(frozen=True)
class Stale:
    """Somebody whose time is over, or soon is: their last act, what it was, and the day from which they are erased."""

    customer_id: str
    last_act: datetime
    act: str
    due_on: date


@dataclass(frozen=True)
class RetentionReport:
    """What the clock says as of an instant: who is due, who will be within a month, and how many nobody can date."""

    due: tuple[Stale, ...]
    soon: tuple[Stale, ...]
    undated: int
    people: int


def retention(warehouse: Warehouse, shop: Shop, now: datetime) -> RetentionReport:
    """Who is to be erased as of `now`, the longest silent first. Changes nothing."""
    with warehouse.read() as engine:
        acts = _last_acts(engine)
        limit = _back(now, 0)
        soon = _back(now, SOON_MONTHS)
        old = acts.filter(acts.last_act <= ibis.literal(soon, type="timestamp")).order_by("last_act", "customer_id")
        found = [_stale(row, shop) for row in rows_of(engine, old)]
        customer = engine.table("customer")
        (counted,) = rows_of(engine, customer.agg(people=customer.count()))
        (dated,) = rows_of(engine, acts.agg(known=acts.count()))
    over = limit.replace(tzinfo=UTC)
    due = tuple(one for one in found if one.last_act <= over)
    return RetentionReport(due, tuple(found[len(due) :]), counted["people"] - dated["known"], counted["people"])


def _last_acts(engine: BaseBackend) -> Table:
    """The last act of each customer of whom one is known: customer_id, last_act, act."""
    order, event, visit = engine.table("order"), engine.table("message_event"), engine.table("event")
    consent, customer = engine.table("consent_entry"), engine.table("customer")
    clicks = event.filter(event.kind == "clicked", event.verdict == "human")
    granted = consent.filter(consent.status == "granted")
    parts = (
        ("order", order.filter(~order.test), "ordered_at"),
        ("click", clicks, "occurred_at"),
        ("visit", visit, "occurred_at"),
        ("agreement", granted, "at"),
        ("known_since", customer, "added_at"),
    )
    every = [
        rows.select(
            customer_id=rows.customer_id.cast("string"), at=rows[at].cast("timestamp"), act=ibis.literal(act)
        ).filter(ibis._["at"].notnull())
        for act, rows, at in parts
    ]
    said = ibis.union(*every)
    last = said.group_by("customer_id").agg(last_act=said["at"].max(), act=said.act.argmax(said["at"]))
    return last.semi_join(customer, "customer_id")


def _back(now: datetime, ahead: int) -> datetime:
    """The instant three years before `now` and months later, naive UTC; the last day of a month that is shorter."""
    at = now.astimezone(UTC).replace(tzinfo=None)
    months = (at.year - YEARS) * 12 + at.month - 1 + ahead
    return _at_day(at, months // 12, months % 12 + 1)


def _at_day(at: datetime, year: int, month: int) -> datetime:
    for day in (at.day, 30, 29, 28):
        try:
            return at.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise ValueError(at)


def _stale(row: dict[str, Any], shop: Shop) -> Stale:
    last = row["last_act"].replace(tzinfo=UTC)
    local = last.astimezone(shop.zone)
    due = _at_day(local.replace(tzinfo=None), local.year + YEARS, local.month)
    return Stale(row["customer_id"], last, row["act"], due.date())
