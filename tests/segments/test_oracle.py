"""S22: `evaluate` gives what a naive oracle gives, for random shops and queries, whole and for touched customers."""

from __future__ import annotations

import random

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.segments.random_shops import fill, random_query, random_shop, written
from tests.segments.segment_oracle import Oracle

from relance.segments import evaluate, fields_with, understood
from relance.store import Shop
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
QUERIES = 40


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_evaluate_answers_as_the_oracle(warehouse: Warehouse, seed: int) -> None:
    """S8, S12, S22, S24, S28, S29: full and touched evaluation equal the oracle's members."""
    rows = random_shop(seed)
    fill(warehouse, rows)
    dice = random.Random(seed)  # noqa: S311
    queries = [random_query(dice) for _ in range(QUERIES)]
    fields = fields_with()
    meanings = {f"q{place}": understood(written(query), fields).meaning for place, query in enumerate(queries)}
    oracle = Oracle(rows)
    some = sorted(oracle.facts)[::2]
    touched = ibis.memtable({"customer_id": some}, schema={"customer_id": "string"})
    with warehouse.read() as engine:
        whole = engine.to_pyarrow(evaluate(engine, meanings, SHOP, rows.now)).to_pylist()
        part = engine.to_pyarrow(evaluate(engine, meanings, SHOP, rows.now, touched=touched)).to_pylist()
    assert sorted(row["customer_id"] for row in whole) == sorted(oracle.facts)
    assert sorted(row["customer_id"] for row in part) == some
    for place, query in enumerate(queries):
        expected = oracle.members(query)
        found = {row["customer_id"] for row in whole if row[f"q{place}"]}
        assert found == expected, written(query)
        assert {row["customer_id"] for row in part if row[f"q{place}"]} == expected & set(some), written(query)
        assert all(row[f"q{place}"] is not None for row in whole)
