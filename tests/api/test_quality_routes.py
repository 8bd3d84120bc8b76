"""The pages of data quality, properties and the quarantine, as the web application asks for them."""

from __future__ import annotations

import json
from datetime import timedelta

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from relance import ingest, pipeline
from relance.clock import SetClock
from relance.house import House
from relance.store import Shop, add_shop
from relance.warehouse import rows_of


@pytest.fixture
def shop(house: House, clock: SetClock) -> Shop:
    """A shop with two customers who share an address, and an event that could not be read."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    event = {"event_id": "e1", "name": "Viewed", "occurred_at": "2026-03-09T10:00:00Z", "properties": {"size": 42}}
    clash = {**event, "event_id": "e2", "properties": {"size": "L"}}
    broken = {**event, "event_id": "e3", "occurred_at": "yesterday", "email": "zoe@example.org"}
    with house.store.begin() as connection:
        add_shop(connection, made, clock.now)
        records = [ingest.Record("event", f"segment:{body['event_id']}", body) for body in (event, clash, broken)]
        ingest.append(connection, made, records, clock.now)
    with house.warehouse.write() as writer:
        people = {"customer_id": ["a", "b"], "source": ["x", "x"], "email": ["Zoe@mail.example.fr"] * 2}
        writer.insert("customer", pa.table({**people, "email_key": ["zoe@mail.example.fr"] * 2, "batch_id": ["x"] * 2}))
    pipeline.take_in(house, made)
    return made


def test_quality_tells_what_it_costs_and_hides_addresses(owner: TestClient, shop: Shop) -> None:
    answer = owner.get("/api/data-quality", params={"language": "fr"})
    assert answer.status_code == 200, answer.text
    found = {one["name"]: one for one in answer.json()["findings"]}
    double = found["duplicates_email"]
    assert (double["count"], double["total"], double["share"], double["page"]) == (1, 2, 0.5, "/merges")
    assert double["examples"] == [{"id": "a", "label": "Z…@mail.example.fr"}]
    assert "adresse e-mail" in double["what"]
    assert (found["quarantine"]["count"], found["types_clash"]["count"]) == (1, 1)
    assert "Zoe@" not in answer.text
    counts = [one["count"] > 0 for one in answer.json()["findings"]]
    assert counts == sorted(counts, reverse=True)


def test_properties_are_shown_with_their_clashes(owner: TestClient, shop: Shop) -> None:
    (size,) = owner.get("/api/properties").json()["properties"]
    assert (size["event"], size["name"], size["clashes"], size["count"]) == ("Viewed", "size", True, 2)
    assert {(one["type"], one["shape"]) for one in size["types"]} == {("number", "99"), ("text", "A")}


def test_an_item_is_looked_at_repaired_and_let_in(owner: TestClient, house: House, shop: Shop) -> None:
    """S2: what could not be read comes back under its own message id."""
    listed = owner.get("/api/quarantine").json()
    (item,) = listed["items"]
    assert (listed["total"], item["source"], item["why"]) == (1, "segment", "cannot be read (occurred_at)")
    assert listed["causes"] == [{"source": "segment", "topic": "event", "reason": "unreadable", "items": 1}]
    path = f"/api/quarantine/{item['item_id']}"
    told = owner.get(path).json()
    body = json.loads(told["body"])
    assert body["email"] == "zoe@example.org"
    assert "event" in told["kinds"]
    refused = owner.post(f"{path}/replay", json={})
    assert (refused.status_code, refused.json()["key"]) == (422, "quarantine.still_unreadable")
    body["occurred_at"] = "2026-03-09T11:00:00Z"
    assert owner.post(f"{path}/replay", json={"body": json.dumps(body)}).json() == {"records": 1}
    assert owner.get(path).status_code == 404
    pipeline.take_in(house, shop)
    with house.warehouse.read() as engine:
        ids = {row["event_id"] for row in rows_of(engine, engine.table("event"))}
    assert ids == {"e1", "e2", "e3"}


def test_items_are_replayed_together_and_dropped(owner: TestClient, shop: Shop) -> None:
    assert owner.post("/api/quarantine/replay", json={"source": "segment"}).json() == {"replayed": 0, "left": 1}
    (item,) = owner.get("/api/quarantine", params={"source": "segment"}).json()["items"]
    assert owner.get("/api/quarantine", params={"source": "shopify"}).json()["items"] == []
    assert owner.delete(f"/api/quarantine/{item['item_id']}").status_code == 204
    assert owner.get("/api/quarantine").json()["total"] == 0


def test_strangers_see_nothing(stranger: TestClient, shop: Shop) -> None:
    for path in ("data-quality", "properties", "quarantine", "quarantine/1"):
        assert stranger.get(f"/api/{path}").status_code == 401


def test_a_minute_forgets_what_is_over_thirty_days_old(house: House, shop: Shop, clock: SetClock) -> None:
    """S2."""
    clock.now += timedelta(days=31)
    pipeline.keep_up(house)
    with house.store.read() as connection:
        assert ingest.quarantine.contents(connection, shop).items == 0
