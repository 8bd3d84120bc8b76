"""All segments at once: one expression with `customer_id` and one boolean a segment (`architecture` §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Column, Reading, Thresholds, customers_with, facts_of, thresholds
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
from relance.segments.matches import Matches
from relance.store import Shop


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
    Without thresholds it takes the stored ones, or computes them.
    """
    if found is None:
        found = thresholds(engine, shop, now, facts_needed(conditions.values()))
    reading = Reading(engine, shop, now, touched)
    table, matches = gathered(reading, conditions.values(), found)
    context = Context(reading, found, table)
    answers = {key: answer(condition, context, matches) for key, condition in conditions.items()}
    return table.select("customer_id", **answers)


def gathered(
    reading: Reading, conditions: Iterable[Meaning], found: Thresholds, names: Iterable[str] = ()
) -> tuple[Table, Matches]:
    """The customers with everything that the conditions read, and these features besides."""
    matches = Matches(reading, found)
    read = set(names)
    for leaf in _leaves_of(conditions):
        if isinstance(leaf, Matching):
            matches.add(leaf)
        else:
            read |= features_of(leaf)
    return customers_with(reading, read, found, matches.aggregates.values()), matches


def answer(condition: Meaning, context: Context, matches: Matches) -> Column:
    """The condition as a boolean column that is never null."""
    match condition:
        case AllOf(terms=terms):
            return ibis.and_(*(answer(term, context, matches) for term in terms))
        case AnyOf(terms=terms):
            return ibis.or_(*(answer(term, context, matches) for term in terms))
        case Complement(term=term):
            return ~answer(term, context, matches)
        case Matching():
            return matches.answer(context.table, condition)
        case Check():
            return holds(context.table[condition.field.name], condition, context)


def facts_needed(conditions: Iterable[Meaning]) -> frozenset[str]:
    """The population facts (S9) that the conditions read."""
    facts: set[str] = set()
    for leaf in _leaves_of(conditions):
        if isinstance(leaf, Matching):
            for check in leaf.checks:
                facts |= _facts(check, leaf.function.name)
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


def _facts(check: Check, function: str) -> set[str]:
    value = check.value
    if isinstance(value, Share):
        return {share_name(check.field.name, check.operator, value.percent)}
    ends = (value.low, value.high) if isinstance(value, Between) else (value,)
    return {mean_name(check.field.name, function) for end in ends if isinstance(end, OfMean)}


def _leaves_of(conditions: Iterable[Meaning]) -> Iterable[Check | Matching]:
    for condition in conditions:
        yield from leaves(condition)
