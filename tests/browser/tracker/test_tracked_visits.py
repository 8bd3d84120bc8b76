"""What visitors do arrives: with its source, when the page goes, after the network was away (S7, S11)."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Route
from tests.browser.tracker.conftest import LANDING, Visitor, arrived

pytestmark = pytest.mark.browser


def test_s11_a_visit_arrives_with_its_source(visitor: Visitor) -> None:
    visitor.open(LANDING)
    visitor.run("relance.consent(true)")
    visitor.open("/soap")
    visitor.page.get_by_text("Add").click()
    visitor.open("/search?q=clay")
    visitor.open("/")
    visitor.page.get_by_text("Oil").click()
    visitor.page.wait_for_url("**/oil")
    visitor.page.wait_for_function("relance.q === undefined")
    visitor.run("history.pushState({}, '', '/search?s=oil')")
    visitor.page.wait_for_timeout(200)
    visitor.page.goto("about:blank")
    pages = ["Page Viewed"] * 6
    searches = ["Products Searched"] * 2
    products = ["Product Viewed", "Product Viewed", "Product Added"]
    arrived(visitor, *pages, *searches, *products, "Recommendation Clicked")
    (session,) = visitor.place.rows("session")
    facts = {name: session[name] for name in ("source", "campaign", "pages", "product_pages", "searches", "carts")}
    assert facts == {
        "source": "newsletter",
        "campaign": "spring",
        "pages": 6,
        "product_pages": 2,
        "searches": 2,
        "carts": 1,
    }
    assert session["recommendation_clicks"] == 1
    assert session["customer_id"] is None
    added = next(row for row in visitor.place.rows("event") if row["name"] == "Product Added")
    assert added["product_id"] == "42"
    assert json.loads(added["properties"])["quantity"] == 2
    assert "anna" not in json.dumps([row["properties"] for row in visitor.place.rows("event")])
    assert set(visitor.sent()) == {("POST", "/v1/batch")}  # no preflight
    (cookie,) = visitor.context.cookies()
    assert cookie["name"] == "relance_id"
    assert cookie["sameSite"] == "Lax"
    assert timedelta(days=394) < timedelta(seconds=cookie["expires"] - time.time()) <= timedelta(days=395)


def test_the_carts_of_shops_are_known(visitor: Visitor) -> None:
    visitor.open("/themes")
    visitor.run("relance.consent(true)")
    for button in ("Shopify", "WooCommerce", "WooCommerce list", "PrestaShop", "Other form"):
        visitor.page.get_by_text(button, exact=True).click()
    visitor.page.goto("about:blank")
    arrived(visitor, "Page Viewed", "Product Viewed", *["Product Added"] * 4)
    added = [row for row in visitor.place.rows("event") if row["name"] == "Product Added"]
    told = [(row["product_id"], json.loads(row["properties"])["quantity"]) for row in added]
    assert sorted(told) == [("42", 1), ("42", 3), ("42", 4), ("43", 1)]


def test_a_page_that_goes_sends_what_waits(visitor: Visitor) -> None:
    visitor.place.settings = {"wait": 60_000, "auto": False}
    visitor.open("/")
    visitor.run("relance.consent(true); relance.track('One'); relance.track('Two')")
    assert visitor.place.names() == []
    visitor.page.goto("about:blank")
    arrived(visitor, "One", "Two")
    assert visitor.sent() == [("POST", "/v1/batch")]


def test_what_happens_offline_is_sent_online_once(visitor: Visitor) -> None:
    visitor.place.settings = {"wait": 50, "auto": False}
    visitor.open("/")
    visitor.run("relance.consent(true)")
    visitor.context.set_offline(True)
    visitor.run("for (let i = 0; i < 5; i++) relance.track('Offline ' + i)")
    visitor.page.wait_for_function("JSON.parse(localStorage.relance_queue || '[]').length === 5")
    assert visitor.place.names() == []
    visitor.run("relance.track('Offline 5')")
    visitor.context.set_offline(False)
    arrived(visitor, *(f"Offline {i}" for i in range(6)))
    visitor.page.wait_for_function("localStorage.relance_queue === undefined")
    assert len({row["anonymous_id"] for row in visitor.place.rows("event")}) == 1


def test_a_page_left_offline_is_made_up_for_by_the_next(visitor: Visitor) -> None:
    visitor.place.settings = {"wait": 60_000, "auto": False}
    visitor.open("/")
    visitor.run("relance.consent(true)")
    visitor.context.set_offline(True)
    visitor.run("for (let i = 0; i < 130; i++) relance.track('Offline ' + i)")
    visitor.page.goto("about:blank")
    visitor.context.set_offline(False)
    visitor.open("/")
    # a beacon that the browser took while it was offline may arrive as well
    kept, names = {f"Offline {i}" for i in range(30, 130)}, visitor.place.names
    end = time.monotonic() + 10
    while not kept <= set(names()) and time.monotonic() < end:
        visitor.page.wait_for_timeout(50)
    assert kept <= set(names())
    assert len(names()) == len(set(names()))


def test_a_busy_server_is_left_alone_as_long_as_it_asks(visitor: Visitor) -> None:
    visitor.place.settings = {"wait": 50, "auto": False}
    answers = iter([429, 503])
    times: list[float] = []

    def refuse(route: Route) -> None:
        times.append(time.monotonic())
        status = next(answers, None)
        if status is None:
            route.continue_()
            return
        headers = {"Retry-After": "1", "Access-Control-Allow-Origin": "*"}
        route.fulfill(status=status, headers={**headers, "Access-Control-Expose-Headers": "Retry-After"})

    visitor.context.route("**/v1/batch", refuse)
    visitor.open("/")
    visitor.run("relance.consent(true); relance.track('Once')")
    visitor.page.wait_for_timeout(500)
    visitor.run("dispatchEvent(new Event('online'))")
    arrived(visitor, "Once")
    assert len(times) == 3
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.95
