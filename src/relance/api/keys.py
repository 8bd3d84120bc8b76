"""The keys with which the shop's pages and servers send their data (S1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from relance import ingest
from relance.api.asking import TheHouse, TheShop
from relance.api.auth import new_token
from relance.api.shapes import Answer, Request
from relance.house import House
from relance.store import ApiKey

router = APIRouter(prefix="/api/keys", tags=["keys"])


class Key(Answer):
    """A key; its text is told only when it is made. `user_token_secret` signs user tokens for a browser key."""

    key_id: str
    name: str
    kind: str
    source: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None
    user_token_secret: str | None


class KeyList(Answer):
    """Every key, revoked ones included, oldest first."""

    keys: list[Key]


class NewKey(Answer):
    """A key that was made, with its text: it is shown this once."""

    key: Key
    text: str


class WantedKey(Request):
    """A key to make: `source` is the system whose customer ids it sends; no scopes are all of them."""

    name: Annotated[str, Field(max_length=200)]
    kind: Literal["browser", "server"]
    source: Annotated[str, Field(max_length=50)] = "api"
    scopes: Annotated[tuple[str, ...], Field(max_length=10)] = ()


@router.get("")
def list_keys(house: TheHouse, shop: TheShop) -> KeyList:
    """The keys of the shop."""
    with house.store.read() as connection:
        return KeyList(keys=[_key(house, key) for key in ingest.list_keys(connection, shop)])


@router.post("")
def add_key(house: TheHouse, shop: TheShop, body: WantedKey) -> NewKey:
    """Make a key. 422 for a name, source or scope that cannot be."""
    wanted = ingest.WantedKey(body.name, body.kind, body.source, body.scopes)
    with house.store.begin() as connection:
        key, text = ingest.add_key(connection, shop, wanted, new_token(), house.clock())
    return NewKey(key=_key(house, key), text=text)


@router.delete("/{key_id}", status_code=204)
def revoke_key(house: TheHouse, shop: TheShop, key_id: str) -> None:
    """Revoke a key, within two seconds also for those who are sending. 404 when there is no such key in use."""
    with house.store.begin() as connection:
        ingest.revoke_key(connection, shop, key_id, house.clock())


def _key(house: House, key: ApiKey) -> Key:
    secret = ingest.user_token_secret(house.key, key.key_id) if key.kind == "browser" else None
    return Key(
        key_id=key.key_id,
        name=key.name,
        kind=key.kind,
        source=key.source,
        scopes=list(key.scopes),
        created_at=key.created_at,
        revoked_at=key.revoked_at,
        user_token_secret=secret,
    )
