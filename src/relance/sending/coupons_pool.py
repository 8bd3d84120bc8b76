"""The pool of unique codes: filled ahead, held for a person and occurrence, returned when nothing was sent (S18).

A code is held in the transaction that plans the message, under a name derived from it: planned again, it finds its own
code. No message goes without its code; one that found the pool empty waits for the next codes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.sending.coupons_offers import Offer, coupon_facts, ends_at, find_offer, offers
from relance.store import Shop, tables

CODE: Final = tables.coupon_code
OFFER: Final = tables.coupon_offer
OUTBOX: Final = tables.outbox
DRY: Final = "coupons.dry"
AGAIN: Final = timedelta(minutes=10)
CHUNK: Final = 2_000
LONGEST_CODE: Final = 100
WAITING: Final = ("queued", "deferred")
UNSENT: Final = ("expired", "failed", "cancelled", "suppressed")


@dataclass(frozen=True)
class Added:
    """What became of codes that were brought: new ones, those known already, those that are no codes."""

    added: int
    repeated: int
    rejected: int


@dataclass(frozen=True)
class Stock:
    """An offer's codes: free, held for somebody, redeemed; and how many messages wait for one.

    `pending` codes are still to be made in the shop; `trouble` is what kept it from that.
    """

    offer: Offer
    free: int
    held: int
    redeemed: int
    waiting: int
    pending: int = 0
    trouble: Mapping[str, Any] | None = None

    @property
    def is_low(self) -> bool:
        """Whether new codes are needed soon."""
        return self.free < self.offer.low_at

    @property
    def is_dry(self) -> bool:
        """Whether messages wait because no code is left."""
        return self.waiting > 0 or (self.free == 0 and self.held > 0)


def code_key(code: str) -> str:
    """What two spellings of a code share."""
    return code.strip().lower()


def holder(offer_id: str, source: str, occurrence: str, customer_id: str) -> str:
    """The name under which a code is held: one a person and occurrence, whatever the step."""
    return sha256(f"{offer_id}\0{source}\0{occurrence}\0{customer_id}".encode()).hexdigest()


def add_codes(
    connection: Connection,
    shop: Shop,
    offer_id: str,
    codes: Iterable[str],
    now: datetime,
    usable_until: datetime | None = None,
) -> Added:
    """Put codes into an offer's pool and give them to the messages that wait. Raises NotFound.

    `usable_until` is when the shop stops taking them; a code is not promised for longer.
    """
    find_offer(connection, shop, offer_id)
    given = [code.strip() for code in codes if code.strip()]
    good = {code_key(code): code for code in given if code.isprintable() and len(code) <= LONGEST_CODE}
    before = _count(connection, shop)
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [
        {
            "shop_id": shop.shop_id,
            "offer_id": offer_id,
            "code": code,
            "code_key": key,
            "usable_until": usable_until,
            "added_at": now,
        }
        for key, code in good.items()
    ]
    if rows:
        connection.execute(insert(CODE).on_conflict_do_nothing(), rows)
    added = _count(connection, shop) - before
    supply_waiting(connection, shop, offer_id, now)
    unreadable = sum(not code.isprintable() or len(code) > LONGEST_CODE for code in given)
    return Added(added, len(given) - unreadable - added, unreadable)


def equip(connection: Connection, shop: Shop, message_ids: Sequence[str], now: datetime) -> None:
    """Hold a code for each of these new messages that promises one; those without a code wait."""
    rows = connection.execute(
        select(OUTBOX)
        .where(
            OUTBOX.c.shop_id == shop.shop_id,
            OUTBOX.c.message_id.in_(message_ids),
            OUTBOX.c.offer.is_not(None),
            OUTBOX.c.state.in_(WAITING),
        )
        .order_by(OUTBOX.c.priority, OUTBOX.c.planned_at, OUTBOX.c.id)
    ).all()
    known = offers(connection, shop)
    for offer_id in sorted({row.offer for row in rows}):
        mine = [row for row in rows if row.offer == offer_id]
        _equip(connection, shop, known[offer_id], mine, now)


def supply_waiting(connection: Connection, shop: Shop, offer_id: str, now: datetime) -> int:
    """Give the codes that are left to the messages that wait for one, the most urgent first; how many got theirs."""
    offer = find_offer(connection, shop, offer_id)
    waits = OUTBOX.c.offer == offer_id
    rows = connection.execute(
        select(OUTBOX)
        .where(_codeless(shop), waits)
        .order_by(OUTBOX.c.priority, OUTBOX.c.planned_at, OUTBOX.c.id)
        .with_for_update()
    ).all()
    return sum(
        _equip(connection, shop, offer, rows[start : start + CHUNK], now) for start in range(0, len(rows), CHUNK)
    )


def promise_anew(connection: Connection, shop: Shop, outbox_ids: Collection[int], now: datetime) -> None:
    """Let the promise of these waiting messages' codes begin now; the codes stay theirs."""
    rows = connection.execute(
        select(OUTBOX).where(OUTBOX.c.id.in_(outbox_ids), OUTBOX.c.offer.is_not(None), OUTBOX.c.coupon.is_not(None))
    ).all()
    known = offers(connection, shop)
    _write(connection, shop, [(row, known[row.offer], row.coupon) for row in rows], now)


def return_codes(connection: Connection, shop: Shop) -> int:
    """Let go of the codes of messages that will not be sent; how many codes are free again.

    A code that another message to the same person promised as well stays theirs, as does one that was used.
    """
    other = OUTBOX.alias()
    still = (
        select(other.c.id)
        .where(
            other.c.shop_id == OUTBOX.c.shop_id,
            other.c.customer_id == OUTBOX.c.customer_id,
            other.c.offer == OUTBOX.c.offer,
            other.c.coupon == OUTBOX.c.coupon,
            other.c.state.not_in(UNSENT),
        )
        .exists()
    )
    unsent = and_(OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.offer.is_not(None), OUTBOX.c.coupon.is_not(None))
    over = select(OUTBOX.c.id, OUTBOX.c.coupon).where(unsent, OUTBOX.c.state.in_(UNSENT), ~still)
    rows = connection.execute(over.limit(CHUNK)).all()
    if not rows:
        return 0
    codes = sorted({code_key(row.coupon) for row in rows})
    mine = (CODE.c.shop_id == shop.shop_id) & CODE.c.code_key.in_(codes) & CODE.c.redeemed_at.is_(None)
    freed = connection.execute(update(CODE).where(mine).values(held_for=None, held_at=None)).rowcount
    connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_([row.id for row in rows])).values(coupon=None))
    return freed


def dry_offers(connection: Connection, shop: Shop, source: str) -> list[str]:
    """The offers for whose codes messages of a source wait."""
    waits = (OUTBOX.c.source == source) & OUTBOX.c.offer.is_not(None)
    wanted = select(OUTBOX.c.offer).distinct().where(_codeless(shop), waits)
    return sorted(connection.execute(wanted).scalars())


def stock(connection: Connection, shop: Shop, now: datetime) -> list[Stock]:
    """Every offer with its codes. A code that the shop no longer takes for a whole promise is not free."""
    counts = {
        row.offer_id: row
        for row in connection.execute(
            select(
                CODE.c.offer_id,
                func.count().filter(CODE.c.held_at.is_not(None), CODE.c.redeemed_at.is_(None)).label("held"),
                func.count().filter(CODE.c.redeemed_at.is_not(None)).label("redeemed"),
                func.count().filter(CODE.c.pending).label("pending"),
            )
            .where(CODE.c.shop_id == shop.shop_id)
            .group_by(CODE.c.offer_id)
        )
    }
    waiting: dict[str | None, int] = dict(
        connection.execute(
            select(OUTBOX.c.offer, func.count())
            .where(_codeless(shop), OUTBOX.c.offer.is_not(None))
            .group_by(OUTBOX.c.offer)
        ).all()
    )
    troubles: dict[str, Mapping[str, Any] | None] = dict(
        connection.execute(select(OFFER.c.offer_id, OFFER.c.trouble).where(OFFER.c.shop_id == shop.shop_id)).all()
    )
    found = []
    for offer in offers(connection, shop).values():
        free = select(func.count()).where(_free(shop, offer, ends_at(offer, now)))
        row = counts.get(offer.offer_id)
        held, redeemed, pending = (row.held, row.redeemed, row.pending) if row else (0, 0, 0)
        number, trouble = connection.execute(free).scalar_one(), troubles.get(offer.offer_id)
        found.append(Stock(offer, number, held, redeemed, waiting.get(offer.offer_id, 0), pending, trouble))
    return found


def _equip(connection: Connection, shop: Shop, offer: Offer, rows: Sequence[Row[Any]], now: datetime) -> int:
    """Hold codes for these messages; how many got one."""
    names = {row.id: holder(offer.offer_id, row.source, row.occurrence, row.customer_id) for row in rows}
    codes = _reserve(connection, shop, offer, list(dict.fromkeys(names.values())), now)
    lucky = [(row, offer, codes[names[row.id]]) for row in rows if names[row.id] in codes]
    _write(connection, shop, lucky, now)
    without = [row.id for row in rows if names[row.id] not in codes]
    waits = {"state": "deferred", "reason": DRY, "retry_at": now + AGAIN}
    for start in range(0, len(without), CHUNK):
        mine = OUTBOX.c.id.in_(without[start : start + CHUNK])
        connection.execute(update(OUTBOX).where(mine).values(**waits))
    return len(lucky)


def _reserve(
    connection: Connection, shop: Shop, offer: Offer, names: Sequence[str], now: datetime
) -> Mapping[str, str]:
    """The codes held under these names, by name: those held already, then free ones, the oldest first."""
    held: dict[str, str] = {}
    for start in range(0, len(names), CHUNK):
        mine = (CODE.c.shop_id == shop.shop_id, CODE.c.offer_id == offer.offer_id)
        rows = connection.execute(
            select(CODE.c.held_for, CODE.c.code).where(*mine, CODE.c.held_for.in_(names[start : start + CHUNK]))
        )
        held.update((row.held_for, row.code) for row in rows)
    missing = [name for name in names if name not in held]
    if not missing:
        return held
    free = (
        select(CODE.c.id, CODE.c.code)
        .where(_free(shop, offer, ends_at(offer, now)))
        .order_by(CODE.c.id)
        .limit(len(missing))
        .with_for_update(skip_locked=True)
    )
    taken = list(zip(missing, connection.execute(free).all(), strict=False))
    if taken:
        holds = [{"its_id": row.id, "its_name": name, "its_at": now} for name, row in taken]
        holding = update(CODE).where(CODE.c.id == bindparam("its_id"))
        connection.execute(holding.values(held_for=bindparam("its_name"), held_at=bindparam("its_at")), holds)
    return {**held, **{name: row.code for name, row in taken}}


def _write(connection: Connection, shop: Shop, lucky: Sequence[tuple[Row[Any], Offer, str]], now: datetime) -> None:
    """Write the codes into the messages; one that waited for its code alone may go."""
    if not lucky:
        return
    rows = [
        {
            "its_id": row.id,
            "its_code": code,
            "its_facts": {**row.facts, "coupon": coupon_facts(shop, offer, code, max(row.planned_at, now))},
            "its_retry": now if row.reason == DRY else row.retry_at,
        }
        for row, offer, code in lucky
    ]
    waits = or_(OUTBOX.c.state == "queued", OUTBOX.c.state == "deferred")
    equipped = update(OUTBOX).where(OUTBOX.c.id == bindparam("its_id"), waits)
    connection.execute(
        equipped.values(coupon=bindparam("its_code"), facts=bindparam("its_facts"), retry_at=bindparam("its_retry")),
        rows,
    )


def _free(shop: Shop, offer: Offer, until: datetime) -> ColumnElement[bool]:
    return and_(
        CODE.c.shop_id == shop.shop_id,
        CODE.c.offer_id == offer.offer_id,
        CODE.c.held_at.is_(None),
        CODE.c.pending.is_(False),
        or_(CODE.c.usable_until.is_(None), CODE.c.usable_until >= until),
    )


def _codeless(shop: Shop) -> ColumnElement[bool]:
    """The messages that wait, among others those for a code."""
    return and_(OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.coupon.is_(None), OUTBOX.c.state.in_(WAITING))


def _count(connection: Connection, shop: Shop) -> int:
    return connection.execute(select(func.count()).where(CODE.c.shop_id == shop.shop_id)).scalar_one()
