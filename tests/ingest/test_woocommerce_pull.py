"""A WooCommerce shop read through its REST API, as its documentation has it answer (S2, S12, S21)."""

from __future__ import annotations

import http.client
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.fakes.web_shop import Fault, broken, busy, cut, malformed
from tests.fakes.woocommerce import WooCommerce
from tests.ingest.connected import Desk, open_desk

from relance.clock import SetClock
from relance.errors import ShopRefused, ShopUnreachable
from relance.ingest import woocommerce_pull
from relance.ingest.connect_client import TRIES
from relance.store import DataFolder, Store

KIND = "woocommerce"
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
Read = tuple[Desk, WooCommerce]


@pytest.fixture
def fake(data: Path) -> Iterator[WooCommerce]:
    shop = WooCommerce(data / "woocommerce_samples.zip")
    with shop.open():
        yield shop


@pytest.fixture
def desk(tmp_path: Path, sqlite_template: Path, now: datetime, fake: WooCommerce) -> Iterator[Desk]:
    with open_desk(tmp_path / "desk", sqlite_template, now) as made:
        made.connect(KIND, fake.url, consumer_key=fake.key, consumer_secret=fake.secret)
        yield made


@pytest.fixture(scope="module")
def read(data: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """The shop read once and loaded; tests leave it as it is."""
    shop, place = WooCommerce(data / "woocommerce_samples.zip"), tmp_path_factory.mktemp("woocommerce") / "desk"
    with shop.open(), open_desk(place, sqlite_template, NOW) as made:
        made.connect(KIND, shop.url, consumer_key=shop.key, consumer_secret=shop.secret)
        made.pull(KIND)
        made.load()
        yield made, shop


def plain_sums(fake: WooCommerce) -> tuple[int, Decimal, Decimal]:
    """Orders, revenue and refunds as a merchant adds up the shop's own documents."""
    paid = [each for each in fake.things["orders"] if each["status"] in {"processing", "completed", "refunded"}]
    revenue = sum((Decimal(each["total"]) for each in paid), Decimal(0))
    return len(paid), revenue, sum((Decimal(each["amount"]) for each in fake.things["orders/723/refunds"]), Decimal(0))


def test_the_shop_says_its_name_currency_and_zone(read: Read) -> None:
    shop = read[0].shop()
    assert (shop.name, shop.currency, shop.zone_name) == ("Woo & Sons", "USD", "America/New_York")


def test_a_first_reading_has_the_shops_own_figures(read: Read) -> None:
    """S12: orders, revenue and refunds are the plain sums of the samples."""
    desk, fake = read
    assert desk.sums() == plain_sums(fake) == (2, Decimal("68.35"), Decimal("19.00"))
    assert {row["external_id"] for row in desk.rows("customer")} == {"25", "26"}
    assert all(asked.path == "/wp-json/" or asked.user == fake.key for asked in fake.asked)


def test_a_guests_order_belongs_to_whom_the_bill_names(read: Read) -> None:
    """Order 727 has customer 0; the address of its bill is that of account 25."""
    desk, _ = read
    whose = {row["order_id"]: row["customer_id"] for row in desk.rows("order", "order_id", "customer_id")}
    assert whose == {f"{KIND}:727": f"{KIND}:25", f"{KIND}:723": f"{KIND}:26"}


def test_a_refund_counts_at_its_own_date(read: Read) -> None:
    desk, fake = read
    found = desk.rows("refund", "refund_id", "refunded_at", "dated", "customer_id", "amount", "line_id")
    by_id = {row["refund_id"]: row for row in found}
    for entry in fake.things["orders/723/refunds"]:
        mine = [row for key, row in by_id.items() if key.startswith(f"{KIND}:{entry['id']}")]
        assert {row["refunded_at"].isoformat() for row in mine} == {entry["date_created_gmt"]}
        assert Decimal(sum(row["amount"] for row in mine)) / 100 == Decimal(entry["amount"])
    assert (by_id[f"{KIND}:724"]["amount"], by_id[f"{KIND}:724:314"]["line_id"]) == (0, f"{KIND}:723:311")
    assert {(row["dated"], row["customer_id"]) for row in found} == {(True, f"{KIND}:26")}


def test_a_second_reading_asks_for_what_changed(desk: Desk, fake: WooCommerce) -> None:
    desk.pull(KIND)
    assert all(body["backfill"] for _, body in desk.inbox().values())
    before = set(desk.inbox())
    desk.clock.now += timedelta(hours=1)
    assert desk.pull(KIND).records == 0
    completed = fake.samples["orders"][3]
    fake.put("orders", completed | {"date_modified_gmt": desk.clock().isoformat()[:19], "total": "30.35"})
    fake.asked.clear()
    desk.clock.now += timedelta(minutes=10)
    desk.pull(KIND)
    fresh = [one for key, one in desk.inbox().items() if key not in before]
    assert [(kind, body["order_id"], "backfill" in body) for kind, body in fresh] == [("order", f"{KIND}:727", False)]
    asked = [one.query for one in fake.asked if one.path.endswith("/orders")]
    assert [(query["modified_after"], query["dates_are_gmt"]) for query in asked] == [("2026-03-10T09:00:00", "true")]
    assert [body["total"] for _, body in fresh] == [3035]


def test_the_catalogue_has_products_and_variations(read: Read) -> None:
    desk, fake = read
    products = {row["product_id"]: row for row in desk.rows("product")}
    assert set(products) == {str(each["id"]) for each in fake.things["products"]}
    assert (products["794"]["title"], products["794"]["price"], products["794"]["category"]) == (
        "Premium Quality",
        2199,
        "Clothing",
    )
    variants = {row["variant_id"]: (row["variant"], row["price"]) for row in desk.rows("product_variant")}
    assert variants == {"732": ("Black", 900), "733": ("Green", 900)}


def test_a_reading_into_either_store(
    store: Store, folder: DataFolder, now: datetime, fake: WooCommerce, read: Read
) -> None:
    """On SQLite and on PostgreSQL alike, after a death in the middle."""
    desk = Desk(store, folder, SetClock(now))
    desk.connect(KIND, fake.url, consumer_key=fake.key, consumer_secret=fake.secret)
    assert not desk.pull_dying(KIND, 2)
    desk.pull(KIND)
    assert desk.inbox() == read[0].inbox()


def test_what_has_no_date_is_read_every_six_hours(desk: Desk, fake: WooCommerce) -> None:
    desk.pull(KIND)
    for hours, whole in ((5, False), (2, True)):
        fake.asked.clear()
        desk.clock.now += timedelta(hours=hours)
        desk.pull(KIND)
        assert any(one.path.endswith("/products") for one in fake.asked) is whole
        order = next(one.query["orderby"] for one in fake.asked if one.path.endswith("/customers"))
        assert order == ("id" if whole else "registered_date")


def test_new_accounts_are_read_until_one_is_known(
    desk: Desk, fake: WooCommerce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(woocommerce_pull, "PAGE_SIZE", 1)
    desk.pull(KIND)
    made = {"date_created": "2026-03-10T05:30:00", "date_created_gmt": "2026-03-10T09:30:00"}
    fake.put("customers", {**fake.samples["customers"][0], "id": 31, "email": "new@example.com", **made})
    fake.asked.clear()
    desk.clock.now += timedelta(hours=1)
    desk.pull(KIND)
    accounts = {body.get("external_id") for kind, body in desk.inbox().values() if kind == "customer"}
    assert accounts == {"25", "26", "31", None}  # and the guest
    assert len([one for one in fake.asked if one.path.endswith("/customers")]) == 2


@pytest.mark.parametrize("pages", [1, 3, 6])
def test_a_reading_that_died_goes_on_where_it_was(
    desk: Desk, fake: WooCommerce, read: Read, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    """Killed after any page, the rows are those of a reading that lived."""
    monkeypatch.setattr(woocommerce_pull, "PAGE_SIZE", 1)
    assert not desk.pull_dying(KIND, pages)
    fake.asked.clear()
    desk.pull(KIND)
    assert desk.inbox() == read[0].inbox()
    assert not any(one.path.endswith("/customers") and one.query.get("page") == "1" for one in fake.asked)


def test_a_page_that_is_not_there_any_more_ends_its_part(
    desk: Desk, fake: WooCommerce, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An expired cursor: what stood on the page was deleted while nobody read."""
    monkeypatch.setattr(woocommerce_pull, "PAGE_SIZE", 1)
    assert not desk.pull_dying(KIND, 1)
    del fake.things["customers"][0]
    desk.pull(KIND)
    assert Counter(kind for kind, _ in desk.inbox().values())["order"] == 2


@pytest.mark.parametrize("fault", [busy, broken, cut])
def test_a_passing_fault_is_waited_out(desk: Desk, fake: WooCommerce, read: Read, fault: Fault) -> None:
    """S21: 429, a broken server and a page cut short are asked again."""
    fake.faults.append(("/orders", fault))
    desk.pull(KIND)
    assert desk.inbox() == read[0].inbox()
    assert fake.faults == []
    assert fault is not busy or desk.slept == [1.0]


def test_a_page_that_stays_malformed_is_told_and_read_at_the_next_run(
    desk: Desk, fake: WooCommerce, read: Read
) -> None:
    fake.faults += [("/orders", malformed)] * TRIES
    with pytest.raises(ShopUnreachable):
        desk.pull(KIND)
    assert desk.state(KIND)[0] == "failed"
    fake.faults.clear()
    desk.pull(KIND)
    assert desk.inbox() == read[0].inbox()


def test_secrets_that_were_revoked_are_told(desk: Desk, fake: WooCommerce) -> None:
    fake.secret = "cs_another"
    with pytest.raises(ShopRefused) as problem:
        desk.pull(KIND)
    assert "401" in str(problem.value)
    assert desk.state(KIND)[0] == "refused"


def test_an_odd_order_is_set_aside_and_stops_no_other(desk: Desk, fake: WooCommerce, read: Read) -> None:
    fake.put("orders", {**fake.samples["orders"][0], "id": 728, "number": "728", "total": "twelve"})
    assert desk.pull(KIND).set_aside == 1
    assert desk.inbox() == read[0].inbox()
    desk.repair(b'"twelve"', b'"12.00"')
    repaired = [body["total"] for kind, body in desk.inbox().values() if kind == "order"]
    assert sorted(repaired) == [1200, 2935, 3900]


@pytest.mark.parametrize("query", ["per_page=101", "orderby=colour", "page=first", "modified_after=yesterday"])
def test_the_fake_refuses_what_the_schema_does_not_allow(fake: WooCommerce, query: str) -> None:
    """S21: a request that the published schema refuses."""
    assert _status(fake, f"/wp-json/wc/v3/orders?{query}") == 400


def test_our_requests_are_as_the_schema_wants_them(desk: Desk, fake: WooCommerce) -> None:
    desk.pull(KIND)
    assert {
        _status(fake, f"{one.path}?{'&'.join(f'{k}={v}' for k, v in one.query.items())}") for one in [*fake.asked]
    } == {200}


def _status(fake: WooCommerce, path: str) -> int:
    connection = http.client.HTTPConnection(fake.url.removeprefix("http://"))
    pair = b64encode(f"{fake.key}:{fake.secret}".encode()).decode()
    connection.request("GET", path, headers={"Authorization": f"Basic {pair}"})
    status = connection.getresponse().status
    connection.close()
    return status
