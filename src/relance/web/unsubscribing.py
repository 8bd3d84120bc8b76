"""The unsubscribe page: looking changes nothing, a POST acts, with or without a person behind it (RFC 8058)."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from relance import sending, tracking
from relance.house import House
from relance.web.rendering import failure, language_for, other_language, page

Act = Callable[..., tracking.Recipient | None]


def add_pages(router: APIRouter, house: House) -> None:
    """Add the unsubscribe page."""

    @router.api_route("/u/{token}", methods=["GET", "HEAD"])
    def show_unsubscribe(request: Request, token: str) -> Response:
        return _answer(house, request, token, tracking.show_recipient, "unsubscribe.html")

    @router.post("/u/{token}")
    def do_unsubscribe(request: Request, token: str) -> Response:
        # The body is not read: whatever its type, the token alone says who and from what.
        return _answer(house, request, token, tracking.unsubscribe, "unsubscribed.html")


def _answer(house: House, request: Request, token: str, act: Act, template: str) -> Response:
    number = sending.read_token(house.key, "unsubscribe", token)
    if number is None:  # a guess costs no transaction
        return failure(404, language_for(request))
    with house.store.begin() as connection:
        found = act(connection, house.key, token, _visit(request), house.clock())
    return _page(request, template, found, sending.make_token(house.key, "preferences", number))


def _visit(request: Request) -> tracking.Visit:
    address = request.client.host if request.client else ""
    return tracking.Visit(request.method, request.headers.get("user-agent", ""), address)


def _page(request: Request, template: str, found: tracking.Recipient | None, choose: str) -> Response:
    if found is None:
        return failure(404, language_for(request))
    language = language_for(request, found.language)
    other = other_language(request, language) if request.method != "POST" else None
    shop, address = found.shop_name, found.masked_address
    return page(template, language, other=other, shop_name=shop, address=address, choose=choose)
