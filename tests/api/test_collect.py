"""Events over HTTP in Segment's form: what is taken, what is refused, and how that is answered."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from relance import api, web
from relance.house import House
from relance.ingest import (
    WantedKey,
    add_key,
    load_inbox,
    quarantine,
    read_calls,
    replay_item,
    revoke_key,
    user_token,
    user_token_secret,
)
from relance.store import ApiKey, Shop, add_shop, tables

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


@pytest.fixture
def shop(house: House, now: datetime) -> Shop:
    """The shop of the house."""
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)
    return SHOP


@pytest.fixture
def client(app: FastAPI, shop: Shop) -> Any:
    """A sender without an origin."""
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def new_key(house: House, kind: str, *scopes: str, token: str = "t" * 43) -> tuple[ApiKey, str]:
    with house.store.begin() as connection:
        return add_key(connection, SHOP, WantedKey(kind, kind, scopes=scopes), token, house.clock())


@pytest.fixture
def server(house: House, shop: Shop) -> str:
    """A server key that may do everything."""
    return new_key(house, "server")[1]


@pytest.fixture
def browser(house: House, shop: Shop) -> str:
    """A browser key."""
    return new_key(house, "browser")[1]


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def rows(house: House) -> list[Any]:
    """What is in the inbox."""
    with house.store.read() as connection:
        found = connection.execute(select(tables.inbox).order_by(tables.inbox.c.id)).all()
    return list(found)


def loaded(house: House, table: str) -> list[dict[str, Any]]:
    """A table of the warehouse, after everything was loaded."""
    load_inbox(house.store, house.warehouse, house.folder, SHOP, house.clock())
    with house.warehouse.read() as engine:
        found: list[dict[str, Any]] = engine.to_pyarrow(engine.table(table)).to_pylist()
    return found


# The payloads of https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
DOCUMENTED: dict[str, dict[str, Any]] = {
    "identify": {
        "userId": "019mr8mf4r",
        "traits": {"email": "pgibbons@example.com", "name": "Peter Gibbons", "industry": "Technology"},
        "context": {"ip": "24.5.68.47"},
        "timestamp": "2012-12-02T00:30:08.276Z",
    },
    "track": {
        "userId": "019mr8mf4r",
        "event": "Item Purchased",
        "properties": {"name": "Leap to Conclusions Mat", "revenue": 14.99},
        "context": {"ip": "24.5.68.47"},
        "timestamp": "2012-12-02T00:30:12.984Z",
    },
    "page": {"userId": "019mr8mf4r", "name": "Tracking HTTP API", "timestamp": "2012-12-02T00:31:29.738Z"},
    "screen": {"userId": "019mr8mf4r", "name": "Tracking HTTP API", "timestamp": "2012-12-02T00:31:29.738Z"},
    "group": {
        "userId": "019mr8mf4r",
        "groupId": "8e9df332ac",
        "traits": {"name": "Initech", "industry": "Technology", "employees": 420},
        "timestamp": "2012-12-02T00:31:38.208Z",
    },
    "alias": {
        "previousId": "39239-239239-239239-23923",
        "userId": "019mr8mf4r",
        "timestamp": "2012-12-02T00:31:29.738Z",
    },
}


@pytest.mark.parametrize("route", DOCUMENTED)
def test_each_route_takes_its_documented_payload(client: TestClient, house: House, server: str, route: str) -> None:
    """The key goes in the body or in Basic authentication; the answer comes after the commit."""
    answer = client.post(f"/v1/{route}", json={**DOCUMENTED[route], "writeKey": server})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert len(rows(house)) == 1
    answer = client.post(f"/v1/{route}", json={**DOCUMENTED[route], "messageId": "m1"}, headers=basic(server))
    assert answer.json() == {"success": True}
    kinds = {"identify": "customer", "group": "customer", "alias": "alias"}
    kept = rows(house)[-1]
    assert (kept.kind, kept.message_id) == (kinds.get(route, "event"), "segment:m1")


def test_a_batch_is_kept_once(client: TestClient, house: House, server: str) -> None:
    batch = [{"type": name, "messageId": name, **payload} for name, payload in DOCUMENTED.items()]
    for _ in range(2):
        answer = client.post("/v1/batch", json={"batch": batch, "writeKey": server})
        assert answer.json() == {"success": True}
    assert len(rows(house)) == len(batch)
    events = loaded(house, "event")
    assert {event["event_id"] for event in events} == {"segment:track", "segment:page", "segment:screen"}
    assert {event["customer_id"] for event in events} == {"api:019mr8mf4r"}
    (customer,) = loaded(house, "customer")
    assert (customer["email"], customer["first_name"], customer["company"]) == (
        "pgibbons@example.com",
        "Peter",
        "Initech",
    )
    assert json.loads(customer["metafields"]) == {"traits.industry": "Technology"}


def test_the_good_calls_of_a_batch_are_kept(client: TestClient, house: House, server: str) -> None:
    """Each call that cannot be read is answered with its place and waits in the quarantine."""
    batch: list[Any] = [
        {"type": "track", "userId": "1"},
        {"type": "track", "userId": "1", "event": "Product Viewed"},
        "not a call",
        {"type": "page", "userId": "1", "timestamp": "yesterday"},
        {"type": "jump", "userId": "1"},
        {"type": "page", "userId": "1", "properties": {"a": "\u0000"}},
        {"type": "page"},
    ]
    answer = client.post("/v1/batch", json={"batch": batch}, headers=basic(server))
    told = answer.json()
    assert (answer.status_code, told["success"]) == (200, True)
    assert [(one["index"], one["code"], one["place"]) for one in told["refused"]] == [
        (0, "calls.no_event", "batch[0].event"),
        (2, "calls.no_object", "batch[2]"),
        (3, "calls.no_time", "batch[3].timestamp"),
        (4, "calls.no_type", "batch[4].type"),
        (5, "calls.unwritable", "batch[5]"),
        (6, "calls.nobody", "batch[6]"),
    ]
    assert len(rows(house)) == 1
    with house.store.read() as connection:
        (item,) = quarantine.waiting(connection, SHOP)
        _, body = quarantine.find_item(connection, SHOP, item.item_id, house.key)
    assert json.loads(body)["batch"] == [call for call in batch if call != batch[1]]
    answer = client.post("/v1/batch", json={"batch": batch[:1]}, headers=basic(server))
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    with house.store.begin() as connection:
        repaired = json.dumps({**json.loads(body), "batch": [{**batch[0], "event": "Product Viewed"}]}).encode()
        readers = {"segment": read_calls}
        let_in = replay_item(connection, SHOP, item.item_id, house.clock(), house.key, readers, body=repaired)
    assert (let_in, len(rows(house))) == (1, 2)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"event": ', 400, "calls.no_json"),
        (b'{"event": NaN}', 400, "calls.no_json"),
        (b"[" * 40_000, 400, "calls.no_json"),
        (b"[]", 400, "calls.no_object"),
        (b'{"batch": {}}', 400, "calls.no_batch"),
        (json.dumps({"batch": [{}] * 2_501}).encode(), 400, "calls.too_many"),
        (b" " * (500 * 1024 + 1), 413, "calls.body_too_large"),
    ],
)
def test_what_is_no_batch(client: TestClient, house: House, server: str, body: bytes, status: int, code: str) -> None:
    answer = client.post("/v1/batch", content=body, headers=basic(server))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert rows(house) == []


def test_a_call_of_over_32_kb(client: TestClient, house: House, server: str) -> None:
    call = {"type": "track", "userId": "1", "event": "x", "properties": {"a": "é" * 16_500}}
    answer = client.post("/v1/track", json=call, headers=basic(server))
    assert (answer.status_code, answer.json()["code"]) == (400, "calls.too_large")
    call["properties"] = {"a": "é" * 16_000}
    assert client.post("/v1/track", json=call, headers=basic(server)).status_code == 200


def test_gzip_is_unpacked_within_bounds(client: TestClient, house: House, server: str) -> None:
    headers = {**basic(server), "Content-Encoding": "gzip"}
    batch = [{"type": "track", "userId": "1", "event": "Product Viewed", "messageId": str(n)} for n in range(300)]
    packed = gzip.compress(json.dumps({"batch": batch}).encode())
    assert client.post("/v1/batch", content=packed, headers=headers).json() == {"success": True}
    assert len(rows(house)) == 300
    bomb = gzip.compress(b'{"batch": ["' + b"a" * 50_000_000 + b'"]}')
    answer = client.post("/v1/batch", content=bomb, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "calls.body_too_large")
    for broken in (packed[:-20], packed + b"more", b"plain"):
        answer = client.post("/v1/batch", content=broken, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "calls.bad_packing")
    headers["Content-Encoding"] = "br"
    answer = client.post("/v1/batch", content=packed, headers=headers)
    assert answer.json()["code"] == "calls.unknown_packing"


def test_who_has_no_key_leaves_nothing(client: TestClient, house: House, server: str) -> None:
    """A revoked key is none; unauthenticated calls leave no trace in the data."""
    for headers in ({}, basic("wrong"), {"Authorization": "Basic ???"}, basic("x" * 10_000)):
        answer = client.post("/v1/track", json={"nonsense": 1}, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    revoked = new_key(house, "server", token="u" * 43)[0].key_id
    with house.store.begin() as connection:
        revoke_key(connection, SHOP, revoked, house.clock())
    assert client.post("/v1/track", json=DOCUMENTED["track"], headers=basic(f"server_{'u' * 43}")).status_code == 401
    assert rows(house) == []
    with house.store.read() as connection:
        assert quarantine.waiting(connection, SHOP) == []


def test_a_full_inbox_asks_to_wait(house: House, shop: Shop, server: str) -> None:
    """429 with Retry-After; what is loaded makes room again."""
    small = House(**{**house.__dict__, "inbox_limit": 2})
    with TestClient(api.create_app(small, web.site)) as client:
        batch = [{"type": "track", "userId": "1", "event": "x", "messageId": str(n)} for n in range(3)]
        assert client.post("/v1/batch", json={"batch": batch}, headers=basic(server)).status_code == 200
    with TestClient(api.create_app(small, web.site)) as client:
        answer = client.post("/v1/batch", json={"batch": batch}, headers=basic(server))
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert len(loaded(house, "event")) == 3
    with TestClient(api.create_app(small, web.site)) as client:
        assert client.post("/v1/batch", json={"batch": batch}, headers=basic(server)).status_code == 200


def test_an_order_and_its_refund(client: TestClient, house: House, server: str) -> None:
    """The fields of https://segment.com/docs/connections/spec/ecommerce/v2/#order-completed."""
    completed = {
        "userId": "7",
        "event": "Order Completed",
        "messageId": "o",
        "timestamp": "2026-03-01T10:00:00Z",
        "properties": {
            "checkout_id": "fksdjfsdjfisjf9sdfjsd9f",
            "order_id": "50314b8e9bcf000000000000",
            "affiliation": "Google Store",
            "total": 27.50,
            "subtotal": 22.50,
            "revenue": 25.00,
            "shipping": 3,
            "tax": 2,
            "discount": 2.5,
            "coupon": "hasbros",
            "currency": "EUR",
            "products": [
                {
                    "product_id": "507f1f77bcf86cd799439011",
                    "sku": "45790-32",
                    "name": "Monopoly: 3rd Edition",
                    "price": 19,
                    "quantity": 1,
                    "category": "Games",
                },
                {
                    "product_id": "505bd76785ebb509fc183733",
                    "sku": "46493-32",
                    "name": "Uno",
                    "price": "3.5",
                    "quantity": 2,
                },
            ],
        },
    }
    refunded = {
        "userId": "7",
        "event": "Order Refunded",
        "properties": {"order_id": "50314b8e9bcf000000000000", "total": 19, "currency": "EUR"},
    }
    for call in (completed, refunded):
        assert client.post("/v1/track", json=call, headers=basic(server)).json() == {"success": True}
    (order,) = loaded(house, "order")
    assert (order["order_id"], order["customer_id"]) == ("api:50314b8e9bcf000000000000", "api:7")
    amounts = [order[name] for name in ("total", "subtotal", "shipping", "tax", "discount")]
    assert amounts == [2750, 2250, 300, 200, 250]
    assert (order["coupons"], order["channel"], order["counted"]) == (["hasbros"], "Google Store", True)
    lines = sorted((line["sku"], line["quantity"], line["total"]) for line in loaded(house, "order_line"))
    assert lines == [("45790-32", 1, 1900), ("46493-32", 2, 700)]
    (refund,) = loaded(house, "refund")
    assert (refund["order_id"], refund["amount"]) == (order["order_id"], 1900)
    assert {event["name"] for event in loaded(house, "event")} == {"Order Completed", "Order Refunded"}


def test_backfill_starts_nothing(client: TestClient, house: House, server: str) -> None:
    """S10: what is filled in is noted as an import."""
    for number, backfill in enumerate((True, False)):
        call = {"userId": "7", "event": "x", "messageId": str(number), "backfill": backfill}
        assert client.post("/v1/track", json=call, headers=basic(server)).json() == {"success": True}
    assert [row.body.get("backfill") for row in rows(house)] == [True, None]


def test_a_hostile_page_can_do_nothing(client: TestClient, house: House, server: str, browser: str) -> None:
    """S1: with what a page can read it appends events of a visitor, and nothing else."""
    page = {"Origin": "https://evil.example"}
    for route, payload in DOCUMENTED.items():
        answer = client.post(f"/v1/{route}", json={**payload, "writeKey": server}, headers=page)
        assert (answer.status_code, answer.json()["code"]) == (403, "keys.server_in_browser")
    klaviyo = client.post("/api/events", json={"data": {}}, headers={"Authorization": f"Klaviyo-API-Key {browser}"})
    assert klaviyo.status_code == 403
    victim = {"userId": "7", "anonymousId": "evil", "writeKey": browser}
    for route, more, code in (
        ("alias", {"previousId": "evil"}, "calls.browser_type"),
        ("group", {"groupId": "g"}, "calls.browser_type"),
        ("track", {"event": "x", "backfill": True}, "calls.browser_backfill"),
        ("track", {"event": "x", "anonymousId": None}, "calls.no_anonymous_id"),
        ("track", {"event": "x", "context": {"userToken": "a.b.c"}}, "user_token.wrong_signature"),
    ):
        answer = client.post(f"/v1/{route}", json={**victim, **more}, headers=page)
        assert (answer.status_code, answer.json()["code"]) == (400 if code.endswith("_id") else 403, code)
    assert rows(house) == []
    for name in ("Order Completed", "Order Refunded", "Order Cancelled"):
        order = {"order_id": "1", "total": 99, "email": "victim@example.com"}
        told = {"event": name, "properties": order, "context": {"traits": {"email": "victim@example.com"}}}
        assert client.post("/v1/track", json={**victim, **told}, headers=page).status_code == 200
    claim = {"traits": {"email": "victim@example.com", "firstName": "Mallory", "email_status": "SUBSCRIBED"}}
    answer = client.post("/v1/identify", json={**victim, **claim}, headers=page)
    assert answer.headers["access-control-allow-origin"] == "*"
    events = loaded(house, "event")
    assert {(event["anonymous_id"], event["customer_id"]) for event in events} == {("evil", None)}
    for table in ("customer", "order", "refund", "order_line", "consent_entry"):
        assert loaded(house, table) == []
    assert rows(house)[-1].kind == "hint"


def test_what_the_shops_server_signed_is_believed(client: TestClient, house: House, shop: Shop, now: datetime) -> None:
    """S1: a token links the visitor to the customer; traits of a browser are still nobody's."""
    key, text = new_key(house, "browser")
    secret = user_token_secret(house.key, key.key_id)
    token = user_token(secret, now + timedelta(hours=1), external_id="7", email="seven@example.com")
    call = {"anonymousId": "v", "writeKey": text, "context": {"userToken": token}}
    page = {"Origin": "https://shop.example"}
    client.post("/v1/identify", json={**call, "traits": {"firstName": "Mallory"}}, headers=page)
    client.post("/v1/track", json={**call, "event": "Product Viewed"}, headers=page)
    (event,) = loaded(house, "event")
    assert (event["customer_id"], event["anonymous_id"]) == ("api:7", "v")
    (customer,) = loaded(house, "customer")
    assert (customer["email"], customer["first_name"]) == ("seven@example.com", None)


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [("events", {"track", "page", "screen"}), ("customers", {"identify", "group", "alias"}), ("orders", set())],
)
def test_a_server_key_does_what_its_scopes_say(
    client: TestClient, house: House, shop: Shop, scope: str, allowed: set[str]
) -> None:
    text = new_key(house, "server", scope)[1]
    for route, payload in DOCUMENTED.items():
        answer = client.post(f"/v1/{route}", json=payload, headers=basic(text))
        assert answer.status_code == (200 if route in allowed else 403), route
    order = {"userId": "7", "event": "Order Completed", "properties": {"order_id": "1", "total": 1}}
    client.post("/v1/track", json=order, headers=basic(text))
    assert "order" not in {row.kind for row in rows(house)}


def test_preflight(client: TestClient) -> None:
    answer = client.options("/v1/batch", headers={"Origin": "https://shop.example"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert client.get("/v1/batch").status_code == 405


def test_without_a_shop_there_is_no_key(app: FastAPI) -> None:
    with TestClient(app) as client:
        assert client.post("/v1/track", json={}, headers=basic("x")).status_code == 401
