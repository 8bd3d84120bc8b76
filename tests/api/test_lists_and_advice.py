"""Lists, tags, exports and advice through the API, as the web application asks for them."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.segments.three_people import fill_shop, orders, people

from relance import segments
from relance.clock import SetClock
from relance.house import House
from relance.store import Shop, add_shop


@pytest.fixture
def filled(house: House, clock: SetClock) -> Shop:
    """The three customers with two segments, refreshed."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    now = clock.now
    fill_shop(house.warehouse, people(), orders(now))
    with house.store.begin() as connection:
        add_shop(connection, shop, now)
        for name, query in (("buyers", "number_of_orders > 0"), ("loyal", "number_of_orders >= 5")):
            segments.save(connection, shop, name, name.title(), query, now, "claire")
    segments.refresh(house.store, house.warehouse, shop, now, recorded_at=now)
    clock.now = now + timedelta(minutes=1)
    return shop


def test_lists_are_made_changed_and_asked_for(owner: TestClient, filled: Shop, clock: SetClock) -> None:
    body = {"name": "Salon 2026", "people": {"values": ["ann@example.org", "nobody@example.org"]}}
    made = owner.post("/api/lists", json=body)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["customer_list"]["list_id"], told["customer_list"]["size"], told["rejected"]) == ("salon-2026", 1, 1)
    assert told["rejected_rows"][0]["reason"] == "unknown"
    assert owner.post("/api/lists", json=body).status_code == 409
    added = owner.post("/api/lists/salon-2026/members", json={"csv": "email\nbob@example.org\n"}).json()
    assert (added["changed"], added["customer_list"]["size"]) == (1, 2)
    removed = owner.post("/api/lists/salon-2026/members/remove", json={"query": "number_of_orders = 1"}).json()
    assert removed["changed"] == 1
    assert [one["customer_id"] for one in owner.get("/api/lists/salon-2026/members").json()["members"]] == ["ann"]
    snap = owner.post("/api/lists/snapshot", json={"segment_id": "buyers", "name": "Buyers then"}).json()
    assert (snap["kind"], snap["size"], snap["segment_id"]) == ("snapshot", 2, "buyers")
    both = {"name": "Rest", "operation": "difference", "lists": [snap["list_id"], "salon-2026"]}
    assert owner.post("/api/lists/combine", json=both).json()["size"] == 1
    assert len(owner.get("/api/lists").json()["lists"]) == 3
    clock.now += timedelta(minutes=1)
    found = owner.post("/api/segments/preview", json={"query": "list = 'Salon 2026'"})
    assert found.status_code == 200
    assert owner.put("/api/lists/salon-2026", json={"name": "Salon"}).json()["name"] == "Salon"
    assert owner.delete("/api/lists/salon-2026").status_code == 204
    assert owner.get("/api/lists/salon-2026").status_code == 404
    assert owner.post("/api/lists/rest/members", json={}).status_code == 422


def test_tags_are_given_and_taken(owner: TestClient, filled: Shop, clock: SetClock) -> None:
    given = owner.post("/api/tags", json={"tag": "Pro", "people": {"segment_id": "buyers"}}).json()
    assert given == {"tag": "Pro", "added": 2, "already": 0, "full": 0}
    clock.now += timedelta(minutes=1)
    assert owner.get("/api/tags").json()["tags"] == [{"tag": "Pro", "customers": 2, "own": 2}]
    taken = owner.post("/api/tags/remove", json={"tag": "pro", "people": {"values": ["bob"]}}).json()
    assert taken["removed"] == 1


def test_a_file_is_sent_noted_and_kept_for_a_while(owner: TestClient, filled: Shop, house: House) -> None:
    answer = owner.get("/api/segments/buyers/export", params={"columns": ["customer_id", "email"]})
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-relance-people"] == "2"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [row["customer_id"] for row in rows] == ["ann", "bob"]
    audience = owner.get("/api/segments/buyers/export", params={"format": "google"})
    assert audience.text.splitlines() == ['"Email","Phone","First Name","Last Name","Country","Zip"']
    newest, first = owner.get("/api/exports").json()["exports"]
    assert (first["source"], first["name"], first["people"], first["made_by"]) == (
        "segment:buyers",
        "Buyers",
        2,
        "claire",
    )
    assert (first["file"], first["columns"], newest["columns"]) == ("kept", ["customer_id", "email"], None)
    assert newest["left_out"] == [{"reason": "consent.none", "why": newest["left_out"][0]["why"], "people": 2}]
    again = owner.get(f"/api/exports/{first['export_id']}/file")
    assert (again.content, again.headers["x-relance-people"]) == (answer.content, "2")
    assert owner.get("/api/exports").json()["exports"][0]["again_of"] == first["export_id"]
    assert owner.delete(f"/api/exports/{first['export_id']}").status_code == 204
    assert owner.get(f"/api/exports/{first['export_id']}/file").status_code == 404
    assert len(list(house.folder.exports.iterdir())) == 1
    assert owner.get("/api/segments/buyers/export", params={"columns": "emial"}).status_code == 422
    assert owner.get("/api/segments/nothing/export").status_code == 404
    choices = owner.get("/api/exports/columns", params={"language": "en"}).json()
    names = [one["name"] for one in choices["columns"]]
    assert len(names) == len(set(names))
    assert {"name": "email", "label": "e-mail address", "group": "person", "usual": True} in choices["columns"]
    assert [one["purpose"] for one in choices["purposes"]] == ["advertising", "marketing"]
    assert choices["days"] == 7


def test_advice_quality_overlap_and_coverage(owner: TestClient, filled: Shop) -> None:
    told = owner.get("/api/advice", params={"language": "en"})
    assert told.status_code == 200, told.text
    assert told.json()["in_use"] == 2
    small = next(one for one in told.json()["advice"] if one["key"] == "small_list")
    assert small["sentence"].startswith("1 customer is subscribed")
    assert small["ready_made"] == ["never-purchased", "purchased-at-least-once"]
    quality = owner.get("/api/segments/loyal/quality").json()
    assert [one["name"] for one in quality["criteria"]][:2] == ["identifiable", "substantial"]
    assert (quality["members"], quality["nearest"], quality["likeness"]) == (1, "buyers", 0.5)
    assert len(owner.get("/api/quality").json()["segments"]) == 2
    overlap = owner.get("/api/overlap", params={"segments": ["buyers", "loyal"]}).json()
    assert overlap["pairs"][0] == {
        "first": "buyers",
        "second": "loyal",
        "customers": 1,
        "jaccard": 0.5,
        "share_of_first": 0.5,
        "share_of_second": 1.0,
    }
    assert (overlap["in_none"], overlap["different"]) == (1, 2)
    covered = owner.get("/api/coverage").json()
    assert covered["in_none"]["customers"] == covered["in_one"]["customers"] == 1
    assert covered["in_several"]["query"] == "(segment = 'buyers' AND segment IN ('loyal'))"
    for part in ("in_none", "in_one", "in_several"):
        found = owner.post("/api/segments/preview", json={"query": covered[part]["query"]}).json()
        assert found["members"] == covered[part]["customers"]
    assert owner.get("/api/overlap", params={"segments": ["buyers", "none"]}).status_code == 404
    assert owner.get("/api/coverage", params={"partition": "none"}).status_code == 422


@pytest.mark.parametrize("path", ["/api/advice", "/api/quality", "/api/overlap", "/api/coverage"])
def test_nothing_is_said_before_the_first_refresh(owner: TestClient, house: House, clock: SetClock, path: str) -> None:
    with house.store.begin() as connection:
        shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
        add_shop(connection, shop, clock.now)
        for name in ("a", "b"):
            segments.save(connection, shop, name, name, "number_of_orders > 0", clock.now, "claire")
    assert owner.get(path).status_code == 409
