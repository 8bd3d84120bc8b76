"""Why a customer meets a query or not: condition by condition, with the values found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relance.errors import NotFound
from relance.profiles import Column, Reading, Thresholds, thresholds
from relance.segments.checks import Context
from relance.segments.evaluate import answer, facts_needed, gathered
from relance.segments.fields import fields_of_shop
from relance.segments.language.fields import Kind
from relance.segments.language.sentence import clause
from relance.segments.language.typed import AllOf, AnyOf, Check, Complement, Matching, Meaning
from relance.segments.matches import Matches
from relance.segments.money import value_text
from relance.segments.people import among
from relance.segments.query import understood
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of
from relance.words import Language, say


@dataclass(frozen=True)
class Explained:
    """One condition for one customer: its place in the text, its words, whether it holds and what was found.

    `value` is the raw value (money in minor units; for related rows how many pass), `found` the same in words, None
    for a combination, whose parts carry the values.
    """

    start: int
    end: int
    sentence: str
    holds: bool
    value: object
    found: str | None
    parts: tuple[Explained, ...] = ()

    def leaves(self) -> Iterator[Explained]:
        """The single conditions below, in the order of the text."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def explain(
    warehouse: Warehouse,
    shop: Shop,
    text: str,
    customer_id: str,
    now: datetime,
    *,
    as_shopify: bool = False,
    language: Language | None = None,
) -> Explained:
    """The query for this customer at `now`. Raises QueryError, and NotFound for an unknown customer."""
    with warehouse.read() as engine:
        meaning = understood(text, fields_of_shop(engine), as_shopify=as_shopify).meaning
        found = thresholds(engine, shop, now, facts_needed([meaning]))
        reading = Reading(engine, shop, now, among([customer_id]))
        rows = rows_of(engine, _everything(reading, meaning, found))
    if not rows:
        raise NotFound("membership.unknown_customer", customer=customer_id)
    return _explained(meaning, rows[0], iter(range(1 << 30)), shop, language or shop.language)


def _everything(reading: Reading, meaning: Meaning, found: Thresholds) -> Column:
    """One row: for node number n the columns `holds_n` and, for single conditions, `value_n`."""
    table, matches = gathered(reading, [meaning], found, counted=True)
    context = Context(reading, found, table)
    columns: dict[str, Column] = {}
    for number, node in enumerate(_nodes(meaning)):
        columns[f"holds_{number}"] = answer(node, context, matches)
        if isinstance(node, Check | Matching):
            columns[f"value_{number}"] = _value(node, context, matches)
    return table.select("customer_id", **columns)


def _value(node: Check | Matching, context: Context, matches: Matches) -> Column:
    return context.table[node.field.name] if isinstance(node, Check) else matches.passing_rows(context.table, node)


def _nodes(meaning: Meaning) -> Iterator[Meaning]:
    yield meaning
    for part in _parts(meaning):
        yield from _nodes(part)


def _parts(meaning: Meaning) -> tuple[Meaning, ...]:
    match meaning:
        case AllOf(terms=terms) | AnyOf(terms=terms):
            return terms
        case Complement(term=term):
            return (term,)
        case _:
            return ()


def _explained(
    meaning: Meaning, row: dict[str, Any], numbers: Iterator[int], shop: Shop, language: Language
) -> Explained:
    number = next(numbers)
    parts = tuple(_explained(part, row, numbers, shop, language) for part in _parts(meaning))
    value = row.get(f"value_{number}")
    return Explained(
        meaning.span.start,
        meaning.span.end,
        clause(meaning, language, shop.currency),
        row[f"holds_{number}"],
        value,
        _in_words(meaning, value, shop, language),
        parts,
    )


def _in_words(meaning: Meaning, value: object, shop: Shop, language: Language) -> str | None:
    if isinstance(meaning, Matching):
        return say("membership.rows_found", language, count=value)
    if isinstance(meaning, Check):
        return value_text(value, Kind(meaning.field.kind), shop, language)
    return None
