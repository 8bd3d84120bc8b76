"""Messages in doubt, and what ends it: evidence or a person's decision, never the time alone.

In this order: a provider's event that names the message; the same request repeated under its idempotency key (by the
door, and after a crash by `repeat_doubts`); the log of a relay of one's own; a search at the provider for our
reference; after a day of silence of a provider that normally tells, the presumption that nothing was sent, which sends
again only where the merchant wants it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, select, update

from relance.errors import BadInput
from relance.sending.events import tell
from relance.sending.outbox import OUTBOX, SENDER, Settled, message_of
from relance.store import Shop, tables

EVENT: Final = tables.provider_event
Verdict = Literal["accepted", "failed", "not_taken"]
Decision = Literal["accepted", "send_again", "give_up"]
Source = Literal["event", "repeat", "log", "search", "person", "silence"]
SILENCE: Final = timedelta(hours=24)
PRESUMED: Final = "outbox.presumed_unsent"
CHUNK: Final = 1_000
# what the presumption leads to, by purpose; a text message is never sent again without evidence (S14)
POLICY: Final = "doubt_policy"
USUAL: Final[dict[str, str]] = {"marketing": "hold", "transactional": "send_again"}


@dataclass(frozen=True)
class Evidence:
    """What became of one message, and how that is known; `reply` is what the other side said of it."""

    message_id: str
    verdict: Verdict
    source: Source
    reply: str | None = None
    provider_id: str | None = None


@dataclass(frozen=True)
class Doubt:
    """A message in doubt with the facts that a person decides on."""

    outbox_id: int
    message_id: str
    customer_id: str
    channel: str
    source: str
    step: str
    purpose: str
    provider: str | None
    doubt_at: datetime
    reason: str | None
    reply: str | None


@dataclass(frozen=True)
class Resolved:
    """How many messages in doubt turned out to be accepted, refused, or not taken and queued again."""

    accepted: int = 0
    failed: int = 0
    queued: int = 0
    presumed: int = 0


def prove(connection: Connection, shop: Shop, evidence: Iterable[Evidence], now: datetime) -> Resolved:
    """End the doubt about the messages that the evidence names; what is not in doubt stays as it is."""
    by_id = {one.message_id: one for one in evidence}
    accepted = failed = queued = 0
    ids = sorted(by_id)
    for start in range(0, len(ids), CHUNK):
        rows = _in_doubt(connection, shop, OUTBOX.c.message_id.in_(ids[start : start + CHUNK]))
        for row in rows:
            one = by_id[row.message_id]
            if one.verdict == "not_taken":
                queued += _queue_again(connection, [row.id], one.source)
                continue
            _settle(connection, shop, row, one.verdict, one, now)
            accepted += one.verdict == "accepted"
            failed += one.verdict == "failed"
    return Resolved(accepted=accepted, failed=failed, queued=queued)


def decide(
    connection: Connection, shop: Shop, outbox_ids: Sequence[int], decision: Decision, now: datetime
) -> Resolved:
    """A person's decision about messages in doubt. Raises BadInput for a decision that there is not."""
    if decision not in ("accepted", "send_again", "give_up"):
        raise BadInput("outbox.no_such_decision", decision=decision)
    done = {"accepted": 0, "failed": 0, "queued": 0}
    for row in _in_doubt(connection, shop, OUTBOX.c.id.in_(list(outbox_ids))):
        if decision == "send_again":
            done["queued"] += _queue_again(connection, [row.id], "person")
        elif decision == "accepted":
            _settle(connection, shop, row, "accepted", Evidence(row.message_id, "accepted", "person"), now)
            done["accepted"] += 1
        else:
            given_up = {"state": "cancelled", "reason": "outbox.given_up", "settled_at": now, "evidence": "person"}
            connection.execute(update(OUTBOX).where(OUTBOX.c.id == row.id).values(**given_up, owner=None))
            done["failed"] += 1
    return Resolved(**done)


def presume_unsent(connection: Connection, shop: Shop, telling: Collection[str], now: datetime) -> Resolved:
    """What was in doubt for a day at a provider that normally tells (`telling`) and did not: presumed not sent.

    Only a provider that has told of something else since is known to tell: one that nobody lets call us says nothing
    of anything. The message stays where it is, marked, unless the shop's policy for its purpose is to send it again.
    """
    policy = {**USUAL, **shop.settings.get(POLICY, {})}
    silent = (
        OUTBOX.c.doubt_at < now - SILENCE,
        OUTBOX.c.provider.in_(sorted(telling)),
        _told_since(),
        OUTBOX.c.reason.is_distinct_from(PRESUMED),
    )
    presumed = queued = 0
    for row in _in_doubt(connection, shop, *silent):
        if policy.get(row.purpose) == "send_again" and row.channel == "email":
            queued += _queue_again(connection, [row.id], "silence")
        else:
            marked = update(OUTBOX).where(OUTBOX.c.id == row.id)
            connection.execute(marked.values(reason=PRESUMED, evidence="silence"))
            presumed += 1
    return Resolved(presumed=presumed, queued=queued)


def _told_since() -> ColumnElement[bool]:
    """Whether the provider of a message has told of another one after the doubt."""
    return exists().where(
        EVENT.c.shop_id == OUTBOX.c.shop_id,
        EVENT.c.channel == OUTBOX.c.channel,
        EVENT.c.provider == OUTBOX.c.provider,
        EVENT.c.received_at > OUTBOX.c.doubt_at,
    )


def doubt_count(connection: Connection, shop: Shop) -> int:
    """How many messages are in doubt."""
    mine = (OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state == "in_doubt")
    return int(connection.execute(select(func.count()).where(*mine)).scalar_one())


def doubts(connection: Connection, shop: Shop, most: int = 200) -> list[Doubt]:
    """The messages in doubt, the oldest first."""
    mine = (OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state == "in_doubt")
    rows = connection.execute(select(OUTBOX).where(*mine).order_by(OUTBOX.c.doubt_at, OUTBOX.c.id).limit(most))
    return [
        Doubt(
            row.id,
            row.message_id,
            row.customer_id,
            row.channel,
            row.source,
            row.step,
            row.purpose,
            row.provider,
            row.doubt_at,
            row.reason,
            row.provider_reply,
        )
        for row in rows
    ]


def left_in_doubt(shop: Shop, *which: ColumnElement[bool]) -> Select[Any]:
    """Messages in doubt whose sender is gone or has given up on them, as a question."""
    living = select(SENDER.c.owner)
    return select(OUTBOX).where(
        OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state == "in_doubt", *which, OUTBOX.c.owner.not_in(living)
    )


def _in_doubt(connection: Connection, shop: Shop, *which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """The same, locked."""
    return connection.execute(left_in_doubt(shop, *which).order_by(OUTBOX.c.id).with_for_update()).all()


def _queue_again(connection: Connection, ids: Sequence[int], evidence: str) -> int:
    back = update(OUTBOX).where(OUTBOX.c.id.in_(ids), OUTBOX.c.state == "in_doubt")
    fresh = {"state": "queued", "owner": None, "doubt_at": None, "provider": None, "provider_id": None, "reason": None}
    return connection.execute(back.values(**fresh, evidence=evidence, epoch=OUTBOX.c.epoch + 1)).rowcount


def _settle(
    connection: Connection,
    shop: Shop,
    row: Row[Any],
    state: Literal["accepted", "failed"],
    one: Evidence,
    now: datetime,
) -> None:
    ended = {
        "state": state,
        "reason": None if state == "accepted" else "sending.refused",
        "evidence": one.source,
        "provider_reply": one.reply or row.provider_reply,
        "provider_id": one.provider_id or row.provider_id,
        "settled_at": now,
        "attempts": row.attempts + 1,
    }
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == row.id).values(ended))
    tell(connection, shop, [Settled(message_of(row), state, None, one.reply)], now)
