"""What the API answers about a segment over time."""

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

BUYERS, TWICE = "number_of_orders >= 1", "number_of_orders >= 2"


@pytest.fixture
def shop(house: House, clock: SetClock) -> HandMade:
    """Alice ordered three times, Bruno once; both days are refreshed, and Chloé came in between."""
    made = HandMade(house.store, house.warehouse, Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr"))
    with house.store.begin() as connection:
        add_shop(connection, made.shop, clock.now)
        segments.save(connection, made.shop, "buyers", "Acheteurs", BUYERS, clock.now, "test")
        segments.save(connection, made.shop, "often", "Souvent", TWICE, clock.now, "test")
        for phase in ("prospect", "first_time", "repeat", "loyal"):
            segments.save(
                connection,
                made.shop,
                f"phase-{phase}",
                phase,
                f"lifecycle_phase = '{phase}'",
                clock.now,
                "test",
                library=f"phase-{phase}",
            )
    made.customer("shop:1", "alice@example.fr", first_name="Alice")
    made.customer("shop:2", "bruno@example.fr", first_name="Bruno")
    for days, euros in ((300, 80), (100, 120), (20, 60)):
        made.order("shop:1", clock.now - timedelta(days=days), euros)
    made.order("shop:2", clock.now - timedelta(days=60), 40)
    return made


@pytest.fixture
def refreshed(shop: HandMade, house: House, clock: SetClock) -> HandMade:
    """The segments as of two days ago and as of now."""
    for days in (2, 0):
        at = clock.now - timedelta(days=days)
        segments.refresh(house.store, house.warehouse, shop.shop, at, recorded_at=at)
        if days:
            shop.customer("a/b", "chloe@example.fr", first_name="Chloé", added_at=clock.now - timedelta(hours=22))
            shop.order("a/b", clock.now - timedelta(hours=20), 25)
    return shop


def got(client: TestClient, path: str, status: int = 200, **parameters: Any) -> Any:
    named = {name.rstrip("_"): value for name, value in parameters.items()}
    answer = client.get(path, params={"language": "en", **named})
    assert answer.status_code == status, answer.text
    return answer.json()


def posted(client: TestClient, path: str, body: dict[str, object], status: int = 200) -> Any:
    answer = client.post(path, json=body, params={"language": "en"})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_versions_diff_and_rollback(owner: TestClient, refreshed: HandMade) -> None:
    answer = owner.put("/api/segments/buyers", json={"name": "Acheteurs", "query": TWICE})
    assert answer.status_code == 200
    listed = got(owner, "/api/segments/buyers/versions")["versions"]
    assert [(one["number"], one["saved_by"]) for one in listed] == [(2, "claire"), (1, "test")]
    told = got(owner, "/api/segments/buyers/diff", from_=1, to=2)
    assert [change["kind"] for change in told["changes"]] == ["changed"]
    assert "at least 1 order" in told["changes"][0]["sentence"]
    assert "".join(piece["text"] for piece in told["text"] if piece["kind"] != "added") == BUYERS
    back = posted(owner, "/api/segments/buyers/rollback", {"version": 1})
    assert (back["version"], back["segment"]["query"]) == (3, BUYERS)
    got(owner, "/api/segments/buyers/diff", 404, from_=1, to=9)
    got(owner, "/api/segments/nothing/versions", 404)


def test_impact(owner: TestClient, refreshed: HandMade) -> None:
    told = posted(owner, "/api/segments/buyers/impact", {"query": TWICE})
    assert told["against"] == "members"
    assert (told["stays"]["count"], told["enters"]["count"], told["leaves"]["count"]) == (1, 0, 2)
    assert told["stays"]["revenue"] == {"amount": "260.00", "currency": "EUR"}
    assert [one["name"] for one in told["stays"]["sample"]] == ["Alice"]
    faulty = posted(owner, "/api/segments/buyers/impact", {"query": "number_of_ordres > 1"})
    assert faulty["fault"]["start"] == 0
    assert faulty["stays"] is None
    posted(owner, "/api/segments/nothing/impact", {"query": TWICE}, 404)


def test_journal(owner: TestClient, refreshed: HandMade) -> None:
    told = got(owner, "/api/segments/buyers/journal")
    assert [(one["name"], one["entered"], one["cause"]) for one in told["entries"]] == [
        ("Chloé", True, "event"),
        ("Alice", True, "import"),
        ("Bruno", True, "import"),
    ]
    assert told["entries"][0]["segment_name"] == "Acheteurs"
    assert got(owner, "/api/segments/buyers/journal", entered="false")["entries"] == []
    mine = got(owner, "/api/customers/a%2Fb/journal")["entries"]
    assert {"buyers", "phase-first_time"} <= {one["segment_id"] for one in mine}
    assert all(one["why"] for one in mine)
    got(owner, "/api/segments/buyers/journal", 422, cursor="nonsense")


def test_stays_and_turnover(owner: TestClient, refreshed: HandMade, clock: SetClock) -> None:
    told = got(owner, "/api/segments/buyers/stays", days=1)
    assert (told["current"]["stays"], told["completed"]["stays"], told["imported"]) == (3, 0, 2)
    assert told["stuck"] == {"days": 1, "members": 3, "stuck": 2, "share": pytest.approx(2 / 3)}
    month = got(owner, "/api/segments/buyers/turnover", step="month")
    assert [(row["day"], row["cause"], row["entered"], row["left"]) for row in month["rows"]] == [
        ("2026-03-01", "event", 1, 0),
        ("2026-03-01", "import", 2, 0),
    ]
    assert month["rows"][0]["cause_label"] == "something the customer did"


def test_movement(owner: TestClient, refreshed: HandMade, clock: SetClock) -> None:
    phases = got(owner, "/api/movement", from_="2026-03-10")
    assert [place["segment_id"] for place in phases["places"]][:2] == ["phase-prospect", "phase-first_time"]
    assert sum(flow["customers"] for flow in phases["flows"]) == 3
    assert phases["whole"]
    chosen = got(owner, "/api/movement", segments=["often", "buyers"], from_="2026-03-09")
    assert [(one["from_segment"], one["new"], one["to_segment"], one["customers"]) for one in chosen["flows"]] == [
        ("often", False, "often", 1),
        ("buyers", False, "buyers", 1),
        (None, True, "buyers", 1),
    ]
    assert chosen["in_several"] == 1
    assert not got(owner, "/api/movement", from_="2025-01-01")["whole"]
    got(owner, "/api/movement", 422, from_="2026-03-01", to="2026-02-01")
    got(owner, "/api/movement", 404, segments=["nothing"])
