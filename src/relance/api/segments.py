"""Segments: the list, one segment, saving it, its members."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from relance import segments
from relance.api.asking import Cursor, TheHouse, TheLanguage, TheShop, TheVisitor
from relance.api.problems import fault_of
from relance.api.shapes import MAX_QUERY, Answer, Fault, Money, Point, Request, Token, money
from relance.errors import NotFound, QueryError
from relance.house import House
from relance.segments.language import highlight
from relance.store import Shop
from relance.words import Language

router = APIRouter(prefix="/api/segments", tags=["segments"])

QueryText = Annotated[str, Field(max_length=MAX_QUERY)]
SegmentName = Annotated[str, Field(min_length=1, max_length=200)]


class RefreshCost(Answer):
    """What the last refresh cost: its seconds, and how many segments shared its pass. `mode`: full or incremental."""

    seconds: float
    segments: int
    mode: str
    sentence: str


class NextChange(Answer):
    """What may change the members first: new `data` alone, the next `midnight` (then `at`), or any `moment`."""

    kind: Literal["data", "midnight", "moment"]
    at: datetime | None
    sentence: str


class SegmentRow(Answer):
    """A segment in the list. Sizes are those of the last refresh; null before the first.

    `change` is the difference of members with 30 days before; null when the history is shorter. `group` is the family
    of a ready-made segment (such as starters or rfm), which also says what it is, unless its query was changed,
    and what to do with it; null for one's own.
    """

    segment_id: str
    name: str
    query: str
    sentence: str
    description: str | None
    use: str | None
    group: str | None
    group_label: str | None
    members: int | None
    share: float | None
    revenue: Money | None
    change: int | None
    history: list[Point]
    as_of: datetime | None
    cost: RefreshCost | None
    next_change: NextChange | None
    problem: str | None


class SegmentList(Answer):
    """All segments, with the instant that their sizes are of."""

    as_of: datetime | None
    segments: list[SegmentRow]


class SegmentDetail(Answer):
    """One segment with its saved query; `fault` is set when the saved query cannot be evaluated."""

    segment: SegmentRow
    version: int
    changed_at: datetime
    tokens: list[Token]
    fault: Fault | None


class SegmentSave(Request):
    """A segment to keep: its name and its query; `as_shopify` keeps it with the names that mean the same here (S12)."""

    name: SegmentName
    query: QueryText
    as_shopify: bool = False


class Member(Answer):
    """A member in a sample or a list."""

    customer_id: str
    name: str
    email: str | None
    orders: int
    spent: Money
    last_order: date | None


class MemberPage(Answer):
    """Members of the last refresh, in the order of their ids; `next_cursor` asks for the following ones."""

    members: list[Member]
    total: int
    next_cursor: str | None


@router.get("")
def list_segments(house: TheHouse, shop: TheShop, language: TheLanguage) -> SegmentList:
    """All segments in the order of the library, one's own last."""
    with house.store.read() as connection:
        found = segments.summaries(connection, house.warehouse, shop, language)
    with house.warehouse.read() as engine:
        as_of = segments.last_as_of(engine)
    return SegmentList(as_of=as_of, segments=[row_of(one, shop, language) for one in found])


@router.post("", status_code=201)
def create_segment(
    house: TheHouse, shop: TheShop, language: TheLanguage, visitor: TheVisitor, body: SegmentSave
) -> SegmentDetail:
    """Keep a new segment. 422 with the member `fault` when the query has a fault."""
    kept = _save(house, shop, None, body, visitor.name)
    return segment_detail(house, shop, language, kept.segment_id)


@router.get("/{segment_id}")
def read_segment(house: TheHouse, shop: TheShop, language: TheLanguage, segment_id: str) -> SegmentDetail:
    """One segment."""
    return segment_detail(house, shop, language, segment_id)


@router.put("/{segment_id}")
def save_segment(
    house: TheHouse, shop: TheShop, language: TheLanguage, visitor: TheVisitor, segment_id: str, body: SegmentSave
) -> SegmentDetail:
    """Keep a new version. 422 with the member `fault` when the query has a fault."""
    _standing(house, shop, segment_id)
    _save(house, shop, segment_id, body, visitor.name)
    return segment_detail(house, shop, language, segment_id)


@router.delete("/{segment_id}", status_code=204)
def delete_segment(house: TheHouse, shop: TheShop, segment_id: str) -> None:
    """Put a segment away: the next refresh empties it, its history stays."""
    _standing(house, shop, segment_id)
    with house.store.begin() as connection:
        segments.archive(connection, shop, segment_id, house.clock())


@router.get("/{segment_id}/members")
def list_members(house: TheHouse, shop: TheShop, segment_id: str, cursor: Cursor = None) -> MemberPage:
    """The members of the last refresh."""
    with house.store.read() as connection:
        page = segments.members(connection, house.warehouse, shop, segment_id, after=cursor)
    return MemberPage(members=[member_of(one, shop) for one in page.members], total=page.total, next_cursor=page.after)


def row_of(one: segments.SegmentSummary, shop: Shop, language: Language) -> SegmentRow:
    """A segment as the list shows it."""
    latest, ready = one.latest, _ready_made(one.segment.library)
    return SegmentRow(
        segment_id=one.segment.segment_id,
        name=segments.SegmentName(one.segment).say(language),
        query=one.segment.query,
        sentence=one.sentence,
        description=_description(ready, one.segment, shop, language) if ready else None,
        use=ready.uses[language] if ready else None,
        group=one.family,
        group_label=one.family and segments.family_name(one.family, language),
        members=latest.members if latest else None,
        share=latest.share if latest else None,
        revenue=money(latest.revenue, shop) if latest else None,
        change=one.change,
        history=[Point(day=point.as_of.astimezone(shop.zone).date(), value=point.members) for point in one.history],
        as_of=latest.as_of if latest else None,
        cost=_cost(one, language),
        next_change=_next_change(one, shop, language),
        problem=one.problem.say(language) if one.problem else None,
    )


def _cost(one: segments.SegmentSummary, language: Language) -> RefreshCost | None:
    cost = one.cost
    if cost is None:
        return None
    return RefreshCost(seconds=cost.seconds, segments=cost.segments, mode=cost.mode, sentence=cost.say(language))


def _next_change(one: segments.SegmentSummary, shop: Shop, language: Language) -> NextChange | None:
    coming = one.next_change
    if coming is None:
        return None
    return NextChange(kind=coming.kind, at=coming.at, sentence=coming.say(language, shop))


def _ready_made(library_id: str | None) -> segments.ReadyMade | None:
    return next((ready for ready in segments.library() if ready.library_id == library_id), None)


def _description(ready: segments.ReadyMade, one: segments.Segment, shop: Shop, language: Language) -> str | None:
    """Who is in it, with the values that were chosen; None once its query says something else."""
    values = ready.values_of(one.query)
    return None if values is None else ready.describe(language, shop.currency, values)


def member_of(one: segments.Member, shop: Shop) -> Member:
    """A member as lists show it."""
    last = one.last_order_date
    return Member(
        customer_id=one.customer_id,
        name=one.name or one.customer_id,
        email=one.email,
        orders=one.number_of_orders,
        spent=money(one.amount_spent, shop),
        last_order=None if last is None else last.astimezone(shop.zone).date(),
    )


def tokens_of(query: str) -> list[Token]:
    """The colours of a query."""
    return [Token(**asdict(token)) for token in highlight(query)]


def _standing(house: House, shop: Shop, segment_id: str) -> segments.Segment:
    """The segment, unless it was put away. Raises NotFound."""
    with house.store.read() as connection:
        found = segments.find(connection, shop, segment_id)
    if found.archived:
        raise NotFound("api.no_segment", segment=segment_id)
    return found


def _save(house: House, shop: Shop, segment_id: str | None, body: SegmentSave, by: str) -> segments.Segment:
    with house.warehouse.read() as engine:
        fields = segments.fields_of_shop(engine)
    limits = house.limits.size
    query = segments.as_shopify(body.query, limits) if body.as_shopify else body.query
    with house.store.begin() as connection:
        return segments.save(
            connection, shop, segment_id, body.name, query, house.clock(), by, fields=fields, limits=limits
        )


def segment_detail(house: House, shop: Shop, language: Language, segment_id: str) -> SegmentDetail:
    """One segment as its page shows it. Raises NotFound for one that was put away."""
    found = _standing(house, shop, segment_id)
    with house.store.read() as connection:
        listed = segments.summaries(connection, house.warehouse, shop, language)
    summary = next(one for one in listed if one.segment.segment_id == segment_id)
    return SegmentDetail(
        segment=row_of(summary, shop, language),
        version=found.version,
        changed_at=found.changed_at,
        tokens=tokens_of(found.query),
        fault=_fault(house, found.query, language),
    )


def _fault(house: House, query: str, language: Language) -> Fault | None:
    with house.warehouse.read() as engine:
        fields = segments.fields_of_shop(engine)
    try:
        segments.understood(query, fields)
    except QueryError as error:
        return fault_of(error, language)
    return None
