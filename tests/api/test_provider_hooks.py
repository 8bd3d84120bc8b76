"""Calls of providers over HTTP: proved, taken at once with nothing else running, refused without a trace (HOOK-01)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.testclient import TestClient

from relance import tracking
from relance.api.provider_hooks import returns_path
from relance.channels.answers import basic
from relance.channels.webhook import signature
from relance.house import House
from relance.store import Shop, add_shop, tables

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def shop(house: House) -> Shop:
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with house.store.begin() as connection:
        add_shop(connection, made, house.clock())
    return made


@pytest.fixture
def resend(house: House, shop: Shop) -> str:
    """The path that Resend calls."""
    with house.store.begin() as connection:
        secrets = {"signing_secret": SECRET}
        return tracking.save_hook(connection, shop, house.key, "email", "resend", secrets, house.clock()).path


@pytest.fixture
def caller(app: FastAPI) -> TestClient:
    """A provider's servers: no cookie, no origin."""
    return TestClient(app, follow_redirects=False, raise_server_exceptions=False)


def told(house: House, number: int = 1, secret: str = SECRET) -> dict[str, Any]:
    """What is posted."""
    raw = json.dumps({"type": "email.delivered", "data": {"email_id": f"p-{number}", "to": ["a@example.fr"]}}).encode()
    moment = str(int(house.clock().timestamp()))
    headers = {"svix-id": f"msg_{number}", "svix-timestamp": moment}
    return {"content": raw, "headers": headers | {"svix-signature": signature(secret, f"msg_{number}", moment, raw)}}


def kept(house: House) -> int:
    with house.store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.provider_event)).scalar_one())


def test_a_call_is_taken_once(house: House, resend: str, caller: TestClient) -> None:
    """HOOK-01, REL-13: the second time it is known."""
    answers = [caller.post(resend, **told(house)).json() for _ in range(2)]
    assert answers == [{"taken": 1}, {"taken": 0}]
    assert kept(house) == 1


def test_a_forged_call_leaves_no_trace(house: House, resend: str, caller: TestClient) -> None:
    """HOOK-01: 401 for a wrong signature, a wrong address, another provider, and for a body that is no JSON."""
    wrong = told(house, secret="whsec_QUJDREVGR0hJSktMTU5PUA==")
    assert caller.post(resend, **wrong).status_code == 401
    assert caller.post(resend[:-1] + ("0" if resend[-1] != "0" else "1"), **told(house)).status_code == 401
    assert caller.post(resend.replace("resend", "postmark"), **told(house)).status_code == 401
    assert caller.post(resend, content=b"{").status_code == 401
    assert kept(house) == 0


def test_a_large_call_is_refused(resend: str, caller: TestClient) -> None:
    """HOOK-01: bodies have a limit."""
    assert caller.post(resend, content=b" " * 5_000_001).status_code == 413


def test_calls_are_answered_quickly(house: House, resend: str, caller: TestClient) -> None:
    """HOOK-02: with no worker running, each within 200 ms at the 99th percentile, and nothing is lost."""
    spent = []
    for number in range(100):
        begun = time.perf_counter()
        assert caller.post(resend, **told(house, number)).status_code == 200
        spent.append(time.perf_counter() - begun)
    assert kept(house) == 100
    assert sorted(spent)[98] < 0.2


def test_secrets_stay_sealed(house: House, shop: Shop, resend: str) -> None:
    """SEC-12: neither the list nor the row shows what proves a call."""
    with house.store.read() as connection:
        listed = tracking.list_hooks(connection, shop, house.key)
        row = connection.execute(select(tables.provider_hook)).one()
    assert [(one.provider, one.path) for one in listed] == [("resend", resend)]
    assert SECRET not in repr(listed)
    assert SECRET.encode() not in row.sealed


def test_a_password_of_ones_own(house: House, shop: Shop, caller: TestClient) -> None:
    """HOOK-01: providers that sign nothing prove themselves by a password."""
    with house.store.begin() as connection:
        made = tracking.save_hook(
            connection, shop, house.key, "email", "postmark", {"password": "pass-1"}, house.clock()
        )
    body = {"RecordType": "Delivery", "MessageID": "m-1", "Recipient": "a@example.fr"}
    for password, status in (("pass-1", 200), ("other", 401)):
        headers = {"Authorization": basic("relance", password)}
        assert caller.post(made.path, json=body, headers=headers).status_code == status
    assert kept(house) == 1


def test_mails_that_came_back(house: House, shop: Shop, caller: TestClient) -> None:
    """MAIL-05: a mail server hands them over at an address that only it knows."""
    assert shop.shop_id == "main"
    head = b"From: MAILER-DAEMON@x.example\r\nTo: b+1.00@b.example\r\nSubject: failure notice\r\n"
    mail = head + b"\r\n550 5.1.1 unknown user\r\n"
    answer = caller.post(returns_path(house.key), content=mail)
    assert (answer.status_code, answer.json()) == (200, {"status": "unverified"})
    assert caller.post("/returns/0000", content=mail).status_code == 401
