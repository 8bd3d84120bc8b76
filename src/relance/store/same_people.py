"""Customers who are one person (S5), as the store has to know them: to hold them together and to count together.

Messages that were planned under a former id keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from relance.store.recipients import lock_recipients
from relance.store.sets import among
from relance.store.shops import Shop
from relance.store.tables import same_person

CHUNK: Final = 5_000
_MINE: Final = same_person.c.shop_id == bindparam("shop_id")
_WITH: Final = select(same_person).where(
    _MINE, or_(among(same_person.c.customer_id, "people"), among(same_person.c.into_id, "people"))
)
_MEMBERS: Final = (
    select(same_person).where(_MINE, among(same_person.c.into_id, "people")).order_by(same_person.c.customer_id)
)


def keep_same_people(connection: Connection, shop: Shop, groups: Mapping[str, Sequence[str]], now: datetime) -> None:
    """Keep who is one person, in place of what was known: whom others are with, and everybody who is."""
    wanted = {name: holder for holder, members in groups.items() for name in members if name != holder}
    mine = same_person.c.shop_id == shop.shop_id
    known = {row.customer_id: row.into_id for row in connection.execute(select(same_person).where(mine))}
    changed = sorted(name for name in wanted.keys() | known.keys() if wanted.get(name) != known.get(name))
    people = {*changed, *(wanted[name] for name in changed if name in wanted)}
    lock_recipients(connection, shop, people | {known[name] for name in changed if name in known}, now)
    for chunk in _chunks(changed):
        connection.execute(delete(same_person).where(mine, same_person.c.customer_id.in_(chunk)))
    rows = [
        {"shop_id": shop.shop_id, "customer_id": name, "into_id": wanted[name]} for name in changed if name in wanted
    ]
    if rows:
        connection.execute(insert(same_person), rows)


def same_people(connection: Connection, shop: Shop, customer_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Of each of these customers: everybody who is the same person, whom the others are with first."""
    asked = sorted(set(customer_ids))
    holders: dict[str, str] = {}
    for chunk in _chunks(asked):
        for row in connection.execute(_WITH, {"shop_id": shop.shop_id, "people": chunk}):
            holders |= {row.customer_id: row.into_id, row.into_id: row.into_id}
    groups: dict[str, list[str]] = {holder: [holder] for holder in holders.values()}
    for chunk in _chunks(sorted(groups)):
        for row in connection.execute(_MEMBERS, {"shop_id": shop.shop_id, "people": chunk}):
            groups[row.into_id].append(row.customer_id)
    return {name: tuple(groups[holders[name]]) if name in holders else (name,) for name in asked}


def lock_people(connection: Connection, shop: Shop, customer_ids: Iterable[str], now: datetime) -> None:
    """Hold the rows of these customers, and of everybody who is the same person, until the transaction ends."""
    asked, held = list(customer_ids), set[str]()
    if connection.dialect.name == "sqlite":
        return
    # who is one person may change until the rows are held
    while not (everybody := _everybody(connection, shop, asked)) <= held:
        lock_recipients(connection, shop, everybody, now)
        held |= everybody


def _everybody(connection: Connection, shop: Shop, customer_ids: Sequence[str]) -> set[str]:
    return {name for group in same_people(connection, shop, customer_ids).values() for name in group}


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), CHUNK):
        yield names[start : start + CHUNK]
