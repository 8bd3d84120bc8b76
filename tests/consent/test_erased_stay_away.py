"""PRIV-08: whom a shop or a file brings back after an erasure does not come back; a new act of the person counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.fakes.shopify import DOMAIN, Shopify
from tests.ingest.conftest import csv_file
from tests.ingest.shopify_shop import KEY, SECRETS, Reader
from tests.ingest.test_shopify import CUSTOMERS, ORDERS, first_row
from tests.waiting import wait

from relance import consent, ingest, pipeline
from relance.clock import SetClock
from relance.house import House, silent
from relance.ingest.connections import save_connection
from relance.store import DataFolder, Shop, Store, add_shop, tables
from relance.warehouse import Warehouse, rows_of

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
ZOE = "canari.zoe@example.fr"
SOURCE = {"source": "api", "received_at": "2026-03-01T10:00:00Z"}
TOLD: dict[str, dict[str, Any]] = {
    "customer": {**SOURCE, "external_id": "900", "email": ZOE, "first_name": "Zoé", "email_status": "SUBSCRIBED"},
    "another id": {**SOURCE, "external_id": "7000", "email": ZOE.upper(), "first_name": "Zoé"},
    "an id alone": {**SOURCE, "external_id": "900", "first_name": "Zoé", "city": "Lyon"},
    "an id with another address": {**SOURCE, "external_id": "900", "email": "canari.new@example.fr"},
    "a phone alone": {**SOURCE, "phone": "+33655443322"},
}


@pytest.fixture
def house(folder: DataFolder, sqlite_store: Store, warehouse: Warehouse, now: datetime) -> House:
    made = House(folder, sqlite_store, warehouse, folder.secret_key(), SetClock(now), "https://x.example")
    with made.store.begin() as connection:
        add_shop(connection, SHOP, now)
        one = {**TOLD["customer"], "phone": "+33655443322"}
        other = {**SOURCE, "external_id": "901", "email": "other@example.fr"}
        ingest.append(
            connection, SHOP, [ingest.Record("customer", "c", one), ingest.Record("customer", "o", other)], now
        )
    pipeline.take_in(made, SHOP)
    return made


def later(house: House, *records: ingest.Record) -> None:
    wait(house, timedelta(hours=1))
    with house.store.begin() as connection:
        ingest.append(connection, SHOP, records, house.clock())
    pipeline.take_in(house, SHOP)


def rows(house: House, table: str) -> list[dict[str, Any]]:
    with house.warehouse.read() as engine:
        return rows_of(engine, engine.table(table))


def people(house: House) -> set[str]:
    return {row["email"] for row in rows(house, "customer")}


def kept(house: House) -> str:
    """Everything in the store and the warehouse, as text."""
    with house.store.read() as connection:
        said = [
            repr(tuple(row)) for table in tables.metadata.sorted_tables for row in connection.execute(select(table))
        ]
    with house.warehouse.read() as engine:
        said += [repr(row) for name in engine.list_tables() for row in rows_of(engine, engine.table(name))]
    return "\n".join(said).casefold()


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_a_record_that_brings_somebody_back_leaves_nothing(house: House, told: dict[str, Any]) -> None:
    pipeline.erase(house, SHOP, "api:900", "request")
    later(house, ingest.Record("customer", "again", told))
    assert people(house) == {"other@example.fr"}
    assert [said for said in ("canari", "zoé", "33655443322") if said in kept(house)] == []
    with house.store.read() as connection:
        hashed = consent.address_hmac(house.key, "email", ZOE)
        assert consent.suppressed(connection, SHOP, "email", [hashed]) == {hashed: "erased"}
        assert consent.broken(connection, SHOP) == []


def test_an_order_of_somebody_erased_counts_as_nobodys(house: House) -> None:
    pipeline.erase(house, SHOP, "api:900", "request")
    order = {**SOURCE, "order_id": "api:1", "number": "1", "total": 4200, "ordered_at": "2026-03-02T10:00:00Z"}
    event = {**SOURCE, "event_id": "e1", "name": "Viewed", "occurred_at": "2026-03-02T10:00:00Z", "who": {"email": ZOE}}
    later(house, ingest.Record("order", "o1", {**order, "who": {"email": ZOE}}), ingest.Record("event", "e1", event))
    assert [(row["customer_id"], row["total"]) for row in rows(house, "order")] == [(None, 4200)]
    assert rows(house, "event") == []
    assert people(house) == {"other@example.fr"}


def test_a_file_brings_nobody_back(house: House, tmp_path: Path) -> None:
    pipeline.erase(house, SHOP, "api:900", "request")
    names = ("'1", "Zoé", "Canari", ZOE, "yes", "", "", "30.00"), ("'2", "Ada", "B", "ada@b.fr", "yes", "", "", "")
    bought = csv_file(
        tmp_path / "orders.csv", ORDERS, first_row("#1", ZOE, "30.00"), first_row("#2", "ada@b.fr", "9.00")
    )
    request = ingest.ImportRequest("shopify", customers=csv_file(tmp_path / "c.csv", CUSTOMERS, *names), orders=bought)
    pipeline.import_files(house, request, silent)
    assert people(house) == {"other@example.fr", "ada@b.fr"}
    assert {row["customer_id"] for row in rows(house, "order")} == {None, "shopify:2"}
    assert "canari" not in kept(house)


def test_a_webhook_brings_nobody_back(house: House, data: Path) -> None:
    """The shop that the recordings are of tells of one customer, before and after she is erased here."""
    fake = Shopify(data / "shopify_samples.zip")
    with house.store.begin() as connection:
        save_connection(
            connection,
            SHOP,
            KEY,
            name="shopify",
            kind="shopify",
            url=f"https://{DOMAIN}",
            secrets=SECRETS,
            declaration={},
            now=house.clock(),
        )
    reader = Reader(house.folder, house.store, house.warehouse, house.clock())
    told = {**fake.rest["customers"][0], "updated_at": "2026-03-10T09:00:00Z"}
    assert reader.hook("customers/update", *fake.delivery("customers/update", told, "e1")) == "taken"
    pipeline.take_in(house, SHOP)
    assert told["email"] in people(house)
    pipeline.erase(house, SHOP, f"shopify:{told['id']}", "request")
    told["updated_at"] = "2026-03-11T09:00:00Z"
    assert reader.hook("customers/update", *fake.delivery("customers/update", told, "e2")) == "taken"
    pipeline.take_in(house, SHOP)
    assert people(house) == {ZOE, "other@example.fr"}
    assert told["email"].casefold() not in kept(house)


def test_a_load_that_was_cut_short_is_made_up_for(house: House) -> None:
    pipeline.erase(house, SHOP, "api:900", "request")
    with house.store.begin() as connection:
        ingest.append(connection, SHOP, [ingest.Record("customer", "again", TOLD["another id"])], house.clock())
    ingest.load_inbox(house.store, house.warehouse, house.folder, SHOP, house.clock())
    assert len(people(house)) == 2
    later(house, ingest.Record("customer", "d", {**SOURCE, "external_id": "902", "email": "third@example.fr"}))
    assert people(house) == {"other@example.fr", "third@example.fr"}


def test_her_own_confirmation_opens_the_way_again(house: House) -> None:
    pipeline.erase(house, SHOP, "api:900", "request")
    proof = consent.Proof("I agree", "en", "browser", "192.0.2.1")
    for turn in range(2):
        now = house.clock()
        with house.store.begin() as connection:
            asked = consent.request_confirmation(connection, SHOP, house.key, ZOE, ("marketing",), "footer", proof, now)
        pipeline.confirm_subscription(house, asked, proof)
        back = consent.find_person(house.warehouse, ZOE)
        assert back is not None
        with house.store.read() as connection:
            assert consent.verdict(connection, SHOP, back, "email", "marketing").allowed
        later(house, ingest.Record("customer", f"again {turn}", TOLD["another id"]))
        assert consent.find_person(house.warehouse, ZOE) == back
        pipeline.erase(house, SHOP, back, "request")
        wait(house, timedelta(days=1))
        later(house, ingest.Record("customer", f"and again {turn}", TOLD["another id"]))
        assert people(house) == {"other@example.fr"}


def test_who_only_asked_to_be_erased_is_not_erased_by_a_load(house: House) -> None:
    """A request waits for the merchant; until then nothing is sent, and nothing is lost."""
    asked = {"kind": "erase_customer", "source": "api", "who": {**SOURCE, "external_id": "900", "email": ZOE}}
    asked |= {"facts": {}, "request_key": "r", "due_at": "2026-04-01T10:00:00Z"}
    later(house, ingest.Record("privacy_request", "r", {**asked, "received_at": SOURCE["received_at"]}))
    later(house, ingest.Record("customer", "again", {**TOLD["customer"], "city": "Nantes"}))
    assert ZOE in people(house)
