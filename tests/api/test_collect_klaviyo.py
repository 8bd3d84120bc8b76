"""Events over HTTP in Klaviyo's form: https://developers.klaviyo.com/en/reference/create_event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from relance.house import House
from relance.ingest import WantedKey, add_key, load_inbox, quarantine, read_calls
from relance.store import Shop, add_shop, tables

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
TOKEN = "t" * 43
KEY = {"Authorization": f"Klaviyo-API-Key server_{TOKEN}", "revision": "2026-07-15"}


@pytest.fixture
def client(app: FastAPI, house: House) -> Any:
    """A sender to a shop with a server key."""
    with house.store.begin() as connection:
        add_shop(connection, SHOP, house.clock())
        add_key(connection, SHOP, WantedKey("klaviyo", "server"), TOKEN, house.clock())
    with TestClient(app, headers=KEY) as made:
        yield made


def profile(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "profile", "attributes": attributes}}


def metric(name: str) -> dict[str, Any]:
    return {"data": {"type": "metric", "attributes": {"name": name}}}


def event(**more: Any) -> dict[str, Any]:
    """The documented event."""
    attributes = {
        "properties": {"Brand": "Kids Book", "ProductID": 1111, "ProductName": "Winnie the Pooh"},
        "time": "2022-11-08T00:00:00+00:00",
        "value": 9.99,
        "value_currency": "USD",
        "unique_id": "9f866f9e-0001",
        "metric": metric("Viewed Product"),
        "profile": profile(email="sarah.mason@example.com", first_name="Sarah", location={"city": "Boston"}),
    }
    return {"data": {"type": "event", "attributes": {**attributes, **more}}}


def inbox(house: House) -> list[Any]:
    with house.store.read() as connection:
        return list(connection.execute(select(tables.inbox).order_by(tables.inbox.c.id)).all())


def loaded(house: House, table: str) -> list[dict[str, Any]]:
    load_inbox(house.store, house.warehouse, house.folder, SHOP, house.clock())
    with house.warehouse.read() as engine:
        found: list[dict[str, Any]] = engine.to_pyarrow(engine.table(table)).to_pylist()
    return found


def test_one_event(client: TestClient, house: House) -> None:
    """202 without a body; the same unique id of the same profile and metric is the same event."""
    for _ in range(2):
        answer = client.post("/api/events", json=event())
        assert (answer.status_code, answer.content) == (202, b"")
    (told,) = loaded(house, "event")
    assert (told["name"], told["product_id"], told["value"]) == ("Viewed Product", "1111", 9.99)
    (customer,) = loaded(house, "customer")
    assert (customer["email"], customer["first_name"], customer["city"]) == (
        "sarah.mason@example.com",
        "Sarah",
        "Boston",
    )
    assert customer["customer_id"] == told["customer_id"]
    assert "sarah" not in json.dumps([row.message_id for row in inbox(house)])


def test_many_events(client: TestClient, house: House) -> None:
    """S10: `backfill` of one profile's events is that of its own."""
    events = [
        {"type": "event", "attributes": {"metric": metric("Placed Order"), "unique_id": str(n)}} for n in range(2)
    ]
    groups = [
        {"type": "event-bulk-create", "attributes": {"profile": profile(email=who), "events": {"data": events}, **more}}
        for who, more in (("a@example.com", {"backfill": True}), ("b@example.com", {}))
    ]
    job = {"data": {"type": "event-bulk-create-job", "attributes": {"events-bulk-create": {"data": groups}}}}
    assert client.post("/api/event-bulk-create-jobs", json=job).status_code == 202
    assert [row.body.get("backfill") for row in inbox(house)] == [True, True, None, None]
    assert len(loaded(house, "event")) == 4


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"metric": None}, "calls.no_metric", "/data/attributes/metric/data/attributes/name"),
        ({"profile": profile()}, "calls.no_profile", "/data/attributes/profile/data"),
        ({"time": "1999-12-31T00:00:00Z"}, "calls.no_time", "/data/attributes/time"),
        ({"properties": []}, "calls.no_object", "/data/attributes/properties"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(
    client: TestClient, house: House, changed: dict[str, Any], code: str, pointer: str
) -> None:
    answer = client.post("/api/events", json=event(**changed))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["source"]["pointer"]) == (400, code, pointer)
    assert inbox(house) == []
    with house.store.begin() as connection:
        (item,) = quarantine.waiting(connection, SHOP)
        _, body = quarantine.find_item(connection, SHOP, item.item_id, house.key)
        right = event()["data"]["attributes"]
        said = {**json.loads(body), "batch": [{"event": right, "profile": right["profile"]["data"]["attributes"]}]}
        assert [record.kind for record in read_calls(SHOP, "", json.dumps(said).encode(), "m")] == ["event", "customer"]


def test_a_wrong_key(client: TestClient) -> None:
    answer = client.post("/api/events", json=event(), headers={"Authorization": "Klaviyo-API-Key wrong"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "keys.unknown")
