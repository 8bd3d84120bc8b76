"""Whose a browser was at an instant, for what is kept of browsers outside the warehouse (S7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import ibis
import pyarrow as pa

from relance.warehouse import Warehouse

ROWS: Final = pa.schema({"anonymous_id": pa.string(), "at": pa.timestamp("us")})


def whose_browsers(warehouse: Warehouse, asked: Mapping[str, datetime]) -> dict[str, str]:
    """The person of each browser (anonymous id) at its instant: the last who was known on it by then, else the first
    after; nobody for a browser on which nobody was ever known.

    The id is the one that the browser's own records carry, also where customers were merged since (S5).
    """
    if not asked:
        return {}
    instants = [at.astimezone(UTC).replace(tzinfo=None) for at in asked.values()]
    rows = ibis.memtable(pa.table([list(asked), instants], schema=ROWS))
    with warehouse.read() as engine:
        link = engine.table("visitor_link").semi_join(rows, "anonymous_id")
        both = link.select("anonymous_id", "customer_id", linked_at="at").inner_join(rows, "anonymous_id")
        before = both.linked_at <= both["at"]
        found = both.group_by("anonymous_id").agg(
            last=both.customer_id.argmax(both.linked_at, where=before),
            first=both.customer_id.argmin(both.linked_at),
        )
        whose = engine.to_pyarrow(found.select("anonymous_id", person=ibis.coalesce(found["last"], found["first"])))
    return dict(zip(whose["anonymous_id"].to_pylist(), whose["person"].to_pylist(), strict=True))


def browsers_of(warehouse: Warehouse, customer_ids: pa.ChunkedArray) -> list[str]:
    """The browsers on which these customers were ever known, under any of their ids."""
    people = ibis.memtable(pa.table({"customer_id": customer_ids.cast(pa.string())}))
    with warehouse.read() as engine:
        merged = engine.table("merged")
        others = merged.semi_join(people, [merged.into_id == people.customer_id]).select("customer_id")
        links = engine.table("visitor_link").semi_join(people.union(others), "customer_id")
        found: list[str] = engine.to_pyarrow(links.select("anonymous_id").distinct())["anonymous_id"].to_pylist()
    return found
