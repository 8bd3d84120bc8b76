"""A clock that never goes back, so that a wrong clock neither replays a retry nor revives what expired (S4)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.store import Shop, tables

CURSOR: Final = tables.cursor
NAME: Final = "sending"


def high_water(connection: Connection, shop: Shop, now: datetime) -> datetime:
    """`now`, or the latest instant that sending has seen; the later of the two is kept."""
    mine = (CURSOR.c.shop_id == shop.shop_id, CURSOR.c.name == NAME)
    seen: datetime | None = connection.execute(select(CURSOR.c.moved_at).where(*mine)).scalar_one_or_none()
    if seen is None:
        row = {"shop_id": shop.shop_id, "name": NAME, "position": 0, "moved_at": now}
        # another sender may write it first; then this one's instant comes with its next claim
        new = sqlite.insert(CURSOR) if connection.dialect.name == "sqlite" else postgresql.insert(CURSOR)
        connection.execute(new.values(row).on_conflict_do_nothing())
        return now
    if now > seen:
        connection.execute(update(CURSOR).where(*mine).values(moved_at=now))
    return max(now, seen)


def not_earlier(connection: Connection, shop: Shop, now: datetime) -> datetime:
    """`now`, or the latest instant that sending has seen, without keeping it."""
    mine = (CURSOR.c.shop_id == shop.shop_id, CURSOR.c.name == NAME)
    seen: datetime | None = connection.execute(select(CURSOR.c.moved_at).where(*mine)).scalar_one_or_none()
    return now if seen is None else max(now, seen)
