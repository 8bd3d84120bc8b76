"""Offers of unique codes: what they take off, how many codes are left, and which were used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from relance import pipeline, sending
from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Request
from relance.store import Shop
from relance.words import Language, say

router = APIRouter(prefix="/api/offers", tags=["offers"])


class OfferStock(Answer):
    """An offer with its codes. `amount` is percent, or an amount as a decimal text, as is `minimum`.

    `connection` names the shop that makes the codes; `pending` ones are still to be made there, and `trouble` says what
    keeps the shop from it.
    """

    offer_id: str
    benefit: str
    amount: str | None
    minimum: str | None
    valid_hours: int
    supply: str
    low_at: int
    connection: str | None
    free: int
    held: int
    redeemed: int
    waiting: int
    pending: int
    trouble: str | None
    is_low: bool
    is_dry: bool


class OfferList(Answer):
    """Every offer of the shop; `makers` are the connections that may make codes."""

    offers: list[OfferStock]
    makers: list[str]


class WantedOffer(Request):
    """An offer to keep: amounts are decimal texts, of percent a whole number.

    With `connection` that shop makes the codes; otherwise they are brought as a list.
    """

    benefit: Literal["percent", "amount", "free_delivery"]
    amount: Annotated[str | None, Field(max_length=20)] = None
    minimum: Annotated[str | None, Field(max_length=20)] = None
    valid_hours: int
    low_at: int = 100
    connection: Annotated[str | None, Field(max_length=100)] = None


class WantedCodes(Request):
    """Codes to put into the pool, as a list or as the text of a file: one a line, or a CSV with a heading.

    `usable_until` is when the shop stops taking them.
    """

    codes: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=100_000, default_factory=list)]
    file: Annotated[str, Field(max_length=5_000_000)] = ""
    usable_until: datetime | None = None


class AddedCodes(Answer):
    """What became of the codes that were brought."""

    added: int
    repeated: int
    rejected: int


@router.get("")
def list_offers(house: TheHouse, shop: TheShop, language: TheLanguage) -> OfferList:
    """The offers with their codes: free, held for somebody, redeemed; and how many messages wait for one."""
    with house.store.read() as connection:
        found = sending.stock(connection, shop, house.clock())
    return OfferList(offers=[_told(one, shop, language) for one in found], makers=pipeline.makers_of_codes(house, shop))


@router.put("/{offer_id}")
def save_offer(house: TheHouse, shop: TheShop, language: TheLanguage, offer_id: str, body: WantedOffer) -> OfferList:
    """Keep an offer, or change it. 422 for one that cannot be, or for a shop that may only be read."""
    amount = sending.minor_of(shop, body.amount, body.benefit == "percent")
    minimum = sending.minor_of(shop, body.minimum)
    supply = "list" if body.connection is None else "shop"
    terms = (body.benefit, amount, minimum, body.valid_hours, supply, body.low_at)
    pipeline.save_offer(house, shop, sending.Offer(offer_id, *terms, body.connection))
    return list_offers(house, shop, language)


@router.post("/fill")
def fill_offers(house: TheHouse, shop: TheShop, language: TheLanguage) -> OfferList:
    """Have the shops make the codes that are needed now; what keeps one from it stands at its offers."""
    pipeline.refill_offers(house, shop, lambda: False)
    return list_offers(house, shop, language)


@router.post("/{offer_id}/codes")
def add_codes(house: TheHouse, shop: TheShop, offer_id: str, body: WantedCodes) -> AddedCodes:
    """Put codes into an offer's pool; messages that wait for one get theirs. 404 for an unknown offer."""
    codes = [*body.codes, *sending.codes_in(body.file)]
    with house.store.begin() as connection:
        found = sending.add_codes(connection, shop, offer_id, codes, house.clock(), body.usable_until)
    return AddedCodes(added=found.added, repeated=found.repeated, rejected=found.rejected)


def _told(one: sending.Stock, shop: Shop, language: Language) -> OfferStock:
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
        connection=offer.connection,
        free=one.free,
        held=one.held,
        redeemed=one.redeemed,
        waiting=one.waiting,
        pending=one.pending,
        trouble=None if one.trouble is None else say(one.trouble["key"], language, **one.trouble["facts"]),
        is_low=one.is_low,
        is_dry=one.is_dry,
    )
