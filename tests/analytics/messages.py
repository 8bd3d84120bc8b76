"""Messages in given states and what happened to them, put where the real ones are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa
from sqlalchemy import update
from tests.flows.hand_made import KEY, HandMade

from relance import sending
from relance.store import tables
from relance.warehouse import TABLES

FLOW = "flow:inactive-customers"


@dataclass
class Messages:
    """Plans messages, settles them, and writes events about them to the warehouse."""

    shop: HandMade
    ids: dict[str, str] = field(default_factory=dict)
    _events: list[int] = field(default_factory=lambda: [0])

    def plan(self, name: str, customer_id: str, at: datetime, step: str = "m3-coupon", source: str = FLOW) -> None:
        """Plan one message; `name` is its occurrence."""
        address = f"{customer_id}@exemple.fr"
        intent = sending.Intent(source, step, name, customer_id, "email", "marketing", address, "fr", "inactive-m6", {})
        with self.shop.store.begin() as connection:
            sending.plan(connection, self.shop.shop, [intent], KEY, at)
        self.ids[name] = next(row["message_id"] for row in self.shop.outbox() if row["occurrence"] == name)

    def settle(self, name: str, state: str, at: datetime, reason: str | None = None) -> None:
        """Give a message its end."""
        row = tables.outbox
        with self.shop.store.begin() as connection:
            connection.execute(
                update(row).where(row.c.message_id == self.ids[name]).values(state=state, reason=reason, settled_at=at)
            )

    def send(self, name: str, customer_id: str, at: datetime, step: str = "m3-coupon", source: str = FLOW) -> None:
        """Plan a message and have it accepted a minute later."""
        self.plan(name, customer_id, at, step, source)
        self.settle(name, "accepted", at + timedelta(minutes=1))

    def event(self, name: str, customer_id: str, kind: str, at: datetime, verdict: str | None = None) -> None:
        """Write what happened to a message."""
        self._events[0] += 1
        row = {
            "message_event_id": f"e{self._events[0]}",
            "message_id": self.ids[name],
            "customer_id": customer_id,
            "channel": "email",
            "source": FLOW,
            "step": "m3-coupon",
            "kind": kind,
            "verdict": verdict,
            "occurred_at": at.replace(tzinfo=None),
            "batch_id": "b",
        }
        schema = TABLES["message_event"].to_pyarrow()
        kept = pa.schema([pa.field(column.name, column.type) for column in schema if column.name in row])
        with self.shop.warehouse.write() as writer:
            writer.insert("message_event", pa.Table.from_pylist([row], schema=kept))
