"""Pictures in mails: the same for everybody who reads one, without a cookie, kept by whoever fetched them."""

from __future__ import annotations

import re
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from relance import sending
from relance.errors import NotFound
from relance.house import House
from relance.web.rendering import failure, language_for

PICTURE_ID: Final = re.compile("[0-9a-f]{32}")
# the id is made from the bytes: what it names never changes
FOR_EVER: Final = "public, max-age=31536000, immutable"


def add_pages(router: APIRouter, house: House) -> None:
    """Add the address of pictures."""

    @router.api_route("/i/{picture_id}", methods=["GET", "HEAD"])
    def show_picture(request: Request, picture_id: str) -> Response:
        if PICTURE_ID.fullmatch(picture_id) is None:
            return failure(404, language_for(request))
        try:
            with house.store.read() as connection:
                media_type, content = sending.read_picture(connection, picture_id)
        except NotFound:
            return failure(404, language_for(request))
        return Response(content, media_type=media_type, headers={"Cache-Control": FOR_EVER})
