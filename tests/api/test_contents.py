"""What the API answers about a small shop that a test made by hand."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.flows.hand_made import CODES, F2, HandMade

from relance import flows, segments
from relance.clock import SetClock
from relance.house import House
from relance.store import Incoming, Shop, add_mail, add_shop

REPEAT = "number_of_orders >= 2"


@pytest.fixture
def shop(house: House, clock: SetClock) -> HandMade:
    """Four customers: Alice ordered three times, Bruno once long ago, Chloé once lately, Denis never."""
    made = HandMade(house.store, house.warehouse, Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr"))
    with house.store.begin() as connection:
        add_shop(connection, made.shop, clock.now)
    people = (("shop:1", "Alice", "Martin"), ("shop:2", "Bruno", "Petit"), ("a/b", "Chloé", "Leroy"))
    for customer, first, last in (*people, ("shop:4", "Denis", None)):
        address = f"{first.lower().replace('é', 'e')}@example.fr"
        made.customer(customer, address, first_name=first, last_name=last)
    for days, euros in ((300, 80.5), (100, 120), (20, 60)):
        made.order("shop:1", clock.now - timedelta(days=days), euros)
    made.order("shop:2", clock.now - timedelta(days=250), 40)
    made.order("a/b", clock.now - timedelta(days=3), 25)
    return made


@pytest.fixture
def fresh(shop: HandMade, house: House, clock: SetClock) -> HandMade:
    """The same with the ready-made segments, refreshed."""
    with house.store.begin() as connection:
        segments.install_library(connection, shop.shop, clock.now)
    segments.refresh(house.store, house.warehouse, shop.shop, clock.now, recorded_at=clock.now)
    return shop


def got(client: TestClient, path: str, **parameters: str) -> Any:
    """The JSON of a page that must answer."""
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def posted(client: TestClient, path: str, body: dict[str, object], status: int = 200) -> Any:
    """The JSON of a question that must answer so."""
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_before_the_first_import(owner: TestClient) -> None:
    home = got(owner, "/api/home", language="fr")
    assert home["as_of"] is None
    assert home["next_steps"][0]["link"] == "/import"
    assert owner.get("/api/segments").json()["key"] == "errors.no_shop"
    assert got(owner, "/api/session")["shop"] is None


def test_home(owner: TestClient, fresh: HandMade) -> None:
    home = got(owner, "/api/home", language="en")
    figures = {figure["key"]: figure for figure in home["figures"]}
    assert figures["customers"]["count"] == 4
    assert figures["revenue"]["money"] == {"amount": "85.00", "currency": "EUR"}
    assert figures["repeat_rate"]["share"] == pytest.approx(1 / 3)
    assert sum(phase["customers"] for phase in home["phases"]) == 4
    assert len(home["months"]) == 24
    assert got(owner, "/api/home", language="fr")["figures"][1]["label"] == "Taux de réachat"


def test_segments(owner: TestClient, fresh: HandMade) -> None:
    listed = got(owner, "/api/segments", language="en")
    assert listed["as_of"] is not None
    by_id = {row["segment_id"]: row for row in listed["segments"]}
    assert len(by_id) > 10
    assert all(row["members"] is not None and row["group_label"] and row["sentence"] for row in by_id.values())
    assert by_id["new-subscribers"]["group"] == "starters"


def test_a_segment_of_one_s_own(owner: TestClient, fresh: HandMade, house: House, clock: SetClock) -> None:
    made = posted(owner, "/api/segments", {"name": "Fidèles", "query": REPEAT}, 201)
    name = made["segment"]["segment_id"]
    assert made["version"] == 1
    assert made["segment"]["members"] is None
    assert [REPEAT[token["start"] : token["end"]] for token in made["tokens"]] == ["number_of_orders", ">=", "2"]
    clock.now += timedelta(hours=1)
    segments.refresh(house.store, house.warehouse, fresh.shop, clock.now, recorded_at=clock.now)
    page = got(owner, f"/api/segments/{name}/members")
    assert [member["name"] for member in page["members"]] == ["Alice Martin"]
    assert page["total"] == 1
    assert [one["name"] for one in got(owner, "/api/customers", segment=name)["customers"]] == ["Alice Martin"]
    changed = owner.put(f"/api/segments/{name}", json={"name": "Fidèles", "query": "number_of_orders >= 3"})
    assert changed.json()["version"] == 2
    assert owner.delete(f"/api/segments/{name}").status_code == 204
    for method in ("GET", "PUT", "DELETE"):
        answer = owner.request(method, f"/api/segments/{name}", json={"name": "x", "query": REPEAT})
        assert answer.status_code == 404


def test_a_faulty_query_is_not_kept(owner: TestClient, shop: HandMade) -> None:
    query = "customer_tags CONTAINS '🇫🇷' AND number_of_ordrs >= 2"
    answer = owner.post("/api/segments", json={"name": "x", "query": query}, headers={"Accept-Language": "fr"})
    assert answer.status_code == 422
    fault = answer.json()["fault"]
    assert query[fault["start"] : fault["end"]] == "number_of_ordrs"
    assert fault["column"] == fault["start"] + 1
    assert "number_of_orders" in fault["message"]
    assert owner.post("/api/segments", json={"name": " ", "query": REPEAT}).status_code == 422


def test_counting_while_somebody_types(owner: TestClient, shop: HandMade) -> None:
    found = posted(owner, "/api/segments/preview?language=en", {"query": REPEAT})
    assert (found["members"], found["customers"], found["share"]) == (1, 4, 0.25)
    assert found["revenue"] == {"amount": "260.50", "currency": "EUR"}
    assert found["sample"][0]["customer_id"] == "shop:1"
    assert found["sentence"]
    faulty = posted(owner, "/api/segments/preview", {"query": "number_of_orders >="})
    assert faulty["fault"]["message"]
    assert faulty["members"] is None
    assert faulty["tokens"]
    gross = posted(owner, "/api/segments/preview", {"query": "amount_spent > 1", "as_shopify": True})
    assert gross["notes"]


def test_completing(owner: TestClient, shop: HandMade) -> None:
    found = posted(owner, "/api/segments/complete", {"query": "number_of_or", "offset": 12})
    assert (found["start"], found["end"]) == (0, 12)
    assert "number_of_orders" in [option["text"] for option in found["options"]]
    assert posted(owner, "/api/segments/complete", {"query": "x", "offset": 99})["end"] <= 1


@pytest.mark.parametrize("who", ["shop:1", "ALICE@example.fr"])
def test_explaining(owner: TestClient, shop: HandMade, who: str) -> None:
    query = f"{REPEAT} AND customer_countries CONTAINS 'FR'"
    told = posted(owner, "/api/segments/explain", {"query": query, "customer": who})
    assert (told["customer_id"], told["name"], told["member"]) == ("shop:1", "Alice Martin", False)
    assert [part["holds"] for part in told["clause"]["parts"]] == [True, False]
    assert told["clause"]["parts"][0]["value"] == "3"
    assert posted(owner, "/api/segments/explain", {"query": "x", "customer": who})["fault"]
    posted(owner, "/api/segments/explain", {"query": query, "customer": "nobody"}, 404)


def test_rfm(owner: TestClient, fresh: HandMade) -> None:
    grid = got(owner, "/api/rfm", language="fr")
    assert len(grid["cells"]) == 25
    assert (grid["customers"], grid["prospects"]) == (3, 1)
    assert sum(cell["customers"] for cell in grid["cells"]) == 3
    assert sum(group["customers"] for group in grid["groups"]) == 3
    for group in grid["groups"]:
        found = posted(owner, "/api/segments/preview", {"query": group["query"]})
        assert found["members"] == group["customers"]


def test_customers(owner: TestClient, fresh: HandMade) -> None:
    listed = got(owner, "/api/customers", language="en")["customers"]
    assert [one["customer_id"] for one in listed] == ["a/b", "shop:1", "shop:2", "shop:4"]
    alice = listed[1]
    assert (alice["orders"], alice["spent"]["amount"], alice["last_order"]) == (3, "260.50", "2026-02-18")
    for search, names in (("alice", ["Alice Martin"]), ("EXAMPLE.fr petit", ["Bruno Petit"]), ("100%", [])):
        assert [one["name"] for one in got(owner, "/api/customers", search=search)["customers"]] == names
    assert [one["customer_id"] for one in got(owner, "/api/customers", cursor="shop:2")["customers"]] == ["shop:4"]
    assert owner.get("/api/customers", params={"segment": "nothing"}).status_code == 404


@pytest.mark.parametrize(("customer", "name"), [("shop:1", "Alice Martin"), ("a%2Fb", "Chloé Leroy")])
def test_one_customer(owner: TestClient, fresh: HandMade, clock: SetClock, customer: str, name: str) -> None:
    clock.now += timedelta(minutes=1)
    card = got(owner, f"/api/customers/{customer}", language="en")
    assert card["name"] == name
    assert card["phase_label"]
    assert card["rfm_group_label"]
    assert card["segments"]
    assert card["consents"][0]["sentence"] == "the customer agreed"
    assert {"first_order", "average_order"} <= {fact["key"] for fact in card["facts"]}
    entries = got(owner, f"/api/customers/{customer}/timeline", language="en")["entries"]
    assert {"order", "segment", "consent"} <= {entry["kind"] for entry in entries}
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    assert owner.get("/api/customers/nobody").status_code == 404
    assert owner.get(f"/api/customers/{customer}/timeline?cursor=x").status_code == 422


def test_a_flow(owner: TestClient, shop: HandMade, clock: SetClock, house: House) -> None:
    """S18: nothing starts before the merchant confirmed the codes; the refusal names the step."""
    with house.store.begin() as connection:
        flows.install_library(connection, shop.shop, clock.now)
    (row,) = got(owner, "/api/flows", language="fr")
    assert (row["flow_id"], row["state"], row["entered"]) == (F2, "draft", 0)
    drawn = got(owner, f"/api/flows/{F2}", language="fr")
    assert sorted(drawn["coupons_to_confirm"]) == sorted(CODES)
    assert len(drawn["problems"]) == len(CODES)
    steps = {step["step"] for step in drawn["steps"]}
    assert all({edge["source"], edge["target"]} <= steps for edge in drawn["edges"])
    assert got(owner, f"/api/flows/{F2}/forecast")["customers"] == 3
    refused = posted(owner, f"/api/flows/{F2}/activate", {}, 409)
    assert refused["key"] == "flows.coupon_not_confirmed"
    started = posted(owner, f"/api/flows/{F2}/activate", {"confirmed_coupons": list(CODES)})
    assert (started["flow"]["state"], started["problems"]) == ("active", [])
    assert posted(owner, f"/api/flows/{F2}/pause", {})["flow"]["state"] == "paused"
    assert posted(owner, f"/api/flows/{F2}/activate", {})["flow"]["state"] == "active"
    assert owner.get("/api/flows/nothing").status_code == 404


def test_a_report(owner: TestClient, shop: HandMade, clock: SetClock) -> None:
    shop.start_flow(clock.now - timedelta(days=200))
    for days in (200, 162, 160, 158):
        shop.tick(clock.now - timedelta(days=days))
    told = got(owner, "/api/reports", source=f"flow:{F2}", language="en")
    assert told["total"]["planned"] == sum(row["planned"] for row in told["rows"]) >= 1
    assert told["total"]["revenue"]["currency"] == "EUR"
    assert all(row["label"] for row in told["rows"])
    assert owner.get("/api/reports?start=2026-02-01&end=2026-01-01").status_code == 422
    later = got(owner, "/api/reports", start="2030-01-01", language="en")
    assert later["total"]["planned"] == 0
    assert later["notes"] == ["No message was planned in this period."]


def test_the_mailbox(owner: TestClient, house: House, clock: SetClock) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Vous nous manquez", "a@boutique.example", "julie@example.fr"
    mail.set_content("Bonjour")
    mail.add_alternative("<p>Bonjour</p>", subtype="html")
    with house.store.begin() as connection:
        for _ in range(51):
            add_mail(connection, Incoming("a@boutique.example", "julie@example.fr", mail.as_bytes()), clock.now)
    first = got(owner, "/api/mailbox")
    assert (len(first["mails"]), first["total"]) == (50, 51)
    rest = got(owner, "/api/mailbox", cursor=first["next_cursor"])
    assert (len(rest["mails"]), rest["next_cursor"]) == (1, None)
    shown = got(owner, f"/api/mailbox/{rest['mails'][0]['mail_id']}")
    assert shown["mail"]["subject"] == "Vous nous manquez"
    assert shown["text"].strip() == "Bonjour"
    assert "<p>Bonjour</p>" in shown["html"]
    assert owner.get("/api/mailbox/999").status_code == 404
    assert owner.get("/api/mailbox?cursor=x").status_code == 422


def test_jobs(owner: TestClient) -> None:
    assert got(owner, "/api/jobs") == {"jobs": []}
