"""What each mailbox provider is given: so many messages an hour, so many at once, nothing while it wants none.

The counts stand in the store, so that several senders share them. What is over the limit waits; nothing is dropped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.sending.domains import refused_mails
from relance.sending.lines import share
from relance.sending.mailboxes import Rule, mailbox_book, mailboxes_of
from relance.sending.outbox import Message, Settled
from relance.sending.warm_up import WAITING, over_share
from relance.store import Shop, tables

THROTTLE: Final = tables.throttle
HIT: Final = tables.throttle_hit
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
LOOK: Final = timedelta(minutes=15)
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Admitted:
    """Messages that may go now, each with its mailbox provider's name; those that wait; how many at once, by name.

    `crowded`: other senders have all the connections to a provider; they are over soon.
    """

    going: tuple[Message, ...]
    waiting: tuple[Settled, ...]
    mailboxes: Mapping[int, str]
    connections: Mapping[str, int]
    crowded: bool = False


@dataclass(frozen=True)
class Using:
    """The connections of a sender: whose they are, how many in all, and those in use by mailbox provider."""

    owner: str
    width: int
    busy: Mapping[str, int]


@dataclass(frozen=True)
class Slowed:
    """A mailbox provider that is given less than usual, or nothing, and the answer that led to it."""

    mailbox: str
    suspended_until: datetime | None
    slowed_until: datetime | None
    connections: int | None
    hour_rate: int | None
    reason: str | None


def admit(
    connection: Connection, shop: Shop, messages: Sequence[Message], using: Using, now: datetime, chance: Random
) -> Admitted:
    """Which of these claimed mails may go now; what may is counted."""
    mails = [one for one in messages if one.channel == "email"]
    others = tuple(one for one in messages if one.channel != "email")
    domains = {one.outbox_id: one.address.rpartition("@")[2].lower() for one in mails}
    names = mailboxes_of(connection, domains.values(), now)
    mailboxes = {outbox_id: names[domain] for outbox_id, domain in domains.items()}
    held = _rows(connection, shop, set(mailboxes.values()))
    groups: dict[str, list[Message]] = defaultdict(list)
    for one in mails:
        groups[mailboxes[one.outbox_id]].append(one)
    going: list[Message] = []
    waiting: list[Settled] = []
    limits = {name: _connections(name, held.get(name), now) for name in groups}
    connections = share(connection, shop, using.owner, using.width, limits, using.busy)
    for name, group in groups.items():
        row = held.get(name)
        slowed = row is not None and row.slowed_until is not None and row.slowed_until > now
        usual = mailbox_book().find(name)
        if row is not None and row.suspended_until is not None and row.suspended_until > now:
            waiting += [_wait(one, "outbox.mailbox_suspended", row.suspended_until, chance) for one in group]
            continue
        if connections[name] == 0:
            waiting += [_wait(one, "outbox.mailbox_full", now, chance) for one in group]
            continue
        rate = row.hour_rate if row and slowed and row.hour_rate else usual.hour_rate
        room = len(group) if rate is None else _take(connection, shop, name, row, rate, len(group), now)
        going += group[:room]
        waiting += [_wait(one, "outbox.mailbox_full", _minute(now) + MINUTE, chance) for one in group[room:]]
    places = {one.outbox_id: place for place, one in enumerate(messages)}
    going.sort(key=lambda one: places[one.outbox_id])
    going, later = _of_domain(connection, shop, going, mailboxes, now, chance)
    waiting += later
    return Admitted((*others, *going), tuple(waiting), mailboxes, connections, 0 in connections.values())


def _of_domain(
    connection: Connection,
    shop: Shop,
    messages: Sequence[Message],
    mailboxes: Mapping[int, str],
    now: datetime,
    chance: Random,
) -> tuple[list[Message], list[Settled]]:
    """Those that the sending domain allows now, and those that wait: for its records, or for tomorrow's share."""
    refused = refused_mails(connection, shop, messages)
    waiting = [_wait(one, "outbox.domain_refused", now + LOOK, chance) for one in messages if one.outbox_id in refused]
    going = [one for one in messages if one.outbox_id not in refused]
    over = over_share(connection, shop, going, mailboxes, now)
    waiting += [_wait(one, WAITING, over[one.outbox_id], chance) for one in going if one.outbox_id in over]
    return [one for one in going if one.outbox_id not in over], waiting


def learn(
    connection: Connection, shop: Shop, ends: Iterable[Settled], mailboxes: Mapping[int, str], now: datetime
) -> set[str]:
    """Let the answers that refused something change what their providers are given; those given nothing any more."""
    suspended = set()
    for one in sorted(ends, key=lambda one: mailboxes.get(one.message.outbox_id, "")):
        name = mailboxes.get(one.message.outbox_id)
        if name is None or one.reply is None or one.state not in {"deferred", "failed", "expired"}:
            continue
        for rule in mailbox_book().find(name).rules:
            if rule.answer.search(one.reply) and _hits(connection, shop, name, rule, now) >= rule.times:
                _apply(connection, shop, name, rule, one.reply, now)
                suspended |= {name} if rule.suspend else set()
    return suspended


def slowed(connection: Connection, shop: Shop, now: datetime) -> list[Slowed]:
    """The providers that are given less than usual at the moment, by name."""
    rows = connection.execute(
        select(THROTTLE)
        .where(THROTTLE.c.shop_id == shop.shop_id)
        .where((THROTTLE.c.suspended_until > now) | (THROTTLE.c.slowed_until > now))
        .order_by(THROTTLE.c.mailbox)
    )
    return [
        Slowed(row.mailbox, row.suspended_until, row.slowed_until, row.connections, row.hour_rate, row.reason)
        for row in rows
    ]


def lift(connection: Connection, shop: Shop, mailbox: str) -> None:
    """Give a provider what is usual again: the merchant's decision."""
    mine = (THROTTLE.c.shop_id == shop.shop_id, THROTTLE.c.mailbox == mailbox)
    free = {"suspended_until": None, "slowed_until": None, "connections": None, "hour_rate": None, "reason": None}
    connection.execute(update(THROTTLE).where(*mine).values(free))
    connection.execute(delete(HIT).where(HIT.c.shop_id == shop.shop_id, HIT.c.mailbox == mailbox))


def _rows(connection: Connection, shop: Shop, names: set[str]) -> dict[str, Row[Any]]:
    if not names:
        return {}
    wanted = select(THROTTLE).where(THROTTLE.c.shop_id == shop.shop_id, THROTTLE.c.mailbox.in_(sorted(names)))
    return {row.mailbox: row for row in connection.execute(wanted.order_by(THROTTLE.c.mailbox).with_for_update())}


def _connections(name: str, row: Row[Any] | None, now: datetime) -> int:
    """How many connections a provider bears at once: the usual, or fewer while it is slowed down."""
    slowed = row is not None and row.slowed_until is not None and row.slowed_until > now
    return int(row.connections if row and slowed and row.connections else mailbox_book().find(name).connections)


def _take(
    connection: Connection, shop: Shop, name: str, row: Row[Any] | None, hour_rate: int, wanted: int, now: datetime
) -> int:
    """Count up to `wanted` messages against this minute's share of the hour; how many there is room for."""
    minute = _minute(now)
    gone = row.window_count if row is not None and row.window_at == minute else 0
    room = min(max(-(-hour_rate // 60) - gone, 0), wanted)
    _write(connection, shop, name, {"window_at": minute, "window_count": gone + room})
    return room


def _hits(connection: Connection, shop: Shop, name: str, rule: Rule, now: datetime) -> int:
    """Note that an answer fits a rule; how often one did within the last hour."""
    mine = (HIT.c.shop_id == shop.shop_id, HIT.c.mailbox == name, HIT.c.rule == rule.name)
    connection.execute(delete(HIT).where(*mine, HIT.c.at < now - HOUR))
    connection.execute(insert(HIT).values(shop_id=shop.shop_id, mailbox=name, rule=rule.name, at=now))
    return int(connection.execute(select(func.count()).where(*mine)).scalar_one())


def _apply(connection: Connection, shop: Shop, name: str, rule: Rule, reply: str, now: datetime) -> None:
    until = now + timedelta(minutes=rule.minutes)
    if rule.suspend:
        changes: dict[str, Any] = {"suspended_until": until}
    else:
        changes = {"slowed_until": until, "connections": rule.connections, "hour_rate": rule.hour_rate}
    _write(connection, shop, name, {**changes, "reason": reply})


def _write(connection: Connection, shop: Shop, name: str, changes: Mapping[str, Any]) -> None:
    first = {"window_at": NEVER, "window_count": 0, **changes}
    values = {"shop_id": shop.shop_id, "mailbox": name, **first}
    statement: Any = sqlite.insert(THROTTLE) if connection.dialect.name == "sqlite" else postgresql.insert(THROTTLE)
    new = statement.values(values)
    connection.execute(new.on_conflict_do_update(index_elements=["shop_id", "mailbox"], set_=dict(changes)))


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _wait(message: Message, reason: str, until: datetime, chance: Random) -> Settled:
    """Wait until then and up to a minute longer, so that not all come at once; what would come too late expires."""
    retry_at = until + MINUTE * chance.random()
    if message.not_after is not None and retry_at > message.not_after:
        return Settled(message, "expired", "not_after", None, tried=False)
    return Settled(message, "deferred", reason, None, retry_at, tried=False)
