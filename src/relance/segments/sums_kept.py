"""Whether the sums of orders that refreshes keep can be read in place of the orders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import ibis
from ibis.backends import BaseBackend

from relance.profiles import Column, instant_literal
from relance.store import Shop
from relance.warehouse import rows_of

# The agenda's names of what the sums are made of.
SUMMED: Final = ("customer", "order", "refund")


def sums_stand(engine: BaseBackend, shop: Shop, now: datetime) -> bool:
    """Whether what the last refresh kept of customers' orders is what they come to at `now`.

    It is on the day of that refresh, as long as nothing that they are made of waits to be looked at.
    """
    at = instant_literal(now)
    agenda, standing, refresh = (engine.table(name) for name in ("agenda", "standing", "refresh"))
    due = agenda.filter(agenda["at"].isnull() | (agenda["at"] < at))
    figures: Column = refresh.agg(last=refresh.as_of.max())
    figures = figures.cross_join(due.agg(waiting=due.count(where=due.what.split(":")[0].isin(SUMMED))))
    figures = figures.cross_join(standing.agg(kept=standing.orders.count()))
    figures = figures.cross_join(engine.table("customer").agg(people=ibis._.count()))
    (row,) = rows_of(engine, figures)
    if row["last"] is None or row["waiting"] or row["kept"] != row["people"]:
        return False
    last = row["last"].replace(tzinfo=UTC)
    same_day = last.astimezone(shop.zone).date() == now.astimezone(shop.zone).date()
    return bool(last <= now and same_day)
