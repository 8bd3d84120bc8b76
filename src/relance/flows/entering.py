"""Who enters a flow and who leaves it: set questions to the warehouse, answered in batches of rows in the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from relance.clock import start_of_day
from relance.flows.advance import Position, add_months, start
from relance.flows.definition import Flow, Wait
from relance.flows.orders import comings_and_goings, occurrences
from relance.flows.shelf import find_flow, find_row, insert_new, source_of
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


def let_people(
    store: Store, warehouse: Warehouse, shop: Shop, flow_id: str, begin: datetime, now: datetime
) -> tuple[int, int]:
    """Let people into a flow and out of it; how many entered, how many left.

    Everybody with a last order for which nobody entered yet begins at the first wait not yet over at `begin` (S27):
    past steps are not made up for, so that imported history fires nothing (S10). `begin` is the activation's instant
    at the first tick after it, `now` at all later ones. Who ordered again, or whose order no longer counts, ends; what
    still waits to be sent to them is cancelled.
    """
    with store.read() as connection:
        flow, version = find_flow(connection, shop, flow_id), find_row(connection, shop, flow_id).version
        since = _earliest_anchor(flow, begin, shop)
        rows = connection.execute(_positions(shop, flow_id, since)).all()
    with warehouse.read() as engine:
        known = occurrences([(row.customer_id, row.occurrence, row.anchor_at) for row in rows])
        inside = occurrences([(row.customer_id, row.occurrence, row.anchor_at) for row in rows if row.inside])
        found = comings_and_goings(Reading(engine, shop, now), since, known, inside).to_pylist()
    same = {"shop_id": shop.shop_id, "flow_id": flow_id, "version": version, "entered_at": now, "moved_at": now}
    begins = _Begins(flow, begin, shop)
    new = [row | same for row in (begins.row(row) for row in found if row["why"] is None) if row]
    gone = {(row["customer_id"], row["occurrence"]): row["why"] for row in found if row["why"]}
    leaving = [row for row in rows if row.inside and (row.customer_id, row.occurrence) in gone]
    return _enter(store, shop, flow_id, new), _leave(store, shop, flow_id, leaving, gone, now)


def _positions(shop: Shop, flow_id: str, since: datetime) -> Select[Any]:
    """The positions that a tick must know of: those of recent orders, and all who are `inside`: who wait in the flow,
    or for whom one of its messages still waits to be sent."""
    position, outbox = tables.flow_position, tables.outbox
    message = (
        select(outbox.c.id)
        .where(
            outbox.c.shop_id == shop.shop_id,
            outbox.c.customer_id == position.c.customer_id,
            outbox.c.state.in_(("queued", "deferred")),
            outbox.c.source == source_of(flow_id),
            outbox.c.occurrence == position.c.occurrence,
        )
        .exists()
    )
    inside = (position.c.state == "waiting") | message
    mine = (position.c.shop_id == shop.shop_id) & (position.c.flow_id == flow_id)
    columns = (
        position.c.id,
        position.c.customer_id,
        position.c.occurrence,
        position.c.anchor_at,
        position.c.step,
        position.c.state,
    )
    return select(*columns, inside.label("inside")).where(mine, (position.c.anchor_at > since) | inside)


def _enter(store: Store, shop: Shop, flow_id: str, rows: Sequence[dict[str, Any]]) -> int:
    entered = 0
    for batch in batches(rows):
        with store.begin() as connection:
            if not runs(connection, shop, flow_id):
                return entered
            insert_new(connection, tables.flow_position, batch)
            entered += len(batch)
    return entered


def _leave(
    store: Store,
    shop: Shop,
    flow_id: str,
    leaving: Sequence[Row[Any]],
    gone: Mapping[tuple[str, str], str],
    now: datetime,
) -> int:
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
            cancel(connection, shop, source_of(flow_id), [row.customer_id for row in batch], "flow.left", now)
        left += len(moves)
    return left


class _Begins:
    """Where people begin, found once for each day of a last order."""

    def __init__(self, flow: Flow, begin: datetime, shop: Shop) -> None:
        self.flow, self.begin, self.shop = flow, begin, shop
        self.found: dict[date, tuple[Wait, datetime] | None] = {}

    def row(self, newcomer: Mapping[str, Any]) -> dict[str, Any]:
        """The position of a newcomer; empty past the last wait."""
        day = newcomer["day"]
        if day not in self.found:
            self.found[day] = start(self.flow, start_of_day(day, self.shop.zone), self.begin, self.shop.zone)
        begins = self.found[day]
        if begins is None:
            return {}
        wait, ends = begins
        return {
            "customer_id": newcomer["customer_id"],
            "occurrence": newcomer["occurrence"],
            "anchor_at": newcomer["anchor_at"].replace(tzinfo=UTC),
            "step": wait.step_id,
            "due_at": ends,
            "state": "waiting",
        }


def _earliest_anchor(flow: Flow, now: datetime, shop: Shop) -> datetime:
    """An instant before which no last order lets anybody in: the last wait's months ago, and a few days to be sure."""
    months = flow.waits()[-1].months
    day = add_months(now.astimezone(shop.zone).date(), -months) - timedelta(days=4)
    return start_of_day(day, shop.zone)


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
