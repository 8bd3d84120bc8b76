"""Custom events: what was learned of their properties is offered by type, and told when a query asks otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from relance import segments
from relance.ingest import Record, append, load_inbox
from relance.segments.language import Kind, complete
from relance.store import DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
EVENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Rated", {"stars": 4, "verified": True, "on": "2026-03-01", "said": "good", "Shoe size": 38, "code": 1}),
    ("Rated", {"stars": 2.5, "code": "A1"}),
    ("Measured", {"stars": "many", "height": 171}),
    ("Product Viewed", {"position": 3}),
)


@pytest.fixture
def learned(sqlite_store: Store, warehouse: Warehouse, folder: DataFolder, now: datetime) -> Warehouse:
    """A warehouse that took these events of one customer."""
    records = []
    for number, (name, properties) in enumerate(EVENTS):
        body = {"event_id": f"e{number}", "name": name, "occurred_at": now.isoformat(), "properties": properties}
        records.append(Record("event", f"e:{number}", {**body, "who": {"external_id": "1", "source": "site"}}))
    with sqlite_store.begin() as connection:
        add_shop(connection, SHOP, now)
        append(connection, SHOP, records, now)
    load_inbox(sqlite_store, warehouse, folder, SHOP, now)
    return warehouse


def test_properties_are_offered_with_the_type_that_came(learned: Warehouse) -> None:
    with learned.read() as engine:
        fields = segments.with_learned(segments.fields_of_shop(engine), engine)
    event, viewed = fields.functions["event"], fields.functions["storefront.product_viewed"]
    kinds = {one.name: one.kind for one in event.parameters if one.name.startswith("properties.")}
    assert kinds == {
        "properties.verified": Kind.BOOLEAN,
        "properties.on": Kind.DATE,
        "properties.said": Kind.TEXT,
        "properties.Shoe size": Kind.DECIMAL,
        "properties.height": Kind.DECIMAL,
        "properties.position": Kind.DECIMAL,
    }, "stars differ from event to event, and code has values of two types: nobody decides in silence"
    assert [one.name for one in viewed.parameters if one.name.startswith("properties.")] == ["properties.position"]
    text = "event MATCHES (name = 'Rated', "
    inserted = [one.insert for one in complete(text, len(text), fields)]
    assert {"properties.verified", "properties.'Shoe size'"} <= set(inserted)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("event MATCHES (name = 'Rated', properties.stars = 'four')", 1),
        ("event MATCHES (name = 'Rated', properties.stars >= 4)", 0),
        ("event MATCHES (name = 'Measured', properties.stars = 'many')", 0),
        ("event MATCHES (name IN ('Rated', 'Measured'), properties.stars = 'many')", 0),
        ("event MATCHES (properties.verified = 1)", 1),
        ("event MATCHES (properties.said > -30d)", 0),
        ("event MATCHES (properties.code = 'A1')", 0),
        ("event MATCHES (properties.unheard = 'A1')", 0),
        ("event MATCHES (properties.height IS NULL)", 0),
        ("storefront.product_viewed MATCHES (properties.position = 'first')", 1),
        ("number_of_orders > 0", 0),
    ],
)
def test_a_query_that_asks_for_another_type_is_told(learned: Warehouse, now: datetime, query: str, told: int) -> None:
    found = segments.preview(learned, SHOP, query, now, language="en")
    assert len([one for one in found.warnings if one.startswith("All values of")]) == told
