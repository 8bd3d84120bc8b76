"""S22: an engine gives what a naive oracle gives, for random shops, queries and instants, whole and touched."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.segments import oracle_soak
from tests.segments.engines_under_test import EngineUnderTest, InWarehouse, register
from tests.segments.oracle_coverage import Coverage, missing_values, reached_by
from tests.segments.oracle_faults import FAULTS
from tests.segments.oracle_faults_rows import Planted
from tests.segments.oracle_runs import asking, compared, conditions_of, everything, queries_of, run, seeds_on
from tests.segments.random_moments import is_at_an_edge, is_on_a_changing_day
from tests.segments.random_shops import instants_of, kept, random_shop
from tests.segments.random_values import FIELDS, FUNCTIONS
from tests.segments.segment_oracle import Oracle
from tests.segments.written_queries import written

from relance.warehouse import Warehouse

SEEDS = 21
INSTANTS = 4
FEW = 20
FAULT_SEEDS = 25
FAULT_INSTANTS = 4


@pytest.fixture(params=["duckdb"])
def engine_under_test(request: pytest.FixtureRequest, warehouse: Warehouse) -> EngineUnderTest:
    """Each engine that answers queries; the same cases run on all of them."""
    engines = {"duckdb": InWarehouse}
    return engines[request.param](warehouse)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_an_engine_answers_as_the_oracle(engine_under_test: EngineUnderTest, seed: int) -> None:
    """S8, S9, S11, S12, S17, S19, S22, S24, S28, S29: equal members for everyone, and for touched customers alone."""
    whole = run(engine_under_test, seed, instants=INSTANTS)
    some = run(engine_under_test, seed, touched=True, queries=20)
    assert [*whole.differences, *some.differences] == []


def test_everything_that_can_be_asked_is_asked() -> None:
    """S22: a field, a function or a parameter that random queries do not know fails here."""
    known = register()
    fields = {name for name, found in known.fields.items() if found.available}
    parameters = {
        f"{function.name}.{one.name}"
        for function in known.functions.values()
        if function.available
        for one in function.parameters
        if one.available
    }
    assert fields - FIELDS.keys() == set()
    assert parameters - {f"{function}.{one}" for function, named in FUNCTIONS.items() for one in named} == set()


def test_a_third_of_the_instants_stand_at_an_edge() -> None:
    """S22: within a second of a midnight of the shop, some of them beside a day of 23 or 25 hours."""
    instants = [now for seed in range(100) for now in instants_of(seed, INSTANTS)]
    assert sum(map(is_at_an_edge, instants)) >= 0.3 * len(instants)
    assert any(is_on_a_changing_day(now) and is_at_an_edge(now) for now in instants)


@pytest.mark.slow
def test_the_queries_of_these_seeds_reach_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """S22: every production, field, function, parameter and operator, in triples that tell; the report is printed."""
    coverage = Coverage()
    for seed in range(SEEDS):
        rows = random_shop(seed)
        asked = [(query, written(query)) for query in queries_of(seed)]
        for now in instants_of(seed, INSTANTS):
            oracle = Oracle(rows, now=now, kept=kept(rows))
            missing = missing_values(oracle, asking().functions)
            for query, text in asked:
                tells = 0 < len(oracle.members(query)) < len(oracle.facts)
                coverage.add(reached_by(query, text, missing), tells=tells, at_an_edge=is_at_an_edge(now))
    with capsys.disabled():
        sys.stdout.write(f"\n{coverage.report(everything())}\n")
    assert coverage.triples >= 5_000
    assert coverage.at_an_edge >= 0.3 * coverage.triples
    assert [item for item in everything() if not coverage.reached[item]] == []
    assert len(coverage.short_of(1, everything())) <= 0.2 * len(everything())


def test_a_long_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S22: finished blocks are kept and not run again; the report is of all of them."""
    monkeypatch.setattr(oracle_soak, "block", _small_block)
    assert list(oracle_soak.soak(tmp_path, 2 * oracle_soak.BLOCK, 1)) == [oracle_soak.BLOCK, 2 * oracle_soak.BLOCK]
    assert list(oracle_soak.soak(tmp_path, 3 * oracle_soak.BLOCK, 1)) == [3 * oracle_soak.BLOCK]
    found = oracle_soak.report(tmp_path, range(3))
    assert (found.blocks, found.coverage.triples, found.differences) == (3, 3, ["block 1 differs"])
    assert "block 1 differs" in found.faults


def _small_block(number: int) -> dict[str, object]:
    coverage = Coverage()
    coverage.add(["form: and"], tells=True, at_an_edge=True)
    return {"differences": ["block 1 differs"] if number == 1 else [], **coverage.as_json()}


@pytest.mark.slow
@pytest.mark.parametrize("planted", FAULTS, ids=lambda planted: planted[0].__name__)
def test_a_planted_fault_is_caught(warehouse: Warehouse, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """S22: with one error in the evaluator, some condition of the first seeds has other members than the oracle's."""
    fault, pattern, *days = planted
    fault(monkeypatch)
    engine = InWarehouse(warehouse)
    for seed in seeds_on(*days, count=FAULT_SEEDS):
        rows = random_shop(seed)
        engine.load(rows)
        triples = compared(engine, rows, conditions_of(seed, FEW, pattern), instants_of(seed, FAULT_INSTANTS))
        if any(found != wanted for _, _, found, wanted, _ in triples):
            return
    pytest.fail("no query told the difference")
