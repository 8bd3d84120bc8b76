"""Pictures that mails will show are fetched once by the server, from where the catalogue says and nowhere else."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from tests.fakes.web_shop import Answered, Asked, WebShop
from tests.flows.hand_made import HandMade
from tests.sending.post import KEY, intent

from relance import pipeline, sending
from relance.clock import SetClock
from relance.house import Fetching, House
from relance.sending.templates_pictures import LARGEST, kept_for
from relance.store import DataFolder, Shop, Store, tables
from relance.warehouse import Warehouse

HEAD = b"GIF89a" + struct.pack("<HH", 600, 400)


class Catalogue(WebShop):
    """A server of pictures: one of each kind of trouble."""

    def answer(self, asked: Asked) -> Answered:
        match asked.path:
            case "/vase.gif" | "/lamp.gif":
                return Answered(200, HEAD + asked.path.encode() + b"\0" * 2_000, {"Content-Type": "image/gif"})
            case "/large.gif":
                return Answered(200, HEAD + b"\0" * LARGEST, {"Content-Type": "image/gif"})
            case "/page":
                return Answered(200, b"<html><script>alert(1)</script>", {"Content-Type": "image/gif"})
            case "/away":
                return Answered(302, b"", {"Location": "http://169.254.169.254/latest/meta-data"})
            case _:
                return Answered(404, b"")


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    served = Catalogue()
    with served.open():
        yield served


@pytest.fixture
def house(folder: DataFolder, sqlite_store: Store, warehouse: Warehouse, now: datetime) -> House:
    """A house that may ask its own network."""
    key = folder.secret_key()
    return House(folder, sqlite_store, warehouse, key, SetClock(now), "http://a", fetching=Fetching(private=True))


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """SQLite is enough here."""
    return sqlite_store


def wait_for(house: House, shop: Shop, *images: str) -> None:
    """Plan a mail that shows these pictures."""
    products = [{"title": "Vase", "price": "89.00", "image": image} for image in images]
    planned = intent(facts={"products": products}, occurrence=images[0])
    with house.store.begin() as connection:
        sending.plan(connection, shop, [planned], KEY, house.clock())


def kept(house: House, shop: Shop, catalogue: Catalogue) -> set[str]:
    """The paths of the pictures that are kept."""
    with house.store.read() as connection:
        sources = connection.execute(select(tables.picture_source.c.source)).scalars().all()
        found = kept_for(connection, shop, sources)
    return {address.removeprefix(catalogue.url) for address in found}


def test_pictures_of_waiting_mails_are_fetched_once(house: House, shop: Shop, catalogue: Catalogue) -> None:
    wait_for(house, shop, f"{catalogue.url}/vase.gif", f"{catalogue.url}/lamp.gif")
    assert pipeline.fetch_pictures(house, shop, lambda: False) == 2
    assert pipeline.fetch_pictures(house, shop, lambda: False) == 0
    assert kept(house, shop, catalogue) == {"/vase.gif", "/lamp.gif"}
    assert len(catalogue.asked) == 2


@pytest.mark.parametrize("path", ["/large.gif", "/page", "/gone"])
def test_what_is_too_large_or_no_picture_is_left_alone_for_a_week(
    house: House, shop: Shop, catalogue: Catalogue, path: str
) -> None:
    wait_for(house, shop, f"{catalogue.url}{path}")
    assert pipeline.fetch_pictures(house, shop, lambda: False) == 0
    assert pipeline.fetch_pictures(house, shop, lambda: False) == 0
    assert (len(catalogue.asked), kept(house, shop, catalogue)) == (1, set())
    later = replace(house, clock=SetClock(house.clock() + timedelta(days=8)))
    pipeline.fetch_pictures(later, shop, lambda: False)
    assert len(catalogue.asked) == 2


def test_no_private_address_and_nothing_unencrypted_is_asked(house: House, shop: Shop, catalogue: Catalogue) -> None:
    """SEC-13: neither by name nor by a redirection."""
    strict = replace(house, fetching=Fetching())
    port = catalogue.url.rpartition(":")[2]
    wait_for(house, shop, f"{catalogue.url}/vase.gif", f"https://127.0.0.1:{port}/vase.gif", "file:///etc/passwd")
    assert pipeline.fetch_pictures(strict, shop, lambda: False) == 0
    assert catalogue.asked == []


def test_products_bought_of_late_have_their_pictures_before_a_mail_needs_them(
    house: House, shop: Shop, catalogue: Catalogue
) -> None:
    made = HandMade(house.store, house.warehouse, shop)
    made.customer("a")
    made.order("a", house.clock() - timedelta(days=3), title="Vase")
    made.product("p-Vase", image=f"{catalogue.url}/vase.gif")
    made.product("p-Old", image=f"{catalogue.url}/lamp.gif")
    assert pipeline.fetch_pictures(house, shop, lambda: False) == 1
    assert kept(house, shop, catalogue) == {"/vase.gif"}


def test_a_run_fetches_some_and_stops_when_told(house: House, shop: Shop, catalogue: Catalogue) -> None:
    wait_for(house, shop, f"{catalogue.url}/vase.gif", f"{catalogue.url}/lamp.gif")
    answers = iter([False, True])
    assert pipeline.fetch_pictures(house, shop, lambda: next(answers)) == 1
    assert len(catalogue.asked) == 1
