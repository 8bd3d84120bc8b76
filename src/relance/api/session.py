"""Who is signed in, signing in and out, and changing the password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from relance.api.asking import TheHouse
from relance.api.shapes import Answer, Request
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
def read_session(house: TheHouse) -> Session:
    """The signed-in visitor. 401 without a session."""
    raise NotImplementedError


@router.post("/login")
def login(house: TheHouse, body: Login) -> Session:
    """Sign in. 401 when name or password is wrong, 429 after too many tries."""
    raise NotImplementedError


@router.post("/logout", status_code=204)
def logout(house: TheHouse) -> None:
    """End this session."""
    raise NotImplementedError


@router.post("/password", status_code=204)
def change_password(house: TheHouse, body: PasswordChange) -> None:
    """Change the password; every other session ends."""
    raise NotImplementedError
