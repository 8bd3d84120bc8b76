"""The rows of some customers are found by their buckets, whether these are few or many."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from relance.warehouse import BUCKETS, Warehouse, bucket_of
from relance.warehouse.engines.duckdb import FEW

PEOPLE = 400
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize("nameless", [False, True])
@pytest.mark.parametrize("count", [1, FEW // 2, 3 * FEW, PEOPLE])
def test_rows_of_customers(warehouse: Warehouse, count: int, nameless: bool) -> None:
    ids = [f"c{number}" for number in range(PEOPLE)]
    rows = pa.table(
        {
            "event_id": [f"e{number}" for number in range(2 * PEOPLE + 3)],
            "customer_id": pa.array([*ids, *ids, None, None, None], pa.string()),
            "name": ["Page Viewed"] * (2 * PEOPLE + 3),
            "occurred_at": pa.array([NOON] * (2 * PEOPLE + 3), pa.timestamp("us")),
            "received_at": pa.array([NOON] * (2 * PEOPLE + 3), pa.timestamp("us")),
            "batch_id": ["b"] * (2 * PEOPLE + 3),
        }
    )
    with warehouse.write() as writer:
        writer.insert("event", rows)
        some = writer.stage(pa.table({"customer_id": pa.array(ids[:count], pa.string())}))
        writer.stage_named("those", some.mutate(bucket=bucket_of(some.customer_id)))
        buckets = writer.ask('SELECT COUNT(DISTINCT "bucket") AS "found" FROM "those"')[0]["found"]
        assert 0 < buckets <= min(count, BUCKETS)
        writer.stage_rows_of("found", "event", ["customer_id"], "those", nameless=nameless)
        found = [row["customer_id"] for row in writer.ask('SELECT "customer_id" FROM "found"')]
    wanted = [*ids[:count], *ids[:count], *([None] * 3 if nameless else [])]
    assert sorted(found, key=str) == sorted(wanted, key=str)


@pytest.mark.parametrize("count", [1, 3 * FEW, PEOPLE])
def test_rows_of_a_table_that_keeps_no_buckets(warehouse: Warehouse, count: int) -> None:
    ids = [f"c{number}" for number in range(PEOPLE)]
    with warehouse.write() as writer:
        people = pa.table({"customer_id": ids, "source": ["csv"] * PEOPLE, "batch_id": ["b"] * PEOPLE})
        writer.insert("customer", people)
        some = writer.stage(pa.table({"customer_id": pa.array(ids[:count], pa.string())}))
        writer.stage_named("those", some.mutate(bucket=bucket_of(some.customer_id)))
        writer.stage_rows_of("found", "customer", ["customer_id"], "those", nameless=False)
        assert {row["customer_id"] for row in writer.ask('SELECT "customer_id" FROM "found"')} == set(ids[:count])
        writer.stage_named("one", some.limit(1))
        writer.delete_rows_of("customer", "one", "those")
        assert writer.count(writer.table("customer")) == PEOPLE - 1
