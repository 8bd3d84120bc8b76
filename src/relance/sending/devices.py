"""Browsers that take notifications: subscribing, leaving, whose they are, and which one a message goes to.

A message goes to the device that was seen last, and to the next one when a push service says that this one is over:
one intent is one request, so that what became of it is known exactly, and nobody gets the same news twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from relance import consent
from relance.channels import Answered, is_gone, read_subscription
from relance.errors import BadInput
from relance.sending.outbox import Settled
from relance.store import Shop, lock_recipients, same_people, seal, tables, unseal

DEVICE: Final = tables.push_device
CHANNEL: Final = "push"
MARKETING: Final = "marketing"
SEALED: Final = "push device"
# how an intent's address begins: which device it goes to is found when it is sent
PERSON: Final = "customer:"
MOST: Final = 5  # devices of one visitor: a browser has one, or one for each part of the shop
# a browser's id lives 13 months; after them nobody can learn whose an unknown device is
NOBODYS: Final = timedelta(days=395)
A_MOMENT: Final = timedelta(seconds=1)
NO_DEVICE: Final = "sending.no_device"
CHUNK: Final = 5_000


@dataclass(frozen=True)
class Device:
    """A device as a sender uses it; `recipient` is its subscription as JSON."""

    number: int
    recipient: str


@dataclass(frozen=True)
class DeviceFigures:
    """How many devices take notifications, of how many customers, and how many of visitors nobody knows yet."""

    devices: int
    customers: int
    unknown: int


def subscribe(
    connection: Connection,
    shop: Shop,
    key: bytes,
    anonymous_id: str,
    subscription: Mapping[str, Any],
    source: str,
    proof: consent.Proof,
    now: datetime,
    **more: Any,
) -> bool:
    """Keep a browser's subscription and the consent that came with it; whether the device is new.

    The consent is the visitor's; `link_devices` hands it on once the visitor is a customer. `more` is added to the
    evidence. Raises BadInput for what is no subscription at a known push service.
    """
    endpoint, sealed = _sealed(key, subscription)
    hashed = consent.address_hmac(key, CHANNEL, endpoint)
    evidence = proof.evidence(connection, shop, now, **more)
    visitor = consent.visitor_name(key, anonymous_id)
    entry = consent.Entry(visitor, CHANNEL, MARKETING, "granted", "consent", now, source, evidence)
    # holds the visitor, so that two clicks make one device
    consent.record(connection, shop, entry, now)
    known = _find(connection, shop, hashed)
    # whose it is is asked anew: somebody else may sit at this browser now
    values = {"anonymous_id": anonymous_id, "customer_id": None, "sealed": sealed, "agreed_at": now, "seen_at": now}
    if known is not None:
        connection.execute(update(DEVICE).where(DEVICE.c.id == known.id).values(**values))
        return False
    connection.execute(insert(DEVICE).values(shop_id=shop.shop_id, address_hmac=hashed, **values))
    _drop_oldest(connection, shop, anonymous_id)
    return True


def renew_device(
    connection: Connection, shop: Shop, key: bytes, endpoint: str, subscription: Mapping[str, Any], now: datetime
) -> bool:
    """Put a browser's new subscription in the place of the one it had; False when that one is not known.

    The browser does this by itself, so that it is no new consent. Raises BadInput as `subscribe` does.
    """
    known = _find(connection, shop, consent.address_hmac(key, CHANNEL, endpoint))
    new_endpoint, sealed = _sealed(key, subscription)
    if known is None:
        return False
    hashed = consent.address_hmac(key, CHANNEL, new_endpoint)
    connection.execute(delete(DEVICE).where(*_mine(shop), DEVICE.c.address_hmac == hashed, DEVICE.c.id != known.id))
    values = {"address_hmac": hashed, "sealed": sealed, "seen_at": now}
    connection.execute(update(DEVICE).where(DEVICE.c.id == known.id).values(**values))
    return True


def unsubscribe(
    connection: Connection,
    shop: Shop,
    key: bytes,
    endpoint: str,
    source: str,
    proof: consent.Proof,
    now: datetime,
    **more: Any,
) -> bool:
    """Forget a device; with a person's last one their consent ends. False when the device is not known.

    Whoever knows an endpoint is its browser: no one else is told it.
    """
    known = _find(connection, shop, consent.address_hmac(key, CHANNEL, endpoint))
    if known is None:
        return False
    connection.execute(delete(DEVICE).where(DEVICE.c.id == known.id))
    if known.customer_id is None:
        consent.forget_visitors(connection, shop, [consent.visitor_name(key, known.anonymous_id)])
    elif known.customer_id not in reachable(connection, shop, [known.customer_id]):
        said = proof.evidence(connection, shop, now, **more)
        consent.withdraw(connection, shop, known.customer_id, CHANNEL, MARKETING, source, said, now)
    return True


def reachable(connection: Connection, shop: Shop, customer_ids: Iterable[str]) -> set[str]:
    """Those of the customers who have a device, under any of their ids."""
    groups = same_people(connection, shop, customer_ids)
    rows = _devices_of(connection, shop, {one for group in groups.values() for one in group})
    holders = {row.customer_id for row in rows}
    return {name for name, group in groups.items() if not holders.isdisjoint(group)}


def newest_devices(connection: Connection, shop: Shop, key: bytes, customer_ids: Iterable[str]) -> dict[str, Device]:
    """The device of each customer that was seen last, under any of their ids; nobody who has none."""
    groups = same_people(connection, shop, customer_ids)
    rows = _devices_of(connection, shop, {one for group in groups.values() for one in group})
    last: dict[str, Row[Any]] = {}
    for row in sorted(rows, key=lambda row: (row.seen_at, row.id)):
        last[row.customer_id] = row
    found = {}
    for name, group in groups.items():
        held = [last[one] for one in group if one in last]
        if held:
            row = max(held, key=lambda row: (row.seen_at, row.id))
            found[name] = Device(row.id, unseal(key, SEALED, row.sealed).decode())
    return found


def forget_gone(
    connection: Connection,
    shop: Shop,
    key: bytes,
    ends: Sequence[tuple[Settled, str, Answered]],
    now: datetime,
) -> list[Settled]:
    """What became of messages, given with the recipients they went to and the answers: devices that are over are
    deleted, and their messages go to the person's next one, if there is one.

    The person is not closed: the browser is gone, nobody has withdrawn.
    """
    gone = [(end, recipient) for end, recipient, answer in ends if end.message.channel == CHANNEL and is_gone(answer)]
    if not gone:
        return [end for end, _, _ in ends]
    hashes = [consent.address_hmac(key, CHANNEL, json.loads(recipient)["endpoint"]) for _, recipient in gone]
    connection.execute(delete(DEVICE).where(*_mine(shop), DEVICE.c.address_hmac.in_(hashes)))
    left = reachable(connection, shop, [end.message.customer_id for end, _ in gone])
    over = {end.message.outbox_id for end, _ in gone}
    return [_after(end, left, now) if end.message.outbox_id in over else end for end, _, _ in ends]


def _after(end: Settled, left: set[str], now: datetime) -> Settled:
    """A message whose device is over: it waits for its turn at the next one, or has nowhere to go."""
    if end.message.customer_id not in left:
        return replace(end, reason=NO_DEVICE)
    return replace(end, state="deferred", reason="sending.device_gone", retry_at=now + A_MOMENT)


def unknown_devices(
    connection: Connection, shop: Shop, since: datetime | None = None, visitors: Iterable[str] = ()
) -> dict[str, datetime]:
    """The visitors whose devices are nobody's yet, and when they agreed.

    `since`: of those only who agreed then or later, and who are among `visitors`.
    """
    nobodys = (
        select(DEVICE.c.anonymous_id, func.max(DEVICE.c.agreed_at))
        .where(*_mine(shop), DEVICE.c.customer_id.is_(None))
        .group_by(DEVICE.c.anonymous_id)
    )
    if since is None:
        return dict(connection.execute(nobodys).all())
    found = dict(connection.execute(nobodys.where(DEVICE.c.agreed_at >= since)).all())
    named = sorted(set(visitors))
    for start in range(0, len(named), CHUNK):
        theirs = nobodys.where(DEVICE.c.anonymous_id.in_(named[start : start + CHUNK]))
        found.update(connection.execute(theirs).all())
    return found


def has_unknown_devices(connection: Connection, shop: Shop) -> bool:
    """Whether any device is nobody's yet."""
    one = select(DEVICE.c.id).where(*_mine(shop), DEVICE.c.customer_id.is_(None)).limit(1)
    return connection.execute(one).first() is not None


def link_devices(connection: Connection, shop: Shop, key: bytes, whose: Mapping[str, str], now: datetime) -> int:
    """Give the devices of visitors (anonymous id: customer id) to the customers, with what was agreed to; how many."""
    named = {consent.visitor_name(key, anonymous_id) for anonymous_id in whose}
    lock_recipients(connection, shop, named | set(whose.values()), now)
    linked = 0
    for anonymous_id, customer_id in sorted(whose.items()):
        mine = (*_mine(shop), DEVICE.c.anonymous_id == anonymous_id, DEVICE.c.customer_id.is_(None))
        linked += connection.execute(update(DEVICE).where(*mine).values(customer_id=customer_id)).rowcount
        consent.hand_on(connection, shop, consent.visitor_name(key, anonymous_id), customer_id, now)
    return linked


def forget_nobodys(connection: Connection, shop: Shop, key: bytes, now: datetime) -> int:
    """Delete devices whose visitor was not learnt in 13 months, and the proof of what was agreed to; how many."""
    old = (*_mine(shop), DEVICE.c.customer_id.is_(None), DEVICE.c.seen_at < now - NOBODYS)
    visitors = connection.execute(select(DEVICE.c.anonymous_id).where(*old).distinct()).scalars().all()
    if not visitors:
        return 0
    consent.forget_visitors(connection, shop, [consent.visitor_name(key, one) for one in visitors])
    return connection.execute(delete(DEVICE).where(*old)).rowcount


def forget_devices(connection: Connection, shop: Shop) -> int:
    """Delete every device: those subscribed under a key that is no more (RFC 8292 §4.2); how many."""
    return connection.execute(delete(DEVICE).where(*_mine(shop))).rowcount


def device_figures(connection: Connection, shop: Shop) -> DeviceFigures:
    """How many devices there are."""
    counted = select(
        func.count(),
        func.count(DEVICE.c.customer_id.distinct()),
        func.count().filter(DEVICE.c.customer_id.is_(None)),
    ).where(*_mine(shop))
    return DeviceFigures(*connection.execute(counted).one())


def _mine(shop: Shop) -> tuple[ColumnElement[bool]]:
    return (DEVICE.c.shop_id == shop.shop_id,)


def _find(connection: Connection, shop: Shop, hashed: str) -> Row[Any] | None:
    return connection.execute(select(DEVICE).where(*_mine(shop), DEVICE.c.address_hmac == hashed)).one_or_none()


def _devices_of(connection: Connection, shop: Shop, customer_ids: Iterable[str]) -> list[Row[Any]]:
    everyone = sorted(customer_ids)
    found: list[Row[Any]] = []
    for start in range(0, len(everyone), CHUNK):
        mine = DEVICE.c.customer_id.in_(everyone[start : start + CHUNK])
        found += connection.execute(select(DEVICE).where(*_mine(shop), mine)).all()
    return found


def _drop_oldest(connection: Connection, shop: Shop, anonymous_id: str) -> None:
    mine = select(DEVICE.c.id).where(*_mine(shop), DEVICE.c.anonymous_id == anonymous_id)
    beyond = connection.execute(mine.order_by(DEVICE.c.seen_at.desc(), DEVICE.c.id.desc()).offset(MOST)).scalars().all()
    connection.execute(delete(DEVICE).where(DEVICE.c.id.in_(beyond)))


def _sealed(key: bytes, subscription: Mapping[str, Any]) -> tuple[str, bytes]:
    """The endpoint, and what of a subscription is used, sealed."""
    text = json.dumps(subscription)
    try:
        endpoint, _, _ = read_subscription(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("push.bad_subscription") from error
    keys = {name: subscription["keys"][name] for name in ("p256dh", "auth")}
    return endpoint, seal(key, SEALED, json.dumps({"endpoint": endpoint, "keys": keys}).encode())
