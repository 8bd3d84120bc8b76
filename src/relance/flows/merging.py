"""Positions of customers who were merged: of several in one flow the furthest stays, and none is entered anew (S5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from relance.flows.shelf import insert_new
from relance.store import Shop, lock_recipients, tables

POSITION = tables.flow_position
PASSAGE = tables.flow_passage


def join_positions(connection: Connection, shop: Shop, groups: Mapping[str, Sequence[str]], now: datetime) -> int:
    """Of each group (whom people are with, and everybody who is) keep one waiting position a flow; how many ended.

    The furthest is that which passed most steps, of several the one entered first. Whatever the others entered for,
    the one whom they are with has been in for it too, so that the merge lets nobody in.
    """
    ended = 0
    lock_recipients(connection, shop, [name for members in groups.values() for name in members], now)
    for holder, members in groups.items():
        rows = _positions(connection, shop, members)
        waiting = sorted((row for row in rows if row.state == "waiting"), key=_furthest_first)
        kept = {row.flow_id: row.id for row in reversed(waiting)}
        guests = [row for row in rows if row.customer_id != holder]
        copies = [_copy(row, holder, now, stays=kept.get(row.flow_id) == row.id) for row in guests]
        insert_new(connection, POSITION, copies)
        over = [row.id for row in waiting if row.customer_id != holder or kept[row.flow_id] != row.id]
        ending = update(POSITION).where(POSITION.c.id.in_(over), POSITION.c.state == "waiting")
        connection.execute(ending.values(state="ended", reason="merged", due_at=None, moved_at=now))
        ended += len(waiting) - len(kept)
    return ended


def _furthest_first(row: Row[Any]) -> tuple[int, datetime, int]:
    return -row.passed, row.entered_at, row.id


def _positions(connection: Connection, shop: Shop, members: Sequence[str]) -> Sequence[Row[Any]]:
    passed = select(func.count()).where(PASSAGE.c.position_id == POSITION.c.id).scalar_subquery()
    mine = (POSITION.c.shop_id == shop.shop_id, POSITION.c.customer_id.in_(members))
    wanted = select(POSITION, passed.label("passed")).where(*mine).order_by(POSITION.c.id)
    # a flow that moves somebody along meanwhile is waited for
    return connection.execute(wanted.with_for_update(of=POSITION)).all()


def _copy(row: Row[Any], holder: str, now: datetime, *, stays: bool) -> dict[str, Any]:
    """The position under the name of whom the customer is with; it goes on when it is the one that stays."""
    values = {column.name: row._mapping[column.name] for column in POSITION.columns if column.name != "id"}
    if not stays:
        values |= {"state": "ended", "reason": "merged", "due_at": None}
    return values | {"customer_id": holder, "moved_at": now}
