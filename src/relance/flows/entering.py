"""Who enters a flow and who leaves it: set questions to the warehouse, answered in batches of rows in the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, bindparam, select, update

from relance.clock import start_of_day
from relance.flows.advance import Position, add_months, start
from relance.flows.definition import Flow, Wait
from relance.flows.orders import leavers, newcomers, occurrences
from relance.flows.shelf import find_flow, find_row, insert_new
from relance.profiles import Reading
from relance.sending import cancel
from relance.store import Shop, Store, tables
from relance.warehouse import Warehouse

ROWS_A_BATCH: Final = 5000
Item = TypeVar("Item")


def batches(items: Sequence[Item], size: int = ROWS_A_BATCH) -> Iterator[Sequence[Item]]:
    """The items in slices of `size`."""
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def runs(connection: Connection, shop: Shop, flow_id: str) -> bool:
    """Whether the flow is active, read under the lock that pausing it has to wait for."""
    flow = tables.flow
    mine = (flow.c.shop_id == shop.shop_id) & (flow.c.flow_id == flow_id)
    return connection.scalar(select(flow.c.state).where(mine).with_for_update()) == "active"


def let_in(store: Store, warehouse: Warehouse, shop: Shop, flow_id: str, now: datetime) -> int:
    """Enrol everybody with a last order for which nobody entered yet, at the first wait not yet over (S27); how many.

    Past steps are not made up for: history that was imported or that waited for a tick fires nothing (S10).
    """
    position = tables.flow_position
    with store.read() as connection:
        flow, version = find_flow(connection, shop, flow_id), find_row(connection, shop, flow_id).version
        since = _earliest_anchor(flow, now, shop)
        known = connection.execute(
            select(position.c.customer_id, position.c.occurrence, position.c.anchor_at).where(
                position.c.shop_id == shop.shop_id, position.c.flow_id == flow_id, position.c.anchor_at > since
            )
        ).all()
    with warehouse.read() as engine:
        new = newcomers(Reading(engine, shop, now), since, occurrences([tuple(row) for row in known]))
    begins = _Begins(flow, now, shop)
    same = {"shop_id": shop.shop_id, "flow_id": flow_id, "version": version, "entered_at": now, "moved_at": now}
    columns = (new[name].to_pylist() for name in ("customer_id", "occurrence", "day", "anchor_at"))
    rows = [row | same for row in map(begins.row, *columns) if row]
    entered = 0
    for batch in batches(rows):
        with store.begin() as connection:
            if not runs(connection, shop, flow_id):
                return entered
            insert_new(connection, position, batch)
            entered += len(batch)
    return entered


class _Begins:
    """Where people begin, found once for each day of a last order."""

    def __init__(self, flow: Flow, now: datetime, shop: Shop) -> None:
        self.flow, self.now, self.shop = flow, now, shop
        self.found: dict[date, tuple[Wait, datetime] | None] = {}

    def row(self, customer_id: str, occurrence: str, day: date, anchor_at: datetime) -> dict[str, Any]:
        """The position of a newcomer; empty past the last wait."""
        if day not in self.found:
            self.found[day] = start(self.flow, start_of_day(day, self.shop.zone), self.now, self.shop.zone)
        begins = self.found[day]
        if begins is None:
            return {}
        wait, ends = begins
        return {
            "customer_id": customer_id,
            "occurrence": occurrence,
            "anchor_at": anchor_at.replace(tzinfo=self.now.tzinfo),
            "step": wait.step_id,
            "due_at": ends,
            "state": "waiting",
        }


def _earliest_anchor(flow: Flow, now: datetime, shop: Shop) -> datetime:
    """An instant before which no last order lets anybody in: the last wait's months ago, and a few days to be sure."""
    months = flow.waits()[-1].months
    day = add_months(now.astimezone(shop.zone).date(), -months) - timedelta(days=4)
    return start_of_day(day, shop.zone)


def let_out(store: Store, warehouse: Warehouse, shop: Shop, flow_id: str, now: datetime) -> int:
    """End the positions of those who ordered again, or whose order no longer counts, and cancel what still waits to
    be sent to them; how many left."""
    with store.read() as connection:
        inside = connection.execute(_inside(shop, flow_id)).all()
    if not inside:
        return 0
    with warehouse.read() as engine:
        table = occurrences([(row.customer_id, row.occurrence, row.anchor_at) for row in inside])
        gone = leavers(engine, shop, now, table)
    leaving = [row for row in inside if (row.customer_id, row.occurrence) in gone]
    left = 0
    for batch in batches(leaving):
        moves = [
            {"position": row.id, "to": row.step, "due": None, "becomes": "ended", "why": why, "at": now}
            for row in batch
            if row.state == "waiting" and (why := gone[row.customer_id, row.occurrence])
        ]
        with store.begin() as connection:
            if not runs(connection, shop, flow_id):
                return left
            move(connection, moves)
            cancel(connection, shop, f"flow:{flow_id}", [row.customer_id for row in batch], "flow.left", now)
        left += len(moves)
    return left


def _inside(shop: Shop, flow_id: str) -> Select[Any]:
    """The positions of those who wait in the flow, or for whom one of its messages still waits to be sent."""
    position, outbox = tables.flow_position, tables.outbox
    message = (
        select(outbox.c.id)
        .where(
            outbox.c.shop_id == shop.shop_id,
            outbox.c.customer_id == position.c.customer_id,
            outbox.c.state.in_(("queued", "deferred")),
            outbox.c.source == f"flow:{flow_id}",
            outbox.c.occurrence == position.c.occurrence,
        )
        .exists()
    )
    mine = (position.c.shop_id == shop.shop_id) & (position.c.flow_id == flow_id)
    return select(position).where(mine, (position.c.state == "waiting") | message)


def move(connection: Connection, moves: Sequence[dict[str, Any]]) -> None:
    """Write where positions went: rows of position, to, due, becomes, why, at; those that ended before stay ended."""
    position = tables.flow_position
    statement = update(position).where(position.c.id == bindparam("position"), position.c.state == "waiting")
    statement = statement.values(
        step=bindparam("to"),
        due_at=bindparam("due"),
        state=bindparam("becomes"),
        reason=bindparam("why"),
        moved_at=bindparam("at"),
    )
    if moves:
        connection.execute(statement, list(moves))


def due_positions(connection: Connection, shop: Shop, flow_id: str, now: datetime) -> list[Position]:
    """The next batch of those whose wait is over, the longest overdue first."""
    position = tables.flow_position
    rows = connection.execute(
        select(position)
        .where(
            position.c.shop_id == shop.shop_id,
            position.c.flow_id == flow_id,
            position.c.state == "waiting",
            position.c.due_at <= now,
        )
        .order_by(position.c.due_at, position.c.id)
        .limit(ROWS_A_BATCH)
    )
    return [
        Position(row.id, row.version, row.customer_id, row.occurrence, row.anchor_at, row.step, row.due_at)
        for row in rows
    ]
