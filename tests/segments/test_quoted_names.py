"""Names with blanks: a property or metafield is found by its key in quotes."""

from __future__ import annotations

import json
from datetime import datetime

import pyarrow as pa
import pytest
from ibis import memtable

from relance.segments import fields_of_shop, preview, vocabulary
from relance.segments.language import complete
from relance.store import Shop
from relance.warehouse import Warehouse

AT = datetime(2026, 3, 1)  # noqa: DTZ001 - the warehouse holds naive UTC
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


@pytest.fixture
def shoes(warehouse: Warehouse) -> Warehouse:
    """Two customers with a shoe size, one of whom rated size 38."""
    sizes = [json.dumps({"custom.shoe size": size}) for size in ("38", "44")]
    ids, batch = ["a", "b"], ["x", "x"]
    known = {"customer_id": ids, "external_id": ids, "source": batch, "batch_id": batch, "metafields": sizes}
    rated = {"event_id": ["e"], "customer_id": ["a"], "name": ["Rated"], "batch_id": ["x"]}
    at = pa.array([AT, AT], pa.timestamp("us"))
    with warehouse.write() as writer:
        writer.insert("customer", memtable(pa.table({**known, "added_at": at})))
        event = pa.table({**rated, "properties": [json.dumps({"Shoe size": 38})]})
        writer.insert("event", event.append_column("occurred_at", at[:1]).append_column("received_at", at[:1]))
    return warehouse


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("metafields.custom.'shoe size' = 38", 1),
        ("metafields.custom.'shoe size' >= 38", 2),
        ("event MATCHES (name = 'Rated', properties.'Shoe size' >= 38)", 1),
        ("event MATCHES (properties.'Shoe size' > 38)", 0),
        ("event MATCHES (properties.'shoe size' >= 38)", 0),
    ],
)
def test_a_key_in_quotes(shoes: Warehouse, now: datetime, query: str, count: int) -> None:
    assert preview(shoes, SHOP, query, now).count == count


def test_it_is_offered_as_it_is_written(shoes: Warehouse) -> None:
    with shoes.read() as engine:
        fields = fields_of_shop(engine)
    written = "metafields.custom.'shoe size'"
    assert [choice.insert for choice in complete("metafields", 10, fields)] == [written]
    own = next(group for group in vocabulary(fields, "en") if group.group == "own")
    assert [term.name for term in own.fields] == [written]
