"""Shopify's webhooks: forged, repeated, older and about people's data (HOOK-01, S2)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.shopify import DOMAIN, Shopify
from tests.ingest.shopify_shop import KEY, SECRETS, Reader

from relance import consent
from relance.errors import NotSignedIn
from relance.ingest import HOOKS, Record, append, quarantine, readers_of, replay_item
from relance.ingest.connections import save_connection
from relance.store import DataFolder, Shop, Store, add_shop
from relance.warehouse import Warehouse

# No recording has the bodies of customer.tags_added, customers/merge and customers/delete: they follow the payloads at
# https://shopify.dev/docs/api/webhooks/latest .
TAGGED = {"customerId": "gid://shopify/Customer/207119551", "occurredAt": "2026-03-10T08:00:00Z"}


@pytest.fixture
def fake(data: Path) -> Shopify:
    """The shop of the recordings; it only sends."""
    return Shopify(data / "shopify_samples.zip")


def house(folder: DataFolder, store: Store, warehouse: Warehouse, now: datetime, declared: dict[str, str]) -> Reader:
    """A house to which the shop is connected."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with store.begin() as connection:
        add_shop(connection, made, now)
        save_connection(
            connection,
            made,
            KEY,
            name="shopify",
            kind="shopify",
            url=f"https://{DOMAIN}",
            secrets=SECRETS,
            declaration=declared,
            now=now,
        )
    return Reader(folder, store, warehouse, now)


@pytest.fixture
def reader(folder: DataFolder, sqlite_store: Store, warehouse: Warehouse, now: datetime) -> Reader:
    """A house on SQLite."""
    return house(folder, sqlite_store, warehouse, now, {})


@pytest.fixture
def either(folder: DataFolder, store: Store, warehouse: Warehouse, now: datetime) -> Reader:
    """A house on SQLite, then on PostgreSQL."""
    return house(folder, store, warehouse, now, {})


def send(reader: Reader, fake: Shopify, topic: str, document: dict[str, Any], event: str) -> str:
    """Send one webhook, rightly signed."""
    return reader.hook(topic, *fake.delivery(topic, document, event))


def test_what_is_not_signed_leaves_no_trace(fake: Shopify, reader: Reader) -> None:
    """HOOK-01: body, secret, topic, shop and address each have to be right."""
    order = fake.rest["orders"][0]
    headers, raw = fake.delivery("orders/create", order, "e1")
    wrong = {
        "another body": (headers, raw + b" "),
        "no signature": ({k: v for k, v in headers.items() if "Hmac" not in k}, raw),
        "another topic": ({**headers, "X-Shopify-Topic": "orders/updated"}, raw),
        "another shop": ({**headers, "X-Shopify-Shop-Domain": "other.myshopify.com"}, raw),
    }
    for each in wrong.values():
        with pytest.raises(NotSignedIn):
            reader.hook("orders/create", *each)
    with pytest.raises(NotSignedIn):
        reader.hook("orders/unknown", *fake.delivery("orders/unknown", order, "e1"))
    with reader.store.read() as connection:
        assert quarantine.waiting(connection, reader.shop) == []
    assert reader.inbox() == []
    assert reader.hook("orders/create", headers, raw) == "taken"


def test_a_repetition_is_known_by_event_and_by_body(fake: Shopify, either: Reader) -> None:
    """S2: the id of the event is not signed, so the same body under another id is the same too, for days."""
    order = fake.rest["orders"][0]
    assert send(either, fake, "orders/create", order, "e1") == "taken"
    before = either.inbox()
    assert send(either, fake, "orders/create", order, "e1") == "duplicate"
    either.now += timedelta(hours=49)
    assert send(either, fake, "orders/create", order, "e2") == "duplicate"
    assert send(either, fake, "orders/create", {**order, "note": "x"}, "e1") == "duplicate"
    assert either.inbox() == before


def test_an_older_version_never_overwrites_a_newer(fake: Shopify, either: Reader) -> None:
    """S2: out of order, the body's own updated_at decides."""
    order = fake.rest["orders"][0]
    newer = {**order, "updated_at": "2026-03-10T08:00:00Z", "financial_status": "refunded"}
    older = {**order, "updated_at": "2026-03-09T08:00:00Z", "financial_status": "paid"}
    assert send(either, fake, "orders/updated", newer, "e2") == "taken"
    assert send(either, fake, "orders/paid", older, "e1") == "older"
    assert [body["status"] for body in either.told("order")] == ["refunded"]


def test_an_order_becomes_rows_and_its_refund_once(fake: Shopify, reader: Reader) -> None:
    """S12: the refund in the order and the refund by itself are the same money; both are the customer's."""
    order = fake.rest["orders"][0]
    (refund,) = order["refunds"]
    send(reader, fake, "refunds/create", {**refund, "order_id": order["id"]}, "e1")
    send(reader, fake, "orders/create", order, "e2")
    reader.load()
    (row,) = reader.rows("order")
    assert (row["number"], row["total"], row["currency"]) == ("#1001", 59894, "USD")
    refunds = reader.rows("refund")
    paid = sum(round(float(each["amount"]) * 100) for each in refund["transactions"])
    assert sum(int(each["amount"]) for each in refunds) == paid
    assert {each["order_id"] for each in refunds} == {row["order_id"]}
    assert [row["external_id"] for row in reader.rows("customer")] == ["207119551"]


def test_an_order_under_another_address_makes_nobody_another_person(fake: Shopify, reader: Reader) -> None:
    """S5: the account ordered; a guest is known by the address alone."""
    mine = {**fake.rest["orders"][0], "email": "gift@other.example", "refunds": []}
    guest = {**mine, "id": 7, "name": "#7", "customer": None}
    send(reader, fake, "orders/create", mine, "e1")
    send(reader, fake, "orders/create", guest, "e2")
    told = {body["number"]: body["who"] for body in reader.told("order")}
    assert told["#1001"] == {"source": "shopify", "external_id": "207119551"}
    assert told["#7"] == {"source": "shopify", "email": "gift@other.example", "phone": mine["phone"]}
    assert [body["email"] for body in reader.told("customer")] == ["gift@other.example"]


def test_an_order_that_a_file_brought_is_replaced(fake: Shopify, reader: Reader) -> None:
    """A file knows only the number: the order, its lines and its undated refund give way to what the shop says."""
    common = {
        "number": "#1001",
        "ordered_at": "2008-01-10T16:00:00Z",
        "who": {"source": "shopify", "email": "b@n.example"},
    }
    line = {"quantity": 1, "unit_price": "199.00"}
    order = {"order_id": "shopify:#1001", "source": "shopify", "total": 19900, "lines": [line], **common}
    refund = {"refund_id": "shopify:#1001:refund", "order_id": "shopify:#1001", "amount": 900}
    refund |= {"refunded_at": "2008-01-10T16:00:00Z", "dated": False}
    with reader.store.begin() as connection:
        records = [Record("order", "file:1", order), Record("refund", "file:2", refund)]
        append(connection, reader.shop, records, reader.now)
    reader.load()
    assert [row["amount"] for row in reader.rows("refund")] == [900]
    send(reader, fake, "orders/updated", {**fake.rest["orders"][0], "refunds": []}, "e1")
    reader.load()
    assert [row["order_id"] for row in reader.rows("order")] == ["shopify:450789469"]
    assert {row["order_id"] for row in reader.rows("order_line")} == {"shopify:450789469"}
    assert reader.rows("refund") == []


def test_what_a_reading_set_aside_is_read_again(fake: Shopify, reader: Reader) -> None:
    """The quarantine knows the objects of a reading as well as the bodies of webhooks."""
    node = fake.documents("customers")[0]
    with reader.store.begin() as connection:
        item = quarantine.keep(
            connection,
            reader.shop,
            source="shopify",
            topic="bulk:Customer",
            reason="unreadable",
            body=json.dumps(node).encode(),
            now=reader.now,
            key=KEY,
        )
        readers = readers_of(connection, reader.shop, KEY, HOOKS, reader.now)
        assert replay_item(connection, reader.shop, item, reader.now, KEY, readers) >= 1
    assert [body["first_name"] for body in reader.told("customer")] == ["Bob"]


def test_what_cannot_be_read_is_set_aside(fake: Shopify, reader: Reader) -> None:
    """Nothing that was signed falls on the floor."""
    assert send(reader, fake, "orders/create", {"id": 7}, "e1") == "set_aside"
    assert send(reader, fake, "customers/create", {"id": "no number"}, "e2") == "set_aside"
    with reader.store.read() as connection:
        kept = quarantine.waiting(connection, reader.shop)
        assert {item.topic for item in kept} == {"orders/create", "customers/create"}
        assert json.loads(quarantine.find_item(connection, reader.shop, kept[-1].item_id, KEY)[1]) == {"id": 7}


@pytest.mark.parametrize(
    ("state", "at", "declared", "action"),
    [
        ("subscribed", "2026-03-10T10:00:00Z", {}, "granted"),
        ("subscribed", "2020-01-01T00:00:00Z", {}, "unknown"),
        ("subscribed", "2020-01-01T00:00:00Z", {"origin": "checkout"}, "imported"),
        ("unsubscribed", "2020-01-01T00:00:00Z", {}, "withdrawn"),
        ("not_subscribed", None, {}, "refused"),
        ("pending", "2026-03-10T10:00:00Z", {}, "doi_requested"),
        ("redacted", "2026-03-10T10:00:00Z", {}, "erased"),
        ("invalid", "2026-03-10T10:00:00Z", {}, "suppressed"),
    ],
)
def test_each_word_of_consent_has_its_worth(
    fake: Shopify,
    folder: DataFolder,
    sqlite_store: Store,
    warehouse: Warehouse,
    now: datetime,
    state: str,
    at: str | None,
    declared: dict[str, str],
    action: str,
) -> None:
    """S16: said to us first-hand it counts, older it is worth what the merchant declares."""
    reader = house(folder, sqlite_store, warehouse, now, declared)
    body = {
        "customer_id": 207119551,
        "email_address": "bob.norman@mail.example.com",
        "email_marketing_consent": {"state": state, "opt_in_level": "single_opt_in", "consent_updated_at": at},
    }
    assert send(reader, fake, "customers_email_marketing_consent/update", body, "e1") == "taken"
    assert [each["action"] for each in reader.told("consent_said")] == [action]


def test_a_request_to_erase_stops_all_sending_at_once(fake: Shopify, reader: Reader) -> None:
    """S2: customer and shop have to match; the request waits for its day, and nothing is sent any more."""
    customer = {**fake.rest["customers"][0], "updated_at": "2026-03-10T09:00:00Z"}
    customer["email_marketing_consent"] = {"state": "subscribed", "consent_updated_at": "2026-03-10T09:30:00Z"}
    send(reader, fake, "customers/update", customer, "e1")
    person = {"id": customer["id"], "email": customer["email"], "phone": customer["phone"]}
    asked = {"shop_id": 548380009, "shop_domain": DOMAIN, "customer": person, "orders_to_redact": [450789469]}
    assert send(reader, fake, "customers/redact", {**asked, "shop_domain": "other.myshopify.com"}, "e2") == "set_aside"
    stranger = {**person, "email": "somebody@else.example"}
    assert send(reader, fake, "customers/redact", {**asked, "customer": stranger}, "e3") == "taken"
    _take(reader)
    assert _states(reader) == [("erase_customer", "unmatched")]
    assert _suppressed(reader, customer["email"]) is None

    reader.now += timedelta(days=1)
    assert send(reader, fake, "customers/redact", {**asked, "orders_to_redact": []}, "e4") == "taken"
    _take(reader)
    assert _states(reader) == [("erase_customer", "unmatched"), ("erase_customer", "matched")]
    assert _suppressed(reader, customer["email"]) == "erased"
    with reader.store.read() as connection:
        said = consent.history(connection, reader.shop, "shopify:207119551")
        due = consent.open_requests(connection, reader.shop, KEY)[-1].due_at
    assert {each.entry.channel: each.entry.action for each in said}["email"] == "withdrawn"
    assert due == reader.now + timedelta(days=30)


def test_the_other_requests_are_noted(fake: Shopify, reader: Reader) -> None:
    """Data to give, and a shop that took its app away: both wait for somebody, with their day."""
    send(reader, fake, "customers/update", fake.rest["customers"][0], "e1")
    person = {"id": 207119551, "email": "bob.norman@mail.example.com"}
    asked = {"shop_id": 1, "shop_domain": DOMAIN, "customer": person, "orders_requested": [], "data_request": {"id": 9}}
    send(reader, fake, "customers/data_request", asked, "e2")
    send(reader, fake, "shop/redact", {"shop_id": 1, "shop_domain": DOMAIN}, "e3")
    _take(reader)
    assert _states(reader) == [("give_data", "matched"), ("erase_shop", "matched")]


def test_other_topics_become_records(fake: Shopify, reader: Reader) -> None:
    """Products, stock, checkouts, carts, tags, merges and accounts that go."""
    checkout = {**fake.checkout, "created_at": "2026-03-10T08:30:00Z", "updated_at": "2026-03-10T08:31:00Z"}
    cart = {"token": "c1", "updated_at": "2026-03-10T08:20:00Z", "line_items": []}
    sent = [
        ("products/update", fake.rest["products"][0]),
        ("inventory_levels/update", fake.level),
        ("checkouts/create", checkout),
        ("checkouts/update", {**checkout, "updated_at": "2026-03-10T08:35:00Z"}),
        ("carts/update", {**cart, "attributes": {"relance_anonymous_id": "v-1"}}),
        ("carts/create", cart),
        ("customer.tags_added", {**TAGGED, "tags": ["vip"]}),
        (
            "customers/merge",
            {
                "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/207119551",
                "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/5",
            },
        ),
        ("customers/delete", {"id": 6}),
        ("products/delete", {"id": 921728736}),
    ]
    for number, (topic, document) in enumerate(sent):
        assert send(reader, fake, topic, document, f"e{number}") == "taken", topic
    names = sorted(body["name"] for body in reader.told("event"))
    assert names == ["Cart Updated", "Checkout Started", "Customer Tag Added", "Inventory Level Updated"]
    reader.load()
    assert len(reader.rows("product_variant")) == 4
    assert "DELETED" in {row["account_status"] for row in reader.rows("customer")}


def _take(reader: Reader) -> None:
    reader.load()
    with reader.store.begin() as connection:
        consent.take_requests(connection, reader.warehouse, reader.shop, KEY, reader.now)
        consent.take_inbox(connection, reader.shop, reader.folder, KEY, reader.now)


def _states(reader: Reader) -> list[tuple[str, str]]:
    with reader.store.read() as connection:
        return [(one.kind, one.state) for one in consent.open_requests(connection, reader.shop, KEY)]


def _suppressed(reader: Reader, address: str) -> str | None:
    hashed = consent.address_hmac(KEY, "email", address)
    with reader.store.read() as connection:
        return consent.suppressed(connection, reader.shop, "email", [hashed]).get(hashed)
