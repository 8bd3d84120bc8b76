"""Sent messages with tracked links, as the sending room leaves them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from relance.store import Shop, tables


def send_letter(
    connection: Connection,
    shop: Shop,
    accepted_at: datetime,
    *,
    customer: str = "c1",
    links: int = 4,
    honeypot: bool = False,
    address: str = "julie@example.fr",
) -> tuple[int, list[int]]:
    """An accepted message: its id, and those of its links, the honeypot last."""
    values = {
        "shop_id": shop.shop_id,
        "source": "flow:inactive-customers",
        "step": "m3",
        "occurrence": f"order-{customer}",
        "customer_id": customer,
        "channel": "email",
        "purpose": "marketing",
        "address": address,
        "language": "fr",
        "template": "reminder",
        "facts": {},
        "facts_as_of": accepted_at,
        "message_id": f"<{customer}@boutique.example>",
        "priority": 1,
        "state": "accepted",
        "epoch": 1,
        "attempts": 1,
        "planned_at": accepted_at,
        "settled_at": accepted_at,
    }
    outbox_id = connection.execute(insert(tables.outbox).values(values).returning(tables.outbox.c.id)).scalar_one()
    kinds = ["link"] * links + ["honeypot"] * honeypot
    found = [
        connection.execute(
            insert(tables.tracked_link)
            .values(
                shop_id=shop.shop_id,
                outbox_id=outbox_id,
                position=place,
                target=f"https://boutique.example/{place}",
                kind=kind,
            )
            .returning(tables.tracked_link.c.id)
        ).scalar_one()
        for place, kind in enumerate(kinds)
    ]
    return outbox_id, found
