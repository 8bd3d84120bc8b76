"""Sources whose messages wait, whatever their time: those of a paused flow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, and_, bindparam, delete, exists, insert, not_, select

from relance.sending.locks import lock_by_name
from relance.store import Shop, among, tables

HELD: Final = tables.held_source
OUTBOX: Final = tables.outbox
EVERYTHING: Final = "*"  # the source that stands for all of them: a restored backup
_MINE: Final = HELD.c.shop_id == bindparam("shop_id")
_NAMED: Final = select(HELD.c.source).where(_MINE)
_AMONG: Final = _NAMED.where(among(HELD.c.source, "sources"))
# of a message, in a question of `shop_id`: neither its source nor everything is held
NOT_HELD: Final = and_(OUTBOX.c.source.not_in(_NAMED), not_(exists().where(_MINE, HELD.c.source == EVERYTHING)))


def hold(connection: Connection, shop: Shop, source: str) -> None:
    """Let nothing of a source be sent from now on. What waits keeps its place and expires at its time.

    Once this is committed, only messages whose dot was on its way already still go: at most one a connection.
    """
    lock_by_name(connection, _lock(shop))
    release(connection, shop, source)
    connection.execute(insert(HELD).values(shop_id=shop.shop_id, source=source))


def release(connection: Connection, shop: Shop, source: str) -> None:
    """Let the messages of a source go again."""
    connection.execute(delete(HELD).where(HELD.c.shop_id == shop.shop_id, HELD.c.source == source))


def keep_holds_out(connection: Connection, shop: Shop) -> None:
    """Let nobody hold a source until the transaction ends; who is about to hold one is waited for (S13)."""
    lock_by_name(connection, _lock(shop), shared=True)


def is_all_held(connection: Connection, shop: Shop) -> bool:
    """Whether nothing at all is sent: the data folder was restored from a backup and nobody released it yet."""
    mine = (HELD.c.shop_id == shop.shop_id, HELD.c.source == EVERYTHING)
    return connection.execute(select(HELD.c.source).where(*mine)).first() is not None


def held_among(connection: Connection, shop: Shop, sources: Iterable[str]) -> set[str]:
    """Those of the sources that are held."""
    asked = set(sources)
    found = set(connection.execute(_AMONG, {"shop_id": shop.shop_id, "sources": {*asked, EVERYTHING}}).scalars())
    return asked if EVERYTHING in found else found


def _lock(shop: Shop) -> str:
    return f"holding:{shop.shop_id}"
