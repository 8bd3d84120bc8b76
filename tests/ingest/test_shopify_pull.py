"""Reading a shop on Shopify through its interface, against a server that answers as Shopify does (S21)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.fakes.shopify import Shopify, expired_cursor, expired_file, throttled
from tests.fakes.web_shop import Answered, Fault, as_json, broken, busy, cut, malformed
from tests.ingest.shopify_shop import KEY, Reader

from relance.errors import CursorExpired, Interrupted, ShopRefused, ShopUnreachable
from relance.ingest import find_connection, quarantine
from relance.store import DataFolder, Store
from relance.warehouse import Warehouse


@pytest.fixture
def fake(data: Path) -> Iterator[Shopify]:
    """The shop of the recordings."""
    shop = Shopify(data / "shopify_samples.zip")
    with shop.open():
        yield shop


@pytest.fixture
def reader(folder: DataFolder, sqlite_store: Store, warehouse: Warehouse, now: datetime) -> Reader:
    """An empty house."""
    return Reader(folder, sqlite_store, warehouse, now)


def people(fake: Shopify) -> int:
    """How many people the shop has: two of its recorded accounts have one address."""
    return len({each["email"] for each in fake.rest["customers"]})


def test_a_shop_is_read_whole_and_then_what_changed(fake: Shopify, reader: Reader) -> None:
    """S12, S25: bulk files first, then pages of what changed; the shop's currency and zone are its own."""
    shop = reader.connect(fake.url)
    assert (shop.currency, shop.zone_name, shop.language) == ("USD", "America/New_York", "en")
    first = reader.pull()
    reader.load()
    assert first.records > 0
    assert len(reader.rows("customer")) == people(fake)
    order = next(row for row in reader.rows("order") if row["number"] == "#1001")
    assert (order["total"], order["discount"], order["status"]) == (59894, 1000, "partially_refunded")
    assert (order["coupons"], order["customer_id"]) == (["TENOFF"], "shopify:207119551")
    lines = [row for row in reader.rows("order_line") if row["order_id"] == "shopify:450789469"]
    assert sum(int(row["total"]) for row in lines) == 59700 - 1000
    assert {row["product_id"] for row in lines} == {"632910392"}
    again = reader.pull()
    assert again.records == 0

    fake.rest["customers"][0] |= {"first_name": "Robert", "updated_at": "2026-03-10T08:30:00Z"}
    assert reader.pull().records == 1
    reader.load()
    assert "Robert" in {row["first_name"] for row in reader.rows("customer")}


def test_a_refund_by_bulk_and_by_its_lines_is_counted_once(fake: Shopify, reader: Reader) -> None:
    """S12: a file knows a refund's whole amount, the pages its lines; both are the same money."""
    reader.connect(fake.url)
    reader.pull()
    reader.load()
    whole = sum(int(row["amount"]) for row in reader.rows("refund"))
    for order in fake.rest["orders"]:
        order["updated_at"] = "2026-03-10T08:45:00Z"
    reader.pull()
    reader.load()
    refunds = reader.rows("refund")
    assert sum(int(row["amount"]) for row in refunds) == whole > 0
    assert {row["line_id"] for row in refunds} - {None}
    assert {row["customer_id"] for row in refunds} == {"shopify:207119551"}


@pytest.mark.parametrize("stop_after", [1, 2, 3, 5, 8, 11, 14])
def test_a_reading_that_is_stopped_goes_on_where_it_was(fake: Shopify, reader: Reader, stop_after: int) -> None:
    """The same records as without the stop, whatever page it came at, and none of them twice."""
    fake.multiply(30)
    left = stop_after

    def still() -> bool:
        nonlocal left
        left -= 1
        return left > 0

    reader.connect(fake.url)
    reader.still = still
    with pytest.raises(Interrupted):
        reader.pull()
    reader.still = lambda: True
    reader.pull()
    kinds = Counter(kind for kind, _, _ in reader.inbox())
    assert kinds == {"order": 32, "customer": 33, "product": 32, "refund": 1, "consent_said": 33 * 2 - 30}


@pytest.mark.parametrize("fault", [busy, broken, throttled, cut, malformed], ids=lambda fault: fault.__name__)
def test_a_passing_fault_is_waited_out(fake: Shopify, reader: Reader, fault: Fault) -> None:
    """429 with Retry-After, 5xx, THROTTLED, a cut and an unreadable answer: asked again, a little later."""
    reader.connect(fake.url)
    fake.faults = [("graphql.json", fault)] * 2
    reader.pull()
    assert reader.waited >= 1
    assert len(reader.told("customer")) == len(fake.rest["customers"])


def test_points_that_run_out_are_waited_for(fake: Shopify, reader: Reader) -> None:
    """The interface tells with each answer how many are left; nobody has to be refused to learn it."""
    reader.connect(fake.url)
    cost = {
        "requestedQueryCost": 100,
        "actualQueryCost": 90,
        "throttleStatus": {"currentlyAvailable": 20, "restoreRate": 10},
    }

    def poor(answer: Answered) -> Answered:
        return as_json(200, {**json.loads(answer.body), "extensions": {"cost": cost}})

    before = reader.waited
    fake.faults = [("graphql.json", poor)]
    reader.pull()
    assert reader.waited - before >= 8


def test_a_fault_that_stays_ends_the_run_and_is_told(fake: Shopify, reader: Reader) -> None:
    """What was read is kept, and the connection says what went wrong."""
    reader.connect(fake.url)
    fake.faults = [("graphql.json", broken)] * 20
    with pytest.raises(ShopUnreachable):
        reader.pull()
    with reader.store.read() as connection:
        held = find_connection(connection, reader.shop, KEY, "shopify")
    assert held.state == "failed"
    assert held.last_error is not None
    assert held.last_error["key"] == "connect.bad_status"
    fake.faults = []
    reader.pull()


def test_an_answer_of_another_form_is_told(fake: Shopify, reader: Reader) -> None:
    """JSON, and yet nothing that the documentation names: told, and tried again at the next run."""
    reader.connect(fake.url)
    fake.faults = [("graphql.json", lambda _answer: as_json(200, {"data": {"bulkOperationRunQuery": {"x": 1}}}))]
    with pytest.raises(ShopUnreachable, match="form"):
        reader.pull()
    reader.pull()
    assert len(reader.told("order")) == len(fake.rest["orders"])


def test_wrong_secrets_are_told_at_once(fake: Shopify, reader: Reader) -> None:
    """Nothing is kept of a connection that does not open."""
    with pytest.raises(ShopRefused):
        reader.connect(fake.url, token="shpat_other")
    reader.connect(fake.url)
    fake.token = "shpat_new"
    with pytest.raises(ShopRefused):
        reader.pull()
    with reader.store.read() as connection:
        assert find_connection(connection, reader.shop, KEY, "shopify").state == "refused"


def test_a_file_that_is_gone_is_asked_for_anew(fake: Shopify, reader: Reader) -> None:
    """The address of a file expires after days: the operation is started again."""
    reader.connect(fake.url)
    fake.faults = [("/bulk/", expired_file)]
    reader.pull()
    assert len(fake.operations) == 4
    assert len(reader.told("product")) == 2


def test_a_file_that_is_cut_goes_on_at_the_next_run(fake: Shopify, reader: Reader) -> None:
    """Half a file is no file: no half object is taken for one."""
    reader.connect(fake.url)
    fake.faults = [("/bulk/", cut)]
    with pytest.raises(ShopUnreachable):
        reader.pull()
    reader.pull()
    found = sum(len(each["variants"]) for each in reader.told("product"))
    assert found == sum(len(each["variants"]) for each in fake.rest["products"])
    assert _aside(reader) == 0


def test_an_expired_cursor_begins_that_part_anew(fake: Shopify, reader: Reader) -> None:
    """Three times in a row is a fault that somebody has to look at."""
    fake.multiply(60)
    reader.connect(fake.url)
    reader.pull()
    for each in fake.rest["orders"]:
        each["updated_at"] = "2026-03-10T08:50:00Z"
    fake.faults = [("graphql.json", expired_cursor)]
    reader.pull()
    changed = [body for body in reader.told("order") if body["updated_at"].startswith("2026-03-10T08:50")]
    assert len(changed) == len(fake.rest["orders"])
    fake.faults = [("graphql.json", expired_cursor)] * 3
    with pytest.raises(CursorExpired):
        reader.pull()


def test_what_cannot_be_read_is_set_aside_with_its_line(fake: Shopify, reader: Reader) -> None:
    """One order without a total stops no other."""
    fake.rest["orders"][0] |= {"total_price": None, "total_price_set": None}
    del fake.rest["orders"][0]["total_price_set"]
    reader.connect(fake.url)
    result = reader.pull()
    assert result.set_aside == 1
    assert _aside(reader) == 1
    assert len(reader.told("order")) == len(fake.rest["orders"]) - 1


def _aside(reader: Reader) -> int:
    with reader.store.read() as connection:
        return len(quarantine.waiting(connection, reader.shop))
