"""S8, S9: rows that come in any order, refreshes at any instant: members as the oracle says, windows as they moved."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.segments.engines_under_test import SHOP, register
from tests.segments.oracle_population import Kept
from tests.segments.oracle_runs import asking
from tests.segments.random_moments import SECOND, ZONE
from tests.segments.random_queries import Asking
from tests.segments.random_shops import random_shop, tables_of, typed
from tests.segments.segment_oracle import Oracle, Query, Row
from tests.segments.segment_oracle import Shop as Rows
from tests.segments.written_queries import written

from relance import segments
from relance.segments import everybody
from relance.segments.reads import BROWSING, VISITING
from relance.segments.words64 import members
from relance.store import Store, add_shop
from relance.warehouse import Warehouse, rows_of

DAYS = 2
QUERIES = 10
# What the naive rows of a shop do not decide: kinds of metafields, names of lists, sessions that the future prolongs.
LEFT_OUT = ("metafields.", "list")
MADE_BY_REFRESH = {"journal", "segment_name", "membership", "list"}


def asked(seed: int) -> dict[str, Query]:
    """The shop's own segments and some random ones, by their names."""
    fields = [name for name in asking().fields if not name.startswith(LEFT_OUT)]
    functions = {
        name: [one for one in parameters if one != "current"] for name, parameters in asking().functions.items()
    }
    dice = random.Random(f"modes {seed}")  # noqa: S311
    drawn = [Asking(fields, functions).query(dice, depth=2) for _ in range(QUERIES)]
    return {**random_shop(seed).segments, **{f"Random {place}": query for place, query in enumerate(drawn)}}


def saved(store: Store, queries: dict[str, Query], now: datetime) -> None:
    with store.begin() as connection:
        add_shop(connection, SHOP, now)
        for name, query in queries.items():
            segments.save(connection, SHOP, name.lower().replace(" ", "-"), name, written(query), now, "test")


def batches(rows: Rows, dice: random.Random, count: int) -> list[list[tuple[str, Row]]]:
    """All rows of the shop in random order, in that many batches; the customers come first."""
    tables = {name: found for name, found in tables_of(rows).items() if name not in MADE_BY_REFRESH}
    people = [("customer", row) for row in tables.pop("customer")]
    others = [(name, row) for name, found in tables.items() for row in found]
    dice.shuffle(others)
    cuts = sorted(dice.randrange(len(others) + 1) for _ in range(count - 1))
    ends = zip([0, *cuts], [*cuts, len(others)], strict=True)
    first, *rest = [others[start:end] for start, end in ends]
    return [people + first, *rest]


def browsing_last(rows: Rows, dice: random.Random, count: int) -> list[list[tuple[str, Row]]]:
    """What customers do between their orders comes in batches of its own, after everything else; visits come last."""
    first, *rest = batches(rows, dice, 2)
    every = [one for batch in (first, *rest) for one in batch]
    browsed = sorted((one for one in every if one[0] in BROWSING), key=lambda one: one[0] in VISITING)
    cuts = sorted(dice.randrange(len(browsed) + 1) for _ in range(count - 2))
    ends = zip([0, *cuts], [*cuts, len(browsed)], strict=True)
    return [[one for one in every if one[0] not in BROWSING], *(browsed[start:end] for start, end in ends)]


def load(warehouse: Warehouse, batch: Sequence[tuple[str, Row]]) -> None:
    with warehouse.write() as writer:
        for name in dict.fromkeys(name for name, _ in batch):
            writer.insert(name, typed(name, [row for of, row in batch if of == name]))


def instants(rows: Rows, dice: random.Random, count: int) -> list[datetime]:
    """Instants of the last days, some at an edge; the last is the shop's."""
    spread = [rows.now - timedelta(seconds=dice.randrange(1, DAYS * 86_400)) for _ in range(count)]
    midnight = rows.now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    edges = [at for at in (midnight - SECOND, midnight) if at < rows.now]
    return [*sorted({*spread, *edges}), rows.now]


def look(store: Store, warehouse: Warehouse, now: datetime, *, rebuild: bool = False) -> str:
    return segments.refresh(store, warehouse, SHOP, now, recorded_at=now, rebuild=rebuild).mode


def inside(store: Store, warehouse: Warehouse) -> dict[str, set[str]]:
    with store.read() as connection, warehouse.read() as engine:
        words = engine.table("membership")
        return {
            one.name: {row["customer_id"] for row in rows_of(engine, members(words, one.bit))}
            for one in segments.all_segments(connection, SHOP)
        }


def sizes_kept(store: Store, warehouse: Warehouse) -> dict[str, int]:
    with store.read() as connection:
        listed = segments.summaries(connection, warehouse, SHOP)
    return {one.segment.name: one.latest.members for one in listed if one.latest is not None}


def evaluated(store: Store, warehouse: Warehouse, now: datetime) -> dict[str, set[str]]:
    """The members by one evaluation of everybody; a query that names a segment reads its kept members."""
    with store.read() as connection, warehouse.read() as engine:
        every = segments.all_segments(connection, SHOP)
        fields = replace(register(), segments={one.name.casefold(): one.segment_id for one in every})
        meanings = {one.name: segments.understood(one.query, fields).meaning for one in every}
        rows = rows_of(engine, segments.evaluate(engine, meanings, SHOP, now))
    return {name: {row["customer_id"] for row in rows if row[name]} for name in meanings}


def expected(warehouse: Warehouse, rows: Rows, queries: dict[str, Query]) -> dict[str, set[str]]:
    """What the oracle says with the shop's own journal and with the population facts that it kept."""
    names = {name.lower().replace(" ", "-"): name for name in queries}
    with warehouse.read() as engine:
        journal = rows_of(engine, engine.table("journal"))
        facts = rows_of(engine, engine.table("threshold").order_by("version"))
    rows.journal = [{**row, "segment": names[row["segment_id"]]} for row in journal]
    today = rows.now.astimezone(ZONE).date()
    in_force = {row["name"]: row["edges"] for row in facts if row["version"] == today or row["name"].startswith("rfm_")}
    oracle = Oracle(rows, population=Kept(in_force))
    rows.segments = queries
    return {name: oracle.members(query) for name, query in queries.items()}


def windows(warehouse: Warehouse) -> set[tuple[object, ...]]:
    with warehouse.read() as engine:
        journal = engine.table("journal")
        rows = rows_of(engine, journal.filter(journal.cause == "window"))
    return {(row["customer_id"], row["segment_id"], row["entered"], row["effective_at"]) for row in rows}


SEEDS = [pytest.param(seed, marks=pytest.mark.slow if seed < 3 else pytest.mark.soak) for seed in range(40)]


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_in_any_order_end_as_the_oracle_says(sqlite_store: Store, seed: int) -> None:
    """Late rows, batches and looks at random: at the end, looking at some and at everybody agree with the oracle."""
    rows, queries = random_shop(seed), asked(seed)
    dice = random.Random(seed)  # noqa: S311
    saved(sqlite_store, queries, rows.now - timedelta(days=DAYS + 1))
    warehouse = Warehouse(None, memory_mb=512, threads=1)
    looks = instants(rows, dice, 4)
    for now, batch in zip(looks, batches(rows, dice, len(looks)), strict=True):
        load(warehouse, batch)
        look(sqlite_store, warehouse, now)
    wanted = expected(warehouse, rows, queries)
    found = inside(sqlite_store, warehouse)
    assert {written(queries[name]): found[name] for name in queries if found[name] != wanted[name]} == {}
    look(sqlite_store, warehouse, rows.now, rebuild=True)
    again, wanted = inside(sqlite_store, warehouse), expected(warehouse, rows, queries)
    assert {written(queries[name]): again[name] for name in queries if again[name] != wanted[name]} == {}
    warehouse.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_browsing_changes_what_it_can(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Few segments are evaluated after browsing, fewer after visits, everybody in ranges; members are the oracle's."""
    rows, queries = random_shop(seed), asked(seed)
    dice = random.Random(seed)  # noqa: S311
    saved(sqlite_store, queries, rows.now - timedelta(days=DAYS + 1))
    monkeypatch.setattr(everybody, "AT_ONCE", 3)
    monkeypatch.setattr(sys.modules["relance.segments.refresh"], "MOST_TOUCHED", 1.0)
    warehouse = Warehouse(None, memory_mb=512, threads=1)
    looks = [rows.now - timedelta(seconds=before) for before in (90, 60, 30, 0)]
    for now, batch in zip(looks, browsing_last(rows, dice, len(looks)), strict=True):
        load(warehouse, batch)
        look(sqlite_store, warehouse, now)
        wanted, found = evaluated(sqlite_store, warehouse, now), inside(sqlite_store, warehouse)
        assert {written(queries[name]): found[name] for name in queries if found[name] != wanted[name]} == {}
    wanted = expected(warehouse, rows, queries)
    assert {written(queries[name]): found[name] for name in queries if found[name] != wanted[name]} == {}
    assert sizes_kept(sqlite_store, warehouse) == {name: len(found[name]) for name in queries}
    warehouse.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_windows_move_alike_whenever_somebody_looks(sqlite_store: Store, seed: int) -> None:
    """S8: after downtime every edge is passed in order, so that schedules write the same window rows."""
    rows, queries = random_shop(seed), asked(seed)
    dice = random.Random(seed)  # noqa: S311
    saved(sqlite_store, queries, rows.now - timedelta(days=DAYS + 1))
    often = instants(rows, dice, 4)
    found = []
    for schedule in (often, [often[0], rows.now]):
        warehouse = Warehouse(None, memory_mb=512, threads=1)
        load(warehouse, [pair for batch in batches(rows, dice, 1) for pair in batch])
        for now in schedule:
            look(sqlite_store, warehouse, now)
        found.append((inside(sqlite_store, warehouse), windows(warehouse)))
        warehouse.close()
    assert found[0][0] == found[1][0]
    assert found[0][1] == found[1][1]
