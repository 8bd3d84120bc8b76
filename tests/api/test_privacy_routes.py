"""PRIV-07, PRIV-08, PRIV-09 through the API: what waits, one person's data, and erasure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from relance import consent, ingest, pipeline
from relance.clock import SetClock
from relance.house import House
from relance.store import Shop, add_shop


@pytest.fixture
def filled(house: House, clock: SetClock) -> Shop:
    """A shop with one customer, known for over three years and never heard of since."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with house.store.begin() as connection:
        add_shop(connection, shop, clock.now)
        body = {"source": "site", "external_id": "1", "email": "ana@example.org", "first_name": "Ana"}
        body |= {"added_at": (clock.now - timedelta(days=3 * 366)).isoformat(), "said_at": clock.now.isoformat()}
        ingest.append(connection, shop, [ingest.Record("customer", "c1", body)], clock.now)
    pipeline.take_in(house, shop)
    return shop


def test_data_and_erasure(owner: TestClient, filled: Shop, house: House) -> None:
    first = owner.get("/api/privacy").json()
    assert (first["requests"], first["people"], first["due"], first["held"]) == ([], 1, 1, False)
    data = owner.get("/api/privacy/data.json?customer=ana@example.org")
    assert data.headers["content-disposition"] == 'attachment; filename="personal-data.json"'
    assert data.json()["data"]["customer"][0]["first_name"] == "Ana"
    assert "Ana" in owner.get("/api/privacy/data.html?customer=site:1").text
    assert owner.get("/api/privacy/data.json?customer=nobody@example.org").status_code == 404
    (silent,) = first["silent"]
    assert silent["customer_id"] == "site:1"
    done = owner.post("/api/privacy/erase", json={"customer": "ana@example.org"})
    assert (done.status_code, done.json()["customer_id"]) == (200, "site:1"), done.text
    assert owner.get("/api/privacy").json()["people"] == 0
    assert owner.post("/api/privacy/erase", json={"customer": "ana@example.org"}).status_code == 404
    with house.store.read() as connection:
        assert consent.verdict(connection, filled, "site:1", "email", "transactional").reason == "consent.erased"


def test_nobody_else_may(stranger: TestClient, filled: Shop) -> None:
    for path in ("/api/privacy", "/api/privacy/data.json?customer=site:1"):
        assert stranger.get(path).status_code == 401
    assert stranger.post("/api/privacy/erase", json={"customer": "site:1"}).status_code in {401, 403}
    assert filled.shop_id == "main"
