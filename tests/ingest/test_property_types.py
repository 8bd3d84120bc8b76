"""The types of properties are learned from what comes; a clash is told and never settled in silence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from relance.ingest import Record, append, load_inbox
from relance.ingest.property_types import MOST, Property, known_properties, learn, property_types
from relance.store import DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)


def seen(warehouse: Warehouse, *values: Any, name: str = "Gift Wrapped", at: datetime = AT) -> None:
    """Learn from events, each with these properties."""
    rows = {
        "name": [name] * len(values),
        "properties": [None if value is None else json.dumps(value, ensure_ascii=False) for value in values],
        "at": [at.replace(tzinfo=None)] * len(values),
    }
    with warehouse.write() as writer:
        learn(writer, writer.stage(pa.table(rows)))


def known(warehouse: Warehouse) -> dict[tuple[str, str], Property]:
    """What was learned."""
    with warehouse.read() as engine:
        return {(one.event, one.name): one for one in known_properties(engine)}


def test_each_type_is_known_with_its_count_and_shape(warehouse: Warehouse) -> None:
    first = {"paper": "Étoiles 12", "price": 4.5, "pieces": 2, "gift": True, "on": "2026-03-09", "for": ["a"], "at": {}}
    seen(warehouse, first, {"paper": "Rouge", "price": None, "for": [], "empty": ""}, None, {"on": "2026-03-09T10:00Z"})
    later = datetime(2026, 4, 1, tzinfo=UTC)
    seen(warehouse, {"price": -3}, at=later)
    found = known(warehouse)
    types = {name: (one.type, one.count) for (_, name), one in found.items()}
    assert types == {
        "paper": ("text", 2),
        "price": ("number", 2),
        "pieces": ("number", 1),
        "gift": ("boolean", 1),
        "on": ("date", 2),
        "for": ("list", 2),
        "at": ("object", 1),
    }
    price = found["Gift Wrapped", "price"].types[0]
    assert (price.first_seen, price.last_seen, price.shape) == (AT, later, "9.9")
    assert found["Gift Wrapped", "paper"].types[0].shape in {"Aaaaaaa 99", "Aaaaa"}
    assert not any(one.clashes for one in found.values())


def test_a_clash_is_told_and_has_no_type(warehouse: Warehouse) -> None:
    seen(warehouse, {"size": "L"}, {"size": 42}, {"size": "42"}, {"when": "2026-03-09"}, {"when": "2026-03-10"})
    seen(warehouse, {"when": "soon"}, {"size": 42}, name="Product Viewed")
    seen(warehouse, {"when": "soon"}, {"note": "x"}, {"note": "y"}, {"note": "2026-03-09"})
    found = known(warehouse)
    size = found["Gift Wrapped", "size"]
    assert [(one.type, one.count) for one in size.types] == [("text", 2), ("number", 1)]
    assert size.clashes
    assert found["Gift Wrapped", "when"].clashes
    assert not found["Gift Wrapped", "note"].clashes
    with warehouse.read() as engine:
        assert property_types(engine) == {
            ("Gift Wrapped", "note"): "text",
            ("Product Viewed", "when"): "text",
            ("Product Viewed", "size"): "number",
        }
        assert [one.clashes for one in known_properties(engine)][:3] == [True, True, False]


def test_nothing_of_a_value_is_kept(warehouse: Warehouse) -> None:
    """Neither in an example nor in the name of a property."""
    seen(warehouse, {"mail": "Zoé.D@b.fr", "phone": "+33 6 12", "zoe@b.fr": 1, "": 2, "x" * 101: 3})
    found = known(warehouse)
    assert {name: one.types[0].shape for (_, name), one in found.items()} == {"mail": "Aaa.A@a.aa", "phone": "+99 9 99"}


def test_ids_used_as_names_fill_nothing(warehouse: Warehouse) -> None:
    seen(warehouse, {"paper": "a"})
    seen(warehouse, {f"order-{number}": 1 for number in range(MOST + 50)})
    seen(warehouse, {"paper": "b"})
    found = known(warehouse)
    assert len(found) == MOST
    assert found["Gift Wrapped", "paper"].count == 2


def test_events_and_customers_teach_at_load(
    sqlite_store: Store, warehouse: Warehouse, folder: DataFolder, now: datetime
) -> None:
    """Once a record, also when it comes twice; a trait is known by its look, because it is kept as a text."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
        event = {"event_id": "e1", "name": "Gift Wrapped", "occurred_at": "2026-03-09", "properties": {"paper": "Red"}}
        traits = {"traits.points": "12", "traits.vip": "true", "traits.since": "2026-01-01", "traits.city": "Brest"}
        customer = {"source": "segment", "email": "zoe@b.fr", "metafields": traits}
        append(
            connection,
            shop,
            [Record("event", "a", event), Record("event", "b", event), Record("customer", "c", customer)],
            now,
        )
    load_inbox(sqlite_store, warehouse, folder, shop, now)
    assert {key: (one.type, one.count) for key, one in known(warehouse).items()} == {
        ("Gift Wrapped", "paper"): ("text", 1),
        ("", "traits.points"): ("number", 1),
        ("", "traits.vip"): ("boolean", 1),
        ("", "traits.since"): ("date", 1),
        ("", "traits.city"): ("text", 1),
    }
