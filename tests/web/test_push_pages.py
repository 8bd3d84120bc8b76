"""Browsers subscribe with the key of the page: consent and its proof, whose they become, erasure (S1, S7, PRIV)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.fakes.push_service import PushService
from tests.web.conftest import Site

from relance import consent, ingest, pipeline, sending
from relance.clock import SetClock
from relance.store import tables

TEXT = "Recevez nos nouveautés par notification."
ELSEWHERE = {"Origin": "https://shop.example", "User-Agent": "Mozilla/5.0 Firefox"}
NOWHERE = {"endpoint": "https://10.0.0.1/x", "keys": {"p256dh": "", "auth": ""}}
REFUSED: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"writeKey": "browser_unknown"}, 401, "keys.unknown"),
    ({"writeKey": None}, 401, "keys.unknown"),
    ({"act": "delete"}, 400, "push.bad_act"),
    ({"publicKey": "other"}, 400, "push.other_key"),
    ({"anonymousId": ""}, 400, "push.no_visitor"),
    ({"text": " "}, 400, "push.no_text"),
    ({"subscription": "x"}, 400, "push.bad_subscription"),
    ({"subscription": NOWHERE}, 400, "push.bad_subscription"),
    ({"padding": "x" * 20_000}, 400, "calls.body_too_large"),
)


@pytest.fixture
def keys(site: Site) -> dict[str, str]:
    """A browser key and a server key; web push is on."""
    house, shop, now = site.house, site.shop, site.house.clock()
    with house.store.begin() as connection:
        _, browser = ingest.add_key(connection, shop, ingest.WantedKey("site", "browser", "shopify"), "b" * 43, now)
        _, server = ingest.add_key(connection, shop, ingest.WantedKey("api", "server", "shopify"), "s" * 43, now)
        contact = {"contact": "mailto:bonjour@clairval.example"}
        sending.save_route(connection, shop, "push", "push", contact, house.key, now)
    return {"browser": browser, "server": server}


@pytest.fixture
def said(site: Site, keys: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """What a page sends for a visitor's browser."""
    service = PushService()

    def make(visitor: str = "visitor-1", **more: Any) -> dict[str, Any]:
        public = site.browser.get("/v1/push", headers=ELSEWHERE).json()["publicKey"]
        told = {
            "act": "on",
            "writeKey": keys["browser"],
            "anonymousId": visitor,
            "publicKey": public,
            "subscription": service.subscribe(public).subscription(),
            "text": TEXT,
            "language": "fr-FR",
            "page": "https://shop.example/",
        }
        return {**told, **more}

    return make


def post(site: Site, told: dict[str, Any]) -> Any:
    """As the page sends it: a simple request, so that no preflight is needed."""
    headers = {**ELSEWHERE, "Content-Type": "text/plain"}
    return site.browser.post("/v1/push", content=json.dumps(told), headers=headers)


def figures(site: Site) -> sending.DeviceFigures:
    """How many devices there are."""
    with site.house.store.read() as connection:
        return sending.device_figures(connection, site.shop)


def become(site: Site, keys: dict[str, str], visitor: str, customer: str) -> str:
    """The shop's server says who the visitor is; the customer's id."""
    call: dict[str, Any] = {
        "type": "identify",
        "userId": customer,
        "anonymousId": visitor,
        "messageId": f"{visitor}-{customer}",
    }
    call["traits"] = {"email": f"{customer}@exemple.fr"}
    answer = site.browser.post("/v1/identify", json=call, headers={"Authorization": f"Bearer {keys['server']}"})
    assert answer.status_code == 200
    pipeline.take_in(site.house, site.shop)
    found = consent.find_person(site.house.warehouse, f"{customer}@exemple.fr")
    assert found is not None
    return found


def an_hour_later(site: Site) -> None:
    """Let time pass."""
    assert isinstance(site.house.clock, SetClock)
    site.house.clock.now += timedelta(hours=1)


def test_a_visitor_subscribes_and_becomes_a_customer(
    site: Site, keys: dict[str, str], said: Callable[..., dict[str, Any]]
) -> None:
    """S1, S7: the device and the consent with text, page, network and source are the customer's once they are known."""
    answer = post(site, said())
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert figures(site) == sending.DeviceFigures(1, 0, 1)
    customer = become(site, keys, "visitor-1", "anna")
    assert figures(site) == sending.DeviceFigures(1, 1, 0)
    with site.house.store.read() as connection:
        assert consent.verdict(connection, site.shop, customer, "push", "marketing").allowed
        (entry,) = [
            one.entry for one in consent.history(connection, site.shop, customer) if one.entry.channel == "push"
        ]
        assert consent.texts(connection, site.shop)[entry.evidence["text_version"]] == TEXT
    assert entry.source.startswith("push:")
    assert (entry.evidence["page"], entry.evidence["user_agent"]) == ("https://shop.example/", "Mozilla/5.0 Firefox")
    assert entry.occurred_at == site.house.clock()


def test_a_known_customers_second_browser_is_theirs_at_the_next_look(
    site: Site, keys: dict[str, str], said: Callable[..., dict[str, Any]]
) -> None:
    """The browser was linked before it subscribed."""
    customer = become(site, keys, "visitor-1", "anna")
    post(site, said())
    pipeline.take_in(site.house, site.shop)
    with site.house.store.read() as connection:
        assert sending.reachable(connection, site.shop, [customer]) == {customer}


def test_a_visitor_who_is_known_long_after_they_subscribed(
    site: Site, keys: dict[str, str], said: Callable[..., dict[str, Any]]
) -> None:
    """A load looks at the browsers of those it touched, under all their ids, however many devices are nobody's."""
    post(site, said())
    post(site, said("visitor-2"))
    an_hour_later(site)
    first = become(site, keys, "visitor-1", "anna")
    assert figures(site) == sending.DeviceFigures(2, 1, 1)
    call = {"type": "identify", "userId": "bob", "messageId": "m2", "traits": {"email": "anna@exemple.fr"}}
    headers = {"Authorization": f"Bearer {keys['server']}"}
    assert site.browser.post("/v1/identify", json=call, headers=headers).status_code == 200
    pipeline.take_in(site.house, site.shop)
    an_hour_later(site)
    become(site, keys, "visitor-2", "bob")
    assert figures(site) == sending.DeviceFigures(2, 1, 0)
    with site.house.store.read() as connection:
        assert first in sending.reachable(connection, site.shop, [first])


def test_what_a_load_left_behind_is_found_within_a_day(
    site: Site, keys: dict[str, str], said: Callable[..., dict[str, Any]]
) -> None:
    """The process ended after the load and before the device was given to its customer."""
    post(site, said())
    an_hour_later(site)
    call = {"type": "identify", "userId": "anna", "anonymousId": "visitor-1", "messageId": "m1"}
    headers = {"Authorization": f"Bearer {keys['server']}"}
    site.browser.post("/v1/identify", json={**call, "traits": {"email": "anna@exemple.fr"}}, headers=headers)
    house, now = site.house, site.house.clock()
    ingest.load_inbox(house.store, house.warehouse, house.folder, site.shop, now)
    pipeline.take_in(house, site.shop)
    assert figures(site) == sending.DeviceFigures(1, 0, 1)
    pipeline.keep_up(house)
    assert figures(site) == sending.DeviceFigures(1, 1, 0)


def test_a_shared_browser_is_whose_it_was_when_it_agreed(
    site: Site, keys: dict[str, str], said: Callable[..., dict[str, Any]]
) -> None:
    """S7: of two people at one browser each has what followed their own signing in."""
    first = become(site, keys, "visitor-1", "anna")
    told = said()
    post(site, told)
    an_hour_later(site)
    second = become(site, keys, "visitor-1", "bob")
    with site.house.store.read() as connection:
        assert sending.reachable(connection, site.shop, [first, second]) == {first}
    post(site, told)
    pipeline.take_in(site.house, site.shop)
    with site.house.store.read() as connection:
        assert sending.reachable(connection, site.shop, [first, second]) == {second}


def test_s5_merged_customers_share_devices_and_consent(
    site: Site, keys: dict[str, str], said: Callable[..., dict[str, Any]]
) -> None:
    """Under whichever id a browser was known, the one person is reached, and may be written to."""
    post(site, said())
    first, second = become(site, keys, "visitor-1", "anna"), become(site, keys, "visitor-2", "bob")
    call = {"type": "identify", "userId": "bob", "messageId": "m2", "traits": {"email": "anna@exemple.fr"}}
    headers = {"Authorization": f"Bearer {keys['server']}"}
    assert site.browser.post("/v1/identify", json=call, headers=headers).status_code == 200
    pipeline.take_in(site.house, site.shop)
    whole = consent.whole_person(site.house.warehouse, first)
    assert set(whole.ids) == {first, second}
    holder = consent.find_person(site.house.warehouse, "anna@exemple.fr")
    assert holder is not None
    with site.house.store.read() as connection:
        assert sending.reachable(connection, site.shop, whole.ids) == set(whole.ids)
        assert consent.verdict(connection, site.shop, holder, "push", "marketing").allowed


def test_leaving_needs_the_endpoint(site: Site, keys: dict[str, str], said: Callable[..., dict[str, Any]]) -> None:
    """PRIV: off ends the consent with the last device; a guess ends nobody's."""
    customer = become(site, keys, "visitor-1", "anna")
    told = said()
    post(site, told)
    pipeline.take_in(site.house, site.shop)
    off = {"act": "off", "writeKey": keys["browser"], "text": "Stop", "anonymousId": "visitor-1"}
    assert post(site, {**off, "endpoint": "https://fcm.googleapis.com/fcm/send/guess"}).status_code == 200
    assert figures(site).devices == 1
    an_hour_later(site)
    assert post(site, {**off, "endpoint": told["subscription"]["endpoint"]}).status_code == 200
    assert figures(site).devices == 0
    with site.house.store.read() as connection:
        assert not consent.verdict(connection, site.shop, customer, "push", "marketing").allowed


def test_what_is_no_subscription_leaves_nothing(site: Site, said: Callable[..., dict[str, Any]]) -> None:
    """SEC-13, S1: neither a device nor an entry in the ledger."""
    for changes, status, code in REFUSED:
        answer = post(site, said(**changes))
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert figures(site).devices == 0
    with site.house.store.read() as connection:
        ledger = select(tables.consent_event).where(tables.consent_event.c.channel == "push")
        assert connection.execute(ledger).all() == []


def test_a_server_key_is_no_browsers(site: Site, keys: dict[str, str], said: Callable[..., dict[str, Any]]) -> None:
    """S1: a key of a server does not belong on a page."""
    assert post(site, said(writeKey=keys["server"])).status_code == 403


def test_too_many_subscriptions_from_one_network_wait(site: Site, said: Callable[..., dict[str, Any]]) -> None:
    """As the other addresses without login: twenty in ten minutes, then 429 with when to come back."""
    answers = [post(site, said(f"visitor-{number}")) for number in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1].headers["retry-after"] == "600"


def test_a_shop_without_web_push_says_so(site: Site) -> None:
    """The page can hide its button."""
    answer = site.browser.get("/v1/push", headers=ELSEWHERE)
    assert (answer.status_code, answer.json()["code"]) == (404, "push.is_off")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_priv_export_and_erasure_know_devices(
    site: Site, keys: dict[str, str], said: Callable[..., dict[str, Any]]
) -> None:
    """GDPR 15, 17: a person's devices are exported; erased, nothing is left but the hashes of the chain."""
    post(site, said())
    customer = become(site, keys, "visitor-1", "anna")
    told = pipeline.personal_data(site.house, site.shop, customer)
    (row,) = told.rows["store.push_device"]
    assert row["anonymous_id"] == "visitor-1"
    pipeline.erase(site.house, site.shop, customer, "test")
    assert figures(site).devices == 0
    with site.house.store.read() as connection:
        pushed = select(tables.consent_event.c.evidence).where(tables.consent_event.c.channel == "push")
        assert [evidence for evidence in connection.execute(pushed).scalars() if evidence] == []
        assert consent.broken(connection, site.shop) == []


def test_nobody_is_a_member_before_they_are_somebody(site: Site, said: Callable[..., dict[str, Any]]) -> None:
    """S7: what a visitor agreed to makes no customer of them."""
    post(site, said())
    pipeline.receive(site.house)
    with site.house.warehouse.read() as engine:
        for name in ("customer", "membership"):
            rows = engine.to_pyarrow(engine.table(name)).to_pylist()
            assert not [row for row in rows if str(row["customer_id"]).startswith("visitor:")]
