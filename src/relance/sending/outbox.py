"""The outbox: every intended message is in exactly one state.

queued ─ claimed ─ in_doubt ─ accepted | failed
   │        │          └───── deferred ─ (claimed again)
   └────────┴─ suppressed | expired | cancelled
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Text,
    Update,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.types import TypeEngine

from relance.sending.gate_facts import GateFacts, facts_from
from relance.sending.holding import NOT_HELD
from relance.store import DIALECTS, NUMBERS, Shop, among, handed, tables

OUTBOX: Final = tables.outbox
SENDER: Final = tables.sender
State = Literal["queued", "claimed", "deferred", "in_doubt", "accepted", "failed", "suppressed", "cancelled", "expired"]
STATES: Final[tuple[State, ...]] = (
    "queued",
    "claimed",
    "deferred",
    "in_doubt",
    "accepted",
    "failed",
    "suppressed",
    "cancelled",
    "expired",
)


def _held_as(number: Any, owner: Any, epoch: Any) -> ColumnElement[bool]:
    """The fence: the sender still owns the message under the epoch at which it claimed it."""
    return and_(OUTBOX.c.id == number, OUTBOX.c.owner == owner, OUTBOX.c.epoch == epoch)


def _marked(dialect: str) -> Update:
    number, owner, epoch, version = handed(dialect, "its_rows", BigInteger(), Text(), Integer(), Integer())
    return (
        update(OUTBOX)
        .where(_held_as(number, owner, epoch), OUTBOX.c.state == "claimed")
        .values(
            state="in_doubt",
            doubt_at=bindparam("its_doubt"),
            provider=bindparam("its_provider"),
            template_version=version,
        )
    )


def _ended(dialect: str) -> Update:
    fence, texts, instants = (BigInteger(), Text(), Integer()), [Text()] * 4, [tables.Instant()] * 2
    columns: tuple[TypeEngine[Any], ...] = (*fence, *texts, *instants, Integer())
    number, owner, epoch, state, reason, reply, provider_id, retry, end, tried = handed(dialect, "its_rows", *columns)
    return (
        update(OUTBOX)
        .where(_held_as(number, owner, epoch), or_(OUTBOX.c.state == "claimed", OUTBOX.c.state == "in_doubt"))
        .values(
            state=state,
            reason=reason,
            provider_reply=reply,
            provider_id=func.coalesce(provider_id, OUTBOX.c.provider_id),
            retry_at=retry,
            settled_at=end,
            attempts=OUTBOX.c.attempts + tried,
        )
    )


MARKED: Final = {dialect: _marked(dialect) for dialect in DIALECTS}
SETTLED: Final = {dialect: _ended(dialect) for dialect in DIALECTS}

# what is due and free, in the order of an index
_MINE: Final = and_(OUTBOX.c.shop_id == bindparam("shop_id"), OUTBOX.c.channel == bindparam("channel"))
_AT: Final = bindparam("at", type_=tables.Instant())
_FREE: Final = (
    select(OUTBOX.c.priority, OUTBOX.c.planned_at, OUTBOX.c.id)
    .where(_MINE, NOT_HELD)
    .limit(bindparam("count", type_=Integer))
    .with_for_update(skip_locked=True)
)
AGAIN: Final = _FREE.where(OUTBOX.c.state == "deferred", OUTBOX.c.retry_at <= _AT).order_by(OUTBOX.c.retry_at)
WAITING: Final = _FREE.where(
    OUTBOX.c.state == "queued", OUTBOX.c.planned_at <= _AT, OUTBOX.c.priority == bindparam("priority")
).order_by(OUTBOX.c.planned_at, OUTBOX.c.id)
LEAST: Final = select(func.min(OUTBOX.c.priority)).where(_MINE, OUTBOX.c.state == "queued")
NEXT: Final = LEAST.where(OUTBOX.c.priority > bindparam("priority"))
TAKEN: Final = (
    update(OUTBOX)
    .where(among(OUTBOX.c.id, "its_ids", NUMBERS))
    .values(state="claimed", owner=bindparam("its_owner"), epoch=OUTBOX.c.epoch + 1)
    .returning(OUTBOX)
)
OWNED: Final = (
    select(OUTBOX.c.id, OUTBOX.c.epoch)
    .where(
        OUTBOX.c.state == "claimed", OUTBOX.c.owner == bindparam("its_owner"), among(OUTBOX.c.id, "its_ids", NUMBERS)
    )
    .with_for_update()
)


@dataclass(frozen=True)
class Message:
    """A message as a sender holds it; owner and epoch are its fence."""

    outbox_id: int
    message_id: str
    source: str
    step: str
    customer_id: str
    channel: str
    purpose: str
    address: str
    address_hmac: str
    language: str
    template: str
    facts: Mapping[str, Any] = field(hash=False)
    attempts: int
    not_after: datetime | None
    owner: str
    epoch: int
    priority: int
    planned_at: datetime
    facts_as_of: datetime
    arm: str | None
    gate: GateFacts
    offer: str | None
    coupon: str | None

    @property
    def place(self) -> tuple[int, datetime, int]:
        """Its place among the messages of one person, the most urgent first (S15)."""
        return self.priority, self.planned_at, self.outbox_id


@dataclass(frozen=True)
class Settled:
    """What became of a message that a sender held; `tried` is false when it never came to a way out."""

    message: Message
    state: State
    reason: str | None
    reply: str | None
    retry_at: datetime | None = None
    tried: bool = True
    provider_id: str | None = None


def claim(connection: Connection, shop: Shop, channel: str, owner: str, count: int, at: datetime) -> list[Message]:
    """Take up to `count` messages that are due `at` an instant, the most urgent first; nobody else gets them.

    Those of a held source stay where they are.
    """
    # the ids are chosen once: PostgreSQL may otherwise run a locking subquery more than once
    ids = _due(connection, shop, channel, count, at)
    if not ids:
        return []
    rows = connection.execute(TAKEN, {"its_ids": ids, "its_owner": owner}).all()
    return [message_of(row) for row in sorted(rows, key=lambda row: (row.priority, row.planned_at, row.id))]


def _due(connection: Connection, shop: Shop, channel: str, count: int, at: datetime) -> list[int]:
    """The ids of the most urgent messages that are due and not held, locked.

    Each question follows an index from the first row it wants to the last, so that a million waiting messages cost no
    more than the ones that are taken: the new ones by priority, one after another, the deferred ones by their time.
    """
    mine = {"shop_id": shop.shop_id, "channel": channel}
    due = {**mine, "at": at, "count": count}
    found = [tuple(one) for one in connection.execute(AGAIN, due)]
    priority = connection.execute(LEAST, mine).scalar_one()
    taken = 0
    while priority is not None and taken < count:
        rows = connection.execute(WAITING, {**due, "priority": priority}).all()
        found += [tuple(one) for one in rows]
        taken += len(rows)
        priority = connection.execute(NEXT, {**mine, "priority": priority}).scalar_one() if taken < count else None
    return [one[2] for one in sorted(found)[:count]]


def give_back(connection: Connection, messages: Sequence[Message]) -> None:
    """Return messages that were claimed and whose dot was not sent."""
    if messages:
        back = update(OUTBOX).where(OUTBOX.c.state == "claimed", _held(messages))
        connection.execute(back.values(state="queued", owner=None))


def still_held(connection: Connection, messages: Sequence[Message]) -> set[int]:
    """The ids of the messages that their sender still owns, kept so until the end of the transaction."""
    if not messages:
        return set()
    epochs = {one.outbox_id: one.epoch for one in messages}
    held = connection.execute(OWNED, {"its_owner": messages[0].owner, "its_ids": epochs.keys()})
    return {row.id for row in held if row.epoch == epochs[row.id]}


def enter_doubt(
    connection: Connection,
    messages: Sequence[Message],
    versions: Mapping[int, int | None],
    provider: str,
    now: datetime,
) -> set[int]:
    """Mark messages as in doubt at a provider; the ids of those that this sender still owns: the others must not go.

    `versions` are those of the templates that they were written from, by outbox id.
    """
    if not messages:
        return set()
    rows = [(one.outbox_id, one.owner, one.epoch, versions.get(one.outbox_id)) for one in messages]
    how = {"its_doubt": now, "its_provider": provider}
    marked = connection.execute(MARKED[connection.dialect.name], {"its_rows": rows, **how})
    if marked.rowcount == len(messages):
        return {one.outbox_id for one in messages}
    mine = select(OUTBOX.c.id).where(OUTBOX.c.state == "in_doubt", _held(messages))
    return set(connection.execute(mine).scalars())


def settle(connection: Connection, settled: Sequence[Settled], now: datetime) -> None:
    """Write down what became of messages that this sender holds, claimed or in doubt."""
    if not settled:
        return
    rows = [_settled_row(one, now) for one in settled]
    connection.execute(SETTLED[connection.dialect.name], {"its_rows": rows})


def states(connection: Connection, shop: Shop, source: str | None = None) -> dict[str, int]:
    """How many messages are in each state, all of the shop or those of one source; absent states count 0."""
    counted = select(OUTBOX.c.state, func.count()).where(OUTBOX.c.shop_id == shop.shop_id).group_by(OUTBOX.c.state)
    if source is not None:
        counted = counted.where(OUTBOX.c.source == source)
    found = {state: int(count) for state, count in connection.execute(counted)}
    return {state: found.get(state, 0) for state in STATES}


def conservation(connection: Connection, shop: Shop) -> bool:
    """The law that nothing is lost silently: what was planned is the sum of the visible states.

    And each state is what it says: a claimed message has a registered sender, a doubtful one the instant of its doubt,
    a settled one its end, a deferred one its next try, a stopped one its reason.
    """
    end = OUTBOX.c.settled_at.is_not(None)
    why = OUTBOX.c.reason.is_not(None)
    sound: Mapping[State, ColumnElement[bool]] = {
        "queued": OUTBOX.c.owner.is_(None),
        "claimed": OUTBOX.c.owner.in_(select(SENDER.c.owner)),
        "deferred": OUTBOX.c.retry_at.is_not(None),
        "in_doubt": OUTBOX.c.doubt_at.is_not(None),
        "accepted": end & OUTBOX.c.doubt_at.is_not(None),
        "failed": end & why,
        "suppressed": end & why,
        "cancelled": end & why,
        "expired": end,
    }
    lawful = or_(*(and_(OUTBOX.c.state == state, rule) for state, rule in sound.items()))
    counted = select(func.count(), func.count().filter(lawful)).where(OUTBOX.c.shop_id == shop.shop_id)
    planned, visible = connection.execute(counted).one()
    return bool(planned == visible)


def _held(messages: Sequence[Message]) -> ColumnElement[bool]:
    """The rows that one sender holds under the epochs at which it claimed them."""
    fence = tuple_(OUTBOX.c.id, OUTBOX.c.epoch).in_([(one.outbox_id, one.epoch) for one in messages])
    return and_(fence, OUTBOX.c.owner == messages[0].owner)


def _settled_row(one: Settled, now: datetime) -> tuple[Any, ...]:
    held = one.message
    end = None if one.state in {"deferred", "in_doubt"} else now
    tries = 0 if one.state in {"suppressed", "expired"} or not one.tried else 1
    fence = (held.outbox_id, held.owner, held.epoch)
    return (*fence, one.state, one.reason, one.reply, one.provider_id, one.retry_at, end, tries)


def message_of(row: Row[Any]) -> Message:
    """A row of the outbox as its sender holds it."""
    return Message(
        row.id,
        row.message_id,
        row.source,
        row.step,
        row.customer_id,
        row.channel,
        row.purpose,
        row.address,
        row.address_hmac,
        row.language,
        row.template,
        row.facts,
        row.attempts,
        row.not_after,
        row.owner,
        row.epoch,
        row.priority,
        row.planned_at,
        row.facts_as_of,
        row.holdout_arm,
        facts_from(row.phase, row.audience, row.gate),
        row.offer,
        row.coupon,
    )
