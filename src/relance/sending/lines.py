"""How many connections to one mailbox provider each sender may use, so that all of them together keep its limit.

A sender takes its part with the messages that it claims, and keeps it until it claims again or ends. The parts stand in
the store, where every sender sees those of the others; those of a sender that is gone go with its claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from relance.sending.locks import lock_by_name
from relance.sending.outbox import SENDER
from relance.store import Shop, tables

LINE: Final = tables.mailbox_line


def share(
    connection: Connection, shop: Shop, owner: str, width: int, limits: Mapping[str, int], busy: Mapping[str, int]
) -> dict[str, int]:
    """This sender's part of each limit, none where the others have it all; `busy` are its connections in use.

    `width` is how many connections it has in all. Where all senders, and one more, could use no more than a limit, no
    account is kept.
    """
    lock_by_name(connection, f"lines:{shop.shop_id}")
    living = max(int(connection.execute(select(func.count()).select_from(SENDER)).scalar_one()), 1)
    scarce = {name: limit for name, limit in limits.items() if limit < width * (living + 1)}
    mine = LINE.c.shop_id == shop.shop_id
    wanted = select(LINE).where(mine, or_(LINE.c.owner == owner, LINE.c.mailbox.in_(sorted(scarce))))
    rows = connection.execute(wanted).all()
    held = {row.mailbox: row.connections for row in rows if row.owner == owner}
    others = dict.fromkeys(scarce, 0)
    for row in rows:
        if row.owner != owner:
            others[row.mailbox] += row.connections
    parts = {name: _part(limit, others[name], living, busy.get(name, 0)) for name, limit in scarce.items()}
    # what was taken earlier and is still in use goes on counting
    kept = {name: min(busy[name], count) for name, count in held.items() if name not in parts and busy.get(name)}
    _keep(connection, shop, owner, held, {name: count for name, count in (parts | kept).items() if count})
    return {**limits, **parts}


def _part(limit: int, others: int, living: int, busy: int) -> int:
    """An equal part of the limit as far as the others leave it; never less than what is in use."""
    return max(min(limit - others, -(-limit // living)), busy, 0)


def _keep(connection: Connection, shop: Shop, owner: str, held: Mapping[str, int], parts: Mapping[str, int]) -> None:
    """Write what changed."""
    if over := sorted(held.keys() - parts.keys()):
        mine = (LINE.c.shop_id == shop.shop_id, LINE.c.owner == owner, LINE.c.mailbox.in_(over))
        connection.execute(delete(LINE).where(*mine))
    changed = [
        {"shop_id": shop.shop_id, "mailbox": name, "owner": owner, "connections": count}
        for name, count in sorted(parts.items())
        if held.get(name) != count
    ]
    if changed:
        statement: Any = sqlite.insert(LINE) if connection.dialect.name == "sqlite" else postgresql.insert(LINE)
        new = statement.on_conflict_do_update(
            index_elements=["shop_id", "mailbox", "owner"], set_={"connections": statement.excluded.connections}
        )
        connection.execute(new, changed)
