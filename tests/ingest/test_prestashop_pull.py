"""A PrestaShop read through its web service, against a server that answers as it does (S2, S12, S16, S21)."""

from __future__ import annotations

import http.client
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from tests.fakes.prestashop import PrestaShop
from tests.fakes.web_shop import Fault, broken, busy, cut, malformed
from tests.ingest.connected import Desk, Row, open_desk

from relance.errors import ShopRefused, ShopUnreachable
from relance.ingest import prestashop_pull
from relance.ingest.connect_client import TRIES
from relance.store import tables

KIND = "prestashop"
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
Read = tuple[Desk, PrestaShop]


@pytest.fixture
def fake(data: Path) -> Iterator[PrestaShop]:
    shop = PrestaShop(data / "prestashop_samples.zip")
    with shop.open():
        yield shop


@pytest.fixture
def desk(tmp_path: Path, sqlite_template: Path, now: datetime, fake: PrestaShop) -> Iterator[Desk]:
    with open_desk(tmp_path / "desk", sqlite_template, now) as made:
        made.connect(KIND, fake.url, key=fake.key)
        yield made


@pytest.fixture(scope="module")
def read(data: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """A shop that trades, read once and loaded; tests leave it as it is."""
    shop, place = PrestaShop(data / "prestashop_samples.zip"), tmp_path_factory.mktemp("prestashop") / "desk"
    trade(shop)
    subscribe(shop)
    with shop.open(), open_desk(place, sqlite_template, NOW) as made:
        made.connect(KIND, shop.url, key=shop.key)
        made.pull(KIND)
        made.load()
        yield made, shop


def trade(fake: PrestaShop, at: str = "2026-02-28 10:00:00") -> None:
    """The merchant is paid for three of the five orders, sends one back and answers a message."""
    for number, state, valid in (("2", "2", "1"), ("4", "5", "1"), ("5", "9", "0")):
        fake.put(
            "orders",
            {"id": number, "current_state": state, "valid": valid, "invoice_number": number} | {"date_upd": at},
        )
    lines = [{"id": "1", "id_order_detail": "4", "product_quantity": "1", "amount_tax_incl": "11.900000"}]
    slip = {"id_customer": "2", "id_order": "2", "total_products_tax_incl": "11.900000", "partial": "1"}
    shipping = {"total_shipping_tax_incl": "2.000000", "amount": "11.900000", "date_add": at, "date_upd": at}
    fake.put("order_slip", {"id": "1", **slip, **shipping, "associations": {"order_slip_details": lines}})
    thread = {"id_customer": "2", "id_order": "2", "id_product": "0", "email": "", "status": "open", "date_upd": at}
    fake.put("customer_threads", {"id": "1", **thread})
    for number, employee in (("1", "0"), ("2", "1")):
        message = {"id_customer_thread": "1", "id_employee": employee, "message": "Where is it?", "date_add": at}
        fake.put("customer_messages", {"id": number, **message})
    rule = {"id_customer": "2", "code": "SORRY10", "reduction_percent": "10.00", "free_shipping": "0", "date_add": at}
    fake.put("cart_rules", {"id": "1", **rule, "date_to": "2026-05-01 00:00:00", "date_upd": at})
    fake.put("order_cart_rules", {"id": "1", "id_order": "4", "id_cart_rule": "1"})


def plain_sums(fake: PrestaShop) -> tuple[int, Decimal, Decimal]:
    """Orders, revenue and refunds as a merchant adds up the shop's own rows."""
    paid = [row for row in fake.things["orders"].values() if row["current_state"] in {"2", "3", "4", "5", "9"}]
    slips = fake.things["order_slip"].values()
    back = sum(Decimal(row["total_products_tax_incl"]) + Decimal(row["total_shipping_tax_incl"]) for row in slips)
    return len(paid), sum((Decimal(row["total_paid_tax_incl"]) for row in paid), Decimal(0)), Decimal(back)


def test_a_first_reading_has_the_shops_own_figures(read: Read) -> None:
    """S12: orders that count, revenue and refunds are the plain sums of the samples."""
    desk, fake = read
    assert desk.sums() == plain_sums(fake) == (3, Decimal("218.50"), Decimal("13.90"))
    assert (desk.shop().name, desk.shop().currency, desk.shop().zone_name) == ("PrestaShop", "EUR", "Europe/Paris")
    assert {row["external_id"]: row["birth_date"].isoformat() for row in desk.rows("customer")} == {
        "1": "1970-01-15",
        "2": "1970-01-15",
        "3": "1970-01-15",
    }


def test_what_an_order_says(read: Read) -> None:
    """Instants are local time of the shop; states, codes, carrier and delivery stand in tables of their own."""
    desk, fake = read
    orders = {row["order_id"]: row for row in desk.rows("order")}
    fourth = orders[f"{KIND}:4"]
    assert (fourth["coupons"], fourth["country"], fourth["city"]) == (["SORRY10"], "FR", "Paris")
    assert (fourth["ordered_at"].isoformat(), fourth["payment_method"]) == ("2026-02-27T15:58:49", "Payment by check")
    assert fourth["shipping_method"] == fake.things["carriers"]["2"]["name"]
    states = {key[-1]: (row["status"], row["counted"], row["cancelled_at"] is None) for key, row in orders.items()}
    assert states == {
        "1": ("voided", False, False),
        "2": ("paid", True, True),
        "3": ("voided", False, True),
        "4": ("paid", True, True),
        "5": ("paid", True, True),
    }
    back = {row["refund_id"]: (row["amount"], row["line_id"]) for row in desk.rows("refund")}
    assert back == {f"{KIND}:1": (200, None), f"{KIND}:1:4": (1190, f"{KIND}:2:4")}


def test_an_order_in_another_currency_is_worth_what_its_rate_says(desk: Desk, fake: PrestaShop) -> None:
    """S12: the order names the rate of its day."""
    fake.put("orders", {"id": "2", "current_state": "2", "id_currency": "2", "conversion_rate": "1.180000"})
    desk.pull(KIND)
    order = next(body for kind, body in desk.inbox().values() if kind == "order" and body["order_id"] == f"{KIND}:2")
    assert (order["currency"], order["total"]) == ("EUR", round(16990 / 1.18))
    assert order["extra"] == {"charged_currency": "USD", "charged_total": "169.900000", "rate": "1.180000"}


def test_the_suppliers_price_becomes_the_cost(read: Read) -> None:
    """Product 8 cost 5.49 when it was sold; its own row tells no purchase price."""
    desk, fake = read
    products = {row["product_id"]: row for row in desk.rows("product")}
    assert len(products) == len(fake.things["products"])
    assert (products["8"]["cost"], products["8"]["vendor"], products["8"]["stock"]) == (549, "Studio Design", 300)
    assert (products["1"]["title"], products["1"]["category"]) == ("Hummingbird printed t-shirt", "Men")
    variants = {(row["product_id"], row["variant_id"]): row["variant"] for row in desk.rows("product_variant")}
    assert len(variants) == len(fake.things["combinations"])
    assert variants["1", "2"] == "S / Black"


def test_messages_carts_and_coupons_are_events_of_their_customer(read: Read) -> None:
    """What the customer wrote is a contact, what the shop answered is none; the text stays in the shop."""
    desk, _ = read
    events = desk.rows("event", "name", "customer_id", "properties")
    names = [row["name"] for row in events]
    assert [names.count(name) for name in ("Support Contacted", "Coupon Received", "Product Added")] == [1, 1, 7]
    assert {row["customer_id"] for row in events} == {f"{KIND}:2"}
    assert not any("Where is it?" in (row["properties"] or "") for row in events)


def subscribe(fake: PrestaShop) -> None:
    """One subscribed, one did and left, one never did."""
    for number, yes in (("1", "1"), ("2", "0")):
        fake.put("customers", {"id": number, "newsletter": yes, "newsletter_date_add": "2025-01-01 10:00:00"})
    never = {"id": "3", "email": "never@example.com", "newsletter_date_add": ""}
    fake.put("customers", {**fake.things["customers"]["2"], **never})


def test_newsletter_and_its_withdrawal_reach_the_ledgers_inbox(read: Read) -> None:
    """S16: a yes from before the connection without a declaration is worth nothing; a no is a refusal."""
    assert _consents(read[0]) == {f"{KIND}:1": "unknown", f"{KIND}:2": "withdrawn", f"{KIND}:3": "refused"}


def _consents(desk: Desk) -> dict[str, str]:
    """The last thing said of each customer."""
    inbox = tables.inbox.c
    with desk.store.read() as connection:
        bodies = connection.execute(select(inbox.body).where(inbox.kind == "consent").order_by(inbox.id)).scalars()
        return {body["customer_id"]: body["action"] for body in bodies}


def test_xml_and_json_say_the_same(desk: Desk, fake: PrestaShop, read: Read) -> None:
    """A shop that answers in XML whatever it is asked for says the same to the last field."""
    trade(fake)
    subscribe(fake)
    fake.xml_only = True
    desk.pull(KIND)
    in_json = {key: one for key, one in read[0].inbox().items() if one[0] != "consent"}
    assert desk.inbox() == in_json


def test_a_second_reading_asks_for_what_changed(desk: Desk, fake: PrestaShop) -> None:
    desk.pull(KIND)
    assert all(body["backfill"] for _, body in desk.inbox().values() if "who" not in body)
    before = set(desk.inbox())
    trade(fake, "2026-03-10 10:30:00")
    subscribed = {"newsletter": "1", "newsletter_date_add": "2026-03-10 10:30:00", "date_upd": "2026-03-10 10:30:00"}
    fake.put("customers", {"id": "2", **subscribed})
    desk.clock.now += timedelta(hours=1)
    fake.asked.clear()
    desk.pull(KIND)
    fresh = {key: one for key, one in desk.inbox().items() if key not in before}
    kinds = Counter(kind for kind, _ in fresh.values())
    assert kinds == {"order": 3, "refund": 2, "event": 2, "customer": 1, "consent_said": 1}
    assert not any("backfill" in body for _, body in fresh.values())
    asked = next(one.query for one in fake.asked if one.path.endswith("/orders"))
    assert (asked["date"], asked["filter[date_upd]"]) == ("1", ">[2026-03-10 09:00:00]")
    assert not any(one.path.endswith("/products") for one in fake.asked)
    desk.clock.now += timedelta(minutes=10)
    assert desk.pull(KIND).records == 0
    paid = [body["total"] for kind, body in fresh.values() if kind == "order" and body["counted"]]
    back = [body["amount"] for kind, body in fresh.values() if kind == "refund"]
    assert (len(paid), Decimal(sum(paid)) / 100, Decimal(sum(back)) / 100) == plain_sums(fake)
    assert [body["action"] for kind, body in fresh.values() if kind == "consent_said"] == ["granted"]


@pytest.mark.parametrize("pages", [2, 9, 17])
def test_a_reading_that_died_goes_on_where_it_was(
    desk: Desk, fake: PrestaShop, tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    """Killed after any page, the rows are those of a reading that lived."""
    monkeypatch.setattr(prestashop_pull, "PAGE_SIZE", 2)
    trade(fake)
    with open_desk(tmp_path / "lived", sqlite_template, desk.clock()) as lived:
        lived.connect(KIND, fake.url, key=fake.key)
        lived.pull(KIND)
        whole = lived.inbox()
    assert not desk.pull_dying(KIND, pages)
    fake.asked.clear()
    desk.pull(KIND)
    assert desk.inbox() == whole
    assert not any(one.path.endswith("/customers") and one.query["filter[id]"] == ">[0]" for one in fake.asked)


def test_what_is_deleted_meanwhile_hides_nothing(desk: Desk, fake: PrestaShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An expired cursor: the row after which the reading goes on is there no more."""
    monkeypatch.setattr(prestashop_pull, "PAGE_SIZE", 1)
    subscribe(fake)
    assert not desk.pull_dying(KIND, 1)
    del fake.things["customers"]["1"]
    desk.pull(KIND)
    accounts = {body["external_id"] for kind, body in desk.inbox().values() if kind == "customer"}
    assert accounts == {"1", "2", "3"}


@pytest.mark.parametrize("fault", [busy, broken, cut])
def test_a_passing_fault_is_waited_out(desk: Desk, fake: PrestaShop, fault: Fault) -> None:
    """S21: 429, a broken server and a page cut short are asked again."""
    fake.faults.append(("/order_details", fault))
    desk.pull(KIND)
    assert fake.faults == []
    assert fault is not busy or desk.slept == [1.0]


def test_a_page_that_stays_malformed_is_told_and_read_at_the_next_run(desk: Desk, fake: PrestaShop) -> None:
    fake.faults += [("/orders", malformed)] * TRIES
    with pytest.raises(ShopUnreachable):
        desk.pull(KIND)
    assert desk.state(KIND)[0] == "failed"
    fake.faults.clear()
    desk.pull(KIND)
    assert Counter(kind for kind, _ in desk.inbox().values())["order"] == 5


def test_a_key_that_was_taken_back_is_told(desk: Desk, fake: PrestaShop) -> None:
    fake.key = "A" * 32
    with pytest.raises(ShopRefused):
        desk.pull(KIND)
    assert desk.state(KIND)[0] == "refused"


def test_an_odd_order_is_set_aside_and_stops_no_other(desk: Desk, fake: PrestaShop) -> None:
    fake.put("orders", {**fake.things["orders"]["1"], "id": "9", "total_paid_tax_incl": "twelve"})
    assert desk.pull(KIND).set_aside == 1
    orders = {body["order_id"]: body for kind, body in desk.inbox().values() if kind == "order"}
    assert len(orders) == 5
    desk.repair(b'"twelve"', b'"12.00"')
    orders = {body["order_id"]: body for kind, body in desk.inbox().values() if kind == "order"}
    assert (orders[f"{KIND}:9"]["total"], orders[f"{KIND}:9"]["city"]) == (1200, "Paris")


@pytest.mark.parametrize(
    "query",
    [{"filter[colour]": "[1]"}, {"filter[date_upd]": ">[2026-01-01]"}, {"limit": "0,1,2"}, {"sort": "id"}],
)
def test_the_fake_refuses_what_the_web_service_does_not_take(fake: PrestaShop, query: Row) -> None:
    """S21: an unknown field, a date without `date=1`, a limit and an order that are written wrongly."""
    assert _status(fake, "/api/orders", query) == 400


def _status(fake: PrestaShop, path: str, query: Row) -> int:
    connection = http.client.HTTPConnection(fake.url.removeprefix("http://"))
    pair = b64encode(f"{fake.key}:".encode()).decode()
    connection.request("GET", f"{path}?{urlencode(query)}", headers={"Authorization": f"Basic {pair}"})
    status = connection.getresponse().status
    connection.close()
    return status
