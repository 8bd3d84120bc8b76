"""Tables put in the order of their buckets keep their rows, and lie together by customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from relance.warehouse import Warehouse, rows_of

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 400_000


def events(count: int) -> pa.Table:
    """Events in the order of time, of customers in no order."""
    dice = np.random.default_rng(7)
    seconds = np.sort(dice.integers(0, 86_400 * 10, count))
    at = pa.array(int(FIRST.timestamp()) * 1_000_000 + seconds * 1_000_000).cast(pa.timestamp("us"))
    return pa.table(
        {
            "event_id": np.arange(count).astype("U9"),
            "customer_id": np.char.add("c", dice.integers(0, 5_000, count).astype("U9")),
            "name": pa.repeat("Page Viewed", count),
            "occurred_at": at,
            "received_at": at,
            "batch_id": pa.repeat("b", count),
        }
    )


def test_arranged_rows_lie_together(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", memory_mb=512, threads=2)
    with warehouse.write() as writer:
        writer.insert("event", events(ROWS))
    recent = FIRST + timedelta(days=9)
    with warehouse.write() as writer:
        writer.arrange("event", "occurred_at", recent)
    with warehouse.read() as engine:
        event = engine.table("event")
        event = event.mutate(row=event.rowid())
        (count,) = rows_of(engine, event.agg(rows=event.count(), ids=event.event_id.nunique()))
        old = event.filter(event.occurred_at < recent.replace(tzinfo=None))
        old = old.mutate(place=old.row // 50_000)
        spread = rows_of(engine, old.group_by("place").agg(buckets=old.bucket.max() - old.bucket.min()))
        last = event.filter(event.occurred_at >= recent.replace(tzinfo=None))
        late = rows_of(engine, last.agg(first=last.row.min()))
    warehouse.close()
    assert count == {"rows": ROWS, "ids": ROWS}
    assert np.mean([row["buckets"] for row in spread]) < 65_536 / 4
    assert late[0]["first"] >= ROWS * 0.8


def test_a_table_is_tidied_when_much_of_it_is_out_of_order(warehouse: Warehouse) -> None:
    with warehouse.write() as writer:
        writer.insert("event", events(150_000))
    assert warehouse.tidy(FIRST) == ["event"]
    assert warehouse.tidy(FIRST) == []
    with warehouse.read() as engine:
        assert engine.to_pyarrow(engine.table("event").event_id.nunique()).as_py() == 150_000
