"""The quality of the shop's data, and the types of properties."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter

from relance import analytics, ingest
from relance.api.asking import TheHouse, TheLanguage, TheShop
from relance.api.shapes import Answer
from relance.warehouse import StoppableWarehouse

router = APIRouter(prefix="/api", tags=["quality"])

PropertyKind = Literal["text", "number", "date", "boolean", "list", "object"]


class QualityExample(Answer):
    """One that is concerned: its id, and for a customer the address masked."""

    id: str
    label: str | None


class QualityFinding(Answer):
    """What a check found: `count` of `total`; what it is, what it costs, what to do, and the page where to do it."""

    name: str
    count: int
    total: int
    share: float
    kind: Literal["customer", "order", "product", "property", "source", "item"]
    what: str
    cost: str
    fix: str
    page: str | None
    examples: list[QualityExample]


class DataQuality(Answer):
    """Every check, those that found something first, by the share that is concerned."""

    as_of: datetime
    findings: list[QualityFinding]


class PropertyTypeSeen(Answer):
    """A type that values had: how many, from when to when, and what one looked like, letters as a and digits as 9."""

    type: PropertyKind
    count: int
    first_seen: datetime
    last_seen: datetime
    shape: str


class PropertyRow(Answer):
    """A property of an event, or with an empty event a trait of customers; `clashes` when nobody can tell its type."""

    event: str
    name: str
    type: PropertyKind
    count: int
    clashes: bool
    types: list[PropertyTypeSeen]


class Properties(Answer):
    """Every property that was seen, clashes first."""

    properties: list[PropertyRow]


@router.get("/data-quality")
def read_data_quality(house: TheHouse, shop: TheShop, language: TheLanguage) -> DataQuality:
    """Check the data as it stands now."""
    bounded = StoppableWarehouse(house.warehouse, house.limits.page)
    with house.store.read() as connection:
        found = analytics.data_quality(connection, bounded, shop, house.clock())
    labels = analytics.masked_addresses(bounded, found.findings)
    rows = []
    for one in found.findings:
        told = analytics.told_finding(one, language)
        examples = [QualityExample(id=each, label=labels.get(each)) for each in told.pop("examples")]
        rows.append(QualityFinding(**told, examples=examples))
    return DataQuality(as_of=found.as_of, findings=rows)


@router.get("/properties")
def list_properties(house: TheHouse, _shop: TheShop) -> Properties:
    """The types of events' properties and customers' traits, as they were learned."""
    with house.warehouse.read() as engine:
        every = ingest.known_properties(engine)
    return Properties(
        properties=[
            PropertyRow(
                event=one.event,
                name=one.name,
                type=one.type,
                count=one.count,
                clashes=one.clashes,
                types=[PropertyTypeSeen(**seen.__dict__) for seen in one.types],
            )
            for one in every
        ]
    )
