"""Who is signed in, signing in and out, and changing the password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from relance import __version__
from relance.api.asking import TheAddress, TheDoor, TheHouse, TheVisitor
from relance.api.auth import Visitor
from relance.api.shapes import Answer, Request
from relance.errors import NotSignedIn
from relance.house import House
from relance.store import find_shop
from relance.words import Language

router = APIRouter(prefix="/api", tags=["session"])

Name = Annotated[str, Field(min_length=1, max_length=200)]
Password = Annotated[str, Field(min_length=1, max_length=128)]


class ShopCard(Answer):
    """The shop as every page's head shows it."""

    name: str
    currency: str
    zone: str
    language: Language


class Session(Answer):
    """The signed-in visitor. `csrf` goes back in the header X-Relance-CSRF of every change."""

    account: str
    csrf: str
    demo: bool
    version: str
    shop: ShopCard | None


class Login(Request):
    """A name and a password."""

    name: Name
    password: Password


class PasswordChange(Request):
    """The present password and the one to come: 12 to 128 characters."""

    current: Password
    new: Annotated[str, Field(min_length=12, max_length=128)]


@router.get("/session")
def read_session(house: TheHouse, visitor: TheVisitor) -> Session:
    """The signed-in visitor. 401 without a session."""
    return _session(house, visitor)


@router.post("/login")
def login(
    house: TheHouse, door: TheDoor, address: TheAddress, request: HttpRequest, response: Response, body: Login
) -> Session:
    """Sign in. 401 when name or password is wrong, 429 after too many tries."""
    token = door.sign_in(body.name, body.password, address)
    door.give_cookies(response, token, secure=request.url.scheme == "https")
    visitor = door.visitor(token)
    if visitor is None:
        raise NotSignedIn("api.sign_in")
    return _session(house, visitor)


@router.post("/logout", status_code=204)
def logout(door: TheDoor, visitor: TheVisitor, request: HttpRequest, response: Response) -> None:
    """End this session."""
    door.sign_out(visitor)
    door.take_cookies(response, secure=request.url.scheme == "https")


@router.post("/password", status_code=204)
def change_password(door: TheDoor, visitor: TheVisitor, address: TheAddress, body: PasswordChange) -> None:
    """Change the password; every other session ends."""
    door.change_password(visitor, body.current, body.new, address)


def _session(house: House, visitor: Visitor) -> Session:
    with house.store.read() as connection:
        shop = find_shop(connection)
    card = (
        ShopCard(name=shop.name, currency=shop.currency, zone=shop.zone_name, language=shop.language) if shop else None
    )
    return Session(account=visitor.name, csrf=visitor.csrf, demo=house.demo, version=__version__, shop=card)
