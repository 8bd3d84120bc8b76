"""The unsubscribe page: looking changes nothing, a POST acts, with or without a person behind it (RFC 8058)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from relance import tracking
from relance.pipeline import House
from relance.web.rendering import failure, language_for, other_language, page


def add_pages(router: APIRouter, house: House) -> None:
    """Add the unsubscribe page."""

    @router.api_route("/u/{token}", methods=["GET", "HEAD"])
    def show_unsubscribe(request: Request, token: str) -> Response:
        with house.store.begin() as connection:
            found = tracking.show_recipient(connection, house.key, token, _visit(request), house.clock())
        return _page(request, "unsubscribe.html", found)

    @router.post("/u/{token}")
    def do_unsubscribe(request: Request, token: str) -> Response:
        # The body is not read: whatever its type, the token alone says who and from what.
        with house.store.begin() as connection:
            found = tracking.unsubscribe(connection, house.key, token, _visit(request), house.clock())
        return _page(request, "unsubscribed.html", found)


def _visit(request: Request) -> tracking.Visit:
    address = request.client.host if request.client else ""
    return tracking.Visit(request.method, request.headers.get("user-agent", ""), address)


def _page(request: Request, template: str, found: tracking.Recipient | None) -> Response:
    if found is None:
        return failure(404, language_for(request))
    language = language_for(request, found.language)
    other = other_language(request, language) if request.method != "POST" else None
    return page(template, language, other=other, shop_name=found.shop_name, address=found.masked_address)
