"""What one person does about their consent, and its history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from relance.consent.ledger import Entry, Recorded, append, read
from relance.consent.state import check_action, project, states_of
from relance.profiles import PROFILING
from relance.store import Shop, lock_recipients

# an objection to profiling is about no channel
ANY_CHANNEL: Final = "any"
CHANNELS: Final = ("email", "sms", "whatsapp", "push", "post", "phone")


def record(connection: Connection, shop: Shop, entry: Entry, now: datetime) -> Recorded:
    """Append one entry and bring the state up to date. Raises BadInput for an action that the ledger does not know."""
    check_action(entry.action)
    written = append(connection, shop, [entry], now)
    project(connection, shop, written)
    return written[0]


def withdraw(
    connection: Connection,
    shop: Shop,
    customer_id: str,
    channel: str,
    purpose: str,
    source: str,
    evidence: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Withdraw the consent as of `now`; False when it was withdrawn already, which writes nothing."""
    lock_recipients(connection, shop, [customer_id], now)
    for state in states_of(connection, shop, [customer_id]):
        if (state.channel, state.purpose, state.status) == (channel, purpose, "withdrawn"):
            return False
    record(connection, shop, Entry(customer_id, channel, purpose, "withdrawn", None, now, source, evidence), now)
    return True


def object_to_profiling(
    connection: Connection, shop: Shop, customer_id: str, source: str, evidence: Mapping[str, Any], now: datetime
) -> bool:
    """Note that this person objects to profiling (S19); False when they do already, which writes nothing.

    A later `granted` on the same purpose and channel takes the objection back.
    """
    lock_recipients(connection, shop, [customer_id], now)
    for state in states_of(connection, shop, [customer_id]):
        if (state.channel, state.purpose, state.status) == (ANY_CHANNEL, PROFILING, "objected"):
            return False
    entry = Entry(customer_id, ANY_CHANNEL, PROFILING, "objected", None, now, source, evidence)
    record(connection, shop, entry, now)
    return True


def history(connection: Connection, shop: Shop, customer_id: str) -> list[Recorded]:
    """Everything that the ledger holds about one person, oldest first."""
    return read(connection, shop, customer_id)
