"""The gallery of ready-made segments: looking through it, trying a row with other values, adding it to the shop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from relance import segments
from relance.api.asking import TheCounting, TheHouse, TheKnown, TheLanguage, TheShop, TheVisitor
from relance.api.editor import Preview, PreviewAsk, preview_of
from relance.api.segments import SegmentDetail, SegmentName, segment_detail
from relance.api.shapes import Answer, Request
from relance.house import House
from relance.store import Shop
from relance.warehouse import StoppableWarehouse
from relance.words import Language, say

router = APIRouter(prefix="/api/library", tags=["library"])

Given = Annotated[dict[str, bool | int | float | str], Field(default_factory=dict, max_length=20)]
Values = dict[str, str | None]


class LibraryChoice(Answer):
    """A value that can be changed. Without `default` the merchant has to choose, but for an `optional` one.

    `kind`: money, number, percent, days, period (such as 6m, back from today), ahead (the same, forward), duration
    (4:30), place (degrees north, degrees east), switch, or a text: text, category, product, vendor, tag, product_tag,
    city, region, country, language, segment, source, campaign, shipping, payment, channel, coupon.
    """

    name: str
    kind: str
    label: str
    default: str | None
    example: str | None
    optional: bool


class LibrarySegment(Answer):
    """A segment of the shop that comes from a row: its values, null once its query was changed into something else."""

    segment_id: str
    name: str
    values: Values | None
    members: int | None


class Suit(Answer):
    """A flow (F1 to F8) or a kind of campaign that a segment suits."""

    suit: str
    label: str


class LibraryRow(Answer):
    """A ready-made segment. `query` and `description` are those with every default or example; `row` is its source.

    Segments of one `partition` leave nobody in two of them. A `sensitive` one reads gender or age. `starter` ones
    install themselves. One that is not `available` reads what this version cannot answer. `added` are the shop's own.
    """

    library_id: str
    row: str
    name: str
    description: str
    use: str
    query: str
    suits: list[Suit]
    choices: list[LibraryChoice]
    partition: str | None
    partition_label: str | None
    sensitive: bool
    starter: bool
    available: bool
    must_choose: bool
    added: list[LibrarySegment]


class LibraryFamily(Answer):
    """A shelf of the gallery."""

    family: str
    name: str
    rows: list[LibraryRow]


class Library(Answer):
    """The whole gallery, family by family."""

    families: list[LibraryFamily]


class LibraryOffer(Answer):
    """A value of the shop's data, and what it is called."""

    value: str
    label: str


class LibraryOffers(Answer):
    """Values of the shop's data by the kind of choice that they suit; `currency` is that of its amounts."""

    offers: dict[str, list[LibraryOffer]]
    currency: str


class LibraryAsk(Request):
    """The values that differ from the defaults."""

    values: Given


class LibraryAdd(LibraryAsk):
    """The same, and a name; without one the row's own name is taken, with the values in it."""

    name: SegmentName | None = None


class LibraryPreview(Answer):
    """A row with these values: its query, who is in it in words, and the count of `query`."""

    query: str
    description: str
    preview: Preview


@router.get("")
def list_library(house: TheHouse, shop: TheShop, language: TheLanguage) -> Library:
    """Every ready-made segment, with what the shop has of it."""
    added = _added(house, shop, language)
    rows = [_row(ready, added.get(ready.library_id, []), shop, language) for ready in segments.library()]
    shelves = [
        LibraryFamily(
            family=family.family_id,
            name=family.names[language],
            rows=[row for row, ready in zip(rows, segments.library(), strict=True) if ready.family == family.family_id],
        )
        for family in segments.families()
    ]
    return Library(families=shelves)


@router.get("/offers")
def list_library_offers(shop: TheShop, language: TheLanguage, known: TheKnown) -> LibraryOffers:
    """What the shop's own data offers for the choices, by their kind, the most frequent first."""
    found = {
        str(kind): [LibraryOffer(value=one.value, label=one.label) for one in listed]
        for kind, listed in known.offers(language).items()
    }
    return LibraryOffers(offers=found, currency=shop.currency)


@router.post("/{library_id}/preview")
async def preview_library_row(
    counting: TheCounting,
    house: TheHouse,
    shop: TheShop,
    language: TheLanguage,
    library_id: str,
    body: LibraryAsk,
) -> LibraryPreview:
    """Count a row with these values, without keeping it. 422 for values that do not fit."""
    ready = segments.ready_made(library_id)
    query = ready.with_values(body.values)
    found = await counting.take("library", lambda warehouse: _preview(house, warehouse, shop, language, query))
    described = ready.describe(language, shop.currency, ready.chosen(body.values))
    return LibraryPreview(query=query, description=described, preview=found)


@router.post("/{library_id}/add", status_code=201)
def add_library_row(
    house: TheHouse, shop: TheShop, language: TheLanguage, visitor: TheVisitor, library_id: str, body: LibraryAdd
) -> SegmentDetail:
    """Keep a row as a segment of the shop, and the segments that it names. 422 for values that do not fit."""
    with house.store.begin() as connection:
        kept = segments.add_from_library(
            connection, shop, library_id, body.values, house.clock(), visitor.name, name=body.name
        )
    return segment_detail(house, shop, language, kept.segment_id)


def _added(house: House, shop: Shop, language: Language) -> dict[str, list[LibrarySegment]]:
    with house.store.read() as connection:
        listed = segments.summaries(connection, house.warehouse, shop, language)
    sizes = {one.segment.segment_id: one.latest.members if one.latest else None for one in listed}
    return {
        library_id: [
            LibrarySegment(
                segment_id=segment.segment_id,
                name=segments.SegmentName(segment).say(language),
                values=values,
                members=sizes[segment.segment_id],
            )
            for segment, values in found
        ]
        for library_id, found in segments.picked(one.segment for one in listed).items()
    }


def _row(ready: segments.ReadyMade, added: list[LibrarySegment], shop: Shop, language: Language) -> LibraryRow:
    return LibraryRow(
        library_id=ready.library_id,
        row=ready.row,
        name=ready.names[language],
        description=ready.describe(language, shop.currency),
        use=ready.uses[language],
        query=ready.query,
        suits=[Suit(suit=suit, label=say(f"gallery.suits_{suit.lower()}", language)) for suit in ready.suits],
        choices=[LibraryChoice(**choice.as_json(language)) for choice in ready.choices],
        partition=ready.partition,
        partition_label=ready.partition and say(f"gallery.partition_{ready.partition}", language),
        sensitive=ready.sensitive,
        starter=ready.starter,
        available=ready.available,
        must_choose=ready.must_choose,
        added=added,
    )


def _preview(house: House, warehouse: StoppableWarehouse, shop: Shop, language: Language, query: str) -> Preview:
    with house.store.read() as connection:
        kept = {segment.segment_id for segment in segments.all_segments(connection, shop)}
    asked = PreviewAsk(query=segments.standing_alone(query, kept), sample=0)
    return preview_of(house, warehouse, shop, language, asked)
