"""The runner of flows: a tick lets people in, lets people out, and moves on, in batches, those whose wait is over.

A tick may be killed anywhere and run again. Entering is unique by occurrence; passages, messages (S6) and the new
positions of a batch are one transaction of the store, and a position moves only from where it was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select, update

from relance.consent import note_circumstances, read_circumstances
from relance.errors import Conflict
from relance.flows.advance import Decision, Facts, Position, advance
from relance.flows.answers import answers_of
from relance.flows.asking import asked_by
from relance.flows.definition import Flow
from relance.flows.entering import due_positions, let_people, move, runs
from relance.flows.messages import Message, intents_of
from relance.flows.orders import leavers, occurrences
from relance.flows.renewing import renew_facts
from relance.flows.running import pause
from relance.flows.shelf import Versions, insert_new, source_of
from relance.sending import dry_offers, plan
from relance.store import Shop, Store, tables
from relance.warehouse import Warehouse

CLOCK_SLACK: Final = timedelta(hours=1)


@dataclass(frozen=True)
class TickResult:
    """What a tick did: people who entered, left early, went to a next step or the end; messages planned or expired."""

    entered: int = 0
    left: int = 0
    moved: int = 0
    planned: int = 0
    expired: int = 0

    def __add__(self, other: TickResult) -> TickResult:
        return TickResult(
            self.entered + other.entered,
            self.left + other.left,
            self.moved + other.moved,
            self.planned + other.planned,
            self.expired + other.expired,
        )


def tick(store: Store, warehouse: Warehouse, shop: Shop, key: bytes, now: datetime) -> TickResult:
    """Run the shop's active flows up to `now`; `key` is the secret that addresses are hashed with.

    After downtime it catches up, the longest overdue first; a message overdue by more than its limit is passed as
    expired. Raises Conflict when the flows have run up to a later instant.
    """
    flow = tables.flow
    with store.read() as connection:
        active = connection.execute(
            select(flow).where(flow.c.shop_id == shop.shop_id, flow.c.state == "active").order_by(flow.c.flow_id)
        ).all()
    done = TickResult()
    for row in active:
        at = _not_before(row.ticked_until, now, row.flow_id)
        fresh = row.ticked_until is None or row.ticked_until < row.activated_at
        entered, left = let_people(store, warehouse, shop, row.flow_id, row.activated_at if fresh else at, at)
        done += TickResult(entered=entered, left=left)
        done += _advance_due(store, warehouse, shop, row.flow_id, key, at)
        renew_facts(store, warehouse, shop, row.flow_id, at)
        with store.begin() as connection:
            mine = (flow.c.shop_id == shop.shop_id) & (flow.c.flow_id == row.flow_id)
            connection.execute(update(flow).where(mine).values(ticked_until=at))
    return done


def _not_before(until: datetime | None, now: datetime, flow_id: str) -> datetime:
    """The later of `now` and the last tick: a clock that was set back a little does not undo anything."""
    if until is None or until <= now:
        return now
    if until - now > CLOCK_SLACK:
        raise Conflict("flows.before_last_tick", flow=flow_id, until=until.isoformat())
    return until


def _advance_due(store: Store, warehouse: Warehouse, shop: Shop, flow_id: str, key: bytes, now: datetime) -> TickResult:
    done = TickResult()
    while True:
        with store.read() as connection:
            due = due_positions(connection, shop, flow_id, now)
            versions = Versions(connection, shop)
            flows = {position.version: versions.get(flow_id, position.version) for position in due}
            asked = asked_by(connection, shop, {step.template for flow in flows.values() for step in flow.sends()})
        if not due:
            return done
        decided = _decide(warehouse, shop, flows, due, now)
        messages = [Message(position, step) for position, decision in decided for step in decision.sends]
        caps = {version: flow.caps for version, flow in flows.items()}
        intents = intents_of(warehouse, shop, source_of(flow_id), messages, caps, asked, now)
        known = read_circumstances(warehouse, {message.position.customer_id for message in messages})
        with store.begin() as connection:
            if not runs(connection, shop, flow_id):
                return done
            kept = _still_there(connection, decided)
            note_circumstances(connection, shop, known, now)
            plan(connection, shop, [intents[message] for message in messages if message.position in kept], key, now)
            done += _write(connection, shop, flow_id, kept, now)
            if dry_offers(connection, shop, source_of(flow_id)):
                # messages wait for their codes; the merchant resumes the flow once there are some (S18)
                pause(connection, shop, flow_id)
                return done


def _decide(
    warehouse: Warehouse, shop: Shop, flows: Mapping[int, Flow], due: Sequence[Position], now: datetime
) -> list[tuple[Position, Decision]]:
    """Everybody's decision; the facts of the whole batch are read at once."""
    ahead = {
        (version, step): flows[version].branches_after(step)
        for version, step in {(position.version, position.step) for position in due}
    }
    conditions = {branch.condition for branches in ahead.values() for branch in branches}
    with warehouse.read() as engine:
        rows = [(position.customer_id, position.occurrence, position.anchor_at) for position in due]
        gone = leavers(engine, shop, now, occurrences(rows))
        answers = answers_of(engine, shop, conditions, {position.customer_id for position in due}, now)
    decided = []
    for position in due:
        known = answers[position.customer_id]
        branches = ahead[position.version, position.step]
        newer = (position.customer_id, position.occurrence) in gone
        facts = Facts(newer, {branch.step_id: known[branch.condition] for branch in branches})
        decided.append((position, advance(flows[position.version], position, facts, now, shop.zone)))
    return decided


def _still_there(connection: Connection, decided: Sequence[tuple[Position, Decision]]) -> dict[Position, Decision]:
    """The decisions of those who still wait where they were read, locked until the transaction ends."""
    position = tables.flow_position
    ids = [at.position_id for at, _ in decided]
    rows = connection.execute(
        select(position.c.id, position.c.step)
        .where(position.c.id.in_(ids), position.c.state == "waiting")
        .order_by(position.c.id)
        .with_for_update()
    )
    steps = {row.id: row.step for row in rows}
    return {at: decision for at, decision in decided if steps.get(at.position_id) == at.step}


def _write(
    connection: Connection, shop: Shop, flow_id: str, kept: Mapping[Position, Decision], now: datetime
) -> TickResult:
    """The passages and the new positions of a batch."""
    passages = [
        {
            "shop_id": shop.shop_id,
            "flow_id": flow_id,
            "version": position.version,
            "position_id": position.position_id,
            "customer_id": position.customer_id,
            "step": passage.step,
            "outcome": passage.outcome,
            "passed_at": now,
        }
        for position, decision in kept.items()
        for passage in decision.passages
    ]
    insert_new(connection, tables.flow_passage, passages)
    move(connection, [_move(position, decision, now) for position, decision in kept.items()])
    outcomes = Counter(row["outcome"] for row in passages)
    left = sum(decision.ended not in {None, "completed"} for decision in kept.values())
    return TickResult(0, left, len(kept) - left, outcomes["planned"], outcomes["expired"])


def _move(position: Position, decision: Decision, now: datetime) -> dict[str, Any]:
    return {
        "position": position.position_id,
        "to": decision.step,
        "due": decision.due_at,
        "becomes": "ended" if decision.ended else "waiting",
        "why": decision.ended,
        "at": now,
    }
