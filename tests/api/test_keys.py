"""Keys of the HTTP API in the back office."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from starlette.testclient import TestClient

from relance.house import House
from relance.ingest import read_user_token, user_token
from relance.store import Shop, add_shop, tables

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


def test_a_key_is_made_shown_once_and_revoked(owner: TestClient, house: House, now: datetime) -> None:
    """S1: only the hash is kept."""
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)
    wanted = {"name": "Backend", "kind": "server", "source": "my_shop", "scopes": ["events"]}
    made = owner.post("/api/keys", json=wanted).json()
    assert made["text"].startswith("server_")
    with house.store.read() as connection:
        (row,) = connection.execute(select(tables.api_key)).all()
    assert made["text"] not in str(row)
    (listed,) = owner.get("/api/keys").json()["keys"]
    assert listed == made["key"]
    assert (listed["source"], listed["scopes"], listed["user_token_secret"]) == ("my_shop", ["events"], None)
    call = {"userId": "1", "event": "Product Viewed", "writeKey": made["text"]}
    del owner.headers["Origin"]
    assert owner.post("/v1/track", json=call).status_code == 200
    owner.headers["Origin"] = "http://testserver"
    assert owner.delete(f"/api/keys/{listed['key_id']}").status_code == 204
    assert owner.delete(f"/api/keys/{listed['key_id']}").status_code == 404
    assert owner.get("/api/keys").json()["keys"][0]["revoked_at"] is not None


def test_a_browser_key_has_a_secret_for_tokens(owner: TestClient, house: House, now: datetime) -> None:
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)
    made = owner.post("/api/keys", json={"name": "Pages", "kind": "browser"}).json()["key"]
    token = user_token(made["user_token_secret"], now + timedelta(hours=1), external_id="7")
    assert read_user_token(made["user_token_secret"], token, now).external_id == "7"


def test_what_no_key_can_be(owner: TestClient, house: House, now: datetime) -> None:
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)
    for wrong, key in (
        ({"name": " "}, "keys.bad_name"),
        ({"source": "my shop"}, "keys.bad_source"),
        ({"scopes": ["all"]}, "keys.bad_scope"),
        ({"kind": "browser", "scopes": ["events"]}, "keys.browser_scopes"),
    ):
        answer = owner.post("/api/keys", json={"name": "x", "kind": "server", **wrong})
        assert (answer.status_code, answer.json()["key"]) == (422, key)
