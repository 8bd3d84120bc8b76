"""The outbox as people look at it: every state with its count and its oldest message, and the messages behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from relance.sending.holding import HELD
from relance.sending.outbox import OUTBOX, STATES, conservation, states
from relance.store import Shop

# states in which a message still waits for something; of the others the last change is told
OPEN: Final = ("queued", "claimed", "deferred", "in_doubt")


@dataclass(frozen=True)
class StateCount:
    """How many messages are in a state, and since when the oldest of them is planned, for those that still wait."""

    state: str
    count: int
    oldest: datetime | None


@dataclass(frozen=True)
class Overview:
    """What was planned is the sum of the states; `conserved` says whether each message is what its state says."""

    planned: int
    states: tuple[StateCount, ...]
    conserved: bool
    held: tuple[str, ...]


@dataclass(frozen=True)
class OutboxLine:
    """One message of the outbox, without its address."""

    outbox_id: int
    message_id: str
    customer_id: str
    channel: str
    source: str
    step: str
    state: str
    reason: str | None
    attempts: int
    planned_at: datetime
    retry_at: datetime | None
    doubt_at: datetime | None
    settled_at: datetime | None
    not_after: datetime | None
    provider: str | None
    evidence: str | None
    reply: str | None


def overview(connection: Connection, shop: Shop) -> Overview:
    """The conservation law, state by state."""
    counted = states(connection, shop)
    since = select(OUTBOX.c.state, func.min(OUTBOX.c.planned_at)).where(
        OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state.in_(OPEN)
    )
    oldest = {row[0]: row[1] for row in connection.execute(since.group_by(OUTBOX.c.state))}
    rows = tuple(StateCount(state, counted[state], oldest.get(state)) for state in STATES)
    held = select(HELD.c.source).where(HELD.c.shop_id == shop.shop_id).order_by(HELD.c.source)
    return Overview(
        sum(counted.values()), rows, conservation(connection, shop), tuple(connection.execute(held).scalars())
    )


def outbox_lines(
    connection: Connection, shop: Shop, state: str, most: int, before: int | None = None, source: str | None = None
) -> list[OutboxLine]:
    """The messages in a state, the newest first; those `before` an id are the next page."""
    which = [OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state == state]
    if before is not None:
        which.append(OUTBOX.c.id < before)
    if source is not None:
        which.append(OUTBOX.c.source == source)
    columns = (
        *(OUTBOX.c.id, OUTBOX.c.message_id, OUTBOX.c.customer_id, OUTBOX.c.channel, OUTBOX.c.source, OUTBOX.c.step),
        *(OUTBOX.c.state, OUTBOX.c.reason, OUTBOX.c.attempts, OUTBOX.c.planned_at, OUTBOX.c.retry_at),
        *(OUTBOX.c.doubt_at, OUTBOX.c.settled_at, OUTBOX.c.not_after, OUTBOX.c.provider, OUTBOX.c.evidence),
        OUTBOX.c.provider_reply,
    )
    chosen = select(*columns).where(*which).order_by(OUTBOX.c.id.desc()).limit(most)
    rows: list[Sequence[Any]] = [tuple(row) for row in connection.execute(chosen)]
    return [OutboxLine(*row) for row in rows]


def metrics(seen: Overview, slowed: Sequence[str], stopped: Iterable[str], now: datetime) -> str:
    """The same in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/)."""
    lines = ["# HELP relance_outbox_messages Planned messages by state.", "# TYPE relance_outbox_messages gauge"]
    lines += [f'relance_outbox_messages{{state="{one.state}"}} {one.count}' for one in seen.states]
    lines += [
        "# HELP relance_outbox_oldest_seconds Age of the oldest message that waits in a state.",
        "# TYPE relance_outbox_oldest_seconds gauge",
    ]
    lines += [
        f'relance_outbox_oldest_seconds{{state="{one.state}"}} {max((now - one.oldest).total_seconds(), 0):.0f}'
        for one in seen.states
        if one.oldest is not None
    ]
    lines += [
        "# HELP relance_outbox_conserved Whether every planned message is in exactly one state that it fits.",
        "# TYPE relance_outbox_conserved gauge",
        f"relance_outbox_conserved {int(seen.conserved)}",
        "# HELP relance_mailboxes_slowed Mailbox providers that are given less than usual.",
        "# TYPE relance_mailboxes_slowed gauge",
        f"relance_mailboxes_slowed {len(slowed)}",
        "# HELP relance_route_stopped Ways out that refuse us.",
        "# TYPE relance_route_stopped gauge",
    ]
    lines += [f'relance_route_stopped{{channel="{channel}"}} 1' for channel in stopped]
    return "\n".join(lines) + "\n"
