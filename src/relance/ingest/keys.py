"""Making, finding and revoking the keys with which data is sent (S1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from relance.errors import BadInput, NotFound
from relance.ingest.calls import SCOPES
from relance.store import ApiKey, Shop, add_api_key, find_api_key, list_api_keys, revoke_api_key

KINDS: Final = ("browser", "server")
NO_SOURCE: Final = "api"
LONGEST_NAME: Final = 100
LONGEST_KEY: Final = 200


@dataclass(frozen=True)
class WantedKey:
    """A key to make. `source` is the system whose customer ids it sends; no `scopes` are all of them."""

    name: str
    kind: str
    source: str = NO_SOURCE
    scopes: Sequence[str] = ()


def add_key(connection: Connection, shop: Shop, wanted: WantedKey, token: str, now: datetime) -> tuple[ApiKey, str]:
    """Make a key out of 256 random bits as text; the key, and the text that is shown this once. Raises BadInput."""
    name, source = wanted.name.strip(), wanted.source.strip().lower()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadInput("keys.bad_name", most=LONGEST_NAME)
    if wanted.kind not in KINDS:
        raise BadInput("keys.bad_kind", kind=wanted.kind, kinds=", ".join(KINDS))
    if not source.isidentifier() or not source.isascii():
        raise BadInput("keys.bad_source", source=wanted.source)
    if unknown := sorted(set(wanted.scopes) - set(SCOPES)):
        raise BadInput("keys.bad_scope", scope=unknown[0], scopes=", ".join(SCOPES))
    if wanted.kind == "browser" and wanted.scopes:
        raise BadInput("keys.browser_scopes")
    scopes = () if wanted.kind == "browser" else tuple(wanted.scopes) or SCOPES
    text = f"{wanted.kind}_{token}"
    key_hash = hash_of(text)
    made = ApiKey(key_hash[:12], shop.shop_id, name, wanted.kind, source, scopes, now, key_hash=key_hash)
    add_api_key(connection, made)
    return made, text


def hash_of(text: str) -> str:
    """What the store keeps of a key: it has 256 random bits, so that a plain hash cannot be turned back."""
    return hashlib.sha256(text.encode()).hexdigest()


def find_key(connection: Connection, text: str) -> ApiKey | None:
    """The key that this text is, unless it was revoked."""
    return find_api_key(connection, hash_of(text)) if 0 < len(text) <= LONGEST_KEY else None


def list_keys(connection: Connection, shop: Shop) -> list[ApiKey]:
    """Every key of the shop, revoked ones included, oldest first."""
    return list_api_keys(connection, shop.shop_id)


def revoke_key(connection: Connection, shop: Shop, key_id: str, now: datetime) -> None:
    """Make a key worthless. Raises NotFound when there is no such key in use."""
    if not revoke_api_key(connection, shop.shop_id, key_id, now):
        raise NotFound("keys.no_key", key_id=key_id)
