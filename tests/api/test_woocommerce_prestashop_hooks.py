"""Webhooks of WooCommerce and calls of PrestaShop's module, posted over HTTP to a server on a port (HOOK-01, S2)."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import func, select
from tests.fakes.prestashop import PrestaShop
from tests.fakes.woocommerce import WooCommerce

from relance.errors import BadInput
from relance.house import House
from relance.ingest import HOOKS, hook_path, load_inbox, quarantine, readers_of, replay_item
from relance.ingest.connections import save_connection
from relance.store import Shop, add_shop, tables

SECRET = "s3cret of the hooks"
SHOP = Shop("main", "Woo", "USD", "Europe/Paris", "fr")


@pytest.fixture
def port(app: FastAPI, house: House) -> Iterator[int]:
    """A server with two connected shops that have not been read yet."""
    with house.store.begin() as connection:
        add_shop(connection, SHOP, house.clock())
        for kind in ("woocommerce", "prestashop"):
            save_connection(
                connection,
                SHOP,
                house.key,
                name=kind,
                kind=kind,
                url="http://127.0.0.1:1",
                secrets={"webhook_secret": SECRET},
                declaration={},
                now=house.clock(),
            )
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def woo(data: Path) -> WooCommerce:
    shop = WooCommerce(data / "woocommerce_samples.zip")
    shop.url = "http://127.0.0.1:1"
    return shop


@pytest.fixture(scope="module")
def presta(data: Path) -> PrestaShop:
    return PrestaShop(data / "prestashop_samples.zip")


def post(house: House, port: int, kind: str, topic: str, signed: tuple[Mapping[str, str], bytes]) -> tuple[int, str]:
    """The answer's status, and what became of the delivery."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", hook_path(house.key, kind, topic), signed[1], dict(signed[0]))
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, str(told.get("status"))


def inbox(house: House) -> list[tuple[str, dict[str, Any]]]:
    """Kind and body of what was taken."""
    kept = tables.inbox.c
    with house.store.read() as connection:
        return [(row.kind, row.body) for row in connection.execute(select(kept.kind, kept.body).order_by(kept.id))]


def orders(house: House) -> dict[str, tuple[int, bool]]:
    """Total and whether it counts, of each order of the warehouse."""
    load_inbox(house.store, house.warehouse, house.folder, SHOP, house.clock())
    with house.warehouse.read() as engine:
        rows = engine.to_pyarrow(engine.table("order").select("order_id", "total", "counted")).to_pylist()
    return {row["order_id"]: (row["total"], row["counted"]) for row in rows}


def test_an_order_is_taken_once(house: House, port: int, woo: WooCommerce) -> None:
    """The same delivery again, and the same body under another id, are told to be duplicates (S2)."""
    first = woo.delivery("order.updated", woo.samples["orders"][0], SECRET)
    again = woo.delivery("order.updated", woo.samples["orders"][0], SECRET, number="2")
    answers = [post(house, port, "woocommerce", "order.updated", one) for one in (first, first, again)]
    assert answers == [(200, "taken"), (200, "duplicate"), (200, "duplicate")]
    assert Counter(kind for kind, _ in inbox(house)) == {"order": 1, "customer": 1}


def test_a_forged_order_leaves_no_trace(house: House, port: int, woo: WooCommerce) -> None:
    """HOOK-01: another secret, another body, no signature, another shop's, another topic."""
    headers, raw = woo.delivery("order.updated", woo.samples["orders"][0], SECRET)
    forged = [
        woo.delivery("order.updated", woo.samples["orders"][0], "guessed"),
        (headers, raw.replace(b"29.35", b"00.35")),
        ({name: value for name, value in headers.items() if name != "X-WC-Webhook-Signature"}, raw),
        ({**headers, "X-WC-Webhook-Source": "https://another.example/"}, raw),
        ({**headers, "X-WC-Webhook-Topic": "order.deleted"}, raw),
    ]
    assert {post(house, port, "woocommerce", "order.updated", one)[0] for one in forged} == {401}
    assert inbox(house) == []
    with house.store.read() as connection:
        for kept in (tables.quarantine, tables.hook_seen, tables.source_version):
            assert connection.execute(select(func.count()).select_from(kept)).scalar_one() == 0


def test_a_ping_is_answered_and_leaves_nothing(house: House, port: int, woo: WooCommerce) -> None:
    """The shop tries the address when a webhook is made: unsigned, with nothing but the webhook's id."""
    ping = ({"Content-Type": "application/x-www-form-urlencoded"}, b"webhook_id=142")
    assert post(house, port, "woocommerce", "order.updated", ping) == (200, "ping")
    assert inbox(house) == []


def test_an_older_state_never_overwrites_a_newer_one(house: House, port: int, woo: WooCommerce) -> None:
    """Out of order: what was changed at 19:28 comes after what was changed at 19:30."""
    newer, older = woo.samples["orders"][3] | {"total": "31.00"}, woo.samples["orders"][0]
    delivered = [woo.delivery("order.updated", body, SECRET, number=body["status"]) for body in (newer, older)]
    outcomes = [post(house, port, "woocommerce", "order.updated", one)[1] for one in delivered]
    assert outcomes == ["taken", "older"]
    assert [body["total"] for kind, body in inbox(house) if kind == "order"] == [3100]


def test_a_refund_without_a_date_keeps_that_of_the_first_change_after_it(
    house: House, port: int, woo: WooCommerce
) -> None:
    body = next(each for each in woo.things["orders"] if each["id"] == 723)
    later = body | {"date_modified_gmt": "2017-03-25T08:00:00"}
    for one in (body, later):
        post(
            house,
            port,
            "woocommerce",
            "order.updated",
            woo.delivery("order.updated", one, SECRET, one["date_modified_gmt"]),
        )
    refunds = {one["refund_id"]: one for kind, one in inbox(house) if kind == "refund"}
    assert {(one["refunded_at"][:19], one["dated"]) for one in refunds.values()} == {("2017-03-21T19:54:51", False)}
    assert sum(one["amount"] for one in refunds.values()) == 1900


def test_a_guests_order_that_is_deleted_afterwards(house: House, port: int, woo: WooCommerce) -> None:
    """The bill fills what the account does not say (James, not John); a deletion names the order's id only (S12)."""
    calls = [
        ("customer.updated", woo.samples["customers"][3] | {"billing": {}}),
        ("order.created", woo.samples["orders"][0]),
        ("order.created", woo.samples["orders"][0] | {"id": 728, "number": "728"}),
        ("order.deleted", {"id": 727}),
    ]
    for number, (topic, body) in enumerate(calls):
        signed = woo.delivery(topic, body, SECRET, str(number))
        assert post(house, port, "woocommerce", topic, signed) == (200, "taken")
    assert orders(house) == {"woocommerce:727": (2935, False), "woocommerce:728": (2935, True)}
    with house.warehouse.read() as engine:
        (person,) = engine.to_pyarrow(engine.table("customer")).to_pylist()
    assert (person["customer_id"], person["first_name"]) == ("woocommerce:25", "James")
    assert (person["city"], person["region"]) == ("San Francisco", "US-CA")


def test_accounts_coupons_and_actions(house: House, port: int, woo: WooCommerce) -> None:
    coupon = woo.samples["coupons"][0] | {"email_restrictions": ["Anna@example.com", "*@example.org"]}
    calls = [
        ("customer.created", woo.samples["customers"][0]),
        ("customer.deleted", {"id": 25}),
        ("product.updated", woo.samples["products"][0]),
        ("product.deleted", {"id": 794}),
        ("coupon.created", coupon),
        ("coupon.deleted", {"id": 719}),
        ("action.woocommerce_created_customer", {"action": "woocommerce_created_customer", "arg": 25}),
        (
            "action.woocommerce_add_to_cart",
            {"action": "woocommerce_add_to_cart", "arg": "5f93f983524def3dca464469d2cf9f3e"},
        ),
    ]
    for number, (topic, body) in enumerate(calls):
        assert post(house, port, "woocommerce", topic, woo.delivery(topic, body, SECRET, str(number)))[0] == 200
    told = inbox(house)
    events = [(body["name"], body.get("who")) for kind, body in told if kind == "event"]
    assert events == [
        ("Coupon Received", {"source": "woocommerce", "email": "Anna@example.com"}),
        ("Account Created", {"source": "woocommerce", "external_id": "25"}),
        ("Product Added", None),
    ]
    accounts = [body.get("account_status") for kind, body in told if kind == "customer"]
    assert accounts == [None, "DELETED"]
    assert [body["stock"] for kind, body in told if kind == "product"] == [None, 0]


def test_what_is_signed_and_cannot_be_read_goes_to_the_quarantine(house: House, port: int, woo: WooCommerce) -> None:
    bodies: list[Any] = [{"id": 727}, [1, 2], woo.samples["orders"][0] | {"total": "twelve"}]
    for number, body in enumerate(bodies):
        signed = woo.delivery("order.updated", body, SECRET, str(number))
        assert post(house, port, "woocommerce", "order.updated", signed) == (200, "set_aside")
    assert inbox(house) == []
    with house.store.begin() as connection:
        (last, _, first) = quarantine.waiting(connection, SHOP)
        assert (first.place, last.place) == ("status", "total")
        assert all(
            str(one.place) in quarantine.why(one, language) for one in (first, last) for language in ("en", "fr")
        )
        readers = readers_of(connection, SHOP, house.key, HOOKS, house.clock())
        with pytest.raises(BadInput) as refused:
            replay_item(connection, SHOP, first.item_id, house.clock(), house.key, readers)
    assert "status" in refused.value.say("fr")


def module_body(presta: PrestaShop, hook: str, **facts: Any) -> dict[str, Any]:
    """What the guide describes: rows of the web service, and the names of what they refer to."""
    names = {"currency": "USD", "zone": "Europe/Paris", "currencies": {"1": "USD"}, "languages": {"1": "en"}}
    states = {"countries": {"8": "FR"}, "carriers": {"2": "My carrier"}, "paid": ["2", "3", "4", "5"], "cancelled": "6"}
    return {"hook": hook, "tables": {**names, **states}, **facts}


def test_an_order_of_the_module_is_whole(house: House, port: int, presta: PrestaShop) -> None:
    """Order, details, customer and home in one call; a later state by the next."""
    row = presta.things["orders"]["2"]
    details = [each for each in presta.things["order_details"].values() if each["id_order"] == "2"]
    facts = {"order_details": details, "customer": presta.things["customers"]["2"]}
    facts |= {"address": presta.things["addresses"]["1"] | {"id_customer": "2"}, "coupons": ["SORRY10"]}
    valid = module_body(presta, "actionValidateOrder", order=row, **facts)
    paid = row | {"current_state": "2", "valid": "1", "date_upd": "2026-02-27 18:00:00"}
    changed = module_body(presta, "actionOrderStatusPostUpdate", order=paid, **facts)
    for number, body in enumerate((valid, changed)):
        signed = presta.delivery(body, SECRET, str(number))
        assert post(house, port, "prestashop", body["hook"], signed) == (200, "taken")
    assert orders(house) == {"prestashop:2": (16990, True)}
    kinds = Counter(kind for kind, _ in inbox(house))
    assert kinds == {"order": 2, "customer": 2, "product": 2, "consent_said": 1}
    with house.warehouse.read() as engine:
        person = engine.to_pyarrow(engine.table("customer")).to_pylist()[0]
    assert (person["city"], person["country"], person["phone"]) == ("Paris", "FR", "+33102030405")


def test_forged_stale_and_repeated_calls_of_the_module(house: House, port: int, presta: PrestaShop) -> None:
    now = presta.things["customers"]["2"] | {"date_upd": "2026-03-10 09:00:00", "newsletter": "1"}
    stale = presta.things["customers"]["2"] | {"firstname": "Johnny"}
    hook = "actionCustomerAccountUpdate"
    calls = [module_body(presta, hook, customer=row) for row in (now, stale)]
    fresh, old = (presta.delivery(body, SECRET, str(number)) for number, body in enumerate(calls))
    forged = presta.delivery(calls[0], "guessed", "3")
    answers = [post(house, port, "prestashop", hook, one) for one in (fresh, fresh, old, forged)]
    assert answers[:3] == [(200, "taken"), (200, "duplicate"), (200, "older")]
    assert answers[3][0] == 401
    names = {body["first_name"] for kind, body in inbox(house) if kind == "customer"}
    assert names == {"John"}


def test_carts_accounts_and_the_newsletter_form(house: House, port: int, presta: PrestaShop) -> None:
    at = (house.clock() - timedelta(minutes=1)).isoformat()
    guest = presta.things["carts"]["1"] | {"id_customer": "0", "id_guest": "77", "id_carrier": "0"}
    calls = [
        module_body(presta, "actionCartSave", cart=guest),
        module_body(presta, "actionCustomerAccountAdd", customer=presta.things["customers"]["2"]),
        module_body(presta, "actionNewsletterRegistrationAfter", email="new@example.com", subscribed=True, at=at),
        module_body(presta, "actionNewsletterRegistrationAfter", email="old@example.com", subscribed=False, at=at),
    ]
    for number, body in enumerate(calls):
        signed = presta.delivery(body, SECRET, str(number))
        assert post(house, port, "prestashop", body["hook"], signed) == (200, "taken")
    told = inbox(house)
    events = [(body["name"], body["who"].get("anonymous_id")) for kind, body in told if kind == "event"]
    assert events == [
        ("Product Added", "prestashop:guest:77"),
        ("Product Added", "prestashop:guest:77"),
        ("Account Created", None),
        ("Newsletter Subscribed", None),
    ]
    consents = [body["action"] for kind, body in told if kind == "consent_said"]
    assert consents == ["refused", "unknown", "withdrawn"]


def test_slips_messages_addresses_and_coupons_of_the_module(house: House, port: int, presta: PrestaShop) -> None:
    at = "2026-03-10 09:30:00"
    slip = {"id": "1", "id_customer": "2", "id_order": "2", "total_products_tax_incl": "11.90", "date_add": at}
    message = {"id": "3", "id_customer_thread": "1", "id_employee": "0", "date_add": at}
    rule = {"id": "5", "id_customer": "2", "code": "SORRY10", "reduction_percent": "10.00", "date_add": at}
    calls = [
        module_body(presta, "actionObjectOrderSlipAddAfter", order_slip=slip, order=presta.things["orders"]["2"]),
        module_body(
            presta,
            "actionObjectCustomerMessageAddAfter",
            customer_message=message,
            customer_thread={"id": "1", "id_customer": "2"},
        ),
        module_body(presta, "actionObjectAddressUpdateAfter", address=presta.things["addresses"]["1"]),
        module_body(presta, "actionObjectCartRuleAddAfter", cart_rule=rule),
    ]
    for number, body in enumerate(calls):
        signed = presta.delivery(body, SECRET, str(number))
        assert post(house, port, "prestashop", body["hook"], signed) == (200, "taken")
    told = [(kind, body.get("name") or body.get("city") or body.get("amount")) for kind, body in inbox(house)]
    assert told == [
        ("refund", 1190),
        ("event", "Support Contacted"),
        ("customer", "Paris"),
        ("event", "Coupon Received"),
    ]
