"""Checkpoints of a shop's ledger: a Merkle tree over the entries since the last one, each chained to it (S20).

The tree is that of RFC 6962 §2.1 (https://www.rfc-editor.org/rfc/rfc6962#section-2.1). The head is exported outside
the database: whoever changes the ledger and its checkpoints together still disagrees with the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from relance.consent.ledger import LEDGER, broken
from relance.store import Shop, tables

TABLE: Final = tables.consent_checkpoint


@dataclass(frozen=True)
class Checkpoint:
    """The ledger up to entry `until_id`: how many entries since the one before, their root, and the chain's hash."""

    until_id: int
    entries: int
    root: str
    prev_hash: str
    hash: str
    made_at: datetime

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "made_at": self.made_at.astimezone(UTC).isoformat()}


@dataclass(frozen=True)
class Verified:
    """What a check of the ledger found: entries and checkpoints looked at, and those that are not what they were.

    `entries` and `checkpoints` are ids (of the ledger and of a checkpoint's last entry), `exported` those of the heads
    in the file outside that the database no longer has as they were.
    """

    counted: int
    checkpoints_counted: int
    entries: tuple[int, ...]
    checkpoints: tuple[int, ...]
    exported: tuple[int, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was changed, taken out or put in."""
        return not (self.entries or self.checkpoints or self.exported)


def make_checkpoint(connection: Connection, shop: Shop, now: datetime) -> Checkpoint | None:
    """Write a checkpoint over what the ledger has gained; None when it gained nothing.

    On PostgreSQL writers wait meanwhile, so that no entry with a smaller id can still come.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE consent_event IN SHARE MODE")
    last = _last(connection, shop)
    after = 0 if last is None else last.until_id
    rows = connection.execute(
        select(LEDGER.c.id, LEDGER.c.hash)
        .where(LEDGER.c.shop_id == shop.shop_id, LEDGER.c.id > after)
        .order_by(LEDGER.c.id)
    ).all()
    if not rows:
        return None
    before = _genesis(shop) if last is None else last.hash
    root = merkle_root([row.hash for row in rows])
    made = Checkpoint(rows[-1].id, len(rows), root, before, _hash(before, root, rows[-1].id, len(rows)), now)
    connection.execute(insert(TABLE).values(shop_id=shop.shop_id, **asdict(made)))
    return made


def checkpoints(connection: Connection, shop: Shop) -> list[Checkpoint]:
    """Every checkpoint, the oldest first."""
    rows = connection.execute(select(TABLE).where(TABLE.c.shop_id == shop.shop_id).order_by(TABLE.c.until_id))
    return [Checkpoint(row.until_id, row.entries, row.root, row.prev_hash, row.hash, row.made_at) for row in rows]


def verify(connection: Connection, shop: Shop, exported: Mapping[int, str]) -> Verified:
    """Compute every chain, root and checkpoint anew; `exported` are the hashes in the file outside by `until_id`."""
    rows = connection.execute(
        select(LEDGER.c.id, LEDGER.c.hash).where(LEDGER.c.shop_id == shop.shop_id).order_by(LEDGER.c.id)
    ).all()
    held = checkpoints(connection, shop)
    wrong, before, place = [], _genesis(shop), 0
    for one in held:
        mine = []
        while place < len(rows) and rows[place].id <= one.until_id:
            mine.append(rows[place].hash)
            place += 1
        expected = (before, len(mine), merkle_root(mine), _hash(before, one.root, one.until_id, one.entries))
        if (one.prev_hash, one.entries, one.root, one.hash) != expected:
            wrong.append(one.until_id)
        before = one.hash
    known = {one.until_id: one.hash for one in held}
    lost = tuple(sorted(until for until, told in exported.items() if known.get(until) != told))
    return Verified(len(rows), len(held), tuple(broken(connection, shop)), tuple(wrong), lost)


def merkle_root(leaves: Sequence[str]) -> str:
    """The root of a Merkle tree over texts: leaves and nodes are hashed apart, so that neither passes for the other."""
    level = [sha256(b"\0" + leaf.encode()).digest() for leaf in leaves]
    if not level:
        return sha256(b"").hexdigest()
    return _root(level).hex()


def _root(level: Sequence[bytes]) -> bytes:
    if len(level) == 1:
        return level[0]
    half = 1 << (len(level) - 1).bit_length() - 1  # the largest power of two below their number
    return sha256(b"\1" + _root(level[:half]) + _root(level[half:])).digest()


def _last(connection: Connection, shop: Shop) -> Any:
    newest = select(func.max(TABLE.c.until_id)).where(TABLE.c.shop_id == shop.shop_id).scalar_subquery()
    wanted = select(TABLE.c.until_id, TABLE.c.hash).where(TABLE.c.shop_id == shop.shop_id, TABLE.c.until_id == newest)
    return connection.execute(wanted).one_or_none()


def _hash(before: str, root: str, until_id: int, entries: int) -> str:
    return sha256(json.dumps([before, root, until_id, entries]).encode()).hexdigest()


def _genesis(shop: Shop) -> str:
    return sha256(json.dumps(["relance consent checkpoints", shop.shop_id]).encode()).hexdigest()
