"""The ledger as segments read it: entry by entry, in the order of writing, without any personal part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection, func, select

from relance.consent.ledger import LEDGER
from relance.consent.state import ACTIONS
from relance.store import Shop

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# three fields of one whole number: rank, then microseconds since 1970, then strictness; a tenth of 63 bits holds it
PER_RANK: Final = 2 * 10**17
PER_MICROSECOND: Final = 10
LAST_MICROSECOND: Final = PER_RANK // PER_MICROSECOND - 1
COLUMNS: Final = (
    *(LEDGER.c.id, LEDGER.c.customer_id, LEDGER.c.channel, LEDGER.c.purpose, LEDGER.c.action),
    *(LEDGER.c.occurred_at, LEDGER.c.recorded_at),
)
SCHEMA: Final = pa.schema(
    {
        "seq": pa.int64(),
        "customer_id": pa.string(),
        "channel": pa.string(),
        "purpose": pa.string(),
        "status": pa.string(),
        "at": pa.timestamp("us"),
        "weight": pa.int64(),
    }
)


def entries_after(connection: Connection, shop: Shop, seq: int, limit: int) -> pa.Table:
    """Up to `limit` entries of the ledger after number `seq`, in order, as rows of the warehouse's `consent_entry`.

    `at` is when the entry became true (naive UTC): a grant that nobody dated is true since 1970, anything else
    without a date since it was recorded. Of a person's entries on one channel and purpose, the one of the greatest
    `weight` is the state, as `state.fold` has it.
    """
    wanted = select(*COLUMNS).where(LEDGER.c.shop_id == shop.shop_id, LEDGER.c.id > seq)
    rows = connection.execute(wanted.order_by(LEDGER.c.id).limit(limit)).all()
    weights = [ACTIONS[row.action] for row in rows]
    since = [
        row.occurred_at or (EPOCH if weight.gives else row.recorded_at)
        for row, weight in zip(rows, weights, strict=True)
    ]
    columns = {
        "seq": [row.id for row in rows],
        "customer_id": [row.customer_id for row in rows],
        "channel": [row.channel for row in rows],
        "purpose": [row.purpose for row in rows],
        "status": [weight.status for weight in weights],
        "at": [at.astimezone(UTC).replace(tzinfo=None) for at in since],
        "weight": [
            weight.rank * PER_RANK + _microseconds(at) * PER_MICROSECOND + weight.strictness
            for weight, at in zip(weights, since, strict=True)
        ],
    }
    return pa.table(columns, schema=SCHEMA)


def entries_until(connection: Connection, shop: Shop, seq: int) -> int:
    """How many entries the ledger holds up to number `seq`."""
    held = select(func.count()).where(LEDGER.c.shop_id == shop.shop_id, LEDGER.c.id <= seq)
    return connection.execute(held).scalar_one()


def _microseconds(at: datetime) -> int:
    since = at - EPOCH
    return min(max((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds, 0), LAST_MICROSECOND)
