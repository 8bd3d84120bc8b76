"""What changed in the catalogue, over HTTP."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from relance import ingest
from relance.clock import SetClock
from relance.house import House
from relance.store import Shop, add_shop


@pytest.fixture
def shop(house: House, clock: SetClock) -> Shop:
    """A shop whose mug got cheaper and scarce."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    mug = {"source": "woo", "product_id": "7", "title": "Mug", "price": 1900, "stock": 9}
    later = {"price": 1500, "stock": 4, "updated_at": "2026-03-02T10:00:00Z"}
    bodies = [{**mug, "updated_at": "2026-03-01T10:00:00Z"}, {**mug, **later}]
    with house.store.begin() as connection:
        add_shop(connection, made, clock.now)
        records = [ingest.Record("product", f"p{number}", body) for number, body in enumerate(bodies)]
        ingest.append(connection, made, records, clock.now)
    ingest.load_inbox(house.store, house.warehouse, house.folder, made, clock.now)
    return made


def test_changes_over_http(owner: TestClient, shop: Shop) -> None:
    told = owner.get("/api/catalogue/changes", params={"language": "fr"}).json()
    assert told["currency"] == "EUR"
    assert [(one["label"], one["title"], one["before"], one["after"]) for one in told["changes"]] == [
        ("Stock faible", "Mug", "9", "4"),
        ("Baisse de prix", "Mug", "19.00", "15.00"),
    ]
    (dropped,) = owner.get("/api/catalogue/changes", params={"name": "Price Dropped"}).json()["changes"]
    assert dropped["occurred_at"] == "2026-03-02T10:00:00Z"
    refused = owner.get("/api/catalogue/changes", params={"name": "Discount"})
    assert (refused.status_code, refused.json()["key"]) == (422, "catalogue.no_change")
