"""Waiting messages whose facts grow old: the planner reads them anew before they go (S3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, or_, select, update

from relance.sending.coupons_pool import promise_anew
from relance.sending.gate import MAX_FACT_AGE, SHORT, STALE
from relance.sending.intents import Intent, plain_facts
from relance.sending.pressure import TRANSACTIONAL
from relance.store import Shop, tables

OUTBOX: Final = tables.outbox
# facts are read anew this long before they are too old
AHEAD: Final = timedelta(hours=2)


@dataclass(frozen=True)
class Stale:
    """A waiting message that is soon due and whose facts are, or soon will be, too old."""

    outbox_id: int
    step: str
    occurrence: str
    customer_id: str


def stale(connection: Connection, shop: Shop, source: str, now: datetime, limit: int = 1_000) -> list[Stale]:
    """The waiting messages of a source whose facts have to be read anew, those due first."""
    due = (OUTBOX.c.state == "queued") & (OUTBOX.c.planned_at <= now + AHEAD)
    again = (OUTBOX.c.state == "deferred") & (OUTBOX.c.retry_at <= now + AHEAD)
    rows = connection.execute(
        select(OUTBOX.c.id, OUTBOX.c.step, OUTBOX.c.occurrence, OUTBOX.c.customer_id)
        .where(
            OUTBOX.c.shop_id == shop.shop_id,
            OUTBOX.c.source == source,
            OUTBOX.c.purpose != TRANSACTIONAL,
            or_(OUTBOX.c.facts_as_of < now + AHEAD - MAX_FACT_AGE, OUTBOX.c.reason == SHORT),
            due | again,
        )
        .order_by(OUTBOX.c.priority, OUTBOX.c.planned_at, OUTBOX.c.id)
        .limit(limit)
    )
    return [Stale(*row) for row in rows]


def renew(connection: Connection, shop: Shop, fresh: Mapping[int, Intent], now: datetime) -> int:
    """Give waiting messages, by outbox id, the facts of new intents; how many still waited.

    What waited for its facts alone may go at once. Nothing else of a message changes, its place least of all.
    """
    if not fresh:
        return 0
    rows: Sequence[dict[str, Any]] = [
        {
            "its_id": outbox_id,
            "its_facts": plain_facts(intent),
            "its_language": intent.language,
            "its_phase": intent.gate.columns["phase"],
            "its_audience": intent.gate.columns["audience"],
            "its_gate": intent.gate.columns["gate"],
        }
        for outbox_id, intent in fresh.items()
    ]
    waits = or_(OUTBOX.c.state == "queued", OUTBOX.c.state == "deferred")
    waiting = waits & (OUTBOX.c.shop_id == shop.shop_id)
    renewed = (
        update(OUTBOX)
        .where(OUTBOX.c.id == bindparam("its_id"), waiting)
        .values(
            facts=bindparam("its_facts"),
            facts_as_of=now,
            language=bindparam("its_language"),
            phase=bindparam("its_phase"),
            audience=bindparam("its_audience"),
            gate=bindparam("its_gate"),
        )
    )
    count = connection.execute(renewed, rows).rowcount
    promise_anew(connection, shop, list(fresh), now)
    asked = OUTBOX.c.reason.in_((STALE, SHORT))
    now_free = update(OUTBOX).where(OUTBOX.c.id.in_(list(fresh)), waiting, asked)
    connection.execute(now_free.values(retry_at=now))
    return count
