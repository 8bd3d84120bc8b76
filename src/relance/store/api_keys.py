"""The keys of the HTTP API: who may send what. Only their hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from relance.store.tables import api_key


@dataclass(frozen=True)
class ApiKey:
    """A key: `kind` is browser or server, `source` the name of the system whose customer ids it sends."""

    key_id: str
    shop_id: str
    name: str
    kind: str
    source: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None
    key_hash: str = field(default="", repr=False)


def add_api_key(connection: Connection, key: ApiKey) -> None:
    """Write a new key."""
    values = {name: getattr(key, name) for name in ("key_id", "shop_id", "name", "kind", "source", "key_hash")}
    connection.execute(insert(api_key).values(**values, scopes=list(key.scopes), created_at=key.created_at))


def list_api_keys(connection: Connection, shop_id: str) -> list[ApiKey]:
    """The keys of a shop, revoked ones included, oldest first."""
    return _keys(connection, api_key.c.shop_id == shop_id)


def find_api_key(connection: Connection, key_hash: str) -> ApiKey | None:
    """The key with this hash, unless it was revoked."""
    found = _keys(connection, api_key.c.key_hash == key_hash, api_key.c.revoked_at.is_(None))
    return found[0] if found else None


def revoke_api_key(connection: Connection, shop_id: str, key_id: str, now: datetime) -> bool:
    """Make a key worthless from `now` on; False when there is no such key in use."""
    changed = connection.execute(
        update(api_key)
        .where(api_key.c.shop_id == shop_id, api_key.c.key_id == key_id, api_key.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return changed.rowcount == 1


def _keys(connection: Connection, *conditions: ColumnElement[bool]) -> list[ApiKey]:
    rows = connection.execute(
        select(api_key).where(*conditions).order_by(api_key.c.created_at, api_key.c.key_id)
    ).mappings()
    return [ApiKey(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]
