"""What every route may ask for: the house, its shop, and the language of the reader."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from relance.errors import NotFound
from relance.pipeline import House
from relance.store import Shop, find_shop
from relance.words import LANGUAGES, Language, language_of


def the_house(request: Request) -> House:
    """The house that the application serves."""
    house: House = request.app.state.house
    return house


def the_shop(house: TheHouse) -> Shop:
    """The shop. Raises NotFound before its first import."""
    with house.store.read() as connection:
        shop = find_shop(connection)
    if shop is None:
        raise NotFound("no_shop", folder=str(house.folder.path))
    return shop


def the_language(
    request: Request,
    language: Annotated[Language | None, Query(description="Wins over the header Accept-Language.")] = None,
) -> Language:
    """The language that sentences are written in."""
    return language or accepted_language(request.headers.get("accept-language"))


def accepted_language(header: str | None) -> Language:
    """The first language of an Accept-Language header that Relance speaks; English when there is none."""
    for part in (header or "").split(","):
        name = part.split(";")[0].strip().lower()
        if name.split("-")[0] in LANGUAGES:
            return language_of(name)
    return "en"


TheHouse = Annotated[House, Depends(the_house)]
TheShop = Annotated[Shop, Depends(the_shop)]
TheLanguage = Annotated[Language, Depends(the_language)]
Cursor = Annotated[str | None, Query(max_length=500)]
