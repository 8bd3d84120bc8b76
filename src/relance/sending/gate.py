"""The gate: consent, suppression and freshness, always read live from the store (S13).

It is asked twice about each message: before rendering, and decisively under the recipient's lock in the transaction
that puts the message in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection

from relance.consent import suppressed, verdicts
from relance.sending.outbox import Message, Settled
from relance.store import Shop


def stopped(connection: Connection, shop: Shop, messages: Sequence[Message], now: datetime) -> dict[int, Settled]:
    """The messages that must not go, by outbox id, each with the state and the reason that it ends with."""
    answers = verdicts(connection, shop, [(one.customer_id, one.channel, one.purpose) for one in messages])
    closed = _closed(connection, shop, messages)
    ends: dict[int, Settled] = {}
    for one in messages:
        answer = answers[one.customer_id, one.channel, one.purpose]
        if one.not_after is not None and now > one.not_after:
            ends[one.outbox_id] = Settled(one, "expired", "not_after", None)
        elif one.address_hmac in closed[one.channel]:
            reason = f"sending.closed_{closed[one.channel][one.address_hmac]}"
            ends[one.outbox_id] = Settled(one, "suppressed", reason, None)
        elif not answer.allowed:
            ends[one.outbox_id] = Settled(one, "suppressed", answer.reason, None)
    return ends


def _closed(connection: Connection, shop: Shop, messages: Sequence[Message]) -> dict[str, dict[str, str]]:
    by_channel = groupby(sorted(messages, key=lambda one: one.channel), key=lambda one: one.channel)
    return {
        channel: suppressed(connection, shop, channel, [one.address_hmac for one in group])
        for channel, group in by_channel
    }
