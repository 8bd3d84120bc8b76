"""Lists of customers that people keep by hand, and snapshots of segments.

What a list is called stands in the store; who is on it, and its name once more, in the warehouse, where queries find
it (`list = 'Salon 2026'`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table
from sqlalchemy import ColumnElement, Connection, delete, insert, update

from relance.errors import BadInput, Conflict
from relance.profiles import Column, instant_literal
from relance.segments.chosen import Chosen, People, choose, of_list, of_query
from relance.segments.definitions import all_segments, find, free_id
from relance.segments.kept_lists import CustomerList, all_lists, find_list
from relance.segments.language import parse
from relance.segments.language.tree import And, Condition, Items, Not, Or, Text, Tree
from relance.segments.overview import MemberPage
from relance.segments.people import members_among
from relance.store import Shop, Store
from relance.store.tables import customer_list as table
from relance.warehouse import Warehouse, Writer, rows_of

LONGEST_NAME: Final = 200
Operation = Literal["union", "intersection", "difference"]
OPERATIONS: Final[tuple[Operation, ...]] = ("union", "intersection", "difference")


def make_list(
    store: Store,
    warehouse: Warehouse,
    shop: Shop,
    name: str,
    now: datetime,
    by: str,
    *,
    people: People | None = None,
    made_from: Chosen | None = None,
    kind: str = "list",
) -> CustomerList:
    """A new list, empty or with these people. Raises BadInput for an empty name, Conflict for one that is taken."""
    with store.begin() as connection:
        known = all_lists(connection, warehouse, shop)
        name = _free_name(name, known)
        list_id = free_id(name, [one.list_id for one in known])
        connection.execute(insert(table).values(**_row(shop, list_id, name, kind, made_from, now, by)))
    try:
        with warehouse.write() as writer:
            writer.delete_where("list_member", list_id=list_id)
            _name(writer, list_id, name)
            if people is not None:
                _put(writer, list_id, people(writer.engine), now)
    except BaseException:
        with store.begin() as connection:
            connection.execute(delete(table).where(*_key(shop, list_id)))
        raise
    return _found(store, warehouse, shop, list_id)


def snapshot(
    store: Store,
    warehouse: Warehouse,
    shop: Shop,
    segment_id: str,
    now: datetime,
    by: str,
    *,
    name: str | None = None,
    at: datetime | None = None,
) -> CustomerList:
    """The members of a segment, kept as they are: those of the last refresh, or those that its query finds `at`.

    Raises NotFound, Conflict before the first refresh or for a name that is taken, and QueryError.
    """
    with store.read() as connection:
        segment = find(connection, shop, segment_id)
        if at is None:
            chosen = choose(connection, warehouse, shop, now, segment=segment_id)
        else:
            people = of_query(warehouse, shop, segment.query, at)
            chosen = Chosen("segment", segment_id, segment.name, at, people, segment.version)
    called = name or f"{segment.name}, {chosen.as_of.astimezone(shop.zone):%Y-%m-%d %H:%M}"
    return make_list(store, warehouse, shop, called, now, by, people=chosen.people, made_from=chosen, kind="snapshot")


def put_on(store: Store, warehouse: Warehouse, shop: Shop, list_id: str, people: People, now: datetime) -> int:
    """Put these people on the list; how many were not on it before. Raises NotFound, Conflict for a snapshot."""
    found = _changeable(store, warehouse, shop, list_id)
    with warehouse.write() as writer:
        added = _put(writer, found.list_id, people(writer.engine), now)
    _note_change(store, shop, found.list_id, now)
    return added


def take_off(store: Store, warehouse: Warehouse, shop: Shop, list_id: str, people: People, now: datetime) -> int:
    """Take these people off the list; how many were on it. Raises NotFound, Conflict for a snapshot."""
    found = _changeable(store, warehouse, shop, list_id)
    with warehouse.write() as writer:
        members = writer.table("list_member")
        mine: Column = members.filter(members.list_id == found.list_id)
        kept = writer.stage(mine.anti_join(people(writer.engine), "customer_id"))
        writer.delete_where("list_member", list_id=found.list_id)
        writer.insert("list_member", kept)
        left = _count(writer.engine, kept)
    _note_change(store, shop, found.list_id, now)
    return found.size - left


def rename_list(store: Store, warehouse: Warehouse, shop: Shop, list_id: str, name: str, now: datetime) -> CustomerList:
    """The list under another name. Raises NotFound, BadInput, and Conflict while segments ask for it by its name."""
    with store.read() as connection:
        found = find_list(connection, warehouse, shop, list_id)
        others = [one for one in all_lists(connection, warehouse, shop) if one.list_id != found.list_id]
        name = _free_name(name, others)
        if name == found.name:
            return found
        _refuse_used(connection, shop, found)
    with warehouse.write() as writer:
        _name(writer, found.list_id, name)
    with store.begin() as connection:
        connection.execute(update(table).where(*_key(shop, found.list_id)).values(name=name, changed_at=now))
    return _found(store, warehouse, shop, found.list_id)


def delete_list(store: Store, warehouse: Warehouse, shop: Shop, list_id: str) -> None:
    """Forget the list; the customers stay. Raises NotFound, and Conflict while segments ask for it."""
    with store.read() as connection:
        found = find_list(connection, warehouse, shop, list_id)
        _refuse_used(connection, shop, found)
    with warehouse.write() as writer:
        for name in ("list_member", "list"):
            writer.delete_where(name, list_id=found.list_id)
    with store.begin() as connection:
        connection.execute(delete(table).where(*_key(shop, found.list_id)))


def combine_lists(
    store: Store,
    warehouse: Warehouse,
    shop: Shop,
    operation: Operation,
    list_ids: Sequence[str],
    name: str,
    now: datetime,
    by: str,
) -> CustomerList:
    """A new list: everybody on any of the lists, on all of them, or on the first and none of the others.

    Raises BadInput for fewer than two lists and for another operation, NotFound, and Conflict for a name that is taken.
    """
    if operation not in OPERATIONS:
        raise BadInput("lists.unknown_operation", known=", ".join(OPERATIONS))
    found = [_found(store, warehouse, shop, one).list_id for one in list_ids]
    if len(set(found)) < 2:
        raise BadInput("lists.two_needed")

    def people(engine: BaseBackend) -> Table:
        return _combined(engine, operation, found)

    return make_list(store, warehouse, shop, name, now, by, people=people)


def listed_members(
    warehouse: Warehouse,
    shop: Shop,
    of: CustomerList,
    now: datetime,
    *,
    limit: int = 50,
    after: str | None = None,
) -> MemberPage:
    """A page of who is on the list, in the order of their ids."""
    with warehouse.read() as engine:
        members: Column = of_list(of.list_id)(engine)
        following = members if after is None else members.filter(members.customer_id > after)
        rows = rows_of(engine, following.order_by("customer_id").limit(limit + 1))
        ids = [row["customer_id"] for row in rows]
        shown = members_among(engine, shop, now, ids[:limit])
    return MemberPage(tuple(shown), of.size, now, ids[limit - 1] if len(ids) > limit else None)


def segments_asking(connection: Connection, shop: Shop, name: str) -> list[str]:
    """The names of the segments whose queries ask for the list of that name."""
    found = all_segments(connection, shop)
    return [segment.name for segment in found if name in _lists_asked(parse(segment.query))]


def _combined(engine: BaseBackend, operation: Operation, list_ids: Sequence[str]) -> Table:
    first, *others = (of_list(one)(engine) for one in list_ids)
    match operation:
        case "union":
            return ibis.union(first, *others, distinct=True)
        case "intersection":
            return ibis.intersect(first, *others)
        case "difference":
            return ibis.difference(first, *others)


def _found(store: Store, warehouse: Warehouse, shop: Shop, list_id: str) -> CustomerList:
    with store.read() as connection:
        return find_list(connection, warehouse, shop, list_id)


def _row(
    shop: Shop, list_id: str, name: str, kind: str, made_from: Chosen | None, now: datetime, by: str
) -> dict[str, Any]:
    of_segment = made_from is not None and made_from.kind == "segment"
    return {
        "shop_id": shop.shop_id,
        "list_id": list_id,
        "name": name,
        "kind": kind,
        "segment_id": made_from.text if made_from and of_segment else None,
        "segment_version": made_from.version if made_from else None,
        "as_of": made_from.as_of if made_from else None,
        "made_at": now,
        "made_by": by,
        "changed_at": now,
    }


def _put(writer: Writer, list_id: str, people: Table, now: datetime) -> int:
    members = writer.table("list_member")
    mine = members.filter(members.list_id == list_id)
    known: Column = writer.table("customer").select(customer_id=lambda rows: rows.customer_id.cast("string"))
    fresh = writer.stage(known.semi_join(people, "customer_id").anti_join(mine, "customer_id"))
    added = fresh.mutate(list_id=ibis.literal(list_id), added_at=instant_literal(now))
    writer.insert("list_member", added)
    return _count(writer.engine, fresh)


def _name(writer: Writer, list_id: str, name: str) -> None:
    writer.delete_where("list", list_id=list_id)
    writer.insert("list", pa.table({"list_id": [list_id], "name": [name]}))


def _count(engine: BaseBackend, rows: Table) -> int:
    return int(engine.to_pyarrow(rows.count()).as_py())


def _note_change(store: Store, shop: Shop, list_id: str, now: datetime) -> None:
    with store.begin() as connection:
        connection.execute(update(table).where(*_key(shop, list_id)).values(changed_at=now))


def _changeable(store: Store, warehouse: Warehouse, shop: Shop, list_id: str) -> CustomerList:
    found = _found(store, warehouse, shop, list_id)
    if found.kind == "snapshot":
        raise Conflict("lists.snapshot_stays", list=found.name)
    return found


def _free_name(name: str, known: Collection[CustomerList]) -> str:
    """The name without blanks around it."""
    wanted = " ".join(name.split())
    if not wanted:
        raise BadInput("lists.name_missing")
    if len(wanted) > LONGEST_NAME:
        raise BadInput("lists.name_too_long", longest=LONGEST_NAME)
    if wanted.casefold() in {one.name.casefold() for one in known}:
        raise Conflict("lists.name_taken", list=wanted)
    return wanted


def _refuse_used(connection: Connection, shop: Shop, found: CustomerList) -> None:
    if asking := segments_asking(connection, shop, found.name):
        raise Conflict("lists.asked_for", list=found.name, segments=", ".join(asking))


def _lists_asked(tree: Tree) -> set[str]:
    match tree:
        case And(terms=terms) | Or(terms=terms):
            return {name for term in terms for name in _lists_asked(term)}
        case Not(term=term):
            return _lists_asked(term)
        case Condition(subject=subject) if subject.name == "list":
            return set(_texts(tree))
        case _:
            return set()


def _texts(condition: Condition) -> Iterator[str]:
    values = condition.value.values if isinstance(condition.value, Items) else (condition.value,)
    yield from (value.value for value in values if isinstance(value, Text))


def _key(shop: Shop, list_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.shop_id == shop.shop_id, table.c.list_id == list_id
