"""Ids that a table may have: what was added is never thought to be new, and few new ids are thought to be known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from relance.warehouse import Warehouse
from relance.warehouse.seen import LEAST, Seen


def hashes(first: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Numbers that look like hashes."""
    return np.random.default_rng(first).integers(0, 1 << 64, count, dtype=np.uint64)


def test_what_was_added_is_known_and_what_is_new_hardly_ever() -> None:
    seen = Seen(0)
    seen.add(hashes(1, LEAST))
    assert seen.may_have(hashes(1, LEAST)).all()
    assert seen.may_have(hashes(2, 100_000)).sum() < 20
    assert not seen.is_full
    seen.add(hashes(3, 1))
    assert seen.is_full


def events(*numbers: int) -> pa.Table:
    """Events with ids."""
    at = pa.array([0] * len(numbers), pa.timestamp("us"))
    ids = [f"e{number}" for number in numbers]
    named = {"name": ["Page Viewed"] * len(numbers), "batch_id": ["b"] * len(numbers)}
    return pa.table({"event_id": ids, **named, "occurred_at": at, "received_at": at})


def test_events_are_new_once_whoever_wrote_them(warehouse: Warehouse) -> None:
    """S11: what is in the table before the first question, and what is written after it."""
    with warehouse.write() as writer:
        writer.insert("event", events(1, 2))
    for added, asked, new in (((), (1, 3), {"e3"}), ((3,), (3, 4), {"e4"}), ((4,), (5, 6), {"e5", "e6"})):
        with warehouse.write() as writer:
            if added:
                writer.insert("event", writer.stage(events(*added)))
            found = writer.rows(writer.unseen("event", writer.stage(events(*asked))))
            assert set(found["event_id"].to_pylist()) == new
