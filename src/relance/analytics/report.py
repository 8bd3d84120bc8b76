"""What messages did and earned: every planned one in exactly one state, and the orders beside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis import _
from ibis.expr.types import Table
from sqlalchemy import Connection, Row, select

from relance.analytics.attribution import COUNTED_CLICKS, orders_beside, orders_owed
from relance.profiles import Reading
from relance.store import Shop, tables
from relance.warehouse import Warehouse, rows_of
from relance.words import Amount, Phrase

NO_ADDRESS: Final = frozenset({"no_address", "invalid_address"})
NOT_SENT: Final = frozenset({"suppressed", "cancelled", "expired", "failed"})
ON_THEIR_WAY: Final = frozenset({"queued", "claimed", "deferred"})


@dataclass(frozen=True)
class Money:
    """An amount in minor units of a currency; `text` is the same as a decimal, such as 12.50."""

    minor: int
    currency: str
    text: str

    @property
    def said(self) -> Amount:
        """The amount as a fact of a sentence."""
        return Amount(Decimal(self.text), self.currency)


@dataclass(frozen=True)
class Figures:
    """The messages of one step, or of all.

    `states` has every planned message once. `delivered` is accepted and not bounced: nobody can see more than that.
    `clicked`, `bounced` and `unsubscribed` are messages, not events; clicks are people's. `orders` and `revenue` fall
    within five days of the click; `orders_beside` and `revenue_beside` within five days of sending and are owed to no
    message. Revenue is net of the refunds known at the report's instant.
    """

    planned: int
    states: Mapping[str, int]
    accepted: int
    bounced: int
    delivered: int
    in_doubt: int
    on_their_way: int
    not_sent: int
    clicked: int
    unsubscribed: int
    orders: int
    revenue: Money
    orders_beside: int
    revenue_beside: Money

    @property
    def click_rate(self) -> float | None:
        """The share of delivered messages that a person clicked; None when nothing was delivered."""
        return self.clicked / self.delivered if self.delivered else None


@dataclass(frozen=True)
class StepFigures:
    """The figures of one step; `step` is its id."""

    source: str
    step: str
    figures: Figures


@dataclass(frozen=True)
class NotSent:
    """Why messages were not sent, and how many; `reason` is the gate's key."""

    state: str
    reason: str | None
    messages: int


@dataclass(frozen=True)
class Report:
    """A report over the messages planned from `start` up to `end` (both may be open), as of `as_of`."""

    source: str | None
    start: datetime | None
    end: datetime | None
    as_of: datetime
    steps: tuple[StepFigures, ...]
    total: Figures
    not_sent: tuple[NotSent, ...]
    notes: tuple[Phrase, ...]


def flow_report(
    connection: Connection,
    warehouse: Warehouse,
    shop: Shop,
    source: str | None,
    start: datetime | None,
    end: datetime | None,
    now: datetime,
) -> Report:
    """The report of one source such as `flow:inactive-customers`, or of all, by step in the order of planning.

    `start` is included, `end` is not. Clicks count once their verdict is final and they reached the warehouse.
    """
    messages = _messages(connection, shop, source, start, end)
    with warehouse.read() as engine:
        events = _events(Reading(engine, shop, now), messages)
    by_step: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for row in messages:
        by_step[row.source, row.step].append(row)
    steps = tuple(StepFigures(*key, _figures(rows, events, shop)) for key, rows in by_step.items())
    total = _figures(messages, events, shop)
    not_sent = _not_sent(messages)
    return Report(source, start, end, now, steps, total, not_sent, _notes(total, not_sent))


def _messages(
    connection: Connection, shop: Shop, source: str | None, start: datetime | None, end: datetime | None
) -> Sequence[Any]:
    outbox = tables.outbox
    wanted = select(
        outbox.c.message_id,
        outbox.c.customer_id,
        outbox.c.source,
        outbox.c.step,
        outbox.c.state,
        outbox.c.reason,
        outbox.c.settled_at,
    ).where(outbox.c.shop_id == shop.shop_id)
    if source is not None:
        wanted = wanted.where(outbox.c.source == source)
    if start is not None:
        wanted = wanted.where(outbox.c.planned_at >= start)
    if end is not None:
        wanted = wanted.where(outbox.c.planned_at < end)
    return connection.execute(wanted.order_by(outbox.c.planned_at, outbox.c.id)).all()


@dataclass
class _Events:
    """What happened to messages, by message id: kinds of events, and orders as (count, net minor units)."""

    kinds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    owed: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    beside: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def _events(reading: Reading, messages: Sequence[Row[Any]]) -> _Events:
    if not messages:
        return _Events()
    ours = ibis.memtable(pa.table({"message_id": pa.array([row.message_id for row in messages], pa.string())}))
    accepted = [row for row in messages if row.state == "accepted" and row.settled_at is not None]
    sent = ibis.memtable(
        pa.table(
            {
                "message_id": pa.array([row.message_id for row in accepted], pa.string()),
                "customer_id": pa.array([row.customer_id for row in accepted], pa.string()),
                "touched_at": pa.array([row.settled_at.replace(tzinfo=None) for row in accepted], pa.timestamp("us")),
            }
        )
    )
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in rows_of(reading.engine, _kinds(reading).semi_join(ours, "message_id")):
        kinds[row["message_id"]].add(row["kind"])
    return _Events(
        {message: frozenset(found) for message, found in kinds.items()},
        _orders(reading, orders_owed(reading).semi_join(ours, "message_id")),
        _orders(reading, orders_beside(reading, sent)),
    )


def _kinds(reading: Reading) -> Table:
    """What happened to each message, once: human clicks, bounces, unsubscriptions."""
    event = reading.engine.table("message_event").filter(_.occurred_at < reading.instant)
    clicked = (event.kind == "clicked") & event.verdict.isin(COUNTED_CLICKS)
    return event.filter(event.kind.isin(("bounced", "unsubscribed")) | clicked).select("message_id", "kind").distinct()


def _orders(reading: Reading, owed: Table) -> dict[str, tuple[int, int]]:
    counted = owed.group_by("message_id").agg(orders=owed.count(), net=owed.net.sum().fill_null(0))
    return {row["message_id"]: (row["orders"], int(row["net"])) for row in rows_of(reading.engine, counted)}


def _figures(rows: Sequence[Row[Any]], events: _Events, shop: Shop) -> Figures:
    states = Counter(row.state for row in rows)
    happened = Counter(kind for row in rows for kind in events.kinds.get(row.message_id, ()))
    bounced = sum(row.state == "accepted" and "bounced" in events.kinds.get(row.message_id, ()) for row in rows)
    owed = [events.owed[row.message_id] for row in rows if row.message_id in events.owed]
    beside = [events.beside[row.message_id] for row in rows if row.message_id in events.beside]
    return Figures(
        planned=len(rows),
        states=dict(sorted(states.items())),
        accepted=states["accepted"],
        bounced=bounced,
        delivered=states["accepted"] - bounced,
        in_doubt=states["in_doubt"],
        on_their_way=sum(states[state] for state in ON_THEIR_WAY),
        not_sent=sum(states[state] for state in NOT_SENT),
        clicked=happened["clicked"],
        unsubscribed=happened["unsubscribed"],
        orders=sum(count for count, _ in owed),
        revenue=money(shop, sum(net for _, net in owed)),
        orders_beside=sum(count for count, _ in beside),
        revenue_beside=money(shop, sum(net for _, net in beside)),
    )


def money(shop: Shop, minor: int) -> Money:
    """An amount of the shop's currency."""
    return Money(minor, shop.currency, shop.amount(minor))


def _not_sent(rows: Sequence[Row[Any]]) -> tuple[NotSent, ...]:
    counted = Counter((row.state, row.reason) for row in rows if row.state in NOT_SENT)
    return tuple(NotSent(state, reason, messages) for (state, reason), messages in counted.most_common())


def _notes(total: Figures, not_sent: Sequence[NotSent]) -> tuple[Phrase, ...]:
    """What explains the figures: nobody has an address or gave consent, messages in doubt, what delivered means."""
    reasons: Counter[str] = Counter()
    for row in not_sent:
        reasons[row.reason or ""] += row.messages
    addressless = sum(reasons[reason] for reason in NO_ADDRESS)
    refused = sum(messages for reason, messages in reasons.items() if reason.startswith("consent."))
    notes = []
    if not total.planned:
        notes.append(Phrase("analytics.note_nothing_planned", {}))
    if addressless:
        every = addressless == total.planned
        key = "analytics.note_no_addresses" if every else "analytics.note_some_addresses"
        notes.append(Phrase(key, {"count": addressless}))
    if refused:
        notes.append(Phrase("analytics.note_consent", {"count": refused}))
    if total.in_doubt:
        notes.append(Phrase("analytics.note_in_doubt", {"count": total.in_doubt}))
    if total.accepted:
        notes.append(Phrase("analytics.note_delivered", {}))
    if total.orders_beside:
        notes.append(Phrase("analytics.note_beside", {"count": total.orders_beside}))
    return tuple(notes)
