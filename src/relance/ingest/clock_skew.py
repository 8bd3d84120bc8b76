"""Clocks of senders that are wrong by over five minutes: counted, so that somebody hears of them (S11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from relance.ingest import columns as read
from relance.ingest.bodies import Body
from relance.warehouse import Writer

AHEAD: Final = timedelta(minutes=5)
SKEW: Final = "skew_seconds"  # in a body: how far the sender's clock is ahead of ours (behind: negative)


def note_skew(writer: Writer, bodies: Sequence[Body], batch: str) -> None:
    """Count the events whose sender's clock is ahead or behind, by what it says or by what it dates in the future."""
    style = read.Style()
    instants = [
        read.instant(pa.array([body.get(name) for body in bodies], pa.string()), "UTC", style).values
        for name in ("occurred_at", "received_at")
    ]
    dated = pc.divide(pc.subtract(instants[0].cast(pa.int64()), instants[1].cast(pa.int64())), 1_000_000)
    limit = int(AHEAD.total_seconds())
    said = pa.array([_whole(body.get(SKEW)) for body in bodies], pa.int64())
    skew = pc.coalesce(said, pc.if_else(pc.greater(dated, limit), dated, pa.scalar(None, pa.int64())))
    wrong = pc.filter(skew, pc.greater(pc.abs(skew), limit)).drop_null()
    if len(wrong):
        ahead = pc.sum(pc.greater(wrong, 0)).as_py()
        row = {
            "batch_id": [batch],
            "ahead": [ahead],
            "behind": [len(wrong) - ahead],
            "most_seconds": [pc.max(pc.abs(wrong)).as_py()],
        }
        writer.insert("clock_skew", pa.table(row))


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and abs(value) < 2**40 else None
