"""The pixel of a mail: always the same picture, never a cookie; what is kept of it is for the consents to say."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from relance import sending, tracking
from relance.house import House
from relance.web.rendering import failure, language_for


def add_pages(router: APIRouter, house: House) -> None:
    """Add the address of the pixel."""

    @router.api_route("/o/{token}.gif", methods=["GET", "HEAD"])
    def pixel(request: Request, token: str) -> Response:
        if all(sending.read_token(house.key, purpose, token) is None for purpose in ("open", "opens")):
            return failure(404, language_for(request))  # a guess costs no transaction
        if request.method == "GET":
            address = request.client.host if request.client else ""
            agent = request.headers.get("user-agent", "")
            with house.store.begin() as connection:
                tracking.record_open(connection, house.key, token, "GET", agent, address, house.clock())
        return Response(tracking.PIXEL, media_type="image/gif")
