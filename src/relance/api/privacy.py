"""Personal data: what people asked for, who has been silent for long, one person's data, and erasure."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from relance import consent, pipeline
from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Request
from relance.errors import NotFound
from relance.words import say

router = APIRouter(prefix="/api/privacy", tags=["privacy"])
LISTED = 50
NAME = "personal-data"


class PrivacyRequest(Answer):
    """A request that waits, with the day on which it has to be done; of whom, as far as that is known."""

    request_id: int
    kind: Literal["give_data", "erase_customer", "erase_shop"]
    label: str
    source: str
    customer_id: str | None
    state: str
    due_on: date


class SilentPerson(Answer):
    """Somebody whose last act is three years past, or soon is: what it was, in words, and from when on they go."""

    customer_id: str
    last_day: date
    act_label: str
    due_on: date


class Privacy(Answer):
    """Open requests; how many people are due, soon due, and cannot be dated; the first of those, longest silent first.

    `held`: the data were restored from a backup, and nothing is sent until `relance release`.
    """

    requests: list[PrivacyRequest]
    people: int
    due: int
    soon: int
    undated: int
    silent: list[SilentPerson]
    held: bool


class ErasureWish(Request):
    """Whom to erase, by id or e-mail address."""

    customer: str


class Erasure(Answer):
    """What an erasure did."""

    customer_id: str
    rows: int
    files: int


@router.get("")
def show_privacy(house: TheHouse, shop: TheShop, language: TheLanguage) -> Privacy:
    """What people asked for, and what the clock of three years says. Changes nothing."""
    told = consent.retention(house.warehouse, shop, house.clock())
    with house.store.read() as connection:
        requests = consent.open_requests(connection, shop, house.key)
    held = pipeline.is_held(house, shop)
    return Privacy(
        requests=[
            PrivacyRequest(
                request_id=one.request_id,
                kind=one.kind,  # type: ignore[arg-type]
                label=say(f"connections.request_{one.kind}", language),
                source=one.source,
                customer_id=one.customer_id,
                state=one.state,
                due_on=one.due_at.astimezone(shop.zone).date(),
            )
            for one in requests
        ],
        people=told.people,
        due=len(told.due),
        soon=len(told.soon),
        undated=told.undated,
        silent=[
            SilentPerson(
                customer_id=one.customer_id,
                last_day=one.last_act.astimezone(shop.zone).date(),
                act_label=say(f"privacy.act_{one.act}", language),
                due_on=one.due_on,
            )
            for one in (*told.due, *told.soon)[:LISTED]
        ],
        held=held,
    )


@router.post("/erase")
def erase_customer(house: TheHouse, shop: TheShop, wish: ErasureWish) -> Erasure:
    """Erase a customer everywhere; there is no way back. Their open requests are done with it."""
    done = pipeline.erase(house, shop, _who(house, wish.customer), "back office")
    return Erasure(customer_id=done.customer_id, rows=done.store_rows + done.warehouse_rows, files=done.files)


@router.get("/data.{form}", response_class=Response)
def personal_data(
    house: TheHouse, shop: TheShop, language: TheLanguage, form: Literal["json", "html"], customer: str
) -> Response:
    """Everything that is kept of a customer (by id or e-mail address), as a file: JSON, or a page for reading."""
    data = pipeline.personal_data(house, shop, _who(house, customer))
    content = data.as_json() if form == "json" else data.as_page(language)
    kind = "application/json" if form == "json" else "text/html; charset=utf-8"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{NAME}.{form}"'})


def _who(house: TheHouse, wanted: str) -> str:
    found = consent.find_person(house.warehouse, wanted)
    if found is None:
        raise NotFound("privacy.no_customer")
    return found
