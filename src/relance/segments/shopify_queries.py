"""Queries of Shopify's segments, read as Shopify reads them and written with Relance's names (S12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from relance.errors import BadInput, QueryError
from relance.segments.foreign import ForeignSegment, Obstacle, json_of
from relance.segments.language.fields import Fields
from relance.segments.language.parser import DEFAULT_LIMITS, Limits, parse
from relance.segments.language.printer import to_text
from relance.segments.language.resolve import SHOPIFY_NAMES
from relance.segments.language.tree import And, Condition, Match, Multiple, Not, Or, Subject, Tree, Value, Word
from relance.segments.query import understood


def as_shopify(text: str, limits: Limits = DEFAULT_LIMITS) -> str:
    """The query with the names that mean in Relance what its own mean in Shopify. Raises QueryError."""
    return to_text(_renamed(parse(text, limits)))


def read_shopify(text: str, fields: Fields, limits: Limits = DEFAULT_LIMITS) -> list[ForeignSegment]:
    """The segments of a file: queries with a blank line between them, each under `# its name`, or an API answer.

    An API answer is what `segments { nodes { name query } }` or `edges { node { … } }` gives. Raises BadInput for a
    file that is neither.
    """
    named = list(_from_json(text) if text.lstrip().startswith(("{", "[")) else _from_lines(text))
    if not named:
        raise BadInput("foreign.no_queries")
    return [_read(name, query, path, fields, limits) for name, query, path in named]


def _read(name: str, query: str, path: str, fields: Fields, limits: Limits) -> ForeignSegment:
    try:
        written = as_shopify(query, limits)
        notes = understood(query, fields, as_shopify=True, limits=limits).notes
    except QueryError as error:
        return ForeignSegment(name, None, obstacles=(Obstacle(path, error),))
    return ForeignSegment(name, written, notes=notes)


def _from_lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, query and line of every query of a text."""
    name, begun = "", 1
    said: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip() and not line.startswith("#"):
            begun = begun if said else number
            said.append(line)
            continue
        if said:
            query = "\n".join(said)
            yield name or _short(query), query, f"line {begun}"
            name, said = "", []
        name = line.lstrip("# ").strip() or name


def _from_json(text: str) -> Iterator[tuple[str, str, str]]:
    yield from _segments_in(json_of(text), "$")


def _segments_in(found: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Whatever has a name and a query, however deep an answer wraps it."""
    if isinstance(found, list):
        for place, one in enumerate(found):
            yield from _segments_in(one, f"{path}[{place}]")
    elif isinstance(found, dict):
        if isinstance(found.get("query"), str):
            yield str(found.get("name") or _short(found["query"])), found["query"], path
            return
        for key, one in found.items():
            yield from _segments_in(one, f"{path}.{key}")


def _short(query: str) -> str:
    """A name for a query without one."""
    plain = " ".join(query.split())
    return plain if len(plain) <= 80 else f"{plain[:79]}…"


def _renamed(tree: Tree) -> Tree:
    match tree:
        case And(terms=terms):
            return And(tuple(_renamed(term) for term in terms))
        case Or(terms=terms):
            return Or(tuple(_renamed(term) for term in terms))
        case Not(term=term):
            return Not(_renamed(term))
        case Condition(subject=subject, value=value):
            renamed = Subject(_name(subject.name), subject.anniversary)
            return replace(tree, subject=renamed, value=None if value is None else _value(value))
        case Match():
            return tree


def _value(value: Value) -> Value:
    match value:
        case Word(name=name):
            return Word(_name(name))
        case Multiple(factor=factor, name=name):
            return Multiple(factor, _name(name))
        case _:
            return value


def _name(name: str) -> str:
    return SHOPIFY_NAMES.get(name, name)
