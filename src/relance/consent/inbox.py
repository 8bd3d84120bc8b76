"""Takes consent records from the inbox to the ledger, each exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from relance.consent.ledger import Entry, append
from relance.consent.state import check_action, project
from relance.consent.suppression import address_hmac, suppress
from relance.errors import FileProblem
from relance.store import DataFolder, Shop, lock_recipients, tables

CURSORS: Final = tables.cursor
CURSOR: Final = "consent"
PIECE: Final = "consent_piece"
RECORD: Final = "consent"
MARKETING: Final = "marketing"
# how sources write a status; `yes` is a grant only with the merchant's declaration (S16)
STATUSES: Final[Mapping[str, str]] = {
    "yes": "yes",
    "true": "yes",
    "subscribed": "yes",
    "no": "refused",
    "false": "refused",
    "not_subscribed": "refused",
    "pending": "doi_requested",
    "unsubscribed": "withdrawn",
    "redacted": "erased",
    "invalid": "suppressed",
}
SUPPRESSING: Final[Mapping[str, str]] = {"erased": "erased", "suppressed": "invalid", "bounced_out": "hard_bounce"}


def take_inbox(connection: Connection, shop: Shop, folder: DataFolder, key: bytes, now: datetime) -> Counter[str]:
    """Append every consent record that waits in the inbox to the ledger; how many of each action.

    Ledger, states and cursor change in the caller's one transaction, so that each record counts exactly once. The
    pieces taken are deleted by `remove_taken_pieces`, or by the next call. Raises FileProblem for a damaged piece.
    """
    remove_taken_pieces(connection, shop, folder)
    counts: Counter[str] = Counter()
    position = _hold_position(connection, shop, now)
    waiting = _waiting(connection, shop, position)
    # everybody at once and in order, so that a sender who locks some of them never waits for us while we wait for it
    lock_recipients(connection, shop, _people(folder, waiting), now)
    for row in waiting:
        entries = list(_piece(folder, row) if row.kind == PIECE else [_single(row)])
        project(connection, shop, append(connection, shop, entries, now))
        counts.update(entry.action for entry in entries)
        _suppress_address(connection, shop, key, row, now)
        position = row.id
    _move(connection, shop, position, now)
    return counts


def remove_taken_pieces(connection: Connection, shop: Shop, folder: DataFolder) -> None:
    """Delete the pieces whose records are in the ledger. Call it after the transaction of `take_inbox` committed."""
    taken = select(tables.inbox.c.body).where(
        tables.inbox.c.shop_id == shop.shop_id,
        tables.inbox.c.kind == PIECE,
        tables.inbox.c.id <= _position(connection, shop),
    )
    for body in connection.execute(taken).scalars():
        (folder.pieces / body["path"]).unlink(missing_ok=True)


def _waiting(connection: Connection, shop: Shop, position: int) -> Sequence[Row[Any]]:
    inbox = tables.inbox
    mine = (inbox.c.shop_id == shop.shop_id, inbox.c.kind.in_((PIECE, RECORD)), inbox.c.id > position)
    return connection.execute(select(inbox).where(*mine).order_by(inbox.c.id)).all()


def _people(folder: DataFolder, waiting: Sequence[Row[Any]]) -> set[str]:
    """Everybody whom the waiting records are about."""
    people: set[str] = set()
    for row in waiting:
        if row.kind == PIECE:
            path = folder.pieces / row.body["path"]
            _check(path, row.body["sha256"])
            people.update(pq.read_table(path, columns=["customer_id"]).column(0).to_pylist())
        else:
            people.add(row.body["customer_id"])
    return people


def _piece(folder: DataFolder, row: Row[Any]) -> Iterator[Entry]:
    path = folder.pieces / row.body["path"]
    declaration = row.body.get("declaration") or {}
    source = f"import:{row.body['import_id']}"
    columns = pq.read_table(path, columns=["customer_id", "channel", "status", "occurred_at"]).to_pydict()
    for customer, channel, status, at in zip(*columns.values(), strict=True):
        action = STATUSES.get(str(status).strip().lower(), "unknown")
        basis, evidence = None, {"status": status}
        if action == "yes":
            action, basis, evidence = _declared(status, declaration)
        yield Entry(customer, channel, MARKETING, action, basis, _aware(at), source, evidence)


def _declared(status: str, declaration: Mapping[str, Any]) -> tuple[str, str | None, dict[str, Any]]:
    """What a file's yes is worth: a grant when the merchant declares its origin, otherwise nothing."""
    if not declaration:
        return "unknown", None, {"status": status}
    return "imported", "consent", {"status": status, "declared": "by merchant", "declaration": dict(declaration)}


def _single(row: Row[Any]) -> Entry:
    body = row.body
    at = body.get("occurred_at")
    return Entry(
        body["customer_id"],
        body["channel"],
        body["purpose"],
        check_action(body["action"]),
        body.get("basis"),
        _aware(datetime.fromisoformat(at)) if at else None,
        body["source"],
        body.get("evidence") or {},
    )


def _suppress_address(connection: Connection, shop: Shop, key: bytes, row: Row[Any], now: datetime) -> None:
    """A single record may name the address that it closes."""
    address, reason = row.body.get("address"), SUPPRESSING.get(row.body.get("action", ""))
    if row.kind == RECORD and address and reason:
        channel = row.body["channel"]
        suppress(connection, shop, channel, address_hmac(key, channel, address), reason, now, row.body["customer_id"])


def _check(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as handle:
            found = file_digest(handle, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise FileProblem("consent.piece_missing", path=str(path)) from error
    if found != expected:
        raise FileProblem("consent.piece_damaged", path=str(path))


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _position(connection: Connection, shop: Shop) -> int:
    held = select(CURSORS.c.position).where(CURSORS.c.shop_id == shop.shop_id, CURSORS.c.name == CURSOR)
    return connection.execute(held).scalar_one_or_none() or 0


def _hold_position(connection: Connection, shop: Shop, now: datetime) -> int:
    """The same, held until the end of the transaction, so that two takers never read from one place."""
    row = {"shop_id": shop.shop_id, "name": CURSOR, "position": 0, "moved_at": now}
    new = sqlite.insert(CURSORS) if connection.dialect.name == "sqlite" else postgresql.insert(CURSORS)
    connection.execute(new.values(row).on_conflict_do_nothing())
    held = select(CURSORS.c.position).where(CURSORS.c.shop_id == shop.shop_id, CURSORS.c.name == CURSOR)
    return int(connection.execute(held.with_for_update()).scalar_one())


def _move(connection: Connection, shop: Shop, position: int, now: datetime) -> None:
    mine = (CURSORS.c.shop_id == shop.shop_id, CURSORS.c.name == CURSOR)
    connection.execute(update(CURSORS).where(*mine).values(position=position, moved_at=now))
