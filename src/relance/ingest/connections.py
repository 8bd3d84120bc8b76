"""Connections to shops: where each is, the secrets that open it, how far its reading is, and how the last run ended."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update

from relance.errors import Conflict, NotFound, RelanceError
from relance.ingest.said import Origin
from relance.store import Shop, seal, tables, unseal

Json = dict[str, Any]
table: Final = tables.connection
PURPOSE: Final = "connection"
# a run that has not said anything for so long is dead, and another may begin
SILENCE: Final = timedelta(minutes=2)
TOKEN: Final = 32  # characters


@dataclass(frozen=True)
class ShopConnection:
    """One connection. `state` is idle, running, failed (tried again later), refused (needs somebody) or paused."""

    name: str
    kind: str
    url: str
    secrets: Mapping[str, str] = field(repr=False)
    declaration: Mapping[str, str]
    cursor: Json
    state: str
    epoch: int
    created_at: datetime
    touched_at: datetime | None
    last_run_at: datetime | None
    last_error: Json | None

    def origin(self, shop: Shop, now: datetime) -> Origin:
        """Where its bodies come from."""
        return Origin(shop, self.name, self.url, self.created_at, self.declaration, now)

    def is_running(self, now: datetime, since: datetime) -> bool:
        """Whether a run is under way and alive: it said something lately, and this process has begun it."""
        return self.state == "running" and self.touched_at is not None and self.touched_at > max(now - SILENCE, since)

    def state_at(self, now: datetime, since: datetime) -> str:
        """The state as a person is told it: also `interrupted`, for a run that died, and `new`, for none so far."""
        if self.state == "running" and not self.is_running(now, since):
            return "interrupted"
        return "new" if self.state == "idle" and self.last_run_at is None else self.state


def save_connection(
    connection: Connection,
    shop: Shop,
    key: bytes,
    *,
    name: str,
    kind: str,
    url: str,
    secrets: Mapping[str, str],
    declaration: Mapping[str, str],
    now: datetime,
) -> None:
    """Keep a connection; one of the same name and kind gets the new secrets and goes on where it stands.

    Raises Conflict when the name is that of another kind or of another shop's address.
    """
    sealed = seal(key, f"{PURPOSE}:{name}", json.dumps(dict(secrets)).encode())
    held = _row(connection, shop, name)
    if held is None:
        values = {"kind": kind, "url": url, "cursor": {}, "epoch": 0, "created_at": now}
        connection.execute(
            table.insert().values(
                shop_id=shop.shop_id, name=name, sealed=sealed, declaration=dict(declaration), state="idle", **values
            )
        )
        return
    if (held.kind, held.url) != (kind, url):
        raise Conflict("connect.name_taken", name=name, kind=held.kind, url=held.url)
    changed: dict[str, Any] = {"sealed": sealed, "state": "idle", "last_error": None}
    if declaration:
        changed["declaration"] = dict(declaration)
    connection.execute(update(table).where(*_mine(shop, name)).values(changed))


def find_connection(connection: Connection, shop: Shop, key: bytes, name: str) -> ShopConnection:
    """The connection of this name. Raises NotFound."""
    row = _row(connection, shop, name)
    if row is None:
        raise NotFound("connect.unknown", name=name)
    return _read(row, key)


def list_connections(connection: Connection, shop: Shop, key: bytes) -> list[ShopConnection]:
    """Every connection, by name."""
    rows = connection.execute(select(table).where(table.c.shop_id == shop.shop_id).order_by(table.c.name))
    return [_read(row, key) for row in rows]


def remove_connection(connection: Connection, shop: Shop, name: str) -> None:
    """Forget a connection and its secrets; what came from it stays. Raises NotFound."""
    if connection.execute(delete(table).where(*_mine(shop, name))).rowcount == 0:
        raise NotFound("connect.unknown", name=name)


def set_state(connection: Connection, shop: Shop, name: str, state: str) -> None:
    """Pause a connection or let it go on. Raises NotFound."""
    if connection.execute(update(table).where(*_mine(shop, name)).values(state=state)).rowcount == 0:
        raise NotFound("connect.unknown", name=name)


def begin_run(connection: Connection, shop: Shop, held: ShopConnection, now: datetime, since: datetime) -> int:
    """Take the connection for a run; its number. Raises Conflict while another run of this process is alive."""
    if held.is_running(now, since):
        raise Conflict("connect.is_running", name=held.name)
    epoch = held.epoch + 1
    _fenced(connection, shop, held.name, held.epoch, {"state": "running", "epoch": epoch, "touched_at": now})
    return epoch


def note_page(connection: Connection, shop: Shop, name: str, epoch: int, cursor: Json, now: datetime) -> None:
    """Note how far a run is, in the transaction of what it read. Raises Conflict when another run took over."""
    _fenced(connection, shop, name, epoch, {"cursor": cursor, "touched_at": now})


def end_run(
    connection: Connection, shop: Shop, name: str, epoch: int, state: str, error: RelanceError | None, now: datetime
) -> None:
    """Note how a run ended: idle, failed or refused."""
    told = None if error is None else {"key": error.key, "facts": {k: str(v) for k, v in error.facts.items()}}
    _fenced(connection, shop, name, epoch, {"state": state, "last_run_at": now, "touched_at": now, "last_error": told})


def _fenced(connection: Connection, shop: Shop, name: str, epoch: int, values: Json) -> None:
    mine = (*_mine(shop, name), table.c.epoch == epoch)
    if connection.execute(update(table).where(*mine).values(values)).rowcount == 0:
        raise Conflict("connect.taken_over", name=name)


def hook_token(key: bytes, name: str, topic: str) -> str:
    """The secret part of the address to which one connection's webhooks of one topic go (S2)."""
    own = hmac.digest(key, b"relance webhook addresses", sha256)
    digest = hmac.digest(own, f"{name}\0{topic}".encode(), sha256)
    return base64.urlsafe_b64encode(digest).decode()[:TOKEN]


def hook_path(key: bytes, name: str, topic: str) -> str:
    """The path of that address on our server."""
    return f"/hooks/{name}/{hook_token(key, name, topic)}/{topic}"


def _mine(shop: Shop, name: str) -> tuple[Any, ...]:
    return table.c.shop_id == shop.shop_id, table.c.name == name


def _row(connection: Connection, shop: Shop, name: str) -> Row[Any] | None:
    return connection.execute(select(table).where(*_mine(shop, name))).one_or_none()


def _read(row: Row[Any], key: bytes) -> ShopConnection:
    return ShopConnection(
        name=row.name,
        kind=row.kind,
        url=row.url,
        secrets=json.loads(unseal(key, f"{PURPOSE}:{row.name}", row.sealed)),
        declaration=dict(row.declaration),
        cursor=dict(row.cursor),
        state=row.state,
        epoch=row.epoch,
        created_at=row.created_at,
        touched_at=row.touched_at,
        last_run_at=row.last_run_at,
        last_error=row.last_error,
    )
