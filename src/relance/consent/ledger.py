"""The append-only ledger: what a person said, when, and the proof of it, chained per person (S20).

The hash of an entry covers the entry before it and everything of its own but the personal parts, which stand beside
the chain: the entry holds a commitment to them, SHA-256 over a random 256-bit salt and their text. Erasure destroys
salt and text; the chain stays whole.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select

from relance.store import Shop, lock_recipients, tables

LEDGER: Final = tables.consent_event
CHUNK: Final = 5_000


@dataclass(frozen=True)
class Entry:
    """One thing that a person said about one channel and one purpose; `occurred_at` is None when nobody knows."""

    customer_id: str
    channel: str
    purpose: str
    action: str
    basis: str | None
    occurred_at: datetime | None
    source: str
    evidence: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Recorded:
    """An entry as the ledger holds it; `evidence` is empty after erasure."""

    ledger_id: int
    entry: Entry
    recorded_at: datetime


def append(connection: Connection, shop: Shop, entries: Sequence[Entry], now: datetime) -> list[Recorded]:
    """Append the entries in the given order, under the recipients' locks; what was written, with its ledger ids."""
    if not entries:
        return []
    lock_recipients(connection, shop, (entry.customer_id for entry in entries), now)
    heads = _heads(connection, shop, sorted({entry.customer_id for entry in entries}))
    rows = []
    for entry in entries:
        row = _row(shop, entry, heads.get(entry.customer_id) or _genesis(shop, entry.customer_id), now)
        heads[entry.customer_id] = row["hash"]
        rows.append(row)
    ids = _insert(connection, rows)
    return [Recorded(ids[row["hash"]], entry, now) for row, entry in zip(rows, entries, strict=True)]


def read(connection: Connection, shop: Shop, customer_id: str | None = None) -> list[Recorded]:
    """The shop's ledger in the order of writing, or one person's."""
    return [_recorded(row) for row in _rows(connection, shop, customer_id)]


def broken(connection: Connection, shop: Shop) -> list[int]:
    """The ids of entries that do not fit the chain or their own evidence: what somebody changed, took out or put in.

    An entry whose evidence was erased is checked against the chain alone.
    """
    heads: dict[str, str] = {}
    wrong = []
    for row in _rows(connection, shop, None):
        before = heads.get(row.customer_id) or _genesis(shop, row.customer_id)
        if row.prev_hash != before or row.hash != _hash(row._mapping) or not _kept(row):
            wrong.append(row.id)
        heads[row.customer_id] = row.hash
    return wrong


def _heads(connection: Connection, shop: Shop, customer_ids: Sequence[str]) -> dict[str, str]:
    heads: dict[str, str] = {}
    for start in range(0, len(customer_ids), CHUNK):
        chunk = customer_ids[start : start + CHUNK]
        last = (
            select(func.max(LEDGER.c.id))
            .where(LEDGER.c.shop_id == shop.shop_id, LEDGER.c.customer_id.in_(chunk))
            .group_by(LEDGER.c.customer_id)
        )
        rows = connection.execute(select(LEDGER.c.customer_id, LEDGER.c.hash).where(LEDGER.c.id.in_(last)))
        heads.update((row.customer_id, row.hash) for row in rows)
    return heads


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert rows; their ids by hash. Asking for the ids afterwards is several times faster than RETURNING them."""
    last = connection.execute(select(func.max(LEDGER.c.id))).scalar_one_or_none() or 0
    connection.execute(insert(LEDGER), rows)
    new = select(LEDGER.c.hash, LEDGER.c.id).where(LEDGER.c.id > last)
    return dict(connection.execute(new).all())


def _row(shop: Shop, entry: Entry, before: str, now: datetime) -> dict[str, Any]:
    salt = secrets.token_hex(32)
    row: dict[str, Any] = {
        "shop_id": shop.shop_id,
        "customer_id": entry.customer_id,
        "channel": entry.channel,
        "purpose": entry.purpose,
        "action": entry.action,
        "basis": entry.basis,
        "occurred_at": entry.occurred_at,
        "recorded_at": now,
        "source": entry.source,
        "evidence": {"salt": salt, "personal": dict(entry.evidence)},
        "personal_commitment": _commitment(salt, entry.evidence),
        "prev_hash": before,
    }
    row["hash"] = _hash(row)
    return row


def _hash(row: Mapping[Any, Any]) -> str:
    """SHA-256 over the entry before and every fact of this one that is not personal."""
    occurred, recorded = row["occurred_at"], row["recorded_at"]
    facts = [
        row["prev_hash"],
        *(row[name] for name in ("shop_id", "customer_id", "channel", "purpose", "action", "basis", "source")),
        occurred and int(occurred.timestamp() * 1_000_000),
        int(recorded.timestamp() * 1_000_000),
        row["personal_commitment"],
    ]
    return sha256(_text(facts)).hexdigest()


def _genesis(shop: Shop, customer_id: str) -> str:
    return sha256(_text(["relance consent ledger", shop.shop_id, customer_id])).hexdigest()


def _commitment(salt: str, personal: Mapping[str, Any]) -> str:
    return sha256(bytes.fromhex(salt) + _text(dict(personal))).hexdigest()


def _kept(row: Row[Any]) -> bool:
    if not row.evidence:
        return True
    return bool(row.personal_commitment == _commitment(row.evidence["salt"], row.evidence["personal"]))


def _text(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _rows(connection: Connection, shop: Shop, customer_id: str | None) -> Iterable[Row[Any]]:
    wanted = select(LEDGER).where(LEDGER.c.shop_id == shop.shop_id).order_by(LEDGER.c.id)
    if customer_id is not None:
        wanted = wanted.where(LEDGER.c.customer_id == customer_id)
    return connection.execute(wanted)


def _recorded(row: Row[Any]) -> Recorded:
    entry = Entry(
        row.customer_id,
        row.channel,
        row.purpose,
        row.action,
        row.basis,
        row.occurred_at,
        row.source,
        row.evidence.get("personal", {}),
    )
    return Recorded(row.id, entry, row.recorded_at)
