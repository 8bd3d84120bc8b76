"""Tracked links: an immediate redirect to the target that was stored when the mail was written."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from relance import sending, tracking
from relance.house import House
from relance.web.rendering import failure, language_for


def add_pages(router: APIRouter, house: House) -> None:
    """Add the address of tracked links."""

    @router.api_route("/c/{token}", methods=["GET", "HEAD"])
    def follow_link(request: Request, token: str) -> Response:
        if sending.read_click(house.key, token) is None:  # a guess costs no transaction
            return failure(404, language_for(request))
        address = request.client.host if request.client else ""
        agent = request.headers.get("user-agent", "")
        with house.store.begin() as connection:
            target = tracking.record_hit(connection, house.key, token, request.method, agent, address, house.clock())
        if target is None:
            return failure(404, language_for(request))
        return RedirectResponse(target.url, status_code=302)
