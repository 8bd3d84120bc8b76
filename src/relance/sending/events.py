"""What became of messages, as records for the inbox: the way back is data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, select

from relance.consent import lock_addressees, suppress, withdraw
from relance.errors import NotFound
from relance.ingest import Record, append
from relance.sending.outbox import OUTBOX, Settled
from relance.store import Shop

KIND: Final = "message_event"
HARD: Final = "hard"
# the provider refuses a message because its person has opted out there
STOPPED: Final = "sending.recipient_stopped"
# InvalidRecipient and BadDomain: the address itself is wrong, for everybody; 5.7.x otherwise is about us, not them
WRONG_ADDRESS: Final = re.compile(r"5\.(?:1\.(?:1|2|3|4|10)|7\.(?:17|18))(?![\d.])")


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


def close_addresses(connection: Connection, shop: Shop, settled: Iterable[Settled], now: datetime) -> None:
    """Never write again to an address that the mail server says does not exist (MAIL-06).

    Only the enhanced status code that begins the server's words counts (RFC 3463); a refusal for any other reason,
    of our domain or of the content, closes nobody's address. Whoever has opted out at the provider has withdrawn.
    """
    ends = [one for one in settled if one.reason == STOPPED or _names_a_wrong_address(one)]
    if not ends:
        return
    closed = [(one.message.channel, one.message.address_hmac) for one in ends]
    lock_addressees(connection, shop, closed, [one.message.customer_id for one in ends], now)
    for one in ends:
        if one.reason == STOPPED:
            _stop(connection, shop, one, now)
        else:
            message = one.message
            suppress(connection, shop, message.channel, message.address_hmac, "hard_bounce", now, message.customer_id)


def _names_a_wrong_address(one: Settled) -> bool:
    return one.state == "failed" and is_wrong_address(one.reply or "")


def _stop(connection: Connection, shop: Shop, refused: Settled, now: datetime) -> None:
    """Note a STOP that only the provider has heard, with its words as the proof (MAIL-11)."""
    message = refused.message
    proof = {"message_id": message.message_id, "said": refused.reply or ""}
    withdraw(connection, shop, message.customer_id, message.channel, "marketing", "provider_stop", proof, now)
    suppress(connection, shop, message.channel, message.address_hmac, "unsubscribed", now, message.customer_id)


def is_wrong_address(said: str) -> bool:
    """Whether a mail server's words, such as `550 5.1.1 nobody here`, mean that the address does not exist."""
    code, _, words = said.partition(" ")
    return code.startswith("5") and WRONG_ADDRESS.match(words) is not None


def mark_bounced(connection: Connection, shop: Shop, message_id: str, kind: str, now: datetime) -> None:
    """Append that a message that was accepted came back; after a `hard` bounce its address is never written to again.

    Told twice, it counts once. Raises NotFound for a message id that the shop never sent.
    """
    wanted = select(OUTBOX).where(OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.message_id == message_id)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound("sending.no_message", message_id=message_id)
    facts = (row.message_id, row.customer_id, row.channel, row.source, row.step)
    if kind == HARD and row.address_hmac is not None:
        suppress(connection, shop, row.channel, row.address_hmac, "hard_bounce", now, row.customer_id)
    # the inbox is taken last, here as everywhere
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
