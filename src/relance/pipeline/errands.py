"""Errands outside, ahead of need: codes that shops make, pictures of products that mails will show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random, SystemRandom
from typing import Final

from relance import ingest, sending
from relance.errors import BadInput, Interrupted, RelanceError
from relance.house import House
from relance.pipeline.intake import only_shop, outside
from relance.store import Shop
from relance.words import say

# the simulated shop is a connector of its own: it has every code that it is told of (S18)
SIMULATED: Final = "demo"
PICTURES_A_RUN: Final = 40
CHANCE: Final = SystemRandom()


def run_errands(house: House, stop: Callable[[], bool]) -> None:
    """Refill the pools of codes and fetch what pictures are missing."""
    if (shop := only_shop(house)) is None:
        return
    refill_offers(house, shop, stop)
    fetch_pictures(house, shop, stop)


def save_offer(house: House, shop: Shop, offer: sending.Offer) -> None:
    """Keep an offer. Raises BadInput, and NotFound or BadInput for a connection that cannot make its codes."""
    if offer.connection is not None and not _is_simulated(house, offer):
        ingest.writing_connection(house.store, shop, house.key, ingest.MAKERS, offer.connection)
    with house.store.begin() as connection:
        sending.save_offer(connection, shop, offer, house.clock())


def makers_of_codes(house: House, shop: Shop) -> list[str]:
    """The names of the connections that may make codes."""
    with house.store.read() as connection:
        held = ingest.list_connections(connection, shop, house.key)
    return [one.name for one in held if ingest.may_write(one, ingest.MAKERS)] + ([SIMULATED] if house.demo else [])


def refill_offers(house: House, shop: Shop, stop: Callable[[], bool], chance: Random = CHANCE) -> int:
    """Have the shops make the codes that offers will need; how many are new. What goes wrong is noted at the offer."""
    with house.store.begin() as connection:
        sending.write_down(connection, shop, house.clock(), chance)
        batches = sending.batches(connection, shop, house.clock())
    made = 0
    for batch in batches:
        left = batch.codes
        while left and not stop():
            done, trouble = _made(house, shop, batch, left, stop)
            if not (done.made or done.refused) and trouble is None:
                break
            with house.store.begin() as connection:
                sending.note_made(
                    connection, shop, batch.offer.offer_id, done.made, done.refused, trouble, house.clock()
                )
            made += len(done.made)
            ended = {*done.made, *done.refused}
            left = tuple(code for code in left if code not in ended) if trouble is None else ()
    return made


def _made(
    house: House, shop: Shop, batch: sending.Batch, codes: tuple[str, ...], stop: Callable[[], bool]
) -> tuple[ingest.Made, RelanceError | None]:
    """What the shop made of the codes, and what kept it from more."""
    offer = batch.offer
    if _is_simulated(house, offer):
        return ingest.Made(codes), None
    try:
        held = ingest.writing_connection(house.store, shop, house.key, ingest.MAKERS, offer.connection or "")
        discount = _discount(shop, offer, house.clock(), batch.usable_until)
        done = ingest.make_codes(held, ingest.CONNECTORS, ingest.MAKERS, discount, codes, outside(house, stop))
    except Interrupted:
        return ingest.Made(), None
    except RelanceError as error:
        return ingest.Made(), error
    trouble = BadInput("coupons.refused", reason=done.reason) if done.refused else None
    return done, trouble


def _is_simulated(house: House, offer: sending.Offer) -> bool:
    return house.demo and offer.connection == SIMULATED


def _discount(shop: Shop, offer: sending.Offer, starts: datetime, ends: datetime) -> ingest.Discount:
    return ingest.Discount(
        title=say("coupons.discount_title", shop.language, shop=shop.name),
        percent=offer.amount if offer.benefit == "percent" else None,
        amount=shop.amount(offer.amount or 0) if offer.benefit == "amount" else None,
        free_delivery=offer.benefit == "free_delivery",
        minimum=None if offer.minimum is None else shop.amount(offer.minimum),
        currency=shop.currency,
        starts=starts,
        ends=ends,
        zone=shop.zone,
    )


def fetch_pictures(house: House, shop: Shop, stop: Callable[[], bool]) -> int:
    """Fetch pictures that messages will show and that are not kept yet, some at a time; how many are new.

    Only from where the catalogue says, over HTTPS, from no private address unless the settings allow it, and of a
    bounded size. Where there is none to be had, nobody asks again for a week.
    """
    with house.store.read() as connection:
        waiting = sending.waiting_addresses(connection, shop)
    wanted = [*waiting, *sending.likely_addresses(house.warehouse, house.clock())]
    with house.store.read() as connection:
        missing = sending.missing_pictures(connection, shop, dict.fromkeys(wanted), house.clock())
    fetcher, new = ingest.Fetcher(private=house.fetching.private, timeout=10.0), 0
    for address in missing[:PICTURES_A_RUN]:
        if stop():
            break
        found = sending.fetch_picture(fetcher, address)
        with house.store.begin() as connection:
            new += len(sending.keep_fetched(connection, shop, {address: found}, house.clock()))
    return new
