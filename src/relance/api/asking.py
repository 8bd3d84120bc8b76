"""What every route may ask for: the house, its shop, and the language of the reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, TypeVar

from fastapi import Depends, Query
from starlette.requests import Request

from relance import segments
from relance.api.auth import Door, Visitor
from relance.api.known import KnownValues
from relance.api.turns import Turns
from relance.errors import NotFound, NotSignedIn
from relance.house import House
from relance.store import Shop, find_shop
from relance.warehouse import StoppableWarehouse
from relance.words import Language, accepted_language

Found = TypeVar("Found")


@dataclass(frozen=True)
class Counting:
    """What a visitor wants counted: it takes its turn, has its bounds, and gives way when the visitor asks anew."""

    request: Request
    house: House
    visitor: Visitor
    turns: Turns

    async def take(self, what: str, work: Callable[[StoppableWarehouse], Found]) -> Found:
        """The result of `work`; asking for the same `what` again cancels it. Raises as `Turns.take` does."""
        warehouse = StoppableWarehouse(self.house.warehouse, self.turns.bounds)
        return await self.turns.take(
            self.request, f"{what}:{self.visitor.token_hash}", warehouse, partial(work, warehouse)
        )


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


def the_door(request: Request) -> Door:
    """What lets visitors in and out."""
    door: Door = request.app.state.door
    return door


def the_visitor(request: Request) -> Visitor:
    """Who asks. Raises NotSignedIn without a session."""
    visitor: Visitor | None = request.state.visitor
    if visitor is None:
        raise NotSignedIn("api.sign_in")
    return visitor


def the_turns(request: Request) -> Turns:
    """What bounds the questions that run at once."""
    turns: Turns = request.app.state.turns
    return turns


def the_counting(request: Request, house: TheHouse, visitor: TheVisitor, turns: TheTurns) -> Counting:
    """What a route counts with."""
    return Counting(request, house, visitor, turns)


def the_known(request: Request) -> KnownValues:
    """The shop's own values for completion."""
    known: KnownValues = request.app.state.known
    return known


def the_address(request: Request) -> str:
    """The network address of who asks."""
    return request.client.host if request.client else ""


def the_language(
    request: Request,
    language: Annotated[Language | None, Query(description="Wins over the header Accept-Language.")] = None,
) -> Language:
    """The language that sentences are written in."""
    return language or accepted_language(request.headers.get("accept-language"))


def instant_of(house: House) -> datetime:
    """The instant that the pages show the shop at: that of the last refresh, so that all their figures agree."""
    with house.warehouse.read() as engine:
        return segments.last_as_of(engine) or house.clock()


TheHouse = Annotated[House, Depends(the_house)]
TheDoor = Annotated[Door, Depends(the_door)]
TheVisitor = Annotated[Visitor, Depends(the_visitor)]
TheKnown = Annotated[KnownValues, Depends(the_known)]
TheTurns = Annotated[Turns, Depends(the_turns)]
TheCounting = Annotated[Counting, Depends(the_counting)]
TheAddress = Annotated[str, Depends(the_address)]
TheShop = Annotated[Shop, Depends(the_shop)]
TheLanguage = Annotated[Language, Depends(the_language)]
Cursor = Annotated[str | None, Query(max_length=500)]
