"""Sources whose messages wait, whatever their time: those of a paused flow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, insert, select

from relance.store import Shop, tables

HELD: Final = tables.held_source


def hold(connection: Connection, shop: Shop, source: str) -> None:
    """Let nothing of a source be sent from now on. What waits keeps its place and expires at its time.

    Once this is committed, only messages whose dot was on its way already still go: at most one a connection.
    """
    release(connection, shop, source)
    connection.execute(insert(HELD).values(shop_id=shop.shop_id, source=source))


def release(connection: Connection, shop: Shop, source: str) -> None:
    """Let the messages of a source go again."""
    connection.execute(delete(HELD).where(HELD.c.shop_id == shop.shop_id, HELD.c.source == source))


def held_sources(shop: Shop) -> Select[Any]:
    """The shop's held sources, as a question."""
    return select(HELD.c.source).where(HELD.c.shop_id == shop.shop_id)


def held_among(connection: Connection, shop: Shop, sources: Iterable[str]) -> set[str]:
    """Those of the sources that are held."""
    return set(connection.execute(held_sources(shop).where(HELD.c.source.in_(sorted(set(sources))))).scalars())
