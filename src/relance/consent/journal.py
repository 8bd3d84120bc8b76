"""The journal outside the database: what people took back, what was sent, the heads of the ledger; JSON by line.

A restored backup knows neither the people who unsubscribed or were erased since it was made, nor that it is old. The
file knows both: its lines are numbered, the database keeps the number of the last line that it wrote, and a database
that knows of fewer lines than there are was restored. It holds ids, keyed hashes and instants, nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select, update

from relance.consent.checkpoints import make_checkpoint
from relance.consent.ledger import LEDGER, Entry
from relance.consent.people import record
from relance.consent.state import ACTIONS, states_of
from relance.consent.suppression import SUPPRESSION, suppress
from relance.errors import FileProblem
from relance.ingest import move, position
from relance.store import Shop, tables

LINES: Final = "journal lines"
ENTRIES: Final = "journal entries"
SOURCE: Final = "journal"
OUTBOX: Final = tables.outbox
# what tells one message from another; the last two are not part of the key
SENT: Final = ("source", "step", "occurrence", "customer_id", "channel", "purpose", "message_id")
AGAIN: Final = timedelta(minutes=2)  # written twice rather than not at all
TAIL: Final = 65_536  # bytes, more than any line has
TAKING: Final = frozenset({"refused", "withdrawn", "objected", "suppressed", "bounced_out", "erased"})


@dataclass(frozen=True)
class Replayed:
    """What applying the journal changed: entries of the ledger, closed addresses, and whom to erase again."""

    entries: int
    addresses: int
    erased: tuple[str, ...]


def write_journal(connection: Connection, shop: Shop, path: Path, now: datetime) -> int:
    """Append what was taken back since the last line, and a checkpoint of the ledger; how many lines.

    The lines are on the disk before the database notes them: cut short, some are written twice, which does no harm.
    Raises FileProblem when the database is older than the file: apply the journal first.
    """
    if is_behind(connection, shop, path):
        raise FileProblem("privacy.store_behind", path=str(path))
    checkpoint = make_checkpoint(connection, shop, now)
    lines = _of_ledger(connection, shop) + _of_suppressions(connection, shop) + _of_messages(connection, shop)
    if checkpoint is not None:
        lines.append({"kind": "checkpoint", **checkpoint.as_json()})
    if not lines:
        return 0
    begin = position(connection, shop, LINES)
    written = [json.dumps({"line": begin + place, "shop": shop.shop_id, **one}) for place, one in enumerate(lines, 1)]
    _append(path, written)
    if checkpoint is not None:
        move(connection, shop, ENTRIES, checkpoint.until_id, now)
    connection.execute(
        update(SUPPRESSION)
        .where(SUPPRESSION.c.shop_id == shop.shop_id, SUPPRESSION.c.journaled_at.is_(None))
        .values(journaled_at=now)
    )
    move(connection, shop, LINES, begin + len(lines), now)
    return len(lines)


def is_behind(connection: Connection, shop: Shop, path: Path) -> bool:
    """Whether the file has lines that the database knows nothing of: it was restored from a backup."""
    return position(connection, shop, LINES) < _last_number(path)


def replay_journal(connection: Connection, shop: Shop, path: Path, now: datetime) -> Replayed:
    """Apply every line to a restored database: it takes away what the file says, and gives nothing back.

    What the ledger has gained since, such as a new grant of the same person, stays the later word.
    """
    entries = addresses = last = 0
    erased: list[str] = []
    for one in read_journal(path, shop):
        last = max(last, int(one["line"]))
        if one["kind"] == "suppressed":
            suppress(connection, shop, one["channel"], one["address_hmac"], one["reason"], now)
            addresses += 1
        elif one["kind"] == "sent":
            _sent(connection, shop, one, now)
        elif one["kind"] == "entry":
            entries += _enter(connection, shop, one, now)
            if one["action"] == "erased" and one["customer_id"] not in erased:
                erased.append(one["customer_id"])
    move(connection, shop, LINES, max(last, position(connection, shop, LINES)), now)
    return Replayed(entries, addresses, tuple(erased))


def read_journal(path: Path, shop: Shop) -> Iterator[Mapping[str, Any]]:
    """The shop's lines; the last one may have been cut short and is then left out."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n") and (one := json.loads(line))["shop"] == shop.shop_id:
                yield one


def exported_heads(path: Path, shop: Shop) -> dict[int, str]:
    """The checkpoints in the file: their hashes by their last entry."""
    return {one["until_id"]: one["hash"] for one in read_journal(path, shop) if one["kind"] == "checkpoint"}


def _of_ledger(connection: Connection, shop: Shop) -> list[dict[str, Any]]:
    after = position(connection, shop, ENTRIES)
    mine = (LEDGER.c.shop_id == shop.shop_id, LEDGER.c.id > after, LEDGER.c.action.in_(sorted(TAKING)))
    return [
        {
            "kind": "entry",
            "customer_id": row.customer_id,
            "channel": row.channel,
            "purpose": row.purpose,
            "action": row.action,
            "at": (row.occurred_at or row.recorded_at).astimezone(UTC).isoformat(),
        }
        for row in connection.execute(select(LEDGER).where(*mine).order_by(LEDGER.c.id))
    ]


def _of_suppressions(connection: Connection, shop: Shop) -> list[dict[str, Any]]:
    fresh = select(SUPPRESSION).where(SUPPRESSION.c.shop_id == shop.shop_id, SUPPRESSION.c.journaled_at.is_(None))
    return [
        {
            "kind": "suppressed",
            "channel": row.channel,
            "address_hmac": row.address_hmac,
            "reason": row.reason,
            "at": row.since.astimezone(UTC).isoformat(),
        }
        for row in connection.execute(fresh.order_by(SUPPRESSION.c.channel, SUPPRESSION.c.address_hmac))
    ]


def _of_messages(connection: Connection, shop: Shop) -> list[dict[str, Any]]:
    """What went out since the last writing, and a little before, whoever it went to: without address and content."""
    cursor = tables.cursor
    mine = (cursor.c.shop_id == shop.shop_id, cursor.c.name == LINES)
    last = connection.execute(select(cursor.c.moved_at).where(*mine)).scalar_one_or_none()
    gone = (OUTBOX.c.shop_id == shop.shop_id, OUTBOX.c.state.in_(("accepted", "in_doubt")))
    since = [] if last is None else [OUTBOX.c.doubt_at > last - AGAIN]
    rows = connection.execute(select(OUTBOX).where(*gone, OUTBOX.c.doubt_at.is_not(None), *since).order_by(OUTBOX.c.id))
    return [
        {"kind": "sent", **{name: row._mapping[name] for name in SENT}, "at": row.doubt_at.astimezone(UTC).isoformat()}
        for row in rows
    ]


def _sent(connection: Connection, shop: Shop, one: Mapping[str, Any], now: datetime) -> None:
    """Know again of a message that went out, so that nothing plans it a second time."""
    mine = [OUTBOX.c[name] == one[name] for name in SENT[:-2]]
    ended = {"state": "accepted", "reason": None, "doubt_at": datetime.fromisoformat(one["at"]), "settled_at": now}
    held = update(OUTBOX).where(OUTBOX.c.shop_id == shop.shop_id, *mine)
    if connection.execute(held.values(ended)).rowcount:
        return
    row = {name: one[name] for name in SENT} | ended | {"shop_id": shop.shop_id, "language": shop.language}
    row |= {"template": "", "facts": {}, "facts_as_of": now, "priority": 0, "epoch": 0, "attempts": 1}
    connection.execute(OUTBOX.insert().values(**row, planned_at=ended["doubt_at"]))


def _enter(connection: Connection, shop: Shop, one: Mapping[str, Any], now: datetime) -> int:
    """Enter a word that the database does not know yet; 0 when it holds it or a later one."""
    key, at = (one["channel"], one["purpose"]), datetime.fromisoformat(one["at"])
    known = states_of(connection, shop, [one["customer_id"]])
    held = [state for state in known if (state.channel, state.purpose) == key]
    status = ACTIONS[one["action"]].status
    if any(state.status == status or (state.since is not None and state.since > at) for state in held):
        return 0
    record(connection, shop, Entry(one["customer_id"], *key, one["action"], None, at, SOURCE), now)
    return 1


def _last_number(path: Path) -> int:
    """The number of the last whole line; 0 without one."""
    if not path.exists():
        return 0
    with path.open("rb") as handle:
        handle.seek(max(0, handle.seek(0, os.SEEK_END) - TAIL))
        whole = handle.read().rpartition(b"\n")[0]
    last = whole.rpartition(b"\n")[2]
    return int(json.loads(last)["line"]) if last else 0


def _append(path: Path, lines: Sequence[str]) -> None:
    """Add whole lines and wait for the disk; a line that was cut short before is ended first."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    with os.fdopen(os.open(path, flags, 0o600), "rb+") as handle:
        size = handle.seek(0, os.SEEK_END)
        if size:
            handle.seek(size - 1)
            if handle.read(1) != b"\n":
                _cut(handle, size)
        handle.write("".join(f"{line}\n" for line in lines).encode())
        handle.flush()
        os.fsync(handle.fileno())


def _cut(handle: Any, size: int) -> None:
    """Take out what was written of a line that never ended."""
    handle.seek(0)
    whole = handle.read(size)
    handle.truncate(whole.rfind(b"\n") + 1)
    handle.seek(0, os.SEEK_END)
