"""All segments at once: one expression with `customer_id` and one boolean a segment (`architecture` §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Aggregate, Column, Reading, Thresholds, customers_with, facts_of, objectors, thresholds
from relance.segments.checks import Context, holds, mean_name, share_name
from relance.segments.language.tree import Op
from relance.segments.language.typed import (
    AllOf,
    AnyOf,
    Between,
    Check,
    Complement,
    Matching,
    Meaning,
    OfMean,
    Share,
    Times,
    leaves,
)
from relance.segments.matches import Matches, category_of
from relance.segments.references import SEGMENT, Names, is_membership, is_profiling, names_in, said_in
from relance.segments.standing import column_of, with_memberships
from relance.store import Shop

OBJECTS: Final = "_objects_to_profiling"


def evaluate(
    engine: BaseBackend,
    conditions: Mapping[str, Meaning],
    shop: Shop,
    now: datetime,
    found: Thresholds | None = None,
    touched: Table | None = None,
) -> Table:
    """One row a customer (of the `touched` ones, if given): `customer_id` and for each condition true or false.

    The expression looks once at each table that a condition reads and computes each distinct aggregate once.
    Without thresholds it takes the stored ones, or computes them. A condition that names a segment reads the
    memberships that the last refresh kept.
    """
    if found is None:
        found = thresholds(engine, shop, now, facts_needed(conditions.values()))
    reading = Reading(engine, shop, now, touched)
    table, matches = gathered(reading, conditions.values(), found)
    context = Context(reading, found, table)
    answers = {key: answer(condition, context, matches) for key, condition in conditions.items()}
    return table.select("customer_id", **answers)


class Linked(Matches):
    """Matches that know the shop's segments by name."""

    def __init__(self, reading: Reading, thresholds: Thresholds, names: Names, counted: bool = False) -> None:
        super().__init__(reading, thresholds, counted)
        self.names = names

    def add(self, matching: Matching) -> None:
        """Note what the Matching needs."""
        super().add(self.names.by_id(matching))

    def answer(self, table: Table, matching: Matching) -> Column:
        """True or false for each customer of the table that carries the aggregates."""
        return super().answer(table, self.names.by_id(matching))

    def passing_rows(self, table: Table, matching: Matching) -> Column:
        """How many related rows pass the checks on rows."""
        return super().passing_rows(table, self.names.by_id(matching))


def gathered(
    reading: Reading,
    conditions: Iterable[Meaning],
    found: Thresholds,
    features: Iterable[str] = (),
    names: Names | None = None,
    computed: frozenset[str] = frozenset(),
    counted: bool = False,
    sums: Iterable[Aggregate] = (),
) -> tuple[Table, Linked]:
    """The customers with everything that the conditions read, and these features and sums (`_<name>`) besides.

    `names` are the shop's segments, by default those of the last refresh; the ones called as in `computed` are not
    looked up: whoever asks puts their columns there. With `counted`, `passing_rows` can be asked of the matches.
    """
    known = names_in(reading.engine) if names is None else names
    matches = Linked(reading, found, known, counted)
    read, said = set(features), set[str]()
    for leaf in _leaves_of(conditions):
        if isinstance(leaf, Matching) and not is_membership(leaf):
            matches.add(leaf)
            continue
        called = {name.casefold() for name, _ in said_in(leaf)}
        said |= called
        if isinstance(leaf, Check) and not called:
            read |= features_of(leaf)
    table = customers_with(reading, read, found, (*matches.aggregates.values(), *sums))
    if said - computed:
        table = with_memberships(table, reading, sorted(said - computed), known)
    return with_objections(table, reading), matches


def with_objections(table: Table, reading: Reading) -> Table:
    """The customers with a column that says who objects to profiling (S19)."""
    against = objectors(reading).select(objector="customer_id").distinct()
    joined: Column = table.left_join(against, table.customer_id == against.objector)
    return joined.mutate(**{OBJECTS: joined.objector.notnull()}).drop("objector")


def answer(condition: Meaning, context: Context, matches: Linked) -> Column:
    """The condition as a boolean column that is never null.

    Whoever objects to profiling meets no condition that reads a profile, negations included (S19).
    """
    inside = _answer(condition, context, matches)
    return inside & ~context.table[OBJECTS] if is_profiling(condition, matches.names) else inside


def _answer(condition: Meaning, context: Context, matches: Linked) -> Column:
    match condition:
        case AllOf(terms=terms):
            return ibis.and_(*(_answer(term, context, matches) for term in terms))
        case AnyOf(terms=terms):
            return ibis.or_(*(_answer(term, context, matches) for term in terms))
        case Complement(term=term):
            return ~_answer(term, context, matches)
        case Matching() if is_membership(condition):
            return _is_member(condition, context, negated=condition.negated)
        case Matching():
            return matches.answer(context.table, condition)
        case Check():
            return _checked(condition, context)


def _checked(check: Check, context: Context) -> Column:
    if check.field.name == SEGMENT:
        return _is_member(check, context, negated=check.operator in {Op.NE, Op.NOT_IN})
    return holds(context.table[check.field.name], check, context)


def _is_member(leaf: Check | Matching, context: Context, *, negated: bool) -> Column:
    inside = ibis.or_(*(context.table[column_of(name)] for name, _ in said_in(leaf)))
    return ~inside if negated else inside


def facts_needed(conditions: Iterable[Meaning]) -> frozenset[str]:
    """The population facts (S9) that the conditions read."""
    facts: set[str] = set()
    for leaf in _leaves_of(conditions):
        if said_in(leaf):
            continue
        if isinstance(leaf, Matching):
            for check in leaf.checks:
                facts |= _facts(check, leaf.function.name, category_of(leaf))
        else:
            facts |= _facts(leaf, "") | facts_of(features_of(leaf))
    return frozenset(facts)


def features_of(check: Check) -> frozenset[str]:
    """The features that a check reads."""
    names = {check.field.name}
    if isinstance(check.value, Times):
        names.add(check.value.field.name)
    if check.operator in {Op.TOP, Op.BOTTOM}:
        names.add("number_of_orders")
    return frozenset(names)


def _facts(check: Check, function: str, category: str | None = None) -> set[str]:
    value = check.value
    if isinstance(value, Share):
        return {share_name(check.field.name, check.operator, value.percent)}
    ends = (value.low, value.high) if isinstance(value, Between) else (value,)
    return {mean_name(check.field.name, function, category) for end in ends if isinstance(end, OfMean)}


def _leaves_of(conditions: Iterable[Meaning]) -> Iterable[Check | Matching]:
    for condition in conditions:
        yield from leaves(condition)
