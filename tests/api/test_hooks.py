"""Webhooks over HTTP: what is refused leaves a count, what is taken is answered after its commit (HOOK-01, HOOK-02)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.testclient import TestClient

from relance.api.hooks import answered
from relance.house import House
from relance.ingest import hook_path
from relance.ingest.connections import save_connection
from relance.store import Shop, add_shop, tables

SECRET = "hush"
HOST = "jsmith.myshopify.com"
TOPIC = "products/delete"


@pytest.fixture
def connected(house: House) -> House:
    """A house to which a shop is connected."""
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with house.store.begin() as connection:
        add_shop(connection, shop, house.clock())
        save_connection(
            connection,
            shop,
            house.key,
            name="shopify",
            kind="shopify",
            url=f"https://{HOST}",
            secrets={"token": "t", "webhook_secret": SECRET},
            declaration={},
            now=house.clock(),
        )
    return house


@pytest.fixture
def shopify(app: FastAPI) -> TestClient:
    """Shopify's servers: no cookie, no origin."""
    return TestClient(app, follow_redirects=False, raise_server_exceptions=False)


def signed(document: dict[str, Any], event: str = "e1", secret: str = SECRET) -> dict[str, Any]:
    """What `post` sends."""
    raw = json.dumps(document).encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()
    headers = {"X-Shopify-Topic": TOPIC, "X-Shopify-Shop-Domain": HOST, "X-Shopify-Hmac-SHA256": signature}
    return {"content": raw, "headers": {**headers, "X-Shopify-Event-Id": event}}


def waiting(house: House) -> int:
    """How many records lie in the inbox."""
    with house.store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.inbox)).scalar_one())


def counted(outcome: str) -> float:
    """How many calls came to this end."""
    return float(answered.labels(outcome)._value.get())


def test_only_a_signed_call_to_its_own_address_is_taken(connected: House, shopify: TestClient) -> None:
    """A wrong signature, address or topic is 401 and nothing else; a repetition is 200 and nothing else."""
    path = hook_path(connected.key, "shopify", TOPIC)
    refused = counted("refused")
    assert shopify.post(path, **signed({"id": 1}, secret="guess")).status_code == 401
    assert shopify.post(path.replace("/shopify/", "/other/"), **signed({"id": 1})).status_code == 401
    assert shopify.post(path.replace("products", "orders"), **signed({"id": 1})).status_code == 401
    assert counted("refused") == refused + 3
    assert waiting(connected) == 0
    assert shopify.post(path, **signed({"id": 1})).json() == {"status": "taken"}
    assert shopify.post(path, **signed({"id": 1})).json() == {"status": "duplicate"}
    assert waiting(connected) == 1


def test_a_body_that_is_too_large_is_not_read(connected: House, shopify: TestClient) -> None:
    """Nobody fills our memory."""
    path = hook_path(connected.key, "shopify", TOPIC)
    assert shopify.post(path, **signed({"id": 1, "x": "y" * 5_000_001})).status_code == 413


def test_a_burst_is_answered_in_time_and_nothing_is_lost(connected: House, shopify: TestClient) -> None:
    """HOOK-02: the worker stands still, every answer comes in time and after its commit."""
    path = hook_path(connected.key, "shopify", TOPIC)
    took: list[float] = []
    lock = threading.Lock()

    def send(number: int) -> int:
        begun = time.perf_counter()
        status = shopify.post(path, **signed({"id": number}, f"e{number}")).status_code
        with lock:
            took.append(time.perf_counter() - begun)
        return status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(1, 201))) == {200}
    assert waiting(connected) == 200
    assert sorted(took)[len(took) // 2] < 0.2


def test_before_there_is_a_shop_everything_is_refused(house: House, shopify: TestClient) -> None:
    """Also a rightly made address."""
    assert shopify.post(hook_path(house.key, "shopify", TOPIC), **signed({"id": 1})).status_code == 401
