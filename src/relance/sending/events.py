"""What became of messages, as records for the inbox: the way back is data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from relance.errors import NotFound
from relance.ingest import Record, append
from relance.sending.outbox import OUTBOX, Settled
from relance.store import Shop

KIND = "message_event"


def tell(connection: Connection, shop: Shop, settled: Iterable[Settled], now: datetime) -> None:
    """Append what was accepted and what failed to the inbox, in the transaction that settles it."""
    records = [
        _record(
            one.message.message_id,
            one.message.customer_id,
            one.message.channel,
            one.message.source,
            one.message.step,
            one.state,
            now,
        )
        for one in settled
        if one.state in {"accepted", "failed"}
    ]
    if records:
        append(connection, shop, records, now)


def mark_bounced(connection: Connection, shop: Shop, message_id: str, kind: str, now: datetime) -> None:
    """Append that a message that was accepted came back; `kind` is what the bounce says, such as `hard`.

    Told twice, it counts once. Raises NotFound for a message id that the shop never sent.
    """
    wanted = select(OUTBOX).where(OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.message_id == message_id)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound("sending.no_message", message_id=message_id)
    facts = (row.message_id, row.customer_id, row.channel, row.source, row.step)
    append(connection, shop, [_record(*facts, "bounced", now, rule=kind)], now)


def _record(
    message_id: str,
    customer_id: str,
    channel: str,
    source: str,
    step: str,
    kind: str,
    now: datetime,
    rule: str | None = None,
) -> Record:
    event_id = f"{message_id}:{kind}"
    body = {
        "message_event_id": event_id,
        "message_id": message_id,
        "customer_id": customer_id,
        "channel": channel,
        "source": source,
        "step": step,
        "kind": kind,
        "verdict": None,
        "rule": rule,
        "link": None,
        "occurred_at": now.astimezone(UTC).isoformat(),
    }
    return Record(kind=KIND, message_id=event_id, body=body)
