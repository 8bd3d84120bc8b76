"""The language for programs: trees and texts, all that a query can be built from, segments of other tools."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from relance import segments
from relance.api.asking import TheHouse, TheLanguage, TheShop, TheVisitor
from relance.api.problems import fault_of
from relance.api.segments import QueryText
from relance.api.shapes import Answer, Fault, Request
from relance.errors import QueryError
from relance.house import House
from relance.segments.language import Fields, Meant, from_json, nodes, parse, sentence, to_json, to_text
from relance.segments.language.tree import Tree
from relance.store import Shop
from relance.words import Language

router = APIRouter(prefix="/api/segments", tags=["language"])

MAX_FILE = 5_000_000


class TreeAsk(Request):
    """A query; `as_shopify` reads amounts as Shopify does (S12)."""

    query: QueryText
    as_shopify: bool = False


class Node(Answer):
    """One node of a tree: its JSON pointer, its place in the text in code points, and its clause in words."""

    pointer: str
    start: int
    end: int
    sentence: str | None


class TreeAnswer(Answer):
    """The JSON form of a query. With a `fault` in its form there is no tree; with one in its meaning no sentences.

    `text` is what the places of the fault and of the nodes are in.
    """

    fault: Fault | None
    text: str | None
    tree: dict[str, Any] | None
    sentence: str | None
    nodes: list[Node]


class TextAsk(Request):
    """The JSON form of a query, as the answer to the tree of a text has it."""

    tree: dict[str, Any]


class Choice(Answer):
    """A value of a closed list, and its words."""

    value: str
    label: str


class Term(Answer):
    """A field, or a parameter of a function; `operators` are the signs that it takes."""

    name: str
    label: str
    help: str | None
    kind: str
    unit: str
    nullable: bool
    available: bool
    profiling: bool
    values: list[Choice]
    operators: list[str]


class FunctionTerm(Answer):
    """A function over related rows and its parameters; `any_property` takes `properties.` and any name besides."""

    name: str
    label: str
    help: str | None
    available: bool
    profiling: bool
    any_property: bool
    parameters: list[Term]


class TermGroup(Answer):
    """Fields and functions that belong together."""

    group: str
    label: str
    fields: list[Term]
    functions: list[FunctionTerm]


class Sign(Answer):
    """An operator: its words, and whether one value, a list, a range, a percentage or nothing stands after it."""

    sign: str
    label: str
    takes: Literal["one", "list", "range", "nothing", "share"]


class Vocabulary(Answer):
    """Everything that a query of this shop can be built from."""

    groups: list[TermGroup]
    operators: list[Sign]


class ImportAsk(Request):
    """A file of another tool's segments; with `save` those that can be expressed whole are kept."""

    source: Literal["klaviyo", "shopify"]
    text: Annotated[str, Field(max_length=MAX_FILE)]
    save: bool = False


class Obstacle(Answer):
    """A condition that cannot be expressed: its place in the file and why; `waits` when it will be possible later."""

    path: str
    reason: str
    waits: bool


class Imported(Answer):
    """A segment of another tool. `partial` is what remains of a `query` that cannot be expressed: other customers."""

    name: str
    query: str | None
    partial: str | None
    sentence: str | None
    notes: list[str]
    obstacles: list[Obstacle]
    segment_id: str | None


class ImportAnswer(Answer):
    """What a file holds."""

    summary: str
    segments: list[Imported]


@router.post("/tree")
def read_tree(house: TheHouse, shop: TheShop, language: TheLanguage, body: TreeAsk) -> TreeAnswer:
    """A text as the tree that the visual builder works on. A fault comes as 200 with `fault`."""
    limits = house.limits.size
    try:
        text = segments.as_shopify(body.query, limits) if body.as_shopify else body.query
        tree = parse(text, limits)
    except QueryError as error:
        return TreeAnswer(fault=fault_of(error, language), text=error.text, tree=None, sentence=None, nodes=[])
    return _told(tree, text, _fields(house), shop, language)


@router.post("/text")
def write_text(house: TheHouse, shop: TheShop, language: TheLanguage, body: TextAsk) -> TreeAnswer:
    """A tree as text. 422 for a document that is no tree; a fault in its meaning comes as 200 with `fault`."""
    try:
        tree = from_json(body.tree, house.limits.size)
    except QueryError as error:
        return TreeAnswer(fault=fault_of(error, language), text=error.text, tree=None, sentence=None, nodes=[])
    return _told(tree, to_text(tree), _fields(house), shop, language)


@router.get("/fields")
def list_fields(house: TheHouse, shop: TheShop, language: TheLanguage) -> Vocabulary:  # noqa: ARG001
    """Fields, functions and operators with their words, in groups."""
    with house.warehouse.read() as engine:
        fields = segments.with_learned(segments.fields_of_shop(engine), engine)
    groups = segments.vocabulary(fields, language)
    return Vocabulary(
        groups=[TermGroup.model_validate(asdict(group)) for group in groups],
        operators=[Sign.model_validate(asdict(one)) for one in segments.signs(language)],
    )


@router.post("/import")
def import_segments(
    house: TheHouse, shop: TheShop, language: TheLanguage, visitor: TheVisitor, body: ImportAsk
) -> ImportAnswer:
    """Segments of Klaviyo or Shopify as queries. 422 for a file that holds none."""
    brought = segments.bring(
        *(house.store, house.warehouse, shop, body.source, body.text, house.clock(), visitor.name),
        save=body.save,
        limits=house.limits.size,
    )
    return ImportAnswer.model_validate(brought.as_json(language))


def _fields(house: House) -> Fields:
    with house.warehouse.read() as engine:
        return segments.fields_of_shop(engine)


def _told(tree: Tree, text: str, fields: Fields, shop: Shop, language: Language) -> TreeAnswer:
    """The tree, in words where the shop's fields make sense of it."""
    fault: Fault | None = None
    meant: Meant | None = None
    try:
        meant = segments.understood(text, fields)
    except QueryError as error:
        fault = fault_of(error, language)
    return TreeAnswer(
        fault=fault,
        text=text,
        tree=to_json(tree),
        sentence=None if meant is None else sentence(meant, language, shop.currency),
        nodes=[Node(**asdict(one)) for one in nodes(tree, meant, language, shop.currency)],
    )
