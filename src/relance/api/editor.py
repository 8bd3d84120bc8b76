"""What the query editor asks: counting, completing, explaining. A fault is an answer here, not an error."""

from __future__ import annotations

from datetime import datetime
from time import perf_counter
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field

from relance import analytics, segments
from relance.api.asking import TheCounting, TheHouse, TheKnown, TheLanguage, TheShop, instant_of
from relance.api.problems import fault_of
from relance.api.segments import Member, QueryText, member_of, tokens_of
from relance.api.shapes import Answer, Fault, Money, Request, Token, known_words, money
from relance.errors import QueryError
from relance.house import House
from relance.segments.language import Completion as Completed
from relance.segments.language import complete
from relance.store import Shop
from relance.warehouse import StoppableWarehouse
from relance.words import Language

router = APIRouter(prefix="/api/segments", tags=["segments"])
OPTIONS: Final = 60


class PreviewAsk(Request):
    """A query to count; `as_shopify` reads amounts as Shopify does (S12); `sample` is how many members are shown.

    Without any a count is quicker.
    """

    query: QueryText
    as_shopify: bool = False
    sample: int = Field(default=8, ge=0, le=50)


class Preview(Answer):
    """What a query finds as of the last refresh's instant. With a `fault`, figures are null and lists empty.

    `share` is of all `customers`; `reachable` members have an address and are subscribed. `warnings` say what is
    probably not meant, `notes` how the query was read.
    """

    fault: Fault | None
    tokens: list[Token]
    warnings: list[str]
    notes: list[str]
    sentence: str | None
    members: int | None
    customers: int | None
    reachable: int | None
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
    """A query and a customer: an id, or an e-mail address. Without `flips` the answer comes sooner."""

    query: QueryText
    customer: Annotated[str, Field(min_length=1, max_length=320)]
    as_shopify: bool = False
    flips: bool = True


class Clause(Answer):
    """One part of a query for one customer: its words, whether it holds, and the customer's own value.

    `examples` are the newest related rows that pass, in words. `flips_at` is when the part changes if nothing happens
    but that time passes, null when it does not within 400 days. `reason` says why it cannot hold (S19).
    """

    start: int
    end: int
    sentence: str
    holds: bool
    value: str | None
    examples: list[str]
    flips_at: datetime | None
    reason: str | None
    parts: list[Clause]


class Explanation(Answer):
    """Why a customer is in a segment or not. With a `fault` there is no customer and no clause."""

    fault: Fault | None
    customer_id: str | None
    name: str | None
    member: bool | None
    clause: Clause | None


@router.post("/preview")
async def preview_segment(
    counting: TheCounting,
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    body: PreviewAsk,
) -> Preview:
    """Count a query now, without keeping it; asking again cancels what was asked before (409).

    A fault comes as 200 with `fault`; 422 past the limit of time or memory, 429 when too many count at once.
    """
    return await counting.take("preview", lambda warehouse: preview_of(house, warehouse, shop, language, body))


@router.post("/complete")
def complete_query(
    house: TheHouse, shop: TheShop, language: TheLanguage, known: TheKnown, body: CompleteAsk
) -> Completion:
    """What can stand at the cursor."""
    with house.warehouse.read() as engine:
        fields = segments.with_learned(segments.fields_of_shop(engine), engine)
    offset = min(body.offset, len(body.query))
    found = complete(body.query, offset, fields, known.of(shop))[:OPTIONS]
    start, end = (found[0].start, found[0].end) if found else (offset, offset)
    options = [Option(text=one.insert, label=one.insert, kind=one.kind, detail=_detail(one, language)) for one in found]
    return Completion(start=start, end=end, options=options)


def _detail(one: Completed, language: Language) -> str | None:
    """What a field or parameter is called, else what kind of value it takes, in words."""
    if not one.detail:
        return None
    return known_words(language, f"segments.{one.kind}_{one.insert}", f"segments.kind_{one.detail}")


@router.post("/explain")
async def explain_customer(
    counting: TheCounting,
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    body: ExplainAsk,
) -> Explanation:
    """Why a customer meets a query or not, and until when; a fault comes as 200 with `fault`, 404 for nobody known."""
    return await counting.take("explain", lambda warehouse: _explain(house, warehouse, shop, language, body))


def _explain(
    house: House, warehouse: StoppableWarehouse, shop: Shop, language: Language, body: ExplainAsk
) -> Explanation:
    now = instant_of(house)
    who = analytics.find_customer(warehouse, shop, now, body.customer)
    try:
        told = segments.explain(
            warehouse,
            shop,
            body.query,
            who.customer_id,
            now,
            as_shopify=body.as_shopify,
            language=language,
            with_flips=body.flips,
        )
    except QueryError as error:
        return Explanation(fault=fault_of(error, language), customer_id=None, name=None, member=None, clause=None)
    return Explanation(fault=None, customer_id=who.customer_id, name=who.name, member=told.holds, clause=_clause(told))


def preview_of(
    house: House, warehouse: StoppableWarehouse, shop: Shop, language: Language, body: PreviewAsk
) -> Preview:
    """What a query finds as of the last refresh, or its fault."""
    now, begun = instant_of(house), perf_counter()
    try:
        found = segments.preview(
            warehouse,
            shop,
            body.query,
            now,
            sample=body.sample,
            as_shopify=body.as_shopify,
            language=language,
            limits=house.limits.size,
        )
    except QueryError as error:
        return _faulty(body.query, fault_of(error, language), now, perf_counter() - begun)
    return Preview(
        fault=None,
        tokens=tokens_of(body.query),
        warnings=list(found.warnings),
        notes=list(found.notes),
        sentence=found.sentence,
        members=found.count,
        customers=found.customers,
        reachable=found.reachable,
        share=found.share,
        revenue=money(found.revenue, shop),
        sample=[member_of(one, shop) for one in found.members],
        as_of=found.as_of,
        seconds=perf_counter() - begun,
    )


def _faulty(query: str, fault: Fault, now: datetime, seconds: float) -> Preview:
    return Preview(
        fault=fault,
        tokens=tokens_of(query),
        warnings=[],
        notes=[],
        sentence=None,
        members=None,
        customers=None,
        reachable=None,
        share=None,
        revenue=None,
        sample=[],
        as_of=now,
        seconds=seconds,
    )


def _clause(told: segments.Explained) -> Clause:
    return Clause(
        start=told.start,
        end=told.end,
        sentence=told.sentence,
        holds=told.holds,
        value=told.found,
        examples=list(told.examples),
        flips_at=told.flips_at,
        reason=told.reason,
        parts=[_clause(part) for part in told.parts],
    )
