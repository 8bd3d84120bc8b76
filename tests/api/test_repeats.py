"""HOOK-04: a change that is sent again under its key has one effect and one answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from relance import api, web
from relance.house import House
from relance.store import Shop, Store, add_shop, begin_write, forget_old_writes, tables

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
WANTED = {"name": "Backend", "kind": "server"}


@pytest.fixture
def client(owner: TestClient, house: House, now: datetime) -> TestClient:
    """Somebody who is signed in, at a shop."""
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)
    return owner


def keys_made(house: House) -> int:
    with house.store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.api_key)).scalar_one())


def test_the_same_key_and_request_give_the_same_answer(client: TestClient, house: House) -> None:
    first, again = (client.post("/api/keys", json=WANTED, headers={"Idempotency-Key": "a"}) for _ in range(2))
    assert (first.status_code, again.status_code, keys_made(house)) == (200, 200, 1)
    assert first.content == again.content
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert client.post("/api/keys", json=WANTED, headers={"Idempotency-Key": "b"}).json() != first.json()
    with house.store.read() as connection:
        kept = connection.execute(select(tables.repeatable_write.c.answer)).scalars().all()
    assert not any(first.json()["text"].encode() in answer for answer in kept)


def test_another_request_under_the_same_key(client: TestClient, house: House) -> None:
    client.post("/api/keys", json=WANTED, headers={"Idempotency-Key": "a"})
    answer = client.post("/api/keys", json={**WANTED, "name": "Other"}, headers={"Idempotency-Key": "a"})
    assert (answer.status_code, answer.json()["key"], keys_made(house)) == (422, "api.repeat_differs", 1)
    answer = client.post("/api/keys", json=WANTED, headers={"Idempotency-Key": "x" * 256})
    assert answer.json()["key"] == "api.repeat_key"


def test_fifty_at_once_have_one_effect(client: TestClient, house: House) -> None:
    def send(_number: int) -> bytes:
        return client.post("/api/keys", json=WANTED, headers={"Idempotency-Key": "a"}).content

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, range(50)))
    assert (len(answers), keys_made(house)) == (1, 1)


def test_a_change_that_was_cut_off_is_not_made_twice(client: TestClient, app: FastAPI, house: House) -> None:
    """The process that began it was killed: nobody knows whether it took effect."""
    client.post("/api/keys", json=WANTED, headers={"Idempotency-Key": "a"})
    with house.store.begin() as connection:
        connection.execute(update(tables.repeatable_write).values(status=None, answer=None, owner="another process"))
    answer = client.post("/api/keys", json=WANTED, headers={"Idempotency-Key": "a"})
    assert (answer.status_code, answer.json()["key"], keys_made(house)) == (409, "api.repeat_cut_off", 1)


def test_answers_outlive_the_process(client: TestClient, house: House) -> None:
    first = client.post("/api/keys", json=WANTED, headers={"Idempotency-Key": "a"})
    cookies, headers = dict(client.cookies), dict(client.headers)
    with TestClient(api.create_app(house, web.site), cookies=cookies, headers=headers) as later:
        again = later.post("/api/keys", json=WANTED, headers={"Idempotency-Key": "a"})
    assert (again.content, keys_made(house)) == (first.content, 1)


def test_keys_are_forgotten_after_two_days(store: Store, now: datetime) -> None:
    with store.begin() as connection:
        assert begin_write(connection, "me", "a", "h", "o", now) is None
        assert begin_write(connection, "you", "a", "h", "o", now) is None
        again = begin_write(connection, "me", "a", "h", "o", now)
        assert again is not None
        assert again.status is None
        assert forget_old_writes(connection, now) == 0
        assert forget_old_writes(connection, now + timedelta(seconds=1)) == 2
