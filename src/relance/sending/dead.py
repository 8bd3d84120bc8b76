"""Dead letters: what was refused for good, could not be written, or was tried until its time ran out.

None of them was taken by anybody, so they can be sent again without a doubt: all of a reason, or of a source, at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from relance.sending.intents import LONGEST_WAITS
from relance.sending.outbox import OUTBOX
from relance.store import Shop

MOST: Final = 100_000
# a failure, or an expiry after tries: what merely came too late was never a letter
DEAD: Final = or_(OUTBOX.c.state == "failed", and_(OUTBOX.c.state == "expired", OUTBOX.c.attempts > 0))


@dataclass(frozen=True)
class DeadLetters:
    """Dead letters of one kind: where they came from, why, how many, and the youngest's end."""

    source: str
    channel: str
    state: str
    reason: str
    count: int
    latest: datetime


def dead_letters(connection: Connection, shop: Shop) -> list[DeadLetters]:
    """The dead letters by source, channel and reason, the most first."""
    kind = (OUTBOX.c.source, OUTBOX.c.channel, OUTBOX.c.state, func.coalesce(OUTBOX.c.reason, "not_after"))
    counted = select(*kind, func.count(), func.max(OUTBOX.c.settled_at)).where(OUTBOX.c.shop_id == shop.shop_id, DEAD)
    rows = connection.execute(counted.group_by(*kind))
    return sorted((DeadLetters(*row) for row in rows), key=lambda one: (-one.count, one.source, one.reason))


def send_again(
    connection: Connection,
    shop: Shop,
    now: datetime,
    *,
    source: str | None = None,
    reason: str | None = None,
    outbox_ids: Sequence[int] | None = None,
    most: int = MOST,
) -> int:
    """Queue dead letters again, all or those of a source, of a reason, or named; how many.

    Each gets as long as a new message of its channel has. The gate is asked about them as about any other.
    """
    which: list[ColumnElement[bool]] = [OUTBOX.c.shop_id == shop.shop_id, DEAD]
    if source is not None:
        which.append(OUTBOX.c.source == source)
    if reason is not None:
        which.append(func.coalesce(OUTBOX.c.reason, "not_after") == reason)
    if outbox_ids is not None:
        which.append(OUTBOX.c.id.in_(list(outbox_ids)))
    queued = 0
    for channel, wait in LONGEST_WAITS.items():
        chosen = select(OUTBOX.c.id).where(*which, OUTBOX.c.channel == channel).order_by(OUTBOX.c.id)
        ids = connection.execute(chosen.limit(most - queued).with_for_update()).scalars().all()
        if not ids:
            continue
        again = update(OUTBOX).where(OUTBOX.c.id.in_(ids))
        fresh = {"state": "queued", "owner": None, "reason": None, "settled_at": None, "doubt_at": None, "attempts": 0}
        queued += connection.execute(
            again.values(**fresh, provider_reply=None, not_after=now + wait, epoch=OUTBOX.c.epoch + 1)
        ).rowcount
    return queued
