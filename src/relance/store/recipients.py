"""The lock of one recipient: the gate and every writer of consent, suppression and caps takes it first (S13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from relance.store import tables
from relance.store.shops import Shop
from relance.store.tables import Instant

CHUNK: Final = 5_000


def lock_recipients(connection: Connection, shop: Shop, customer_ids: Iterable[str], now: datetime) -> None:
    """Hold these customers' rows until the end of the transaction.

    A writing transaction of SQLite (`BEGIN IMMEDIATE`) already keeps every other writer out. On PostgreSQL the rows
    are locked in the order of their ids, so that two writers wait for each other and never both.
    """
    if connection.dialect.name == "sqlite":
        return
    recipient = tables.recipient
    everyone = sorted(set(customer_ids))
    for start in range(0, len(everyone), CHUNK):
        chunk = everyone[start : start + CHUNK]
        everybody = select(literal(shop.shop_id), func.unnest(literal(chunk, ARRAY(Text))), literal(now, Instant))
        new = insert(recipient).from_select(["shop_id", "customer_id", "touched_at"], everybody)
        connection.execute(new.on_conflict_do_nothing())
        held = select(recipient.c.customer_id).where(
            recipient.c.shop_id == shop.shop_id, recipient.c.customer_id == func.any(literal(chunk, ARRAY(Text)))
        )
        connection.execute(held.order_by(recipient.c.customer_id).with_for_update()).all()
