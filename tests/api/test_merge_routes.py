"""Customers who may be one person, put together and taken apart through the API, and what follows them (S5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from relance import consent, ingest, pipeline, segments
from relance.clock import SetClock
from relance.house import House, silent
from relance.store import Shop, add_shop, same_people

SAID = "2026-03-01T08:00:00Z"


def customer(external_id: str, **facts: Any) -> ingest.Record:
    """A customer of the shop."""
    body = {"source": "site", "external_id": external_id, "occurred_at": SAID, **facts}
    return ingest.Record("customer", f"site:{external_id}:{len(facts)}", body)


def order(number: int, external_id: str) -> ingest.Record:
    """An order of the shop."""
    body = {"order_id": f"o{number}", "source": "site", "number": str(number), "ordered_at": SAID, "total": 1000}
    return ingest.Record("order", f"order:{number}", {**body, "who": {"source": "site", "external_id": external_id}})


@pytest.fixture
def filled(house: House, clock: SetClock) -> Shop:
    """Two customers with one phone, one order each; the second withdrew."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with house.store.begin() as connection:
        add_shop(connection, shop, clock.now)
        segments.save(connection, shop, "twice", "Twice", "number_of_orders >= 2", clock.now, "claire")
        records = [
            customer("1", email="ana@example.org", first_name="Ana", phone="+33612345678"),
            customer("2", email="a.lys@example.org", first_name="Anna", phone="+33612345678"),
            order(1, "1"),
            order(2, "2"),
        ]
        ingest.append(connection, shop, records, clock.now)
        for name, action in (("site:1", "granted"), ("site:2", "withdrawn")):
            entry = consent.Entry(name, "email", "marketing", action, None, clock.now, "test")
            consent.record(connection, shop, entry, clock.now)
    pipeline.take_in(house, shop)
    pipeline.refresh(house, shop, clock.now, rebuild=False, report=silent)
    clock.now += timedelta(minutes=5)
    return shop


def journal(house: House) -> list[tuple[str, bool, str]]:
    """Customer, entered and cause of the segment's entries and exits."""
    with house.warehouse.read() as engine:
        table = engine.table("journal")
        mine = table.filter(table.segment_id == "twice").order_by("recorded_at", "customer_id")
        rows = engine.to_pyarrow(mine).to_pylist()
    return [(row["customer_id"], row["entered"], row["cause"]) for row in rows]


def test_a_proposal_is_accepted_and_undone(owner: TestClient, filled: Shop, house: House, clock: SetClock) -> None:
    found = owner.get("/api/merges").json()
    (proposal,) = found["proposals"]
    assert (found["total"], proposal["why"]) == (1, "phone")
    assert {proposal["one"]["name"], proposal["other"]["name"]} == {"Ana", "Anna"}
    pair = f"/api/merges/{proposal['pair_id']}"
    done = owner.post(pair, json={"action": "merged"})
    assert (done.status_code, done.json()["by"], done.json()["is_last"]) == (200, "claire", True), done.text
    assert owner.post(pair, json={"action": "merged"}).status_code == 409
    assert owner.get("/api/merges").json()["proposals"] == []
    pipeline.refresh(house, filled, clock.now, rebuild=False, report=silent)
    assert journal(house) == [("site:1", True, "merge")], "the two orders are one person's"
    words = owner.get("/api/sources", params={"customer_id": "site:1"}).json()["sources"]
    assert {one["values"]["first_name"] for one in words} == {"Ana", "Anna"}
    with house.store.read() as connection:
        verdict = consent.verdict(connection, filled, "site:1", "email", "marketing")
        assert not verdict.allowed, "the strictest word holds"
        both = ("site:1", "site:2")
        assert same_people(connection, filled, ["site:2"]) == {"site:2": both}, "their messages are counted together"
    clock.now += timedelta(minutes=5)
    assert owner.post(pair, json={"action": "undone"}).json()["action"] == "undone"
    pipeline.refresh(house, filled, clock.now, rebuild=False, report=silent)
    assert journal(house)[1:] == [("site:1", False, "merge")]
    assert owner.post(pair, json={"action": "undone"}).status_code == 409
    assert owner.post("/api/merges/p0", json={"action": "merged"}).status_code == 404
    assert [one["action"] for one in owner.get("/api/merges").json()["log"]] == ["undone", "merged"]


def test_addresses_are_looked_at(owner: TestClient, filled: Shop) -> None:
    asked = {"addresses": ["ana@gmial.com", "contact@maison-clairval.fr"]}
    slip, role = owner.post("/api/addresses/check", json=asked).json()["addresses"]
    assert (slip["finding"], slip["suggestion"], slip["can_be_used"]) == ("typo", "ana@gmail.com", True)
    assert (role["finding"], role["can_be_used"]) == ("role", True)
    assert owner.post("/api/addresses/check", json={"addresses": []}).status_code == 422
