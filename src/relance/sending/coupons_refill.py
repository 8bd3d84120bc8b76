"""Codes that are made in the shop: thought of and written down first, then made there, then free to be given (S18).

Cut short anywhere, the next refill finds the codes that were written down and asks for the same ones again: no code
is in the shop that is not known here, and none is given to anybody before the shop has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from relance.clock import start_of_day
from relance.errors import RelanceError
from relance.sending.coupons_offers import Offer, ends_at, offers
from relance.sending.coupons_pool import code_key, stock, supply_waiting
from relance.store import Shop, tables

CODE: Final = tables.coupon_code
OFFER: Final = tables.coupon_offer
# without signs that look like others
SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH: Final = 10
LONGEST_WORD: Final = 12
# for how long codes lie ready before their promise begins
SHELF: Final = timedelta(days=60)
# how long a shop that made trouble is left alone
REST: Final = timedelta(minutes=10)
MOST: Final = 1_000


@dataclass(frozen=True)
class Batch:
    """Codes of one offer that are to be made in its shop, which takes them until an instant."""

    offer: Offer
    usable_until: datetime
    codes: tuple[str, ...]


def write_down(connection: Connection, shop: Shop, now: datetime, chance: Random) -> int:
    """Think of the codes that offers made in the shop will need, long before they run dry; how many.

    An offer has at least twice the codes below which its stock is low, and is filled to three times as many.
    """
    # whoever else refills waits here, and then sees these codes
    connection.execute(select(OFFER.c.offer_id).where(OFFER.c.shop_id == shop.shop_id).with_for_update())
    written = 0
    for one in stock(connection, shop, now):
        low, left = max(one.offer.low_at, 1), one.free + one.pending - one.waiting
        if one.offer.connection is None or left >= 2 * low:
            continue
        until = start_of_day((ends_at(one.offer, now) + SHELF).astimezone(shop.zone).date(), shop.zone)
        rows = [_row(shop, one.offer, until, now, chance) for _ in range(min(3 * low - left, MOST))]
        connection.execute(insert(CODE), rows)
        written += len(rows)
    return written


def batches(connection: Connection, shop: Shop, now: datetime) -> list[Batch]:
    """The codes that are written down and not made yet; not those of a shop that made trouble a moment ago."""
    resting = and_(OFFER.c.trouble.is_not(None), OFFER.c.asked_at > now - REST)
    rested = select(OFFER.c.offer_id).where(OFFER.c.shop_id == shop.shop_id, or_(~resting, OFFER.c.asked_at.is_(None)))
    rows = connection.execute(
        select(CODE.c.offer_id, CODE.c.code, CODE.c.usable_until)
        .where(CODE.c.shop_id == shop.shop_id, CODE.c.pending, CODE.c.offer_id.in_(rested))
        .order_by(CODE.c.id)
        .limit(MOST)
    )
    codes: dict[tuple[str, datetime], list[str]] = defaultdict(list)
    for row in rows:
        codes[row.offer_id, row.usable_until].append(row.code)
    known = offers(connection, shop)
    return [Batch(known[offer_id], until, tuple(mine)) for (offer_id, until), mine in codes.items()]


def note_made(
    connection: Connection,
    shop: Shop,
    offer_id: str,
    made: Collection[str],
    refused: Collection[str],
    trouble: RelanceError | None,
    now: datetime,
) -> int:
    """Let codes that the shop has now be given, and forget those that it will not have; how many waited for one.

    `trouble` is what kept the shop from making the others: they are asked for again.
    """
    mine = and_(CODE.c.shop_id == shop.shop_id, CODE.c.offer_id == offer_id, CODE.c.pending)
    connection.execute(update(CODE).where(mine, CODE.c.code_key.in_(list(map(code_key, made)))).values(pending=False))
    connection.execute(delete(CODE).where(mine, CODE.c.code_key.in_(list(map(code_key, refused)))))
    told = None
    if trouble is not None:
        told = {"key": trouble.key, "facts": {name: str(value) for name, value in trouble.facts.items()}}
    this = (OFFER.c.shop_id == shop.shop_id) & (OFFER.c.offer_id == offer_id)
    connection.execute(update(OFFER).where(this).values(trouble=told, asked_at=now))
    return supply_waiting(connection, shop, offer_id, now) if made else 0


def _row(shop: Shop, offer: Offer, until: datetime, now: datetime, chance: Random) -> dict[str, object]:
    word = offer.offer_id.partition("-")[0][:LONGEST_WORD].upper()
    code = f"{word}-{''.join(chance.choices(SIGNS, k=LENGTH))}"
    return {
        "shop_id": shop.shop_id,
        "offer_id": offer.offer_id,
        "code": code,
        "code_key": code_key(code),
        "usable_until": until,
        "added_at": now,
        "pending": True,
    }
