"""S22: `evaluate` gives what a naive oracle gives, for random shops and queries, whole and for touched customers."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from itertools import islice

import ibis
import pytest
from ibis.expr.types import Table
from tests.segments.oracle_faults import FAULTS, Fault
from tests.segments.random_shops import ZONE, fill, midnight_of, random_query, random_shop, written
from tests.segments.segment_oracle import Oracle, Query
from tests.segments.segment_oracle import Shop as Rows

from relance.segments import evaluate, fields_with, understood
from relance.store import Shop
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
QUERIES = 60
FEW = 12
LEAN = 25
BLOCK = 25
SOAK = 1000


@cache
def shop_of(seed: int) -> tuple[Rows, Oracle]:
    """A shop, and the oracle that answers for it."""
    rows = random_shop(seed)
    return rows, Oracle(rows)


def queries_of(seed: int, count: int = QUERIES, pattern: str = "") -> list[Query]:
    """Queries that share a pass; with a pattern the first whose text has it."""
    dice = random.Random(seed)  # noqa: S311
    drawn = (random_query(dice) for _ in range(100 * count))
    return list(islice((query for query in drawn if re.search(pattern, written(query))), count))


def differences(
    warehouse: Warehouse, seed: int, queries: Sequence[Query], touched: Table | None = None
) -> Iterator[str]:
    """The queries on which the product and the oracle disagree; the shop of the seed is already in the warehouse."""
    rows, oracle = shop_of(seed)
    fields = fields_with()
    meanings = {f"q{place}": understood(written(query), fields).meaning for place, query in enumerate(queries)}
    with warehouse.read() as engine:
        answers = engine.to_pyarrow(evaluate(engine, meanings, SHOP, rows.now, touched=touched)).to_pylist()
    looked_at = {row["customer_id"] for row in answers}
    if touched is None and looked_at != set(oracle.facts):
        yield "other customers"
    for place, query in enumerate(queries):
        found = {row["customer_id"] for row in answers if row[f"q{place}"]}
        unclear = [row["customer_id"] for row in answers if row[f"q{place}"] is None]
        if unclear or found != oracle.members(query) & looked_at:
            yield f"seed {seed} at {rows.now}: {written(query)}"


def all_differences(warehouse: Warehouse, seed: int) -> list[str]:
    """Those of the whole shop, and those of every second customer as touched ones."""
    rows, oracle = shop_of(seed)
    fill(warehouse, rows)
    queries = queries_of(seed)
    some = ibis.memtable({"customer_id": sorted(oracle.facts)[::2]}, schema={"customer_id": "string"})
    return [*differences(warehouse, seed, queries), *differences(warehouse, seed, queries, some)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(LEAN))
def test_evaluate_answers_as_the_oracle(warehouse: Warehouse, seed: int) -> None:
    """S8, S12, S22, S24, S28, S29: full and touched evaluation equal the oracle's members, 1,500 triples."""
    assert all_differences(warehouse, seed) == []


@pytest.mark.soak
@pytest.mark.parametrize("first", range(LEAN, SOAK, BLOCK))
def test_many_more_seeds(warehouse: Warehouse, first: int) -> None:
    """S22 at length; a block is resumed by its first seed."""
    for seed in range(first, first + BLOCK):
        assert all_differences(warehouse, seed) == []
        shop_of.cache_clear()


def test_a_third_of_the_instants_stand_at_an_edge() -> None:
    """S22: within a second of a midnight of the shop, some of them beside a day of 23 or 25 hours."""
    instants = [random_shop(seed).now for seed in range(LEAN)]
    near = [now for now in instants if min(abs(now - edge) for edge in midnight_of(now)) <= timedelta(seconds=1)]
    long_days = {now.astimezone(ZONE).date().isoformat() for now in near}
    assert len(near) >= 0.3 * LEAN
    assert long_days & {"2024-03-31", "2024-04-01", "2024-10-27", "2024-10-28"}


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "pattern"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_fault_is_caught(
    warehouse: Warehouse, fault: Fault, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S22: with one error in the evaluator, some query of the first seeds has other members than the oracle's."""
    fault(monkeypatch)
    for seed in range(LEAN):
        fill(warehouse, shop_of(seed)[0])
        if any(differences(warehouse, seed, queries_of(seed, FEW, pattern))):
            return
    pytest.fail("no query told the difference")
