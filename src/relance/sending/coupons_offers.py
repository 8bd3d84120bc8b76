"""Offers: what a unique code takes off, for how long it is promised, and where its codes come from (S18)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from babel.numbers import get_currency_precision
from sqlalchemy import Connection, delete, insert, select

from relance.errors import BadInput, NotFound
from relance.store import Shop, tables

OFFER: Final = tables.coupon_offer
CODE: Final = tables.coupon_code
BENEFITS: Final = ("percent", "amount", "free_delivery")
# `list`: the merchant brings the codes; `shop`: they are made in the shop through its connector
SUPPLIES: Final = ("list", "shop")
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST: Final = 24 * 366


@dataclass(frozen=True)
class Offer:
    """One offer. `amount` is percent, or minor units of the shop's currency; `minimum` is of the order, minor units.

    Below `low_at` free codes the stock is low. `connection` names the shop that makes the codes, for the supply `shop`.
    """

    offer_id: str
    benefit: str
    amount: int | None
    minimum: int | None
    valid_hours: int
    supply: str = "list"
    low_at: int = 100
    connection: str | None = None

    @property
    def terms(self) -> tuple[object, ...]:
        """What a code of it is worth, and where."""
        return self.benefit, self.amount, self.minimum, self.connection


def save_offer(connection: Connection, shop: Shop, offer: Offer, now: datetime) -> Offer:
    """Keep an offer, or change it. Raises BadInput for one that cannot be.

    Codes that a shop made for other terms, and that nobody holds yet, are given to nobody.
    """
    if fault := _fault(offer):
        raise BadInput("coupons.bad_offer", offer=offer.offer_id, name=fault, value=str(getattr(offer, fault)))
    before = offers(connection, shop).get(offer.offer_id)
    if before is not None and before.connection is not None and before.terms != offer.terms:
        connection.execute(
            delete(CODE).where(
                CODE.c.shop_id == shop.shop_id, CODE.c.offer_id == offer.offer_id, CODE.c.held_at.is_(None)
            )
        )
    mine = (OFFER.c.shop_id == shop.shop_id) & (OFFER.c.offer_id == offer.offer_id)
    connection.execute(delete(OFFER).where(mine))
    values = {name: getattr(offer, name) for name in Offer.__dataclass_fields__}
    connection.execute(insert(OFFER).values(shop_id=shop.shop_id, made_at=now, **values))
    return offer


def offers(connection: Connection, shop: Shop) -> dict[str, Offer]:
    """Every offer of the shop, by id."""
    rows = connection.execute(select(OFFER).where(OFFER.c.shop_id == shop.shop_id).order_by(OFFER.c.offer_id))
    return {row.offer_id: Offer(**{name: getattr(row, name) for name in Offer.__dataclass_fields__}) for row in rows}


def find_offer(connection: Connection, shop: Shop, offer_id: str) -> Offer:
    """One offer. Raises NotFound."""
    found = offers(connection, shop).get(offer_id)
    if found is None:
        raise NotFound("coupons.no_offer", offer=offer_id)
    return found


def coupon_facts(shop: Shop, offer: Offer, code: str, issued: datetime) -> dict[str, Any]:
    """The coupon as a template shows it, promised from `issued` on.

    `valid_until` is the last day of a promise in days, the minute of one in hours, in the shop's zone.
    """
    ends = ends_at(offer, issued).astimezone(shop.zone)
    in_days = offer.valid_hours % 24 == 0
    facts: dict[str, Any] = {
        "code": code,
        "valid_until": ends.date().isoformat() if in_days else ends.isoformat(timespec="minutes"),
        "valid_hours": offer.valid_hours,
        "issued_at": issued.isoformat(),
    }
    match offer.benefit:
        case "percent":
            facts["percent"] = offer.amount
        case "amount":
            facts["amount"] = shop.amount(offer.amount or 0)
        case _:
            facts["free_delivery"] = True
    return facts if offer.minimum is None else {**facts, "minimum": shop.amount(offer.minimum)}


def ends_at(offer: Offer, issued: datetime) -> datetime:
    """When the promise of a code that is issued at an instant ends."""
    return issued + timedelta(hours=offer.valid_hours)


def is_short(coupon: object, now: datetime) -> bool:
    """Whether less than half of a coupon's promise is left: then it is not worth sending (S18)."""
    told: Mapping[str, Any] = coupon if isinstance(coupon, Mapping) else {}
    if "issued_at" not in told:
        return False
    promise = timedelta(hours=told["valid_hours"])
    return now - datetime.fromisoformat(told["issued_at"]) > promise / 2


def minor_of(shop: Shop, written: str | None, is_percent: bool = False) -> int | None:
    """A decimal text as minor units of the shop's currency, or as whole percent. Raises BadInput."""
    if written is None:
        return None
    try:
        number = Decimal(written.strip())
        whole = number if is_percent else number.scaleb(get_currency_precision(shop.currency))
        if whole == whole.to_integral_value():
            return int(whole)
    except (ArithmeticError, ValueError) as error:
        raise BadInput("coupons.no_amount", value=written[:40]) from error
    raise BadInput("coupons.no_amount", value=written[:40])


def _fault(offer: Offer) -> str | None:
    """The part of an offer that cannot be."""
    most = 100 if offer.benefit == "percent" else 10**9
    wrong = {
        "offer_id": not NAME.fullmatch(offer.offer_id),
        "benefit": offer.benefit not in BENEFITS,
        "amount": (offer.amount is None) != (offer.benefit == "free_delivery")
        or (offer.amount is not None and not 1 <= offer.amount <= most),
        "minimum": offer.minimum is not None and offer.minimum < 1,
        "valid_hours": not 1 <= offer.valid_hours <= LONGEST,
        "supply": offer.supply not in SUPPLIES,
        "connection": (offer.connection is None) != (offer.supply == "list"),
        "low_at": offer.low_at < 0,
    }
    return next((name for name, is_wrong in wrong.items() if is_wrong), None)
