"""The values that a shop has, for the completion of its queries."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from relance.segments import suggestions
from relance.segments.language import KNOWN
from relance.segments.suggestions import MOST, SOURCES
from relance.warehouse import Warehouse

AT = datetime(2026, 3, 1)  # noqa: DTZ001 - the warehouse holds naive UTC


def events(*names: str) -> pa.Table:
    """Rows of behaviour with these names."""
    count = len(names)
    ids = [f"e{place}" for place in range(count)]
    said = {"event_id": ids, "customer_id": ["c1"] * count, "name": list(names), "batch_id": ["b"] * count}
    at = pa.array([AT] * count, pa.timestamp("us"))
    return pa.table({**said, "occurred_at": at, "received_at": at})


def test_the_most_frequent_come_first(warehouse: Warehouse) -> None:
    many = [f"Event {place:03}" for place in range(MOST + 50)]
    with warehouse.write() as writer:
        writer.insert("event", events("Rated", "Viewed", "Viewed", *many))
    found = suggestions(warehouse)
    assert found["event.name"][:2] == ("Viewed", "Event 000")
    assert len(found["event.name"]) == MOST
    assert found["funnel.steps"] == found["event.name"]
    assert found["customer_tags"] == ()


def test_every_name_is_one_of_the_language() -> None:
    for name in SOURCES:
        function, _, parameter = name.partition(".")
        found = KNOWN.functions[function].parameter(parameter) if parameter else KNOWN.fields[name]
        assert found is not None
