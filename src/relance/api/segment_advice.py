"""Advice on segments: what to do, how good each is, how they overlap, whom they cover."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from relance import flows, segments
from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer, Money, money
from relance.errors import NotFound
from relance.house import House
from relance.store import Shop
from relance.words import Language, say

router = APIRouter(prefix="/api", tags=["advice"])

Ids = Annotated[list[str] | None, Query(max_length=200, description="Ids of segments; several times.")]


class AdviceRow(Answer):
    """One piece of advice: what is the matter, with which segments, and what to do.

    `query` finds the customers that it speaks of; `ready_made` are ids of the library to take instead.
    """

    key: str
    severity: Literal["alert", "warning", "info"]
    segments: list[str]
    sentence: str
    action: str
    query: str | None
    ready_made: list[str]


class AdviceList(Answer):
    """The advice as of the last refresh, the gravest first; `in_use` counts the segments that are judged."""

    as_of: datetime
    in_use: int
    advice: list[AdviceRow]


class Criterion(Answer):
    """One of the six criteria: a number from 0 to 1, null while it is unknown."""

    name: str
    label: str
    value: float | None


class SegmentQuality(Answer):
    """A segment's quality as of the last refresh: its score from 0 to 100, the six numbers and the facts behind them.

    `spend_ratio` is the members' mean spend over that of everybody else; `nearest` the segment most like it, with
    their `likeness` (Jaccard); `left` of the `before` members of 30 days ago are out.
    """

    segment_id: str
    score: int
    criteria: list[Criterion]
    members: int
    share: float
    revenue: Money
    revenue_share: float
    with_address: int
    reachable: int
    left: int | None
    before: int | None
    nearest: str | None
    likeness: float
    spend_ratio: float | None
    uses: list[str]


class QualityList(Answer):
    """The quality of every segment."""

    as_of: datetime
    segments: list[SegmentQuality]


class OverlapSize(Answer):
    """A segment and how many customers are in it."""

    segment_id: str
    name: str
    customers: int


class OverlapPair(Answer):
    """Two segments that share customers; the shares are of each one's own members."""

    first: str
    second: str
    customers: int
    jaccard: float
    share_of_first: float
    share_of_second: float


class OverlapCombination(Answer):
    """Customers who are in exactly these of the segments."""

    segments: list[str]
    customers: int


class OverlapOfSegments(Answer):
    """How segments overlap: pairs, the most alike first, and the most frequent exact combinations of `different`."""

    as_of: datetime
    segments: list[OverlapSize]
    pairs: list[OverlapPair]
    combinations: list[OverlapCombination]
    different: int
    in_none: int


class CoveragePart(Answer):
    """Customers, their share of all, what they spent, and the query that finds them."""

    customers: int
    share: float
    revenue: Money
    query: str | None


class CoverageOfSegments(Answer):
    """How segments cover the shop: everybody is in none, in one or in several of them."""

    as_of: datetime
    segments: list[str]
    customers: int
    revenue: Money
    in_none: CoveragePart
    in_one: CoveragePart
    in_several: CoveragePart


@router.get("/advice")
def list_advice(house: TheHouse, shop: TheShop, language: TheLanguage) -> AdviceList:
    """What to do about the segments. 409 before the first refresh."""
    with house.store.read() as connection:
        found = segments.judged(connection, house.warehouse, shop, flows.segment_uses(connection, shop))
    told = [
        AdviceRow(
            key=one.key,
            severity=one.severity,
            segments=list(one.segments),
            sentence=one.say(language),
            action=one.action(language),
            query=one.query,
            ready_made=list(one.ready_made),
        )
        for one in segments.advice_on(found, shop)
    ]
    return AdviceList(as_of=found.whole.as_of, in_use=len(found.in_use), advice=told)


@router.get("/quality")
def list_quality(house: TheHouse, shop: TheShop, language: TheLanguage) -> QualityList:
    """The quality of every segment, in the order of the list. 409 before the first refresh."""
    found = _judged(house, shop)
    told = [_quality(found.whole.quality[one.segment_id], shop, language) for one in found.segments]
    return QualityList(as_of=found.whole.as_of, segments=told)


@router.get("/segments/{segment_id}/quality")
def segment_quality(house: TheHouse, shop: TheShop, language: TheLanguage, segment_id: str) -> SegmentQuality:
    """The quality of one segment against the others. 409 before the first refresh."""
    found = _judged(house, shop)
    if segment_id not in found.whole.quality:
        raise NotFound("api.no_segment", segment=segment_id)
    return _quality(found.whole.quality[segment_id], shop, language)


@router.get("/overlap")
def segment_overlap(
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    ids: Annotated[Ids, Query(alias="segments")] = None,
    most: Annotated[int, Query(ge=1, le=500, description="How many combinations.")] = 30,
) -> OverlapOfSegments:
    """How these segments overlap, or all of them. 409 before the first refresh."""
    chosen = _chosen(house, shop, ids)
    found = segments.overlap(house.warehouse, chosen, most=most)
    return OverlapOfSegments(
        as_of=found.as_of,
        segments=[
            OverlapSize(
                segment_id=one.segment_id,
                name=segments.SegmentName(one).say(language),
                customers=found.sizes[one.segment_id],
            )
            for one in chosen
        ],
        pairs=[OverlapPair(**pair.__dict__) for pair in found.pairs],
        combinations=[
            OverlapCombination(segments=list(one.segments), customers=one.customers) for one in found.combinations
        ],
        different=found.different,
        in_none=found.in_none,
    )


@router.get("/coverage")
def segment_coverage(
    house: TheHouse,
    shop: TheShop,
    ids: Annotated[Ids, Query(alias="segments")] = None,
    partition: Annotated[str | None, Query(max_length=100, description="A partition of the library.")] = None,
) -> CoverageOfSegments:
    """Whom these segments cover, those of a partition, or all of them. 409 before the first refresh."""
    chosen = _chosen(house, shop, ids)
    if partition is not None:
        chosen = segments.partition(chosen, partition)
    found = segments.coverage(house.warehouse, shop, chosen)
    return CoverageOfSegments(
        as_of=found.as_of,
        segments=list(found.segments),
        customers=found.customers,
        revenue=money(found.revenue, shop),
        in_none=_part(found.in_none, shop),
        in_one=_part(found.in_one, shop),
        in_several=_part(found.in_several, shop),
    )


def _judged(house: House, shop: Shop) -> segments.Judged:
    with house.store.read() as connection:
        return segments.judged(connection, house.warehouse, shop, flows.segment_uses(connection, shop))


def _chosen(house: House, shop: Shop, ids: list[str] | None) -> list[segments.Segment]:
    with house.store.read() as connection:
        standing = segments.all_segments(connection, shop)
    if ids is None:
        return standing
    by_id = {one.segment_id: one for one in standing}
    for one in ids:
        if one not in by_id:
            raise NotFound("api.no_segment", segment=one)
    return [by_id[one] for one in dict.fromkeys(ids)]


def _quality(found: segments.Quality, shop: Shop, language: Language) -> SegmentQuality:
    criteria = [
        Criterion(name=name, label=say(f"advice.criterion_{name}", language), value=value)
        for name, value in found.numbers.items()
    ]
    return SegmentQuality(
        segment_id=found.segment_id,
        score=found.score,
        criteria=criteria,
        members=found.members,
        share=found.share,
        revenue=money(found.revenue, shop),
        revenue_share=found.revenue_share,
        with_address=found.with_address,
        reachable=found.reachable,
        left=found.left,
        before=found.before,
        nearest=found.nearest,
        likeness=found.likeness,
        spend_ratio=found.spend_ratio,
        uses=list(found.uses),
    )


def _part(found: segments.Part, shop: Shop) -> CoveragePart:
    revenue = money(found.revenue, shop)
    return CoveragePart(customers=found.customers, share=found.share, revenue=revenue, query=found.query)
