"""Messages that were accepted, as those who react to them see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from relance.sending.outbox import OUTBOX
from relance.store import Shop


@dataclass(frozen=True)
class Sent:
    """One accepted message."""

    message_id: str
    customer_id: str
    step: str
    coupon: str | None
    accepted_at: datetime


def accepted(connection: Connection, shop: Shop, message_ids: Sequence[str]) -> list[Sent]:
    """Those of the messages that were accepted, by when and message id."""
    rows = connection.execute(
        select(OUTBOX.c.message_id, OUTBOX.c.customer_id, OUTBOX.c.step, OUTBOX.c.coupon, OUTBOX.c.settled_at)
        .where(OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.message_id.in_(message_ids), OUTBOX.c.state == "accepted")
        .order_by(OUTBOX.c.settled_at, OUTBOX.c.message_id)
    )
    return [Sent(*row) for row in rows]
