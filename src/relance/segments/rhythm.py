"""When a running server refreshes the segments by itself, and as of which instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from ibis.backends import BaseBackend

from relance.clock import start_of_day
from relance.segments.overview import last_as_of
from relance.store import Shop
from relance.warehouse import Warehouse

PAUSE: Final = timedelta(minutes=1)
STILL: Final = timedelta(days=30)


def due_instant(warehouse: Warehouse, shop: Shop, now: datetime) -> datetime | None:
    """The instant that a refresh is due for, or None.

    A living shop is refreshed after each midnight of its zone, and a minute after the last refresh when data came in.
    A shop without any order in the last 30 days is shown as of the day after its last one: as of today its segments
    would only have emptied.
    """
    with warehouse.read() as engine:
        last, newest, loaded = last_as_of(engine), _last_day(engine), _last_load(engine)
    if newest is None:
        return None
    rested = start_of_day(newest + timedelta(days=1), shop.zone)
    if now - rested > STILL:
        return rested if last is None or last < rested else None
    midnight = start_of_day(now.astimezone(shop.zone).date(), shop.zone)
    if last is None or last < midnight or (loaded is not None and last < loaded <= now and now - last >= PAUSE):
        return now
    return None


def _last_day(engine: BaseBackend) -> date | None:
    day: date | None = engine.to_pyarrow(engine.table("order").day.max()).as_py()
    return day


def _last_load(engine: BaseBackend) -> datetime | None:
    found = engine.to_pyarrow(engine.table("loaded_batch").loaded_at.max()).as_py()
    return found.replace(tzinfo=UTC) if found else None
