"""The simulated shop fits the canonical tables, is the same for the same seed, and does not contradict itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pyarrow.compute
import pytest
from ibis.backends.duckdb import Backend
from ibis.expr.types import BooleanValue, Table

from relance.demo import SimulatedShop, simulate, truth_from_json, truth_to_json
from relance.warehouse import TABLES

SMALL = 800
# Arrow's type stubs refuse some of the calls that its functions allow.
pc: Any = pyarrow.compute
KEYS = {
    "customer": "customer_id",
    "product": "product_id",
    "order": "order_id",
    "order_line": "line_id",
    "refund": "refund_id",
    "event": "event_id",
    "message_event": "message_event_id",
}


def count(table: Table, condition: BooleanValue) -> int:
    return int(table.filter(condition).count().to_pyarrow().as_py())


def test_the_same_seed_gives_the_same_shop_and_another_one_does_not() -> None:
    one, same, other = (
        simulate(seed, date(2026, 3, 1), ZoneInfo("Europe/Paris"), customers=SMALL) for seed in (3, 3, 4)
    )
    assert all(one.tables[name].equals(same.tables[name]) for name in KEYS)
    assert one.consents.equals(same.consents)
    assert truth_to_json(one.truth) == truth_to_json(same.truth)
    assert not one.tables["order"].equals(other.tables["order"])


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Asia/Tokyo", "Australia/Adelaide"])
def test_days_are_those_of_the_shops_zone_and_nothing_lies_ahead(zone: str) -> None:
    until = date(2026, 11, 22)
    shop = simulate(5, until, ZoneInfo(zone), customers=SMALL)
    orders = shop.tables["order"]
    local = pc.local_timestamp(pc.assume_timezone(orders["ordered_at"], "UTC").cast(pa.timestamp("us", zone)))
    assert local.cast(pa.date32(), safe=False).equals(orders["day"])
    end = datetime(until.year, until.month, until.day, tzinfo=ZoneInfo(zone))
    limit = end.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    for table, column in (
        ("customer", "added_at"),
        ("order", "ordered_at"),
        ("order", "cancelled_at"),
        ("refund", "refunded_at"),
        ("event", "occurred_at"),
        ("message_event", "occurred_at"),
    ):
        assert pc.max(shop.tables[table][column]).as_py() < limit, (table, column)


def test_one_shop_of_two_years_with_a_handful_of_customers() -> None:
    shop = simulate(1, date(2026, 1, 15), ZoneInfo("Europe/Paris"), customers=40, years=1)
    assert shop.tables["customer"].num_rows == 40
    assert set(shop.tables) == set(KEYS)


@pytest.mark.parametrize("table", KEYS)
def test_every_canonical_column_is_there_and_keys_are_unique(
    simulated: SimulatedShop, loaded: Backend, table: str
) -> None:
    rows = simulated.tables[table]
    assert set(rows.column_names) <= set(TABLES[table])
    for name, kind in TABLES[table].items():
        if not kind.nullable:
            assert rows[name].null_count == 0, name
    stored = loaded.table(table)
    assert stored.count().to_pyarrow().as_py() == rows.num_rows == stored[KEYS[table]].nunique().to_pyarrow().as_py()


def test_the_truth_is_read_back_as_it_was_written(simulated: SimulatedShop) -> None:
    text = truth_to_json(simulated.truth)
    assert truth_to_json(truth_from_json(text)) == text


def test_lines_add_up_to_their_order(loaded: Backend) -> None:
    lines, orders = loaded.table("order_line"), loaded.table("order")
    cents = (lines.quantity * lines.unit_price * 100).cast("int64")
    assert count(lines, cents - lines.discount != lines.total) == 0
    sums = lines.group_by("order_id").agg(lines_total=lines.total.sum(), lines_discount=lines.discount.sum())
    both = orders.left_join(sums, "order_id")
    assert count(both, (both.subtotal != both.lines_total) | both.lines_total.isnull()) == 0
    assert count(both, both.discount != both.lines_discount) == 0
    assert count(orders, orders.subtotal + orders.shipping != orders.total) == 0
    assert count(orders, (orders.tax * 6 - orders.total).abs() > 3) == 0


def test_refunds_stay_within_their_line_and_come_after_it(loaded: Backend) -> None:
    refunds, lines, orders = (loaded.table(name) for name in ("refund", "order_line", "order"))
    both = refunds.join(lines, "line_id", rname="{name}_sold")
    assert both.count().to_pyarrow().as_py() == refunds.count().to_pyarrow().as_py()
    assert count(both, (both.amount > both.total) | (both.quantity > both.quantity_sold)) == 0
    assert count(both, both.refunded_at <= both.ordered_at) == 0
    back = refunds.group_by("order_id").agg(amount=refunds.amount.sum())
    whole = orders.left_join(back, "order_id")
    assert count(whole, (whole.status == "refunded") != (whole.amount == whole.subtotal).fill_null(False)) == 0
    assert count(whole, (whole.status == "partially_refunded") & ~(whole.amount < whole.subtotal)) == 0


def test_nobody_orders_before_being_known(loaded: Backend) -> None:
    orders, customers = loaded.table("order"), loaded.table("customer")
    both = orders.join(customers, "customer_id")
    assert both.count().to_pyarrow().as_py() == orders.count().to_pyarrow().as_py()
    assert count(both, both.ordered_at <= both.added_at) == 0


def test_numbers_follow_time(loaded: Backend) -> None:
    orders = loaded.table("order")
    number = orders.number.replace("MC", "").cast("int64")
    ranked = orders.select(late=orders.ordered_at < orders.ordered_at.lag().over(order_by=number))
    assert count(ranked, ranked.late) == 0


def test_an_online_order_is_placed_in_its_session(loaded: Backend) -> None:
    # S11
    bought, orders, placed = (loaded.table(name) for name in ("session", "order", "order_session"))
    online = orders.filter(orders.channel != "shop")
    both = online.join(placed, "order_id").join(bought, "session_id", rname="{name}_session")
    assert both.count().to_pyarrow().as_py() == online.count().to_pyarrow().as_py()
    assert count(both, both.acquisition_source != both.source_session) == 0
    sales = orders.filter(orders.channel == "shop").join(placed, "order_id")
    assert sales.count().to_pyarrow().as_py() < online.count().to_pyarrow().as_py() / 100


def test_sessions_of_a_person_are_more_than_half_an_hour_apart(loaded: Backend) -> None:
    # S11
    sessions = loaded.table("session").filter(lambda row: row.customer_id.notnull())
    window = ibis.window(group_by="customer_id", order_by="started_at")
    before = sessions.mutate(before=sessions.ended_at.lag().over(window))
    assert count(before, before.started_at.epoch_seconds() - before.before.epoch_seconds() <= 1800) == 0
    assert 150_000 <= loaded.table("session").count().to_pyarrow().as_py() <= 230_000


@pytest.mark.parametrize(
    ("column", "event"),
    [
        ("product_pages", "Product Viewed"),
        ("searches", "Products Searched"),
        ("carts", "Product Added"),
        ("wishlists", "Product Added to Wishlist"),
        ("chats", "Live Chat Conversation Started"),
        ("recommendation_clicks", "Recommendation Clicked"),
    ],
)
def test_a_sessions_figures_are_the_counts_of_its_events(loaded: Backend, column: str, event: str) -> None:
    sessions, events = loaded.table("session"), loaded.table("event")
    named = events.filter(events.name == event)
    within = sessions.left_join(
        named,
        [
            sessions.anonymous_id == named.anonymous_id,
            named.occurred_at >= sessions.started_at,
            named.occurred_at <= sessions.ended_at,
        ],
    )
    counted = within.group_by("session_id").agg(found=within.event_id.count(), told=within[column].max())
    assert count(counted, counted.found != counted.told) == 0


def test_consents_end_with_the_customers_status(simulated: SimulatedShop, loaded: Backend) -> None:
    consents = ibis.memtable(simulated.consents)
    latest = consents.group_by("customer_id", "channel").agg(status=consents.status.last(order_by=consents.occurred_at))
    last = {(row["customer_id"], row["channel"]): row["status"] for row in loaded.to_pyarrow(latest).to_pylist()}
    customers = simulated.tables["customer"]
    for channel in ("email", "sms"):
        told = dict(zip(customers["customer_id"].to_pylist(), customers[f"{channel}_status"].to_pylist(), strict=True))
        # nobody was asked about texts but those who agreed to them
        asked = {key: status for key, status in told.items() if channel == "email" or status == "SUBSCRIBED"}
        assert asked == {key: status for (key, of), status in last.items() if of == channel}


def test_newsletters_go_only_to_those_who_asked(simulated: SimulatedShop, loaded: Backend) -> None:
    consents = ibis.memtable(simulated.consents).filter(lambda row: row.channel == "email")
    asked = consents.filter(consents.status == "SUBSCRIBED").select("customer_id", since="occurred_at")
    ended = consents.filter(consents.status.isin(["UNSUBSCRIBED", "INVALID"])).select("customer_id", end="occurred_at")
    mails = loaded.table("message_event").filter(lambda row: row.kind == "accepted")
    rows = loaded.to_pyarrow(mails.select("message_id", "customer_id", "occurred_at"))
    since = ibis.memtable(rows).left_join(asked, "customer_id", rname="{name}_asked")
    both = since.left_join(ended, "customer_id", rname="{name}_ended")
    late = both.since.isnull() | (both.since > both.occurred_at) | (both.end < both.occurred_at)
    assert loaded.to_pyarrow(both.filter(late)).num_rows == 0


def test_phones_are_of_ranges_kept_for_fiction(simulated: SimulatedShop) -> None:
    customers = simulated.tables["customer"]
    phones: list[Any] = [phone for phone in customers["phone"].to_pylist() if phone]
    assert len(phones) > 5_000
    assert len(set(phones)) == len(phones)
    assert all(phone.startswith(("+3363998", "+447700900")) for phone in phones)
    texting = customers.filter(pc.equal(customers["sms_status"], "SUBSCRIBED"))
    assert texting["phone"].null_count == 0


def test_addresses_are_of_reserved_domains_and_unique(simulated: SimulatedShop) -> None:
    keys: list[Any] = simulated.tables["customer"]["email_key"].to_pylist()
    assert len(set(keys)) == len(keys)
    assert all(key.endswith(("example.com", "example.org", "example.net")) and key.isascii() for key in keys)
