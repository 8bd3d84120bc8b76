"""Nothing happens without consent, and a page can do no harm with the key that it holds (S1)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.browser.tracker.conftest import Visitor, arrived, look_around, until

from relance import ingest
from relance.clock import system_clock

pytestmark = pytest.mark.browser


def test_s1_nothing_happens_before_consent_and_after_a_refusal(visitor: Visitor) -> None:
    visitor.place.settings = {"wait": 50}
    look_around(visitor)
    assert visitor.sent() == []
    assert visitor.left_behind() == []
    visitor.run("relance.consent(false)")
    visitor.run("relance.track('Something')")
    look_around(visitor)
    assert visitor.sent() == []
    assert visitor.left_behind() == []


def test_s1_a_withdrawal_empties_everything(visitor: Visitor) -> None:
    visitor.place.settings = {"wait": 50}
    visitor.open("/")
    visitor.run("relance.consent(true)")
    arrived(visitor, "Page Viewed")
    assert set(visitor.left_behind()) == {"relance_id"}
    visitor.context.set_offline(True)
    visitor.run("relance.track('Never')")
    visitor.page.wait_for_function("localStorage.relance_queue !== undefined")
    before = len(visitor.sent())
    visitor.run("relance.consent(false)")
    visitor.context.set_offline(False)
    visitor.run("relance.track('Never'); dispatchEvent(new Event('online'))")
    assert visitor.left_behind() == []
    look_around(visitor)
    assert visitor.left_behind() == []
    assert len(visitor.sent()) == before
    assert visitor.place.names() == ["Page Viewed"]


def test_a_yes_is_remembered_and_a_new_visitor_has_another_id(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.run("relance.consent(true)")
    visitor.open("/oil")
    visitor.page.goto("about:blank")
    arrived(visitor, "Page Viewed", "Page Viewed", "Product Viewed")
    visitor.open("/")
    visitor.run("relance.reset(); relance.track('After')")
    visitor.page.goto("about:blank")
    arrived(visitor, *["Page Viewed"] * 3, "Product Viewed", "After")
    ids = {row["name"]: row["anonymous_id"] for row in visitor.place.rows("event")}
    assert ids["After"] != ids["Product Viewed"]


TCF = """<script>var heard; function __tcfapi(command, version, hear) {
  heard = (status, yes) => hear({eventStatus: status, gdprApplies: true,
    purpose: {consents: {1: yes, 5: yes, 8: yes}}}, true);
  heard("cmpuishown", true);
} function choose(yes) { heard("useractioncomplete", yes) }</script>"""
SHOPIFY = """<script>var allowed = ""; var Shopify = {customerPrivacy: {
  analyticsProcessingAllowed: () => allowed === "yes", currentVisitorConsent: () => ({analytics: allowed})}};
  function choose(yes) { allowed = yes ? "yes" : "no";
    document.dispatchEvent(new CustomEvent("visitorConsentCollected", {detail: {analyticsAllowed: yes}})) }</script>"""


@pytest.mark.parametrize("banner", [TCF, SHOPIFY], ids=["tcf", "shopify"])
def test_a_banner_is_listened_to(banner: str, visitor: Visitor) -> None:
    """As https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework and
    https://shopify.dev/docs/api/customer-privacy describe them."""
    visitor.place.settings, visitor.place.banner = {"wait": 50}, banner
    look_around(visitor)
    assert visitor.sent() == []
    visitor.run("choose(false)")
    visitor.open("/")
    assert visitor.sent() == []
    assert visitor.left_behind() == []
    visitor.run("choose(true)")
    arrived(visitor, "Page Viewed")
    visitor.run("choose(false)")
    before = len(visitor.sent())
    visitor.run("relance.consent(true); relance.track('Never')")
    visitor.page.wait_for_timeout(200)
    assert visitor.left_behind() == []
    assert len(visitor.sent()) == before


def test_global_privacy_control_is_a_no_where_the_shop_says_so(visitor: Visitor) -> None:
    visitor.place.settings = {"gpc": True, "wait": 50}
    visitor.context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    visitor.open("/")
    visitor.run("relance.consent(true); relance.track('Never')")
    visitor.page.wait_for_timeout(200)
    assert visitor.sent() == []
    assert visitor.left_behind() == []


def test_s1_only_a_signed_token_says_who_it_is(visitor: Visitor) -> None:
    place = visitor.place
    place.settings = {"wait": 50, "auto": False}
    customer = [{"type": "identify", "messageId": "known", "userId": "42", "traits": {"email": "julie@example.fr"}}]
    assert visitor_posts(visitor, place.server_key, customer, from_page=False) == 200
    (known,) = place.rows("customer")
    secret = ingest.user_token_secret(place.house.key, place.key_id)
    end = system_clock() + timedelta(hours=1)
    forged = ingest.user_token("0" * 64, end, external_id="42")
    visitor.open("/")
    visitor.run("relance.consent(true); relance.track('Looked')")
    visitor.run(f"relance.identify('{forged}'); relance.identify({{email: 'julie@example.fr'}})")
    arrived(visitor, "Looked")
    assert [row["customer_id"] for row in place.rows("event")] == [None]
    visitor.run(f"relance.identify('{ingest.user_token(secret, end, external_id='42')}')")
    until(lambda: place.rows("event")[0]["customer_id"] == known["customer_id"])
    assert [row["email"] for row in place.rows("customer")] == ["julie@example.fr"]


def visitor_posts(visitor: Visitor, key: str, calls: list[dict[str, Any]], *, from_page: bool = True) -> int:
    """Post calls with a key, from the shop's page or from outside of any; the status of the answer."""
    body, url = json.dumps({"writeKey": key, "batch": calls}), f"{visitor.place.url}/v1/batch"
    if not from_page:
        return visitor.context.request.post(url, data=body, headers={"Content-Type": "text/plain"}).status
    return int(
        visitor.page.evaluate("([url, body]) => fetch(url, {method: 'POST', body}).then(a => a.status)", [url, body])
    )


def test_s1_a_hostile_page_gets_nothing_done(visitor: Visitor) -> None:
    place = visitor.place
    known: dict[str, Any] = {
        "type": "identify",
        "messageId": "known",
        "userId": "42",
        "traits": {"firstName": "Julie", "email": "j@x.fr"},
    }
    assert visitor_posts(visitor, place.server_key, [known], from_page=False) == 200
    before = place.rows("customer")
    visitor.page.goto(place.elsewhere + "/")
    me = {"anonymousId": "evil", "userId": "42"}
    order = {"order_id": "1", "total": 10, "currency": "EUR", "email": "j@x.fr"}
    hostile: list[dict[str, Any]] = [
        {"type": "alias", "previousId": "42", "userId": "evil"},
        {"type": "group", "groupId": "g", **me},
        {"type": "track", "event": "Backfilled", "backfill": True, **me},
        {"type": "identify", "traits": {"firstName": "Evil", "email": "j@x.fr"}, **me},
        {"type": "track", "event": "Order Completed", "properties": order, **me},
        {"type": "track", "event": "Order Refunded", "properties": order, **me},
        {"type": "track", "event": "Unsubscribed", "properties": {"email": "j@x.fr"}, **me},
    ]
    assert [visitor_posts(visitor, place.key, [call]) for call in hostile[:3]] == [400, 400, 400]
    assert [visitor_posts(visitor, place.key, [call]) for call in hostile[3:]] == [200] * 4
    assert visitor_posts(visitor, place.server_key, [known]) == 403
    assert place.rows("customer") == before
    assert place.rows("order") == place.rows("refund") == place.rows("consent_entry") == []
    assert {row["customer_id"] for row in place.rows("event")} == {None}
    answers = [
        visitor.run(
            f"fetch('{place.url}{path}', {{method: 'POST', mode: 'no-cors'}}).then(a => a.type, () => 'failed')"
        )
        for path in ("/api/login", "/login", "/api/segments")
    ]
    assert set(answers) <= {"opaque", "failed"}  # refused, and the page cannot even read how
