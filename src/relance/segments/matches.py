"""Functions over a customer's related rows: the aggregates that answer them, each once for all queries of a pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import ibis
from ibis.expr.types import Table

from relance.profiles import Aggregate, Column, Only, Reading, Source, Thresholds
from relance.segments.checks import Context, holds
from relance.segments.days import first_instant
from relance.segments.funnel import FUNNEL, related_to, tries_of
from relance.segments.language.fields import Function
from relance.segments.language.tree import Op
from relance.segments.language.typed import Check, Matching, OneOf, Scalar
from relance.segments.match_credits import STORE_CREDIT
from relance.segments.match_events import EVENTS, MESSAGES
from relance.segments.match_orders import AVERAGED, ORDERS_PLACED, PRODUCTS_PURCHASED, SUMS
from relance.segments.match_sessions import SESSION
from relance.segments.match_states import CONSENT, ENTERED, LEFT
from relance.segments.nearby import WITHIN_DISTANCE, distances_of, homes_of
from relance.segments.related import Related

__all__ = ["AVERAGED", "FUNCTIONS", "Match", "Matches", "category_of", "taken_apart"]

RELATED: Final[Mapping[str, Related]] = {
    related.function.name: related
    for related in (ORDERS_PLACED, PRODUCTS_PURCHASED, *EVENTS, *MESSAGES, SESSION, CONSENT, ENTERED, STORE_CREDIT)
}
FUNCTIONS: Final[tuple[Function, ...]] = (*(related.function for related in RELATED.values()), FUNNEL, WITHIN_DISTANCE)

_TOTALS: Final = frozenset({"count", *SUMS})
_NAMES: Final[Mapping[Source, str]] = {"events": "name", "messages": "kind"}
_FROM: Final = frozenset({Op.GT, Op.GE})
_UNTIL: Final = frozenset({Op.LT, Op.LE})
# Bounds of a count that say no more than "there is one" and "there is none".
_SOME: Final = frozenset({(Op.GE, 1), (Op.GT, 0), (Op.NE, 0)})
_NONE: Final = frozenset({(Op.EQ, 0), (Op.LT, 1), (Op.LE, 0)})


@dataclass(frozen=True)
class Match:
    """A Matching taken apart: checks on each row, checks on the sums of the rows that pass, and which orders.

    `absent`: no row may pass.
    """

    related: Related
    rows: frozenset[Check]
    totals: tuple[Check, ...] = ()
    position: str = "any"
    absent: bool = False

    @property
    def dates(self) -> frozenset[Check]:
        """The checks on the instant of a row."""
        return frozenset(check for check in self.rows if check.field.name == self.related.dates)

    @property
    def edge(self) -> str:
        """`latest` or `earliest` where that row's instant alone says whether one passes; else empty."""
        if self.totals or self.position == "every":
            return ""
        operators = {check.operator for check in self.dates}
        if operators <= _FROM:
            return "latest"
        return "earliest" if operators <= _UNTIL else ""

    def wanted(self) -> frozenset[str]:
        """What has to be known of the rows that pass."""
        if self.edge:
            return frozenset({self.edge})
        names = {check.field.name for check in self.totals}
        if self.position == "every":
            return frozenset(names | {"orders", "all_orders"})
        return frozenset(names | {"count"})

    def only(self, what: str, reading: Reading) -> Only:
        """The rows of the source that can pass."""
        if what == "all_orders":
            return Only()
        name = _NAMES.get(self.related.source) if isinstance(self.related.source, str) else None
        return Only(_texts(self.rows, name) if name else None, first_instant(self.dates, reading))


def taken_apart(matching: Matching) -> tuple[Match, ...]:
    """The parts of a Matching, all of which must hold, whatever the order of its parameters."""
    if matching.function.name == FUNNEL.name:
        tries = tries_of(matching)
        return (Match(related_to(tries), tries.dates),)
    if matching.function.name == WITHIN_DISTANCE.name:
        return (_match(homes_of(matching), distances_of(matching)),)
    if matching.function.name == ENTERED.function.name:
        return _movements(matching.checks)
    return (_match(RELATED[matching.function.name], matching.checks),)


def _match(related: Related, checks: Iterable[Check]) -> Match:
    asked = tuple(checks)
    totals = tuple(check for check in asked if check.field.name in _TOTALS)
    places = [check for check in asked if check.field.name == "position"]
    named = {check.field.name for check in asked}
    usual = {check for check in related.usual if check.field.name not in named}
    rows = frozenset({*asked, *related.fixed, *usual}) - frozenset(totals) - frozenset(places)
    position = _place(places)
    exists = _existence(totals)
    if exists is None or (position == "every" and not exists):
        return Match(related, rows, totals, position)
    return Match(related, rows, (), position, absent=not exists)


def _movements(checks: Iterable[Check]) -> tuple[Match, ...]:
    """Entries and exits are other rows; without a date of either it is the entries."""
    named = [check for check in checks if check.field.name == "name"]
    ways = [(way, [check for check in checks if check.field.name == way.dates]) for way in (ENTERED, LEFT)]
    dated = [(way, dates) for way, dates in ways if dates] or [(ENTERED, [])]
    return tuple(_match(way, [*named, *dates]) for way, dates in dated)


def _existence(totals: tuple[Check, ...]) -> bool | None:
    """True when the totals ask for any row, False when they ask for none, None for anything else."""
    if not totals:
        return True
    if len(totals) > 1 or totals[0].field.name != "count" or not isinstance(totals[0].value, Scalar):
        return None
    bound = totals[0].operator, totals[0].value.value
    if bound in _SOME:
        return True
    return False if bound in _NONE else None


def _place(checks: Iterable[Check]) -> str:
    for check in checks:
        if check.operator == Op.EQ and isinstance(check.value, Scalar):
            return str(check.value.value)
    return "any"


def _texts(checks: Iterable[Check], name: str) -> frozenset[str] | None:
    """The texts that the parameter can only be, None when it can be any."""
    found: frozenset[str] | None = None
    for check in checks:
        if check.field.name != name or check.operator not in {Op.EQ, Op.IN}:
            continue
        values = check.value.values if isinstance(check.value, OneOf) else (check.value,)
        texts = frozenset(str(value.value) for value in values if isinstance(value, Scalar))
        found = texts if found is None else found & texts
    return found


def category_of(matching: Matching) -> str | None:
    """The category within which averages are taken: the one that the same products_purchased asks for."""
    if matching.function.name != PRODUCTS_PURCHASED.function.name:
        return None
    return _category(matching.checks)


def _category(checks: Iterable[Check]) -> str | None:
    asked = (check for check in checks if check.field.name == "category" and check.operator == Op.EQ)
    texts = sorted(str(check.value.value) for check in asked if isinstance(check.value, Scalar))
    return texts[0] if texts else None


class Matches:
    """The aggregates that a set of Matchings needs: each one once, however many segments ask for it.

    With `counted` the rows that pass are counted too, also where the answer does not need it.
    """

    def __init__(self, reading: Reading, thresholds: Thresholds, counted: bool = False) -> None:
        self.reading = reading
        self.thresholds = thresholds
        self.counted = counted
        self.aggregates: dict[tuple[object, ...], Aggregate] = {}

    def add(self, matching: Matching) -> None:
        """Note what the Matching needs."""
        for match in taken_apart(matching):
            for what in match.wanted() | ({"count"} if self.counted else set()):
                self._note(match, what)

    def answer(self, table: Table, matching: Matching) -> Column:
        """True or false for each customer of the table that carries the aggregates."""
        found = ibis.and_(*(self._met(table, match) for match in taken_apart(matching)))
        return ~found if matching.negated else found

    def passing_rows(self, table: Table, matching: Matching) -> Column:
        """How many related rows pass the checks on rows; of Matches that are `counted`."""
        counts = [table[f"_{self._note(match, 'count').name}"] for match in taken_apart(matching)]
        return ibis.least(*counts) if len(counts) > 1 else counts[0]

    def _met(self, table: Table, match: Match) -> Column:
        columns = {what: table[f"_{self._note(match, what).name}"] for what in match.wanted()}
        context = self._context(table, match)
        met = [holds(columns[check.field.name], check, context) for check in match.totals]
        if match.edge:
            met += [columns[match.edge].notnull(), *(holds(columns[match.edge], one, context) for one in match.dates)]
        elif match.position == "every":
            met.append((columns["all_orders"] > 0) & (columns["orders"] == columns["all_orders"]))
        elif all(check.field.name != "count" for check in match.totals):
            met.append(columns["count"] > 0)
        found = ibis.and_(*met)
        return ~found if match.absent else found

    def _note(self, match: Match, what: str) -> Aggregate:
        rows = match.rows - match.dates if what in {"latest", "earliest"} else match.rows
        key = (match.related.source, "all" if what == "all_orders" else (rows, match.position), what)
        only = match.only(what, self.reading)
        known = self.aggregates.get(key)
        if known is None:
            empty = None if what in {"latest", "earliest"} else 0
            part = replace(match, rows=rows)
            name = f"match_{len(self.aggregates)}"
            known = Aggregate(name, match.related.source, lambda rows, _: self._total(rows, part, what), empty, only)
        self.aggregates[key] = replace(known, only=_wider(known.only, only))
        return self.aggregates[key]

    def _total(self, rows: Table, match: Match, what: str) -> Column:
        if what == "all_orders":
            return rows.count() if match.related is ORDERS_PLACED else rows.order_id.nunique()
        passing = self._passing(rows, match)
        if what == "count":
            return rows.count(where=passing)
        if what == "orders":
            return rows.count(where=passing) if match.related is ORDERS_PLACED else rows.order_id.nunique(where=passing)
        if what in SUMS:
            return rows[SUMS[what]].sum(where=passing).cast("int64")
        moment: Column = match.related.column(rows, match.related.dates)
        return moment.max(where=passing) if what == "latest" else moment.min(where=passing)

    def _passing(self, rows: Table, match: Match) -> Column | None:
        """Whether a row passes; None when every row does."""
        context = self._context(rows, match)
        met: dict[bool, list[Column]] = {False: [], True: []}
        for check in sorted(match.rows, key=repr):
            column = match.related.column(rows, check.field.name)
            met[match.related.is_dear(check.field.name)].append(holds(column, check, context))
        if match.position in {"first", "last"}:
            met[False].append(rows[f"is_{match.position}"])
        if met[False] and met[True]:
            # an engine works out both sides of AND in every row, but a branch only in its own rows
            cheap: Column = ibis.and_(*met[False])
            dear: Column = ibis.and_(*met[True])
            return cheap.ifelse(dear, False)
        found = met[False] or met[True]
        return ibis.and_(*found) if found else None

    def _context(self, table: Table, match: Match) -> Context:
        category = _category(match.rows) if match.related is PRODUCTS_PURCHASED else None
        return Context(self.reading, self.thresholds, table, match.related.function.name, category)


def _wider(one: Only, other: Only) -> Only:
    """The rows that either needs."""
    names = None if one.names is None or other.names is None else one.names | other.names
    since = None if one.since is None or other.since is None else min(one.since, other.since)
    return Only(names, since)
