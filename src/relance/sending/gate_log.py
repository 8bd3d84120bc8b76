"""Every verdict of the gate, and what it comes to for one person: why did she not get it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Text, bindparam, literal, select, true
from sqlalchemy.dialects import postgresql, sqlite

from relance.store import DIALECTS, Shop, handed, tables

OUTBOX: Final = tables.outbox
VERDICT: Final = tables.gate_verdict
PASSED: Final = "passed"
# what is written of one message: its outbox id, verdict, reason, and when it is asked again
Said = tuple[int, str, str | None, datetime | None]


def _kept(dialect: str) -> Any:
    number, verdict, reason, retry = handed(dialect, "rows", BigInteger(), Text(), Text(), tables.Instant())
    now = bindparam("now", type_=tables.Instant())
    columns = ("outbox_id", "verdict", "reason", "retry_at", "first_at", "last_at", "times")
    rows = select(number, verdict, reason, retry, now, now, literal(1)).where(true())
    new: Any = (sqlite if dialect == "sqlite" else postgresql).insert(VERDICT).from_select(columns, rows)
    return new.on_conflict_do_update(
        index_elements=list(VERDICT.primary_key.columns),
        set_={"last_at": new.excluded.last_at, "retry_at": new.excluded.retry_at, "times": VERDICT.c.times + 1},
    )


_KEPT: Final = {dialect: _kept(dialect) for dialect in DIALECTS}


@dataclass(frozen=True)
class GateVerdict:
    """One answer of the gate; the same answer again and again is one, from `first_at` to `last_at`.

    `verdict` is passed, deferred, suppressed or expired; `reason` a key of the texts.
    """

    verdict: str
    reason: str
    first_at: datetime
    last_at: datetime
    times: int
    retry_at: datetime | None


@dataclass(frozen=True)
class Asked:
    """A message of one person with everything that the gate said of it, the latest last."""

    outbox_id: int
    message_id: str
    source: str
    step: str
    channel: str
    purpose: str
    template: str
    template_version: int | None
    state: str
    reason: str | None
    arm: str | None
    planned_at: datetime
    retry_at: datetime | None
    not_after: datetime | None
    verdicts: tuple[GateVerdict, ...]


def write_verdicts(connection: Connection, said: Sequence[Said], now: datetime) -> None:
    """Keep what the gate said."""
    if not said:
        return
    rows = [(outbox_id, verdict, reason or "", retry_at) for outbox_id, verdict, reason, retry_at in said]
    connection.execute(_KEPT[connection.dialect.name], {"rows": rows, "now": now})


def asked_about(connection: Connection, shop: Shop, customer_id: str, limit: int = 50) -> list[Asked]:
    """The latest messages planned for one person, the newest first, with the gate's verdicts."""
    mine = (OUTBOX.c.shop_id == shop.shop_id) & (OUTBOX.c.customer_id == customer_id)
    rows = connection.execute(
        select(OUTBOX).where(mine).order_by(OUTBOX.c.planned_at.desc(), OUTBOX.c.id.desc()).limit(limit)
    ).all()
    said: dict[int, list[GateVerdict]] = {row.id: [] for row in rows}
    kept = select(VERDICT).where(VERDICT.c.outbox_id.in_(list(said))).order_by(VERDICT.c.last_at, VERDICT.c.first_at)
    for row in connection.execute(kept):
        said[row.outbox_id].append(
            GateVerdict(row.verdict, row.reason, row.first_at, row.last_at, row.times, row.retry_at)
        )
    return [
        Asked(
            row.id,
            row.message_id,
            row.source,
            row.step,
            row.channel,
            row.purpose,
            row.template,
            row.template_version,
            row.state,
            row.reason,
            row.holdout_arm,
            row.planned_at,
            row.retry_at,
            row.not_after,
            tuple(said[row.id]),
        )
        for row in rows
    ]
