"""Why a customer meets a query or not: condition by condition, with the values found and when time alone changes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from relance.errors import NotFound
from relance.profiles import Column, Reading, Thresholds, thresholds
from relance.segments.checks import Context
from relance.segments.edges import Window, edges, exact_windows
from relance.segments.evaluate import OBJECTS, answer, facts_needed, gathered
from relance.segments.fields import fields_of_shop
from relance.segments.flips import Asker, flips
from relance.segments.frozen import Frozen
from relance.segments.language.fields import Kind
from relance.segments.language.sentence import clause
from relance.segments.language.typed import AllOf, AnyOf, Check, Complement, Matching, Meaning
from relance.segments.match_sessions import SESSION
from relance.segments.matches import Matches
from relance.segments.money import value_text
from relance.segments.passing import MICROSECOND, Days, Moments, moments_of_field, moments_of_rows
from relance.segments.query import understood
from relance.segments.references import Names, is_membership, is_profiling, names_in, said_in
from relance.segments.seen_rows import Example, Seen, seen_rows
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of
from relance.words import Language, say

SILENCE: Final = timedelta(minutes=30)


@dataclass(frozen=True)
class Explained:
    """One condition for one customer: its place in the text, its words, whether it holds and what was found.

    `value` is the raw value (money in minor units; for related rows how many pass), `found` the same in words, None
    for a combination, whose parts carry the values; `examples` are the newest related rows that pass. `flips_at` is the
    first instant at which it changes if nothing happens but that time passes; None when it does not in the next 400
    days. `reason` says why a condition cannot hold: the customer objects to profiling (S19).
    """

    start: int
    end: int
    sentence: str
    holds: bool
    value: object
    found: str | None
    parts: tuple[Explained, ...] = ()
    examples: tuple[str, ...] = ()
    flips_at: datetime | None = None
    reason: str | None = None

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
    with_flips: bool = True,
) -> Explained:
    """The query for this customer at `now`. Raises QueryError, and NotFound for an unknown customer.

    Looking for the flips asks the query again at later instants, which takes longer.
    """
    with warehouse.read() as engine:
        meaning = understood(text, fields_of_shop(engine), as_shopify=as_shopify).meaning
        found = thresholds(engine, shop, now, facts_needed([meaning]))
        reading = Reading(Frozen.of(engine, customer_id, now), shop, now)
        case = _Case(meaning, reading, found, names_in(engine), language or shop.language)
        rows = rows_of(engine, case.everything())
        if not rows:
            raise NotFound("membership.unknown_customer", customer=customer_id)
        case.row = rows[0]
        case.seen = seen_rows(reading, found, case.names, case.matchings())
        if with_flips and not case.is_hopeless:
            case.flips = _flips(case)
    return case.told(meaning, iter(range(1 << 30)))


@dataclass
class _Case:
    """A query and a customer, with everything that was found."""

    meaning: Meaning
    reading: Reading
    thresholds: Thresholds
    names: Names
    language: Language
    row: Mapping[str, Any] = field(default_factory=dict)
    seen: Mapping[int, Seen] = field(default_factory=dict)
    flips: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def is_hopeless(self) -> bool:
        """Whether no time can change the answer: a profile is asked of somebody who objects to it."""
        return bool(self.row[OBJECTS]) and is_profiling(self.meaning, self.names)

    def everything(self) -> Column:
        """One row: for node number n the columns `holds_n` and, for single conditions, `value_n`."""
        table, matches = gathered(self.reading, [self.meaning], self.thresholds, names=self.names, counted=True)
        context = Context(self.reading, self.thresholds, table)
        columns: dict[str, Column] = {OBJECTS: table[OBJECTS]}
        for number, node in enumerate(_nodes(self.meaning)):
            columns[f"holds_{number}"] = answer(node, context, matches)
            value = _value(node, context, matches)
            if value is not None:
                columns[f"value_{number}"] = value
        return table.select(**columns)

    def matchings(self) -> dict[int, Matching]:
        """The conditions on related rows, by their numbers among all nodes."""
        return {number: node for number, node in enumerate(_nodes(self.meaning)) if isinstance(node, Matching)}

    def told(self, meaning: Meaning, numbers: Iterator[int]) -> Explained:
        """A node and what is below it, in words."""
        number = next(numbers)
        parts = tuple(self.told(part, numbers) for part in _parts(meaning))
        value, shop = self.row.get(f"value_{number}"), self.reading.shop
        objects = self.row[OBJECTS] and is_profiling(meaning, self.names)
        examples: tuple[Example, ...] = self.seen[number].examples if number in self.seen else ()
        return Explained(
            meaning.span.start,
            meaning.span.end,
            clause(meaning, self.language, shop.currency),
            self.row[f"holds_{number}"],
            value,
            self._in_words(meaning, value),
            parts,
            tuple(one.say(self.language, shop) for one in examples),
            self.flips.get(number),
            say("history.objects", self.language) if objects else None,
        )

    def _in_words(self, meaning: Meaning, value: object) -> str | None:
        if isinstance(meaning, Matching) and not is_membership(meaning):
            return say("membership.rows_found", self.language, count=value)
        if isinstance(meaning, Check) and not said_in(meaning):
            return value_text(value, Kind(meaning.field.kind), self.reading.shop, self.language)
        return None


def _flips(case: _Case) -> Mapping[int, datetime]:
    """When each node changes first by time alone, by its number."""
    days = Days(case.reading.shop, case.reading.now.astimezone(UTC))
    conditions, moments = [], []
    for number, node in enumerate(_nodes(case.meaning)):
        if isinstance(node, Check | Matching):
            conditions.append(node)
            moments.append(_moments(case, number, node, days))
    asker = Asker(case.reading, case.thresholds, case.names, conditions)
    return flips(asker, case.meaning, moments, days)


def _moments(case: _Case, number: int, node: Check | Matching, days: Days) -> Moments:
    if isinstance(node, Matching):
        seen = case.seen.get(number)
        found = moments_of_rows(node, days, seen.instants or {} if seen else {})
    else:
        found = moments_of_field(node, days, case.row.get(f"value_{number}"), case.reading, case.thresholds)
    exact = _exact(case, node, days)
    return Moments(tuple(sorted({*found.instants, *exact})), found.one_way and not exact, found.coarse)


def _exact(case: _Case, node: Check | Matching, days: Days) -> set[datetime]:
    """The instants at which a window of hours passes a row, and just after them."""
    windows = [*exact_windows([node]), *_visits(node)]
    if not windows:
        return set()
    crossed = edges(case.reading.engine, windows, days.now, days.until)
    found = {row["edge"].replace(tzinfo=UTC) for row in rows_of(case.reading.engine, crossed)}
    return {at for edge in found for at in (edge, edge + MICROSECOND) if at > days.now}


def _visits(node: Check | Matching) -> list[Window]:
    """A visit that goes on has ended after 30 minutes of silence (S11)."""
    is_session = isinstance(node, Matching) and node.function.name == SESSION.function.name
    return [Window("session", "ended_at", SILENCE)] if is_session else []


def _value(node: Meaning, context: Context, matches: Matches) -> Column | None:
    match node:
        case Matching() if is_membership(node):
            return None
        case Matching():
            return matches.passing_rows(context.table, node)
        case Check() if not said_in(node):
            return context.table[node.field.name]
        case _:
            return None


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
