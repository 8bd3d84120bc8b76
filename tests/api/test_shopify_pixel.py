"""The pixel of the guide, run as Shopify runs it, sends to the real API what Relance understands."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from relance.house import House
from relance.ingest import WantedKey, add_key, load_inbox
from relance.ingest.browsing import BROWSING
from relance.store import Shop, add_shop

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "connect-shopify.md"
# https://shopify.dev/docs/api/web-pixels-api/standard-events
STANDARD = (
    *("page_viewed", "collection_viewed", "product_viewed", "search_submitted", "cart_viewed"),
    *("product_added_to_cart", "product_removed_from_cart", "checkout_started", "checkout_contact_info_submitted"),
    *("checkout_address_info_submitted", "checkout_shipping_info_submitted", "payment_info_submitted"),
    *("checkout_completed", "alert_displayed", "ui_extension_errored"),
)
VARIANT = {
    "id": "49148385",
    "sku": "IPOD2008RED",
    "title": "Red",
    "price": {"amount": 199.0, "currencyCode": "EUR"},
    "product": {"id": "632910392", "title": "IPod Nano - 8GB"},
}
LINE = {"merchandise": VARIANT, "quantity": 2, "cost": {"totalAmount": {"amount": 398.0, "currencyCode": "EUR"}}}
CHECKOUT = {
    "token": "bd5a8aa1ecd019dd3520ff791ee3a24c",
    "order": {"id": "450789469"},
    "currencyCode": "EUR",
    "totalPrice": {"amount": 421.88, "currencyCode": "EUR"},
    "lineItems": [{"variant": VARIANT, "quantity": 2}],
}
DATA: dict[str, dict[str, Any]] = {
    "collection_viewed": {"collection": {"id": "1", "title": "Music"}},
    "product_viewed": {"productVariant": VARIANT},
    "search_submitted": {"searchResult": {"query": "ipod"}},
    "cart_viewed": {"cart": {"lines": [LINE]}},
    "product_added_to_cart": {"cartLine": LINE},
    "product_removed_from_cart": {"cartLine": LINE},
    **{name: {"checkout": CHECKOUT} for name in STANDARD if name.startswith(("checkout", "payment"))},
}
BROWSER = """
const sent = [];
const init = {customerPrivacy: {analyticsProcessingAllowed: ALLOWED}};
const api = {customerPrivacy: {subscribe: (_name, told) => told({customerPrivacy: init.customerPrivacy})}};
const analytics = {subscribe: (_name, heard) => EVENTS.forEach(heard)};
const fetch = (url, options) => sent.push({url, body: options.body});
"""


def run_pixel(events: list[dict[str, Any]], key: str, *, allowed: bool) -> list[dict[str, Any]]:
    """What the pixel posts."""
    (code,) = re.findall(r"```js\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    program = BROWSER.replace("ALLOWED", json.dumps(allowed)).replace("EVENTS", json.dumps(events))
    program += code.replace("browser_YOUR_KEY", key) + "\nconsole.log(JSON.stringify(sent));\n"
    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def events() -> list[dict[str, Any]]:
    """One of each standard event."""
    document = {"location": {"href": "https://shop.example/x?utm_source=mail"}, "title": "X", "referrer": ""}
    return [
        {
            "id": f"sh-{number:08}",
            "clientId": "c1a2",
            "name": name,
            "timestamp": "2026-03-10T08:59:00.000Z",
            "data": DATA.get(name, {}),
            "context": {"document": document},
        }
        for number, name in enumerate(STANDARD)
    ]


@pytest.mark.skipif(shutil.which("node") is None, reason="node runs the pixel")
def test_every_standard_event_arrives_under_a_name_that_is_known(app: FastAPI, house: House) -> None:
    """All fifteen, with products and values, of a visitor who is nobody yet (S1)."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with house.store.begin() as connection:
        add_shop(connection, shop, house.clock())
        _, key = add_key(connection, shop, WantedKey("pixel", "browser", source="shopify"), "t" * 43, house.clock())
    assert run_pixel(events(), key, allowed=False) == []
    client = TestClient(app)
    for each in run_pixel(events(), key, allowed=True):
        answer = client.post("/v1/batch", content=each["body"], headers={"Origin": "null"})
        assert answer.status_code == 200, answer.text
    load_inbox(house.store, house.warehouse, house.folder, shop, house.clock())
    with house.warehouse.read() as engine:
        rows = engine.to_pyarrow(engine.table("event")).to_pylist()
    assert len(rows) == len(STANDARD)
    assert {row["anonymous_id"] for row in rows} == {"c1a2"}
    assert {row["customer_id"] for row in rows} == {None}
    names = {row["name"] for row in rows} - {"Alert Displayed", "UI Extension Errored", "Order Completed"}
    assert names <= BROWSING.keys()
    viewed = next(row for row in rows if row["name"] == "Product Viewed")
    assert viewed["product_id"] == "632910392"
