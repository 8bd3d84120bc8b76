"""First start, signing in, and how sessions end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from relance import api, web
from relance.clock import SetClock
from relance.errors import BadInput, NotAllowed, NotFound, NotSignedIn, TooOften
from relance.house import House
from relance.store import DataFolder, Store, accounts
from relance.warehouse import Warehouse

ORIGIN = "http://testserver"
PASSWORD = "une phrase assez longue"


@pytest.fixture
def door(folder: DataFolder, store: Store, warehouse: Warehouse, clock: SetClock) -> api.Door:
    """The door of a house on SQLite, then on PostgreSQL."""
    return api.Door(House(folder, store, warehouse, folder.secret_key(), clock, ORIGIN))


def opened(door: api.Door) -> str:
    """A session's token after the first start."""
    link = api.setup_link(door.house)
    assert link is not None
    return door.set_up(link.rpartition("/")[2], "Claire", PASSWORD, "fr")


def test_the_first_link_works_once(door: api.Door) -> None:
    link = api.setup_link(door.house)
    assert link is not None
    token = link.rpartition("/")[2]
    assert link.startswith(f"{ORIGIN}/setup/")
    assert len(token) >= 43
    assert door.setup_is_open(token)
    door.set_up(token, "Claire", PASSWORD, "fr")
    assert not door.setup_is_open(token)
    with pytest.raises(NotFound):
        door.set_up(token, "Mallory", PASSWORD, "fr")
    assert api.setup_link(door.house) is None


def test_a_new_first_link_ends_the_one_before(door: api.Door) -> None:
    before, after = api.setup_link(door.house), api.setup_link(door.house)
    assert before is not None
    assert after is not None
    assert not door.setup_is_open(before.rpartition("/")[2])
    assert door.setup_is_open(after.rpartition("/")[2])


def test_the_first_link_expires(door: api.Door, clock: SetClock) -> None:
    link = api.setup_link(door.house)
    assert link is not None
    clock.now += timedelta(hours=24)
    assert not door.setup_is_open(link.rpartition("/")[2])


def test_a_link_of_one_kind_is_none_of_another(door: api.Door) -> None:
    link = api.setup_link(door.house)
    assert link is not None
    token = link.rpartition("/")[2]
    assert door.visitor(token) is None
    with pytest.raises(NotFound):
        door.use_sign_in_link(token)


def test_signing_in(door: api.Door) -> None:
    opened(door)
    visitor = door.visitor(door.sign_in(" CLAIRE ", PASSWORD, "192.0.2.1"))
    assert visitor is not None
    assert visitor.name == "claire"
    for name, password in (("claire", PASSWORD + "!"), ("mallory", PASSWORD)):
        with pytest.raises(NotSignedIn):
            door.sign_in(name, password, "192.0.2.2")


def test_tokens_and_passwords_are_kept_hashed(door: api.Door) -> None:
    token = opened(door)
    with door.house.store.read() as connection:
        account = accounts.find_account(connection, "claire")
        tokens = connection.exec_driver_sql("SELECT token_hash FROM access_token").scalars().all()
    assert account is not None
    assert account.password_hash.startswith("$argon2id$")
    assert token not in tokens
    assert all(len(kept) == 64 for kept in tokens)


def test_five_wrong_passwords_close_the_door_for_a_while(door: api.Door, clock: SetClock) -> None:
    opened(door)
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            door.sign_in("claire", "wrong", "192.0.2.1")
    with pytest.raises(TooOften) as told:
        door.sign_in("claire", PASSWORD, "192.0.2.1")
    assert 0 < int(str(told.value.facts["seconds"])) <= 301
    assert door.sign_in("claire", PASSWORD, "198.51.100.7")
    clock.now += timedelta(minutes=6)
    assert door.sign_in("claire", PASSWORD, "192.0.2.1")


@pytest.mark.parametrize("password", ["", "elevenchars", "x" * 129])
def test_passwords_have_12_to_128_characters(door: api.Door, password: str) -> None:
    link = api.setup_link(door.house)
    assert link is not None
    with pytest.raises(BadInput):
        door.set_up(link.rpartition("/")[2], "claire", password, "fr")
    assert door.setup_is_open(link.rpartition("/")[2])


def test_an_idle_session_dies_after_12_hours(door: api.Door, clock: SetClock) -> None:
    token = opened(door)
    clock.now += timedelta(hours=11, minutes=59)
    assert door.visitor(token) is not None
    clock.now += timedelta(hours=11, minutes=59)
    assert door.visitor(token) is not None
    clock.now += timedelta(hours=12, minutes=1)
    assert door.visitor(token) is None


def test_a_busy_session_dies_after_7_days(door: api.Door, clock: SetClock) -> None:
    token = opened(door)
    for _ in range(14 * 2 - 1):
        clock.now += timedelta(hours=6)
        assert door.visitor(token) is not None
    clock.now += timedelta(hours=6)
    assert door.visitor(token) is None


def test_a_new_password_ends_every_other_session(door: api.Door) -> None:
    here = opened(door)
    there = door.sign_in("claire", PASSWORD, "192.0.2.1")
    visitor = door.visitor(here)
    assert visitor is not None
    with pytest.raises(NotAllowed):
        door.change_password(visitor, "not the password", "another long sentence", "192.0.2.1")
    assert door.visitor(there) is not None
    door.change_password(visitor, PASSWORD, "another long sentence", "192.0.2.1")
    assert door.visitor(there) is None
    assert door.visitor(here) is not None
    assert door.sign_in("claire", "another long sentence", "192.0.2.1")


def test_the_demo_link_signs_in_once(
    folder: DataFolder, sqlite_store: Store, warehouse: Warehouse, clock: SetClock
) -> None:
    demo = House(folder, sqlite_store, warehouse, folder.secret_key(), clock, ORIGIN, demo=True)
    app = api.create_app(demo, web.site)
    link = api.sign_in_link(demo)
    with TestClient(app, follow_redirects=False) as first, TestClient(app, follow_redirects=False) as second:
        assert first.get(link).headers["location"] == "/"
        assert first.get("/api/session").json()["account"] == "demo"
        assert first.get(link).status_code == 303
        assert second.get(link).status_code == 404
        assert second.get("/api/session").status_code == 401


def test_only_the_demo_has_such_a_link(house: House) -> None:
    with pytest.raises(NotAllowed):
        api.sign_in_link(house)


def test_signing_in_and_out_over_the_api(owner: TestClient, app: FastAPI) -> None:
    with TestClient(app, headers={"Origin": ORIGIN}) as other:
        answer = other.post("/api/login", json={"name": "claire", "password": PASSWORD})
        assert answer.status_code == 200
        cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("relance_session="))
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
        assert other.get("/api/session").json()["csrf"] == other.cookies["relance_csrf"]
        other.headers["X-Relance-CSRF"] = other.cookies["relance_csrf"]
        kept = dict(other.cookies)
        assert other.post("/api/logout").status_code == 204
        other.cookies.update(kept)
        assert other.get("/api/session").status_code == 401
    assert owner.get("/api/session").json()["account"] == "claire"


def test_over_https_the_cookie_belongs_to_the_host(app: FastAPI, owner: TestClient) -> None:
    address = "https://testserver"
    with TestClient(app, base_url=address, headers={"Origin": address}) as other:
        answer = other.post("/api/login", json={"name": "claire", "password": PASSWORD})
        cookie = next(line for line in answer.headers.get_list("set-cookie") if "relance_session" in line)
        assert cookie.startswith("__Host-relance_session=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert other.get("/api/session").status_code == 200


def test_a_wrong_password_is_told_in_the_reader_s_language(owner: TestClient, stranger: TestClient) -> None:
    body = {"name": "claire", "password": "wrong"}
    french = stranger.post("/api/login", json=body, headers={"Accept-Language": "fr-FR,fr;q=0.9"})
    assert french.status_code == 401
    assert french.headers["content-type"] == "application/problem+json"
    assert french.json()["detail"] == "Le nom ou le mot de passe est faux."
    english = stranger.post("/api/login?language=en", json=body, headers={"Accept-Language": "fr"})
    assert english.json()["detail"] == "The name or the password is wrong."


def test_too_many_tries_over_the_api(owner: TestClient, stranger: TestClient) -> None:
    body = {"name": "claire", "password": "wrong"}
    codes = [stranger.post("/api/login", json=body).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert int(stranger.post("/api/login", json=body).headers["retry-after"]) > 0
