"""Web push of the shop: its key, and how many devices take notifications."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from relance import sending
from relance.api.asking import TheHouse, TheShop
from relance.api.shapes import Answer, Request
from relance.house import House
from relance.store import Shop

router = APIRouter(prefix="/api/push", tags=["push"])


class PushState(Answer):
    """Whether browsers can subscribe, and with which key; the private one is never told.

    `devices` take notifications, of so many `customers`; `unknown` are of visitors whom nobody knows yet.
    """

    public_key: str | None
    contact: str | None
    devices: int
    customers: int
    unknown: int


class WantedPush(Request):
    """Where push services reach the merchant: a mailto: or https: address. With `new_key` every device is forgotten."""

    contact: Annotated[str, Field(max_length=300)]
    new_key: bool = False


@router.get("")
def show_push(house: TheHouse, shop: TheShop) -> PushState:
    """Web push as it is; without a public key it is off."""
    return _state(house, shop)


@router.put("")
def turn_on_push(house: TheHouse, shop: TheShop, body: WantedPush) -> PushState:
    """Let browsers subscribe; the first time a key pair is made. 422 for a contact that is no address."""
    with house.store.begin() as connection:
        sending.turn_on_push(connection, shop, body.contact, house.key, house.clock(), new_key=body.new_key)
    return _state(house, shop)


def _state(house: House, shop: Shop) -> PushState:
    with house.store.read() as connection:
        key = sending.push_key(connection, shop, house.key)
        found = sending.device_figures(connection, shop)
        ways = {one.channel: one for one in sending.list_routes(connection, shop)}
    way = ways.get("push")
    return PushState(
        public_key=key,
        contact=None if way is None or key is None else way.settings.get("contact"),
        devices=found.devices,
        customers=found.customers,
        unknown=found.unknown,
    )
