"""A clock that never goes back, so that a wrong clock neither replays a retry nor revives what expired (S4).

On PostgreSQL, which senders on several machines share, it is the database's: what their own machines say does not
matter. A clock that was set, such as that of a replay, is believed everywhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.clock import Clock, system_clock
from relance.store import Shop, tables

CURSOR: Final = tables.cursor
NAME: Final = "sending"
_SEEN: Final = select(CURSOR.c.moved_at).where(CURSOR.c.shop_id == bindparam("shop_id"), CURSOR.c.name == NAME)


def instant(connection: Connection, clock: Clock) -> datetime:
    """What `clock` says; on PostgreSQL, in place of the machine's clock, what the database's says."""
    if clock is system_clock and connection.dialect.name == "postgresql":
        return connection.execute(select(func.clock_timestamp(type_=tables.Instant()))).scalar_one()
    return clock()


def high_water(connection: Connection, shop: Shop, clock: Clock) -> datetime:
    """The instant, or the latest that sending has seen; the later of the two is kept."""
    now, seen = _both(connection, shop, clock)
    if seen is None:
        row = {"shop_id": shop.shop_id, "name": NAME, "position": 0, "moved_at": now}
        # another sender may write it first; then this one's instant comes with its next claim
        new = sqlite.insert(CURSOR) if connection.dialect.name == "sqlite" else postgresql.insert(CURSOR)
        connection.execute(new.values(row).on_conflict_do_nothing())
        return now
    if now > seen:
        mine = (CURSOR.c.shop_id == shop.shop_id, CURSOR.c.name == NAME)
        connection.execute(update(CURSOR).where(*mine).values(moved_at=now))
    return max(now, seen)


def not_earlier(connection: Connection, shop: Shop, clock: Clock) -> datetime:
    """The instant, or the latest that sending has seen, without keeping it."""
    now, seen = _both(connection, shop, clock)
    return now if seen is None else max(now, seen)


def _both(connection: Connection, shop: Shop, clock: Clock) -> tuple[datetime, datetime | None]:
    """The instant, and the latest that sending has seen."""
    seen = connection.execute(_SEEN, {"shop_id": shop.shop_id}).scalar_one_or_none()
    return instant(connection, clock), seen
