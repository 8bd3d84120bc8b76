"""Codes that the merchant confirmed to exist in the shop (S18): static ones, the same for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from relance.errors import BadInput
from relance.store import Shop, tables

COUPON: Final = tables.coupon


@dataclass(frozen=True)
class Coupon:
    """One code: what it takes off, and for how many days after the message it is promised."""

    code: str
    percent: int
    valid_days: int
    confirmed: bool


def add_coupon(
    connection: Connection, shop: Shop, code: str, percent: int, valid_days: int, now: datetime, confirmed: bool
) -> Coupon:
    """Keep a code, or change it. Raises BadInput for an empty code or figures that no coupon can have."""
    plain = code.strip()
    if not plain or not plain.isprintable() or not 1 <= percent <= 100 or valid_days < 1:
        raise BadInput("sending.bad_coupon", code=plain, percent=percent, days=valid_days)
    connection.execute(delete(COUPON).where(COUPON.c.shop_id == shop.shop_id, COUPON.c.code == plain))
    connection.execute(
        insert(COUPON).values(
            shop_id=shop.shop_id,
            code=plain,
            percent=percent,
            valid_days=valid_days,
            confirmed_at=now if confirmed else None,
        )
    )
    return Coupon(plain, percent, valid_days, confirmed)


def coupons(connection: Connection, shop: Shop) -> dict[str, Coupon]:
    """Every code of the shop."""
    rows = connection.execute(select(COUPON).where(COUPON.c.shop_id == shop.shop_id).order_by(COUPON.c.code))
    return {row.code: Coupon(row.code, row.percent, row.valid_days, row.confirmed_at is not None) for row in rows}


def missing_coupons(connection: Connection, shop: Shop, codes: Iterable[str]) -> list[str]:
    """Those of the codes that nobody confirmed; codes are compared without regard to case."""
    confirmed = {code.casefold() for code, coupon in coupons(connection, shop).items() if coupon.confirmed}
    return sorted({code for code in codes if code.casefold() not in confirmed})
