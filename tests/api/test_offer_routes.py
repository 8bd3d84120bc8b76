"""Offers over the API: terms, lists of codes from a file, and which shops may make them (S18)."""

from __future__ import annotations

from datetime import datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from relance import api, web
from relance.house import House
from relance.store import Shop, add_shop


@pytest.fixture
def app(house: House, now: datetime) -> FastAPI:
    """The application of a shop."""
    with house.store.begin() as connection:
        add_shop(connection, Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr"), now)
    return api.create_app(house, web.site)


def test_an_offer_is_kept_filled_from_a_file_and_told(owner: TestClient) -> None:
    wanted = {"benefit": "amount", "amount": "7.50", "minimum": "50", "valid_hours": 48, "low_at": 2}
    assert owner.put("/api/offers/welcome", json=wanted).status_code == 200
    added = owner.post("/api/offers/welcome/codes", json={"file": "Code;Fin\nONE;x\nTWO;y\nONE;z\n"}).json()
    assert added == {"added": 2, "repeated": 1, "rejected": 0}
    told = owner.get("/api/offers").json()
    (offer,) = told["offers"]
    assert (offer["amount"], offer["minimum"], offer["free"], offer["is_low"]) == ("7.50", "50.00", 2, False)
    assert (offer["connection"], offer["trouble"], told["makers"]) == (None, None, [])


def test_a_shop_that_is_not_connected_makes_no_codes(owner: TestClient) -> None:
    wanted = {"benefit": "free_delivery", "valid_hours": 24, "connection": "shopify"}
    assert owner.put("/api/offers/free", json=wanted).status_code == 404
    assert owner.post("/api/offers/fill").json() == {"offers": [], "makers": []}
