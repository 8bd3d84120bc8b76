"""Offers of unique codes: what they take off, how many codes are left, and which were used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from relance import sending
from relance.api.asking import TheHouse, TheShop
from relance.api.shapes import Answer, Request
from relance.store import Shop

router = APIRouter(prefix="/api/offers", tags=["offers"])


class OfferStock(Answer):
    """An offer with its codes. `amount` is percent, or an amount as a decimal text, as is `minimum`."""

    offer_id: str
    benefit: str
    amount: str | None
    minimum: str | None
    valid_hours: int
    supply: str
    low_at: int
    free: int
    held: int
    redeemed: int
    waiting: int
    is_low: bool
    is_dry: bool


class OfferList(Answer):
    """Every offer of the shop."""

    offers: list[OfferStock]


class WantedOffer(Request):
    """An offer to keep: amounts are decimal texts, of percent a whole number."""

    benefit: Literal["percent", "amount", "free_delivery"]
    amount: Annotated[str | None, Field(max_length=20)] = None
    minimum: Annotated[str | None, Field(max_length=20)] = None
    valid_hours: int
    low_at: int = 100


class WantedCodes(Request):
    """Codes to put into the pool; `usable_until` is when the shop stops taking them."""

    codes: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=100_000)]
    usable_until: datetime | None = None


class AddedCodes(Answer):
    """What became of the codes that were brought."""

    added: int
    repeated: int
    rejected: int


@router.get("")
def list_offers(house: TheHouse, shop: TheShop) -> OfferList:
    """The offers with their codes: free, held for somebody, redeemed; and how many messages wait for one."""
    with house.store.read() as connection:
        return OfferList(offers=[_told(one, shop) for one in sending.stock(connection, shop, house.clock())])


@router.put("/{offer_id}")
def save_offer(house: TheHouse, shop: TheShop, offer_id: str, body: WantedOffer) -> OfferList:
    """Keep an offer, or change it. 422 for one that cannot be."""
    amount = sending.minor_of(shop, body.amount, body.benefit == "percent")
    minimum = sending.minor_of(shop, body.minimum)
    offer = sending.Offer(offer_id, body.benefit, amount, minimum, body.valid_hours, "list", body.low_at)
    with house.store.begin() as connection:
        sending.save_offer(connection, shop, offer, house.clock())
    return list_offers(house, shop)


@router.post("/{offer_id}/codes")
def add_codes(house: TheHouse, shop: TheShop, offer_id: str, body: WantedCodes) -> AddedCodes:
    """Put codes into an offer's pool; messages that wait for one get theirs. 404 for an unknown offer."""
    with house.store.begin() as connection:
        found = sending.add_codes(connection, shop, offer_id, body.codes, house.clock(), body.usable_until)
    return AddedCodes(added=found.added, repeated=found.repeated, rejected=found.rejected)


def _told(one: sending.Stock, shop: Shop) -> OfferStock:
    offer = one.offer
    amount = None if offer.amount is None else str(offer.amount)
    return OfferStock(
        offer_id=offer.offer_id,
        benefit=offer.benefit,
        amount=shop.amount(offer.amount) if offer.benefit == "amount" and offer.amount else amount,
        minimum=None if offer.minimum is None else shop.amount(offer.minimum),
        valid_hours=offer.valid_hours,
        supply=offer.supply,
        low_at=offer.low_at,
        free=one.free,
        held=one.held,
        redeemed=one.redeemed,
        waiting=one.waiting,
        is_low=one.is_low,
        is_dry=one.is_dry,
    )
