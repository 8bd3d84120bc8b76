"""A real application on real stores, and a browser-like client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from relance import api, web
from relance.clock import SetClock
from relance.house import House
from relance.store import DataFolder, Store
from relance.warehouse import Warehouse

ORIGIN = "http://testserver"
PASSWORD = "une phrase assez longue"


@pytest.fixture
def clock(now: datetime) -> SetClock:
    """A clock that a test moves."""
    return SetClock(now)


@pytest.fixture
def house(folder: DataFolder, sqlite_store: Store, warehouse: Warehouse, clock: SetClock) -> House:
    """A house without a shop, on SQLite."""
    return House(folder, sqlite_store, warehouse, folder.secret_key(), clock, ORIGIN)


@pytest.fixture
def app(house: House) -> FastAPI:
    """The application, as it is served."""
    return api.create_app(house, web.site)


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    """A browser without a session."""
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False, headers={"Origin": ORIGIN}) as client:
        yield client


@pytest.fixture
def owner(app: FastAPI, house: House) -> Iterator[TestClient]:
    """A browser that set the first password and sends the CSRF header."""
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False, headers={"Origin": ORIGIN}) as client:
        set_up(client, house)
        yield client


def set_up(client: TestClient, house: House) -> None:
    """Set the first password and note the CSRF token."""
    link = api.setup_link(house)
    assert link is not None
    answer = client.post(link, data={"name": "claire", "password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 303
    client.headers["X-Relance-CSRF"] = client.cookies["relance_csrf"]
