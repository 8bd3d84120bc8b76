"""The application with its pages, and a shop that has sent a mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from starlette.testclient import TestClient
from tests.tracking.letters import send_letter

from relance import api, sending, web
from relance.clock import SetClock
from relance.house import House
from relance.store import DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse

ORIGIN = "http://testserver"


@dataclass
class Site:
    """A browser without a session, the house it looks at, and the addresses in one mail."""

    browser: TestClient
    house: House
    shop: Shop
    unsubscribe: str
    clicks: list[str]


@pytest.fixture
def site(folder: DataFolder, sqlite_store: Store, warehouse: Warehouse, now: datetime) -> Iterator[Site]:
    """The pages of a shop that has sent a mail to julie@example.fr."""
    house = House(folder, sqlite_store, warehouse, folder.secret_key(), SetClock(now), ORIGIN)
    shop = Shop("main", "Maison <Clairval>", "EUR", "Europe/Paris", "fr")
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
        outbox_id, links = send_letter(connection, shop, now)
    clicks = [sending.click_url("", house.key, link) for link in links]
    with TestClient(api.create_app(house, web.site), follow_redirects=False, raise_server_exceptions=False) as browser:
        yield Site(browser, house, shop, sending.unsubscribe_url("", house.key, outbox_id), clicks)
