"""The gate's rules, its verdicts and offers of codes through the API."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from relance.house import House
from relance.sending import Intent, plan
from relance.store import Shop, add_shop, tables

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


@pytest.fixture(autouse=True)
def _shop(house: House, now: datetime) -> None:
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)


def test_rules_are_shown_kept_and_checked(owner: TestClient) -> None:
    shown = owner.get("/api/gate/rules").json()
    assert shown["rules"] == shown["defaults"]
    assert shown["rules"]["pressure"]["phases"]["at_risk"]["caps"] == [{"count": 1, "days": 7}]
    kept = owner.put("/api/gate/rules", json={"rules": {"holdout": {"percent": 5}}}).json()
    assert kept["rules"]["holdout"] == {"percent": 5, "sources": {}, "round": 1}
    assert owner.get("/api/gate/rules").json() == kept
    wrong = owner.put("/api/gate/rules", json={"rules": {"holdout": {"percent": 500}}})
    assert (wrong.status_code, wrong.json()["key"]) == (422, "gate.wrong_rule")


def test_why_somebody_did_not_get_a_message(owner: TestClient, house: House, now: datetime) -> None:
    intent = Intent("flow:x", "s1", "o1", "c/1", "email", "marketing", "no address", "fr", "inactive-m6", {})
    with house.store.begin() as connection:
        plan(connection, SHOP, [intent], house.key, now)
    (message,) = owner.get("/api/gate/customers/c/1?language=fr").json()["messages"]
    assert (message["state"], message["arm"], message["said"]) == ("suppressed", "treated", [])
    assert message["sentence"]
    assert owner.get("/api/gate/customers/nobody").json() == {"messages": []}


def test_offers_and_their_codes(owner: TestClient) -> None:
    wanted = {"benefit": "amount", "amount": "10.50", "minimum": "50", "valid_hours": 48, "low_at": 3}
    (offer,) = owner.put("/api/offers/welcome", json=wanted).json()["offers"]
    assert (offer["amount"], offer["minimum"], offer["free"], offer["is_low"]) == ("10.50", "50.00", 0, True)
    added = owner.post("/api/offers/welcome/codes", json={"codes": ["A", "B", "a", "C"]}).json()
    assert added == {"added": 3, "repeated": 1, "rejected": 0}
    (offer,) = owner.get("/api/offers").json()["offers"]
    assert (offer["free"], offer["is_low"], offer["is_dry"]) == (3, False, False)
    assert owner.post("/api/offers/none/codes", json={"codes": ["A"]}).status_code == 404
    for wrong in ({**wanted, "amount": "ten"}, {**wanted, "amount": "0.001"}, {**wanted, "valid_hours": 0}):
        assert owner.put("/api/offers/welcome", json=wrong).status_code == 422


def test_a_message_is_seen_again_as_it_was_written(owner: TestClient, house: House, now: datetime) -> None:
    facts = {"first_name": "Ada", "coupon": {"code": "MERCI5", "percent": 5, "valid_until": "2026-05-01"}}
    intent = Intent("flow:x", "s1", "o1", "c1", "email", "marketing", "ada@exemple.fr", "fr", "inactive-m6", facts)
    with house.store.begin() as connection:
        plan(connection, SHOP, [intent], house.key, now)
        message_id = connection.execute(select(tables.outbox.c.message_id)).scalar_one()
    place = f"/api/gate/messages/{quote(message_id, safe='')}"
    waiting = owner.get(place)
    assert (waiting.status_code, waiting.json()["key"]) == (404, "sending.no_letter")
    with house.store.begin() as connection:
        connection.execute(tables.outbox.update().values(template_version=0))
    seen = owner.get(place).json()
    assert (seen["template_id"], seen["version"], seen["shared"]) == ("inactive-m6", 0, {})
    assert seen["subject"] == "Ada, votre code de 5\u202f% vous attend"
    assert "MERCI5" in seen["html"]
    assert "MERCI5" in seen["text"]
