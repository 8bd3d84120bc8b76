"""Messages of a flow that waited so long that their facts grow old are read anew (S3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from relance.consent import note_circumstances, read_circumstances
from relance.flows.advance import Position
from relance.flows.asking import asked_by
from relance.flows.definition import Send
from relance.flows.messages import Message, intents_of
from relance.flows.shelf import Versions, source_of
from relance.sending import Stale, renew, stale
from relance.store import Shop, Store, tables
from relance.warehouse import Warehouse

POSITION = tables.flow_position


def renew_facts(store: Store, warehouse: Warehouse, shop: Shop, flow_id: str, now: datetime) -> int:
    """Renew the facts of a flow's waiting messages; of how many."""
    with store.read() as connection:
        waiting = stale(connection, shop, source_of(flow_id), now)
        versions = Versions(connection, shop)
        messages = _messages(connection, shop, flow_id, waiting, versions)
        caps = {
            message.position.version: versions.get(flow_id, message.position.version).caps
            for message in messages.values()
        }
        asked = asked_by(connection, shop, {message.step.template for message in messages.values()})
    if not messages:
        return 0
    intents = intents_of(warehouse, shop, source_of(flow_id), list(messages.values()), caps, asked, now)
    known = read_circumstances(warehouse, {message.position.customer_id for message in messages.values()})
    with store.begin() as connection:
        note_circumstances(connection, shop, known, now)
        return renew(connection, shop, {number: intents[message] for number, message in messages.items()}, now)


def _messages(
    connection: Connection, shop: Shop, flow_id: str, waiting: list[Stale], versions: Versions
) -> dict[int, Message]:
    """What each waiting message was planned for, by outbox id."""
    rows = connection.execute(
        select(POSITION).where(
            POSITION.c.shop_id == shop.shop_id,
            POSITION.c.flow_id == flow_id,
            POSITION.c.customer_id.in_({one.customer_id for one in waiting}),
        )
    )
    held = {(row.customer_id, row.occurrence): row for row in rows}
    found: dict[int, Message] = {}
    for one in waiting:
        row = held.get((one.customer_id, one.occurrence))
        step = None if row is None else versions.get(flow_id, row.version).steps.get(one.step)
        if row is None or not isinstance(step, Send):
            continue
        place = Position(
            row.id, row.version, row.customer_id, row.occurrence, row.anchor_at, row.step, row.due_at or row.moved_at
        )
        found[one.outbox_id] = Message(place, step)
    return found
