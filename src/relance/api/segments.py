"""Segments: the list, one segment, and the editor's questions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from relance.api.asking import Cursor, TheHouse, TheLanguage, TheShop
from relance.api.shapes import MAX_QUERY, Answer, Fault, Money, Point, Request, Token

router = APIRouter(prefix="/api/segments", tags=["segments"])

QueryText = Annotated[str, Field(max_length=MAX_QUERY)]
SegmentName = Annotated[str, Field(min_length=1, max_length=200)]


class SegmentRow(Answer):
    """A segment in the list. Sizes are those of the last refresh; null before the first.

    `change` is the difference of members with 30 days before; null when the history is shorter. `group` is the family
    of a ready-made segment (such as l1, l2, rfm), null for one's own.
    """

    segment_id: str
    name: str
    query: str
    sentence: str
    group: str | None
    group_label: str | None
    members: int | None
    share: float | None
    revenue: Money | None
    change: int | None
    history: list[Point]


class SegmentList(Answer):
    """All segments, with the instant that their sizes are of."""

    as_of: datetime | None
    customers: int
    segments: list[SegmentRow]


class SegmentDetail(Answer):
    """One segment with its saved query; `fault` is set when the saved query cannot be evaluated."""

    segment: SegmentRow
    version: int
    changed_at: datetime
    tokens: list[Token]
    fault: Fault | None
    warnings: list[str]


class SegmentSave(Request):
    """A segment to keep: its name and its query."""

    name: SegmentName
    query: QueryText
    as_shopify: bool = False


class PreviewAsk(Request):
    """A query to count; `as_shopify` reads amounts as Shopify does (S12)."""

    query: QueryText
    as_shopify: bool = False


class Member(Answer):
    """A member in a sample or a list."""

    customer_id: str
    name: str
    email: str | None
    orders: int
    spent: Money
    last_order: str | None


class Preview(Answer):
    """What a query finds now. With a `fault`, every figure is null and the lists are empty."""

    fault: Fault | None
    tokens: list[Token]
    warnings: list[str]
    sentence: str | None
    members: int | None
    share: float | None
    revenue: Money | None
    sample: list[Member]
    as_of: datetime
    seconds: float


class CompleteAsk(Request):
    """A query and the cursor's offset in code points."""

    query: QueryText
    offset: Annotated[int, Field(ge=0)]


class Option(Answer):
    """One completion: `text` replaces start to end of the answer."""

    text: str
    label: str
    kind: str
    detail: str | None


class Completion(Answer):
    """What can stand at the cursor; the options replace the code points from `start` to `end`."""

    start: int
    end: int
    options: list[Option]


class ExplainAsk(Request):
    """A query and a customer: an id, or an e-mail address."""

    query: QueryText
    customer: Annotated[str, Field(min_length=1, max_length=320)]
    as_shopify: bool = False


class Clause(Answer):
    """One part of a query for one customer: its words, whether it holds, and the customer's own value."""

    start: int
    end: int
    sentence: str
    holds: bool
    value: str | None
    parts: list[Clause]


class Explanation(Answer):
    """Why a customer is in a segment or not. With a `fault` there is no customer and no clause."""

    fault: Fault | None
    customer_id: str | None
    name: str | None
    member: bool | None
    clause: Clause | None


class MemberPage(Answer):
    """Members of the last refresh, in the order of their ids; `next_cursor` asks for the following ones."""

    members: list[Member]
    total: int
    next_cursor: str | None


@router.get("")
def list_segments(house: TheHouse, shop: TheShop, language: TheLanguage) -> SegmentList:
    """All segments in the order of the library, one's own last."""
    raise NotImplementedError


@router.post("", status_code=201)
def create_segment(house: TheHouse, shop: TheShop, language: TheLanguage, body: SegmentSave) -> SegmentDetail:
    """Keep a new segment. 422 with the member `fault` when the query has a fault."""
    raise NotImplementedError


@router.post("/preview")
def preview_segment(house: TheHouse, shop: TheShop, language: TheLanguage, body: PreviewAsk) -> Preview:
    """Count a query now, without keeping it. A fault comes as 200 with `fault`; 503 past the time limit."""
    raise NotImplementedError


@router.post("/complete")
def complete_query(house: TheHouse, shop: TheShop, language: TheLanguage, body: CompleteAsk) -> Completion:
    """What can stand at the cursor."""
    raise NotImplementedError


@router.post("/explain")
def explain_customer(house: TheHouse, shop: TheShop, language: TheLanguage, body: ExplainAsk) -> Explanation:
    """Why a customer meets a query or not. A fault comes as 200 with `fault`; 404 for an unknown customer."""
    raise NotImplementedError


@router.get("/{segment_id}")
def read_segment(house: TheHouse, shop: TheShop, language: TheLanguage, segment_id: str) -> SegmentDetail:
    """One segment."""
    raise NotImplementedError


@router.put("/{segment_id}")
def save_segment(
    house: TheHouse, shop: TheShop, language: TheLanguage, segment_id: str, body: SegmentSave
) -> SegmentDetail:
    """Keep a new version. 422 with the member `fault` when the query has a fault."""
    raise NotImplementedError


@router.delete("/{segment_id}", status_code=204)
def delete_segment(house: TheHouse, shop: TheShop, segment_id: str) -> None:
    """Put a segment away; 409 while another segment or a flow uses it."""
    raise NotImplementedError


@router.get("/{segment_id}/members")
def list_members(house: TheHouse, shop: TheShop, segment_id: str, cursor: Cursor = None) -> MemberPage:
    """The members of the last refresh."""
    raise NotImplementedError
