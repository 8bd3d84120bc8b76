"""Positions of customers who were merged: of several in one flow the furthest stays (S5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from relance.store import Shop, lock_recipients, tables

POSITION = tables.flow_position
PASSAGE = tables.flow_passage


def join_positions(connection: Connection, shop: Shop, groups: Mapping[str, Sequence[str]], now: datetime) -> int:
    """Of each group (whom people are with, and everybody who is) keep one waiting position a flow; how many ended.

    The furthest is that which passed most steps, of several the one entered first; it goes on under the one whom the
    others are with. What the others' positions planned is left to the gate.
    """
    ended = 0
    for holder, members in groups.items():
        lock_recipients(connection, shop, members, now)
        by_flow: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in _waiting(connection, shop, members):
            by_flow[row.flow_id].append(row)
        for rows in by_flow.values():
            first, *others = sorted(rows, key=lambda row: (-row.passed, row.entered_at, row.id))
            for row in others:
                _end(connection, row, now)
            ended += len(others)
            if first.customer_id != holder and not _hand_over(connection, shop, first, holder):
                _end(connection, first, now)
                ended += 1
    return ended


def _waiting(connection: Connection, shop: Shop, members: Sequence[str]) -> Sequence[Row[Any]]:
    passed = select(func.count()).where(PASSAGE.c.position_id == POSITION.c.id).scalar_subquery()
    wanted = (POSITION.c.shop_id == shop.shop_id, POSITION.c.customer_id.in_(members), POSITION.c.state == "waiting")
    return connection.execute(select(POSITION, passed.label("passed")).where(*wanted)).all()


def _end(connection: Connection, row: Row[Any], now: datetime) -> None:
    ending = update(POSITION).where(POSITION.c.id == row.id, POSITION.c.state == "waiting")
    connection.execute(ending.values(state="ended", reason="merged", due_at=None, moved_at=now))


def _hand_over(connection: Connection, shop: Shop, row: Row[Any], holder: str) -> bool:
    """Put the position under another's name; False where that one was here for the same occurrence already."""
    same = (POSITION.c.flow_id == row.flow_id, POSITION.c.occurrence == row.occurrence)
    theirs = (POSITION.c.shop_id == shop.shop_id, POSITION.c.customer_id == holder, *same)
    if connection.execute(select(POSITION.c.id).where(*theirs)).first() is not None:
        return False
    connection.execute(update(POSITION).where(POSITION.c.id == row.id).values(customer_id=holder))
    return True
