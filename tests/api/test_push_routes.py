"""Web push in the back office: turned on with one address; its private key is never told."""

from __future__ import annotations

from datetime import datetime

from starlette.testclient import TestClient

from relance.house import House
from relance.store import Shop, add_shop


def test_web_push_is_turned_on_with_one_address(owner: TestClient, house: House, now: datetime) -> None:
    """MAIL-12: the key stays when the address changes, and changes by wish."""
    with house.store.begin() as connection:
        add_shop(connection, Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr"), now)
    off = {"public_key": None, "contact": None, "devices": 0, "customers": 0, "unknown": 0}
    assert owner.get("/api/push").json() == off
    refused = owner.put("/api/push", json={"contact": "bonjour@clairval.example"})
    assert (refused.status_code, refused.json()["key"]) == (422, "push.bad_contact")
    on = owner.put("/api/push", json={"contact": "mailto:bonjour@clairval.example"}).json()
    assert len(on["public_key"]) == 87  # 65 bytes
    moved = owner.put("/api/push", json={"contact": "https://clairval.example/contact"}).json()
    assert moved == {**on, "contact": "https://clairval.example/contact"}
    assert owner.get("/api/push").json() == moved
    assert "PRIVATE" not in owner.get("/api/outbox").text
    changed = owner.put("/api/push", json={"contact": moved["contact"], "new_key": True}).json()
    assert changed["public_key"] != on["public_key"]
