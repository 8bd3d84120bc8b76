"""A segment's definitions over time: its versions, how they differ, going back, and what a change would do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from relance import segments
from relance.api.asking import TheCounting, TheHouse, TheLanguage, TheShop, TheVisitor, instant_of
from relance.api.problems import fault_of
from relance.api.segments import Member, QueryText, SegmentDetail, member_of, segment_detail
from relance.api.shapes import Answer, Fault, Money, Request, money
from relance.errors import QueryError
from relance.house import House
from relance.store import Shop
from relance.warehouse import StoppableWarehouse
from relance.words import Language

router = APIRouter(prefix="/api/segments", tags=["segments"])


class SegmentVersion(Answer):
    """A definition as it was saved."""

    number: int
    name: str
    query: str
    sentence: str
    saved_at: datetime
    saved_by: str


class VersionList(Answer):
    """Every version, the newest first."""

    versions: list[SegmentVersion]


class VersionChange(Answer):
    """One difference, in words. `all_of` and `any_of` say how the conditions are joined now."""

    kind: Literal["added", "removed", "changed", "all_of", "any_of"]
    sentence: str


class TextPiece(Answer):
    """A piece of both texts laid over one another."""

    kind: Literal["same", "added", "removed"]
    text: str


class VersionDiff(Answer):
    """How two versions differ. `changes` is null when one of the queries no longer makes sense; empty: same meaning."""

    old: SegmentVersion
    new: SegmentVersion
    renamed: bool
    changes: list[VersionChange] | None
    text: list[TextPiece]


class RollBack(Request):
    """The version to go back to."""

    version: int


class ImpactAsk(Request):
    """A query that would take the place of the saved one."""

    query: QueryText
    as_shopify: bool = False


class ImpactGroup(Answer):
    """Some customers: how many, which part of all, what they spent, and those who spent most."""

    count: int
    share: float
    revenue: Money
    sample: list[Member]


class ChangeImpact(Answer):
    """Who would stay, enter and leave. With a `fault` the groups are null.

    `against` is `members`: compared with the members of the last refresh, or `query`: with what the saved query finds.
    """

    fault: Fault | None
    as_of: datetime
    against: Literal["members", "query"] | None
    customers: int | None
    stays: ImpactGroup | None
    enters: ImpactGroup | None
    leaves: ImpactGroup | None


@router.get("/{segment_id}/versions")
def list_versions(house: TheHouse, shop: TheShop, language: TheLanguage, segment_id: str) -> VersionList:
    """Every version of a segment's definition."""
    with house.store.read() as connection:
        found = segments.versions(connection, shop, segment_id)
    return VersionList(versions=[_version(one, shop, language) for one in found])


@router.get("/{segment_id}/diff")
def compare_versions(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    segment_id: str,
    old: Annotated[int, Query(alias="from")],
    new: Annotated[int, Query(alias="to")],
) -> VersionDiff:
    """How two versions differ: condition by condition, and in the text."""
    with house.warehouse.read() as engine:
        fields = segments.fields_of_shop(engine)
    with house.store.read() as connection:
        found = segments.diff(connection, shop, segment_id, old, new, fields=fields)
    changes = found.changes
    return VersionDiff(
        old=_version(found.old, shop, language),
        new=_version(found.new, shop, language),
        renamed=found.renamed,
        changes=None
        if changes is None
        else [VersionChange(kind=one.kind, sentence=one.say(language, shop.currency)) for one in changes],
        text=[TextPiece(kind=piece.kind, text=piece.text) for piece in found.text],
    )


@router.post("/{segment_id}/rollback")
def roll_back_segment(
    house: TheHouse, shop: TheShop, language: TheLanguage, visitor: TheVisitor, segment_id: str, body: RollBack
) -> SegmentDetail:
    """Save the name and query of an old version as a new one."""
    with house.warehouse.read() as engine:
        fields = segments.fields_of_shop(engine)
    with house.store.begin() as connection:
        segments.roll_back(connection, shop, segment_id, body.version, house.clock(), visitor.name, fields=fields)
    return segment_detail(house, shop, language, segment_id)


@router.post("/{segment_id}/impact")
async def impact_of_change(
    counting: TheCounting,
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    segment_id: str,
    body: ImpactAsk,
) -> ChangeImpact:
    """Who would stay, enter and leave with another query, before it is saved. A fault comes as 200 with `fault`."""
    return await counting.take("impact", lambda warehouse: _impact(house, warehouse, shop, language, segment_id, body))


def _version(one: segments.Version, shop: Shop, language: Language) -> SegmentVersion:
    return SegmentVersion(
        number=one.number,
        name=one.name,
        query=one.query,
        sentence=segments.QueryInWords(one.query, shop.currency).say(language),
        saved_at=one.saved_at,
        saved_by=one.saved_by,
    )


def _impact(
    house: House, warehouse: StoppableWarehouse, shop: Shop, language: Language, segment_id: str, body: ImpactAsk
) -> ChangeImpact:
    now = instant_of(house)
    try:
        with house.store.read() as connection:
            found = segments.impact(
                connection, warehouse, shop, segment_id, body.query, now, as_shopify=body.as_shopify
            )
    except QueryError as error:
        fault = fault_of(error, language)
        return ChangeImpact(fault=fault, as_of=now, against=None, customers=None, stays=None, enters=None, leaves=None)
    return ChangeImpact(
        fault=None,
        as_of=found.as_of,
        against=found.against,
        customers=found.customers,
        stays=_group(found.stays, shop),
        enters=_group(found.enters, shop),
        leaves=_group(found.leaves, shop),
    )


def _group(group: segments.Group, shop: Shop) -> ImpactGroup:
    return ImpactGroup(
        count=group.count,
        share=group.share,
        revenue=money(group.revenue, shop),
        sample=[member_of(one, shop) for one in group.members],
    )
