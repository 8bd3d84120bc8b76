"""Sending domains over the API: health, and a decision that keeps its author (MAIL-04)."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from relance import sending
from relance.house import House
from relance.sending.domains import keep_findings
from relance.store import Shop, add_shop, save_settings, tables, with_setting

DOMAIN = "news.boutique.fr"


@pytest.fixture
def shop(house: House) -> Shop:
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with house.store.begin() as connection:
        add_shop(connection, made, house.clock())
    return made


def test_a_domains_health_and_an_owners_decision(house: House, shop: Shop, owner: TestClient) -> None:
    """MAIL-04, SEC-12: the record to paste with its explanation, no private key, and who decided otherwise."""
    missing = sending.DomainFinding("dmarc", "bad", "dmarc_missing", "", f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=none")
    with house.store.begin() as connection:
        sending.add_keys(connection, shop, house.key, DOMAIN, house.clock())
        keep_findings(connection, shop, DOMAIN, [missing], house.clock())
    told = owner.get(f"/api/domains/{DOMAIN}", params={"language": "en"}).json()
    assert (told["may_send"], told["aligned"], told["level"]) == (False, False, "ok")
    assert told["records"][0]["value"] == "v=DMARC1; p=none"
    assert told["records"][0]["says"].startswith("No DMARC policy")
    assert {"selector", "algorithm", "name", "record", "state"} == told["keys"][0].keys()
    url = f"/api/domains/{DOMAIN}/decision"
    assert owner.post(url, json={"reason": " "}).status_code == 422
    assert owner.post(url, json={"reason": "a test"}).json()["may_send"]
    assert not owner.post(url, json={}).json()["may_send"]
    with house.store.read() as connection:
        rows = connection.execute(select(tables.domain_log.c.action, tables.domain_log.c.actor)).all()
    assert [tuple(row) for row in rows] == [("allowed", "claire"), ("disallowed", "claire")]


def test_domains_are_listed_and_looked_after(house: House, shop: Shop, owner: TestClient) -> None:
    """MAIL-04, MAIL-10: the shop's own first; keys, providers and incidents with what can be done about them."""
    with house.store.begin() as connection:
        keep_findings(connection, shop, "a.boutique.fr", [], house.clock())
        save_settings(connection, with_setting(shop, "mail_domain", DOMAIN))
        sending.open_incident(connection, shop, DOMAIN, "orange", "policy", "550 5.7.1 no", house.clock())
    listed = owner.get("/api/domains").json()["domains"]
    assert [(one["domain"], one["is_ours"]) for one in listed] == [(DOMAIN, True), ("a.boutique.fr", False)]
    made = owner.post(f"/api/domains/{DOMAIN}/keys").json()
    assert [one["selector"] for one in made["keys"]] == ["relance1", "relance2"]
    (incident,) = made["incidents"]
    assert [one["mailbox"] for one in made["resting"]] == ["orange"]
    closed = owner.post(f"/api/domains/{DOMAIN}/incidents/{incident['incident_id']}/close").json()
    assert closed["incidents"] == []


def test_strangers_see_nothing(shop: Shop, stranger: TestClient) -> None:
    """SEC-12: only whoever is signed in."""
    assert shop.shop_id == "main"
    assert stranger.get(f"/api/domains/{DOMAIN}").status_code == 401
    assert stranger.get("/api/domains").status_code == 401
