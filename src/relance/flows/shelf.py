"""The shop's flows: definitions and their versions, whether they run, and who stands where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Connection, Row, Table, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.errors import NotFound
from relance.flows.definition import Flow, Names, Send, library, read_flow
from relance.store import Shop, tables

State = Literal["draft", "active", "paused"]


@dataclass(frozen=True)
class FlowRow:
    """One line of the list of flows. `inside` counts the people who wait in it now."""

    flow_id: str
    name: Names
    description: Names
    version: int
    state: State
    activated_at: datetime | None
    ticked_until: datetime | None
    inside: int
    entered: int


@dataclass(frozen=True)
class PositionRow:
    """Where a customer stands or stood in a flow. `state` is waiting or ended; `reason` says why it ended."""

    flow_id: str
    flow_name: Names
    step: str
    step_name: Names
    state: str
    reason: str | None
    occurrence: str
    anchor_at: datetime
    entered_at: datetime
    moved_at: datetime
    due_at: datetime | None


def source_of(flow_id: str) -> str:
    """The name under which a flow's messages stand in the outbox."""
    return f"flow:{flow_id}"


def install_library(connection: Connection, shop: Shop, now: datetime) -> list[str]:
    """Add the flows that come with Relance as drafts, those that the shop has not got yet; the ids of the new ones."""
    flow = tables.flow
    have = set(connection.scalars(select(flow.c.flow_id).where(flow.c.shop_id == shop.shop_id)))
    new = [made for made in library() if made.flow_id not in have]
    for made in new:
        save_flow(connection, shop, made.data, now)
    return [made.flow_id for made in new]


def save_flow(connection: Connection, shop: Shop, data: Mapping[str, Any], now: datetime) -> int:
    """Keep a definition as the flow's next version, which is returned; people inside finish the version they entered.

    Raises BadInput when the definition is wrong.
    """
    made = read_flow(data)
    flow = tables.flow
    mine = (flow.c.shop_id == shop.shop_id) & (flow.c.flow_id == made.flow_id)
    last = connection.scalar(select(flow.c.version).where(mine))
    version = (last or 0) + 1
    if last is None:
        connection.execute(
            insert(flow).values(shop_id=shop.shop_id, flow_id=made.flow_id, version=version, state="draft")
        )
    else:
        connection.execute(update(flow).where(mine).values(version=version))
    connection.execute(
        insert(tables.flow_version).values(
            shop_id=shop.shop_id,
            flow_id=made.flow_id,
            version=version,
            definition=dict(data),
            saved_at=now,
        )
    )
    return version


def find_row(connection: Connection, shop: Shop, flow_id: str) -> Row[Any]:
    """The flow's row. Raises NotFound."""
    flow = tables.flow
    row = connection.execute(
        select(flow).where(flow.c.shop_id == shop.shop_id, flow.c.flow_id == flow_id)
    ).one_or_none()
    if row is None:
        raise NotFound("flows.no_flow", flow=flow_id)
    return row


def find_flow(connection: Connection, shop: Shop, flow_id: str, version: int | None = None) -> Flow:
    """A version of a flow's definition, the current one by default. Raises NotFound."""
    wanted = find_row(connection, shop, flow_id).version if version is None else version
    kept = tables.flow_version
    data = connection.scalar(
        select(kept.c.definition).where(
            kept.c.shop_id == shop.shop_id, kept.c.flow_id == flow_id, kept.c.version == wanted
        )
    )
    if data is None:
        raise NotFound("flows.no_flow", flow=flow_id)
    return read_flow(data)


def list_flows(connection: Connection, shop: Shop) -> list[FlowRow]:
    """Every flow of the shop with its state and how many people are and were inside, by id."""
    flow, kept, position = tables.flow, tables.flow_version, tables.flow_position
    counts = {
        row.flow_id: row
        for row in connection.execute(
            select(
                position.c.flow_id,
                func.count().label("entered"),
                func.count().filter(position.c.state == "waiting").label("inside"),
            )
            .where(position.c.shop_id == shop.shop_id)
            .group_by(position.c.flow_id)
        )
    }
    rows = connection.execute(
        select(flow, kept.c.definition)
        .join_from(
            flow,
            kept,
            (kept.c.shop_id == flow.c.shop_id)
            & (kept.c.flow_id == flow.c.flow_id)
            & (kept.c.version == flow.c.version),
        )
        .where(flow.c.shop_id == shop.shop_id)
        .order_by(flow.c.flow_id)
    )
    return [_flow_row(row, counts.get(row.flow_id)) for row in rows]


def _flow_row(row: Row[Any], counts: Row[Any] | None) -> FlowRow:
    made = read_flow(row.definition)
    inside, entered = (counts.inside, counts.entered) if counts else (0, 0)
    return FlowRow(
        row.flow_id,
        made.name,
        made.description,
        row.version,
        row.state,
        row.activated_at,
        row.ticked_until,
        inside,
        entered,
    )


def ticked_until(connection: Connection, shop: Shop) -> datetime | None:
    """The instant up to which every active flow has run, or was activated; None when none is active."""
    flow = tables.flow
    reached = func.min(func.coalesce(flow.c.ticked_until, flow.c.activated_at), type_=tables.Instant())
    return connection.scalar(select(reached).where(flow.c.shop_id == shop.shop_id, flow.c.state == "active"))


def positions_of(connection: Connection, shop: Shop, customer_id: str) -> list[PositionRow]:
    """Every entry of one customer into a flow, the latest first."""
    position = tables.flow_position
    rows = connection.execute(
        select(position)
        .where(position.c.shop_id == shop.shop_id, position.c.customer_id == customer_id)
        .order_by(position.c.entered_at.desc(), position.c.id.desc())
    ).all()
    flows = Versions(connection, shop)
    return [_position_row(row, flows.get(row.flow_id, row.version)) for row in rows]


def _position_row(row: Row[Any], flow: Flow) -> PositionRow:
    return PositionRow(
        row.flow_id,
        flow.name,
        row.step,
        flow.steps[row.step].name,
        row.state,
        row.reason,
        row.occurrence,
        row.anchor_at,
        row.entered_at,
        row.moved_at,
        row.due_at,
    )


class Versions:
    """The versions of flows that one reader meets, each read once."""

    def __init__(self, connection: Connection, shop: Shop) -> None:
        self.get = lru_cache(maxsize=None)(lambda flow_id, version: find_flow(connection, shop, flow_id, version))


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that break no unique key, and leave out the others."""
    if rows:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def codes_of(flow: Flow) -> dict[str, list[Send]]:
    """The coupon codes that a flow's messages carry, each with its steps."""
    codes: dict[str, list[Send]] = {}
    for step in flow.sends():
        if step.coupon is not None:
            codes.setdefault(step.coupon.code, []).append(step)
    return codes
