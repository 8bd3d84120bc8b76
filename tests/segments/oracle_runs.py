"""Triples of a shop, a query and an instant, answered by an engine and by the oracle."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from itertools import islice

from tests.segments.engines_under_test import EngineUnderTest, register
from tests.segments.oracle_coverage import Coverage, expected, missing_values, reached_by
from tests.segments.random_moments import ZONE, is_at_an_edge
from tests.segments.random_queries import Asking
from tests.segments.random_shops import edges_of, instants_of, kept, moments_of, random_shop
from tests.segments.random_values import FIELDS, FUNCTIONS
from tests.segments.segment_oracle import Oracle, Query
from tests.segments.segment_oracle import Shop as Rows
from tests.segments.written_queries import written

QUERIES = 60


@cache
def asking() -> Asking:
    """Everything that can be asked now, of what the random values know."""
    known = register()
    fields = [name for name in FIELDS if (found := known.field(name)) is not None and found.available]
    functions: dict[str, Sequence[str]] = {}
    for name, parameters in FUNCTIONS.items():
        function = known.function(name)
        if function is not None and function.available:
            own = [one for one in parameters if one.startswith("properties.") and function.any_property]
            declared = {one.name for one in function.parameters if one.available}
            functions[name] = [one for one in parameters if one in declared or one in own]
    return Asking(fields, functions)


def everything() -> list[str]:
    """What the queries have to reach."""
    return expected(asking().fields, asking().functions)


def queries_of(seed: int, count: int = QUERIES) -> list[Query]:
    """Queries that share a pass; a third of them take turns in asking for every field and every parameter."""
    dice = random.Random(seed)  # noqa: S311
    names = asking().names
    turns = [names[(seed * (count // 3) + turn) % len(names)] for turn in range(count // 3)]
    aimed = [asking().aimed(dice, *name) for name in turns]
    return [*aimed, *(asking().query(dice) for _ in range(count - len(aimed)))]


def conditions_of(seed: int, count: int, pattern: str) -> list[Query]:
    """The first single conditions, and negations of one, whose text has the pattern."""
    dice = random.Random(seed)  # noqa: S311
    leaves = (asking().leaf(dice) for _ in range(2_000 * count))
    drawn = (("not", leaf) if dice.random() < 0.2 else leaf for leaf in leaves)
    return list(islice((query for query in drawn if re.search(pattern, written(query))), count))


def seeds_on(days: Sequence[date] = (), *, count: int) -> list[int]:
    """The first seeds, or the first whose shop is looked at on one of these days."""
    seeds = (seed for seed in itertools.count() if not days or _day_of(seed) in days)
    return list(islice(seeds, count))


def _day_of(seed: int) -> date:
    return instants_of(seed, 1)[0].astimezone(ZONE).date()


@dataclass
class Outcome:
    """What a run found: the triples on which engine and oracle differ, and what was reached."""

    differences: list[str] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)


def compared(
    engine: EngineUnderTest,
    rows: Rows,
    queries: Sequence[Query],
    instants: Sequence[datetime],
    touched: Sequence[str] | None = None,
) -> Iterator[tuple[datetime, Query, set[str], set[str], Oracle]]:
    """For each triple the members that the engine finds and those that the oracle finds among the same customers."""
    standing = kept(rows)
    for now, answers in zip(instants, engine.answers(queries, instants, touched), strict=True):
        oracle = Oracle(rows, now=now, kept=standing)
        looked_at = set(oracle.facts if touched is None else touched)
        for place, query in enumerate(queries):
            found = {customer for customer, row in answers.items() if row[place]}
            if answers.keys() != looked_at or any(row[place] is None for row in answers.values()):
                found = {"other customers, or no answer"}
            yield now, query, found, oracle.members(query) & looked_at, oracle


def run(
    engine: EngineUnderTest, seed: int, *, instants: int = 1, touched: bool = False, queries: int = QUERIES
) -> Outcome:
    """One shop with its queries at several instants of a day; `touched`: only every second customer is looked at."""
    rows = random_shop(seed)
    engine.load(rows)
    outcome = Outcome()
    some = sorted(one["customer_id"] for one in rows.customers)[::2] if touched else None
    missing: dict[datetime, set[str]] = {}
    asked, edges = queries_of(seed, queries), edges_of(rows)
    for now, query, found, wanted, oracle in compared(engine, rows, asked, moments_of(rows, seed, instants), some):
        text = written(query)
        if found != wanted:
            more, less = sorted(found - wanted), sorted(wanted - found)
            outcome.differences.append(f"seed {seed} at {now}: {text} — too many {more}, missing {less}")
        if now not in missing:
            missing[now] = missing_values(oracle, asking().functions)
        tells = 0 < len(wanted) < len(oracle.facts if some is None else some)
        items = reached_by(query, text, missing[now])
        outcome.coverage.add(items, tells=tells, at_an_edge=is_at_an_edge(now, edges))
    return outcome
