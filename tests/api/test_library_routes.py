"""The gallery over the API: what it shows, counting a row with other values, adding it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.flows.hand_made import HandMade

from relance import segments
from relance.clock import SetClock
from relance.house import House
from relance.store import Shop, add_shop


@pytest.fixture
def shop(house: House, clock: SetClock) -> HandMade:
    """Alice spent 260, Bruno 40, Denis nothing."""
    made = HandMade(house.store, house.warehouse, Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr"))
    with house.store.begin() as connection:
        add_shop(connection, made.shop, clock.now)
    for customer, first in (("shop:1", "Alice"), ("shop:2", "Bruno"), ("shop:4", "Denis")):
        made.customer(customer, f"{first.lower()}@example.fr", first_name=first, last_name="Martin")
    for days, euros in ((300, 80), (100, 120), (20, 60)):
        made.order("shop:1", clock.now - timedelta(days=days), euros)
    made.order("shop:2", clock.now - timedelta(days=100), 40)
    segments.refresh(house.store, house.warehouse, made.shop, clock.now, recorded_at=clock.now)
    return made


def rows(client: TestClient, language: str = "en") -> dict[str, Any]:
    """The rows of the gallery by their id."""
    answer = client.get("/api/library", params={"language": language})
    assert answer.status_code == 200, answer.text
    return {row["library_id"]: row for family in answer.json()["families"] for row in family["rows"]}


@pytest.mark.usefixtures("shop")
def test_the_gallery_is_told_in_the_readers_language(owner: TestClient) -> None:
    english, french = rows(owner), rows(owner, "fr")
    assert list(english) == list(french) == [ready.library_id for ready in segments.library()]
    assert english["vip-buyers"]["description"] == "More than €1,000 spent over their lifetime, refunds deducted."
    assert french["vip-buyers"]["description"].startswith("Plus de 1\u202f000\u202f€ dépensés")
    assert french["vip-buyers"]["suits"][1] == {"suit": "early_access", "label": "Avant-première"}
    assert french["rfm-loyal"]["partition_label"] == "Groupes RFM"
    (choice,) = french["vip-buyers"]["choices"]
    assert choice == {
        "name": "amount",
        "kind": "money",
        "label": "Dépense supérieure à",
        "default": "1000",
        "example": None,
        "optional": False,
    }
    assert english["category-buyers"]["must_choose"]
    families = owner.get("/api/library", params={"language": "fr"}).json()["families"]
    assert families[0]["name"] == "Pour commencer"


@pytest.mark.usefixtures("shop")
def test_a_row_is_counted_with_other_values(owner: TestClient) -> None:
    asked = {"values": {"amount": 200}}
    answer = owner.post("/api/library/vip-buyers/preview", json=asked, params={"language": "fr"}).json()
    assert answer["query"] == "amount_spent > 200"
    assert answer["description"].startswith("Plus de 200\u202f€")
    assert (answer["preview"]["members"], answer["preview"]["fault"]) == (1, None)


@pytest.mark.usefixtures("shop")
def test_a_row_that_names_another_is_counted_before_that_one_is_there(owner: TestClient) -> None:
    answer = owner.post("/api/library/quiet-for-3-months/preview", json={}).json()
    assert answer["query"].startswith("segment = 'bought-in-6-months' AND ")
    assert (answer["preview"]["members"], answer["preview"]["fault"]) == (1, None)


@pytest.mark.usefixtures("shop")
def test_values_that_do_not_fit_are_refused(owner: TestClient) -> None:
    for library_id, values, key in (
        ("vip-buyers", {"amount": "a lot"}, "gallery.wrong_money"),
        ("vip-buyers", {"price": 3}, "gallery.unknown_choice"),
        ("category-buyers", {}, "gallery.choice_missing"),
    ):
        for way in ("preview", "add"):
            answer = owner.post(f"/api/library/{library_id}/{way}", json={"values": values})
            assert (answer.status_code, answer.json()["key"]) == (422, key)
    assert owner.post("/api/library/no-such-row/add", json={}).status_code == 404


@pytest.mark.usefixtures("shop")
def test_a_row_is_added_and_the_gallery_shows_it(owner: TestClient, house: House, clock: SetClock) -> None:
    added = owner.post("/api/library/vip-buyers/add", json={"values": {"amount": 200}}, params={"language": "fr"})
    assert added.status_code == 201
    kept = added.json()["segment"]
    assert (kept["segment_id"], kept["group"], kept["query"]) == ("vip-buyers-200", "purchases", "amount_spent > 200")
    assert kept["description"].startswith("Plus de 200\u202f€ dépensés")
    named = owner.post(
        "/api/library/category-buyers/add", json={"values": {"category": "Vin"}, "name": "Amateurs de vin"}
    )
    assert named.json()["segment"]["name"] == "Amateurs de vin"
    with house.store.read() as connection:
        shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
        assert len(segments.picked(segments.all_segments(connection, shop))["vip-buyers"]) == 1
    segments.refresh(house.store, house.warehouse, shop, clock.now, recorded_at=clock.now)
    found = rows(owner)["vip-buyers"]["added"]
    assert found == [
        {
            "segment_id": "vip-buyers-200",
            "name": "Acheteurs VIP (200\u202f€)",
            "values": {"amount": "200"},
            "members": 1,
        }
    ]


@pytest.mark.usefixtures("shop")
def test_a_changed_query_has_no_values_and_no_description(owner: TestClient) -> None:
    owner.post("/api/library/vip-buyers/add", json={})
    changed = owner.put("/api/segments/vip-buyers", json={"name": "Mine", "query": "number_of_orders > 7"})
    assert changed.json()["segment"]["description"] is None
    assert rows(owner)["vip-buyers"]["added"][0]["values"] is None


def test_the_shops_own_values_are_offered(owner: TestClient, shop: HandMade, house: House) -> None:
    """By the kind of choice; what would be called the same is told apart."""
    places = {"country": "FR", "region": "FR-IDF", "tags": ["Pro"]}
    shop.customer("shop:5", "eva@example.fr", **places, city="Paris")
    shop.customer("shop:6", "fred@example.fr", **{**places, "region": "FR-ARA"}, city="Paris")
    found = owner.get("/api/library/offers", params={"language": "fr"}).json()
    assert found["currency"] == "EUR"
    offers = {kind: [one["label"] for one in listed] for kind, listed in found["offers"].items()}
    assert offers["country"] == ["France"]
    assert sorted(offers["city"]) == ["Paris (FR-ARA-Paris)", "Paris (FR-IDF-Paris)"]
    assert offers["tag"] == ["Pro"]
    assert set(found["offers"]) < {str(kind) for kind in segments.ChoiceKind}


def test_products_are_offered_by_name() -> None:
    known = {"products_purchased.id": ("p1", "p2", "p3")}
    found = segments.offers(known, {"p1": "Bol", "p2": "Bol"}, "en")[segments.ChoiceKind.PRODUCT]
    assert [(one.value, one.label) for one in found] == [("p1", "Bol (p1)"), ("p2", "Bol (p2)"), ("p3", "p3")]
