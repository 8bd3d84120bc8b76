"""When a running server refreshes the segments by itself, and as of which instant."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from ibis.backends import BaseBackend

from relance.clock import start_of_day
from relance.profiles import instant_literal
from relance.segments.overview import last_as_of
from relance.store import Shop
from relance.warehouse import Warehouse

PAUSE: Final = timedelta(minutes=1)
STILL: Final = timedelta(days=30)


def due_instant(warehouse: Warehouse, shop: Shop, now: datetime) -> datetime | None:
    """The instant that a refresh is due for, or None.

    A living shop is refreshed as soon as somebody has to be looked at again (the warehouse's agenda), and every minute
    for the windows of hours and minutes. A shop without any order in the last 30 days is shown as of the day after its
    last one: as of today its segments would only have emptied.
    """
    with warehouse.read() as engine:
        last, newest, waiting = last_as_of(engine), _last_day(engine), _waits(engine, now)
    if newest is None:
        return None
    rested = start_of_day(newest + timedelta(days=1), shop.zone)
    if now - rested > STILL:
        return rested if last is None or last < rested else None
    return now if last is None or (last < now and (waiting or now - last >= PAUSE)) else None


def _last_day(engine: BaseBackend) -> date | None:
    day: date | None = engine.to_pyarrow(engine.table("order").day.max()).as_py()
    return day


def _waits(engine: BaseBackend, now: datetime) -> bool:
    """Whether rows of somebody have begun to count."""
    agenda = engine.table("agenda")
    due = agenda.filter(agenda["at"].isnull() | (agenda["at"] < instant_literal(now)))
    return bool(engine.to_pyarrow(due.limit(1).count()).as_py())
