"""Lists of customers, snapshots of segments, and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from relance import segments
from relance.api.asking import Cursor, TheHouse, TheLanguage, TheShop, TheVisitor
from relance.api.segments import MemberPage, QueryText, member_of
from relance.api.shapes import Answer, Request
from relance.house import House
from relance.store import Shop
from relance.words import Language, say

router = APIRouter(prefix="/api", tags=["lists"])

MOST_VALUES: Final = 100_000
LARGEST_CSV: Final = 20_000_000
SHOWN_REJECTS: Final = 200
PAGE: Final = 50

ListName = Annotated[str, Field(min_length=1, max_length=200)]
TagName = Annotated[str, Field(min_length=1, max_length=255)]


class ListRow(Answer):
    """A list, or the snapshot of a segment, which stays as it was taken (`kind`)."""

    list_id: str
    name: str
    kind: Literal["list", "snapshot"]
    size: int
    segment_id: str | None
    segment_version: int | None
    as_of: datetime | None
    made_at: datetime
    made_by: str
    changed_at: datetime


class CustomerLists(Answer):
    """All lists by name."""

    lists: list[ListRow]


class People(Request):
    """People, named in one way: a segment, a list, a query, ids or addresses, or a CSV with such a column."""

    segment_id: str | None = None
    list_id: str | None = None
    query: QueryText | None = None
    values: Annotated[list[str], Field(max_length=MOST_VALUES)] | None = None
    csv: Annotated[str, Field(max_length=LARGEST_CSV)] | None = None


class ListNew(Request):
    """A new list, empty without `people`."""

    name: ListName
    people: People | None = None


class ListSnapshot(Request):
    """A snapshot of a segment: of the last refresh, or of what its query finds `at` an instant."""

    segment_id: str
    name: ListName | None = None
    at: datetime | None = None


class ListRename(Request):
    """Another name."""

    name: ListName


class ListCombine(Request):
    """A new list from others: everybody on any, on all, or on the first and none of the others."""

    name: ListName
    operation: Literal["union", "intersection", "difference"]
    lists: Annotated[list[str], Field(min_length=2, max_length=50)]


class RejectedRow(Answer):
    """A row that named nobody: its number, what it says, why, and that in words."""

    row: int
    value: str
    reason: str
    why: str


class ListChange(Answer):
    """What became of a list: how many were put on or taken off, and the rows that named nobody, the first 200."""

    customer_list: ListRow
    changed: int
    rejected: int
    rejected_by_reason: dict[str, int]
    rejected_rows: list[RejectedRow]


class TagRow(Answer):
    """A tag, how many carry it, and how many of them were given it in Relance."""

    tag: str
    customers: int
    own: int


class Tags(Answer):
    """Every tag, the most frequent first."""

    tags: list[TagRow]


class TagPeople(Request):
    """A tag and the people to give it to, or to take it from."""

    tag: TagName
    people: People


class TagGiven(Answer):
    """Who got the tag, had it already, and has no room for another."""

    tag: str
    added: int
    already: int
    full: int


class TagRemoved(Answer):
    """How many had it from Relance; imported tags stay."""

    tag: str
    removed: int


@router.get("/lists")
def list_lists(house: TheHouse, shop: TheShop) -> CustomerLists:
    """All lists and snapshots."""
    with house.store.read() as connection:
        return CustomerLists(lists=[_row(one) for one in segments.all_lists(connection, house.warehouse, shop)])


@router.post("/lists", status_code=201)
def create_list(
    house: TheHouse, shop: TheShop, language: TheLanguage, visitor: TheVisitor, body: ListNew
) -> ListChange:
    """Make a list, empty or with people. 409 when the name is taken."""
    people, rejected = _people(house, shop, body.people) if body.people else (None, ())
    made = segments.make_list(house.store, house.warehouse, shop, body.name, house.clock(), visitor.name, people=people)
    return _change(made, made.size, rejected, language)


@router.post("/lists/snapshot", status_code=201)
def snapshot_segment(house: TheHouse, shop: TheShop, visitor: TheVisitor, body: ListSnapshot) -> ListRow:
    """Keep the members of a segment as they are."""
    made = segments.snapshot(
        *(house.store, house.warehouse, shop, body.segment_id, house.clock(), visitor.name), name=body.name, at=body.at
    )
    return _row(made)


@router.post("/lists/combine", status_code=201)
def combine_lists(house: TheHouse, shop: TheShop, visitor: TheVisitor, body: ListCombine) -> ListRow:
    """Make a list from others."""
    made = segments.combine_lists(
        *(house.store, house.warehouse, shop, body.operation, body.lists, body.name, house.clock(), visitor.name)
    )
    return _row(made)


@router.get("/lists/{list_id}")
def read_list(house: TheHouse, shop: TheShop, list_id: str) -> ListRow:
    """One list."""
    return _row(_found(house, shop, list_id))


@router.put("/lists/{list_id}")
def rename_list(house: TheHouse, shop: TheShop, list_id: str, body: ListRename) -> ListRow:
    """Give a list another name. 409 while segments ask for it by its name."""
    return _row(segments.rename_list(house.store, house.warehouse, shop, list_id, body.name, house.clock()))


@router.delete("/lists/{list_id}", status_code=204)
def delete_list(house: TheHouse, shop: TheShop, list_id: str) -> None:
    """Forget a list; the customers stay. 409 while segments ask for it."""
    segments.delete_list(house.store, house.warehouse, shop, list_id)


@router.get("/lists/{list_id}/members")
def list_members_of_list(house: TheHouse, shop: TheShop, list_id: str, cursor: Cursor = None) -> MemberPage:
    """Who is on the list, in the order of their ids."""
    found = _found(house, shop, list_id)
    page = segments.listed_members(house.warehouse, shop, found, house.clock(), limit=PAGE, after=cursor)
    return MemberPage(members=[member_of(one, shop) for one in page.members], total=page.total, next_cursor=page.after)


@router.post("/lists/{list_id}/members")
def add_to_list(house: TheHouse, shop: TheShop, language: TheLanguage, list_id: str, body: People) -> ListChange:
    """Put people on a list. 409 for a snapshot."""
    people, rejected = _people(house, shop, body)
    changed = segments.put_on(house.store, house.warehouse, shop, list_id, people, house.clock())
    return _change(_found(house, shop, list_id), changed, rejected, language)


@router.post("/lists/{list_id}/members/remove")
def take_from_list(house: TheHouse, shop: TheShop, language: TheLanguage, list_id: str, body: People) -> ListChange:
    """Take people off a list. 409 for a snapshot."""
    people, rejected = _people(house, shop, body)
    changed = segments.take_off(house.store, house.warehouse, shop, list_id, people, house.clock())
    return _change(_found(house, shop, list_id), changed, rejected, language)


@router.get("/tags")
def list_tags(house: TheHouse, shop: TheShop, most: Annotated[int, Query(ge=1, le=5_000)] = 500) -> Tags:
    """The tags that customers carry, imported or given here."""
    found = segments.all_tags(house.warehouse, shop, house.clock())
    return Tags(tags=[TagRow(tag=one.tag, customers=one.customers, own=one.own) for one in found[:most]])


@router.post("/tags")
def add_tag(house: TheHouse, shop: TheShop, visitor: TheVisitor, body: TagPeople) -> TagGiven:
    """Give people a tag."""
    people, _ = _people(house, shop, body.people)
    given = segments.add_tag(house.warehouse, shop, body.tag, people, house.clock(), visitor.name)
    return TagGiven(**given.as_json())


@router.post("/tags/remove")
def remove_tag(house: TheHouse, shop: TheShop, body: TagPeople) -> TagRemoved:
    """Take a tag from people."""
    people, _ = _people(house, shop, body.people)
    return TagRemoved(tag=body.tag, removed=segments.remove_tag(house.warehouse, body.tag, people))


def _people(house: House, shop: Shop, body: People) -> tuple[segments.People, Sequence[segments.Rejected]]:
    """Who is named, and the values that name nobody."""
    with house.store.read() as connection:
        return segments.people_named(
            connection,
            house.warehouse,
            shop,
            house.clock(),
            segment=body.segment_id,
            customer_list=body.list_id,
            query=body.query,
            values=body.values,
            content=None if body.csv is None else body.csv.encode(),
        )


def _found(house: House, shop: Shop, list_id: str) -> segments.CustomerList:
    with house.store.read() as connection:
        return segments.find_list(connection, house.warehouse, shop, list_id)


def _row(one: segments.CustomerList) -> ListRow:
    return ListRow(**one.__dict__)


def _change(
    one: segments.CustomerList, changed: int, rejected: Sequence[segments.Rejected], language: Language
) -> ListChange:
    rows = [
        RejectedRow(row=row.row, value=row.value, reason=row.reason, why=say(f"lists.reason_{row.reason}", language))
        for row in rejected[:SHOWN_REJECTS]
    ]
    return ListChange(
        customer_list=_row(one),
        changed=changed,
        rejected=len(rejected),
        rejected_by_reason=dict(Counter(row.reason for row in rejected)),
        rejected_rows=rows,
    )
