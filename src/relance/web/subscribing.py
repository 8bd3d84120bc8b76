"""The subscription form and its confirmation: a POST asks for a mail, and only another POST subscribes (PRIV-03)."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from relance import consent, ingest, pipeline, sending, tracking
from relance.errors import TooOften
from relance.house import House
from relance.store import Shop, find_shop
from relance.web.limits import TooMany
from relance.web.rendering import failure, language_for, message, other_language, page
from relance.words import Language, language_of, say

FORM: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
LARGEST_FORM: Final = 20
LONGEST: Final = 254
TRAP: Final = "website"  # a field that no person sees


def add_pages(router: APIRouter, house: House) -> None:
    """Add the form and the page of its confirmation."""
    often = TooMany()

    @router.api_route("/f/{form}", methods=["GET", "HEAD"])
    def show_form(request: Request, form: str) -> Response:
        shop = _shop(house)
        if shop is None or not FORM.fullmatch(form):
            return failure(404, language_for(request))
        return _form(request, shop)

    @router.post("/f/{form}")
    async def take_form(request: Request, form: str) -> Response:
        said = await request.form(max_fields=LARGEST_FORM, max_files=0)
        return await run_in_threadpool(_take, house, often, request, form, said)

    @router.api_route("/d/{token}", methods=["GET", "HEAD"])
    def show_confirmation(request: Request, token: str) -> Response:
        one = _confirmation(house, token)
        return _answer(house, request, one, "confirm.html") if one else failure(404, language_for(request))

    @router.post("/d/{token}")
    def confirm(request: Request, token: str) -> Response:
        one = _confirmation(house, token)
        if one is None:
            return failure(404, language_for(request))
        if one.state == "requested":
            pipeline.confirm_subscription(house, one, _proof(request, _shop(house), language_of(one.language)))
        return _answer(house, request, one, "confirmed.html")


def _shop(house: House) -> Shop | None:
    with house.store.read() as connection:
        return find_shop(connection)


def _take(house: House, often: TooMany, request: Request, form: str, said: FormData) -> Response:
    shop = _shop(house)
    if shop is None or not FORM.fullmatch(form):
        return failure(404, language_for(request))
    if often.check(request, house.clock()):
        return message(429, "too_often", language_for(request, shop.language))
    return _taken(house, shop, request, form, said)


def _form(request: Request, shop: Shop, problem: str | None = None, address: str = "") -> Response:
    language = language_for(request, shop.language)
    other = other_language(request, language) if request.method != "POST" else None
    facts = {"problem": problem, "address": address, "trap": TRAP}
    return page("subscribe.html", language, status=400 if problem else 200, other=other, shop_name=shop.name, **facts)


def _taken(house: House, shop: Shop, request: Request, form: str, said: FormData) -> Response:
    """Ask for a confirmation; the answer is the same whether the address is known, new or asked too often."""
    language = language_for(request, shop.language)
    address = str(said.get("email", "")).strip()
    if "marketing" not in said:
        return _form(request, shop, "subscribe_no_consent", address)
    if len(address) > LONGEST or not ingest.check_address(address).can_be_used:
        return _form(request, shop, "subscribe_bad_email", address[:LONGEST])
    if not said.get(TRAP):
        purposes = ("marketing", "opens") if "opens" in said else ("marketing",)
        with suppress(TooOften):  # whoever asks is not told how often this address was asked about
            pipeline.ask_for_confirmation(house, shop, address, purposes, form, _proof(request, shop, language))
    title, about = (say(f"web.subscribe_sent_{part}", language, shop=shop.name) for part in ("title", "about"))
    return page("message.html", language, shop_name=shop.name, title=title, about=about, back=None, back_label="")


def _proof(request: Request, shop: Shop | None, language: Language) -> consent.Proof:
    name = shop.name if shop else ""
    wording = "\n".join(say(f"web.subscribe_{box}", language, shop=name) for box in ("marketing", "opens"))
    address = request.client.host if request.client else ""
    return consent.Proof(wording, language, request.headers.get("user-agent", ""), address)


def _confirmation(house: House, token: str) -> consent.Confirmation | None:
    number = sending.read_token(house.key, "confirm", token)
    if number is None:  # a guess costs no transaction
        return None
    with house.store.read() as connection:
        return consent.find_confirmation(connection, house.key, number, house.clock())


def _answer(house: House, request: Request, one: consent.Confirmation, template: str) -> Response:
    shop, language = _shop(house), language_for(request, language_of(one.language))
    if shop is None:
        return failure(404, language)
    if one.state == "expired":
        return message(410, "confirm_late", language)
    shown = "confirmed.html" if one.state == "confirmed" else template
    other = other_language(request, language) if request.method != "POST" else None
    return page(shown, language, other=other, shop_name=shop.name, address=tracking.mask(one.address))
