"""Messages in the outbox, as the planner leaves them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from relance.consent import address_hmac
from relance.store import Shop, tables

KEY = b"k" * 32


def add_message(
    connection: Connection, shop: Shop, customer: str, address: str, now: datetime, channel: str = "email", **more: Any
) -> int:
    """A message that waits for its sender; its number."""
    row = {
        "shop_id": shop.shop_id,
        "source": "flow:f2",
        "step": "first",
        "occurrence": f"o-{customer}-{channel}",
        "customer_id": customer,
        "channel": channel,
        "purpose": "marketing",
        "address": address,
        "address_hmac": address_hmac(more.pop("key", KEY), channel, address),
        "language": "fr",
        "template": "f2_first",
        "facts": {},
        "facts_as_of": now,
        "message_id": f"<{customer}.{channel}.k1@clairval.example>",
        "priority": 50,
        "state": "queued",
        "epoch": 0,
        "attempts": 0,
        "planned_at": now,
        **more,
    }
    statement = tables.outbox.insert().values(row).returning(tables.outbox.c.id)
    return int(connection.execute(statement).scalar_one())
