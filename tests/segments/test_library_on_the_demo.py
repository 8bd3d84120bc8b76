"""The whole library in one pass over the simulated shop: no row is idle, and partitions are partitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute
import pytest

from relance import segments
from relance.demo import SimulatedShop, simulate
from relance.ingest import cut_sessions
from relance.store import Shop, Store, add_shop, open_store, sqlite_url
from relance.warehouse import Warehouse, Writer, rows_of

CUSTOMERS: Final = 3000
UNTIL: Final = date(2026, 11, 22)
PARIS: Final = ZoneInfo("Europe/Paris")
NOW: Final = datetime.combine(UNTIL, time(9), tzinfo=PARIS).astimezone(UTC)
BEFORE: Final = NOW - timedelta(minutes=3)
NANTES: Final = (47.2184, -1.5536)
# What the simulated shop has no data for, and the rows that are therefore empty in it.
LACKING: Final = {
    "coordinates of addresses": {"within-distance-47-2184-1-5536"},
    "the shop's places": {"near-a-store", "local-buyers", "distant-buyers"},
    "product subscriptions": {"subscription-active", "subscription-cancelled"},
    "store credit": {"store-credit", "store-credit-expiring"},
    "consent to noticing opens": {
        *("open-tracking-agreed", "opens-everything", "opens-sometimes", "opens-nothing", "inactive-by-opens"),
    },
    "complaints": {"marked-as-spam"},
    "text messages": {"clicked-text"},
    "what a return and a contact cost": {"costly-customers"},
    "a journal that goes back some time": {"new-repeat-buyers"},
}


@dataclass(frozen=True)
class Found:
    """Sizes of every row in the simulated shop as it is, then soon after with what it lacks."""

    plain: Mapping[str, int]
    complete: Mapping[str, int]
    store: Store
    warehouse: Warehouse
    shop: Shop


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """The simulated shop with every row of the library added, refreshed before and after it got what it lacks."""
    store = open_store(sqlite_url(tmp_path_factory.mktemp("library") / "store.sqlite"))
    warehouse = Warehouse(None, memory_mb=1024, threads=2)
    made = simulate(11, UNTIL, PARIS, customers=CUSTOMERS)
    shop = Shop("main", made.name, "EUR", PARIS.key, "fr")
    with warehouse.write() as writer:
        for name, rows in made.tables.items():
            writer.insert(name, rows)
        cut_sessions(writer, shop, None)
    with store.begin() as connection:
        add_shop(connection, shop, BEFORE)
        for ready in segments.library():
            chosen = {choice.name: choice.example for choice in ready.choices if choice.must}
            segments.add_from_library(connection, shop, ready.library_id, chosen, BEFORE, "test")
    plain = segments.refresh(store, warehouse, shop, BEFORE, recorded_at=BEFORE).sizes
    with warehouse.write() as writer:
        _complete(writer, made)
    costs = {"value": {"return_cost": 15, "contact_cost": 10}}
    places = {"shop_city": "Nantes", "stores": [list(NANTES)]}
    richer = replace(shop, settings={**costs, **places})
    complete = segments.refresh(store, warehouse, richer, NOW, recorded_at=NOW).sizes
    yield Found(plain, complete, store, warehouse, richer)
    warehouse.close()
    store.close()


def _complete(writer: Writer, made: SimulatedShop) -> None:
    """Give the simulated shop what it lacks."""
    customers = made.tables["customer"]
    in_nantes = pa.compute.equal(customers["city"], "Nantes")
    whole = {
        "latitude": pa.compute.if_else(in_nantes, NANTES[0], 48.8566),
        "longitude": pa.compute.if_else(in_nantes, NANTES[1], 2.3522),
        "subscription_status": pa.array(_turn(["SUBSCRIBED", "CANCELED", None, None])),
    }
    for name, values in whole.items():
        customers = customers.append_column(name, values)
    writer.delete_matching("customer", "customer_id", writer.stage(customers.select(["customer_id"])))
    writer.insert("customer", customers)
    writer.insert("order", _second_order(made))
    ids = customers["customer_id"].to_pylist()
    at = NOW.replace(tzinfo=None) - timedelta(days=400)
    writer.insert("consent_entry", pa.Table.from_pylist([_agreed(seq, one, at) for seq, one in enumerate(ids[::2], 1)]))
    writer.insert("store_credit", pa.Table.from_pylist([_credit(one, place) for place, one in enumerate(ids[:40])]))
    kinds = (("email", "complained"), ("sms", "clicked"))
    lately = NOW.replace(tzinfo=None) - timedelta(days=20)
    writer.insert(
        "message_event",
        pa.Table.from_pylist([_message(one, *kinds[place % 2], lately) for place, one in enumerate(ids[:40])]),
    )


def _second_order(made: SimulatedShop) -> pa.Table:
    """One more order, a minute ago, of somebody who has placed one."""
    orders = made.tables["order"]
    counts = Counter(orders["customer_id"].to_pylist())
    standing = (row for row in orders.to_pylist() if row["counted"] and row["cancelled_at"] is None)
    single = next(row for row in standing if counts[row["customer_id"]] == 1)
    at = NOW.replace(tzinfo=None) - timedelta(minutes=1)
    again = {**single, "order_id": "again", "number": "again", "ordered_at": at, "day": at.date()}
    return pa.Table.from_pylist([again], schema=orders.schema)


def _turn(values: list[str | None]) -> list[str | None]:
    return [values[place % len(values)] for place in range(CUSTOMERS)]


def _agreed(seq: int, customer: str, at: datetime) -> dict[str, object]:
    return {
        "seq": seq,
        "customer_id": customer,
        "channel": "email",
        "purpose": "opens",
        "status": "granted",
        "at": at,
    }


def _credit(customer: str, place: int) -> dict[str, object]:
    ends = NOW.replace(tzinfo=None) + timedelta(days=10 if place % 2 else 200)
    return {
        "account_id": f"a{place}",
        "customer_id": customer,
        "balance": 500 * place,
        "currency": "EUR",
        "next_expiry_at": ends,
        "last_credit_at": None,
        "batch_id": "test",
    }


def _message(customer: str, channel: str, kind: str, at: datetime) -> dict[str, object]:
    return {
        "message_event_id": f"x-{customer}",
        "message_id": f"x-{customer}",
        "customer_id": customer,
        "channel": channel,
        "source": "campaign:test",
        "step": "test",
        "kind": kind,
        "verdict": "human",
        "occurred_at": at,
        "batch_id": "test",
    }


def test_every_row_is_available() -> None:
    assert [ready.library_id for ready in segments.library() if not ready.available] == []


def test_only_what_the_simulated_shop_has_no_data_for_is_empty(found: Found) -> None:
    empty = {name for name, members in found.plain.items() if members == 0}
    assert empty == set().union(*LACKING.values())
    assert [name for name, members in found.plain.items() if members == CUSTOMERS] == ["all-customers"]


def test_with_all_kinds_of_data_no_row_has_nobody_or_everybody(found: Found) -> None:
    assert len(found.complete) == len(segments.library())
    # As far as the journal knows, whoever is inactive became so just now, and what this refresh writes comes after it.
    journal = {"last-chance", "new-repeat-buyers"}
    assert {name for name, members in found.complete.items() if members == 0} - journal == set()
    assert 0 < found.plain["last-chance"] < CUSTOMERS
    query = segments.ready_made("new-repeat-buyers").query
    assert segments.preview(found.warehouse, found.shop, query, NOW + timedelta(minutes=1)).count == 1
    assert [name for name, members in found.complete.items() if members == CUSTOMERS] == ["all-customers"]


def test_nobody_is_in_two_segments_of_a_partition(found: Found) -> None:
    with found.store.read() as connection:
        bits = {one.library: one.bit for one in segments.all_segments(connection, found.shop)}
    partitions: dict[str, list[int]] = {}
    for ready in segments.library():
        if ready.partition:
            partitions.setdefault(ready.partition, []).append(bits[ready.library_id])
    assert {"phases", "rfm", "stages", "statuses", "engagement", "age", "origin"} <= partitions.keys()
    with found.warehouse.read() as engine:
        words = rows_of(engine, engine.table("membership").order_by("customer_id"))
    inside: dict[int, set[str]] = {bit: set() for group in partitions.values() for bit in group}
    for row in words:
        for bit, members in inside.items():
            if bit // 64 == row["word"] and row["bits"] >> (bit % 64) & 1:
                members.add(row["customer_id"])
    for name, group in partitions.items():
        assert all(inside[bit] for bit in group), name
        for one, other in combinations(group, 2):
            assert not inside[one] & inside[other], name
    everybody = {"phases", "rfm", "stages", "interaction"}
    for name in everybody:
        assert len(set().union(*(inside[bit] for bit in partitions[name]))) == CUSTOMERS, name


def test_rows_that_are_the_same_in_other_words_agree(found: Found) -> None:
    """Two ways to the same people: by window and by phase, by level and by its complement."""
    size = found.complete
    assert size["spent-below"] + size["spent-above"] == size["purchased-at-least-once"]
    assert size["top-20-percent"] + size["other-80-percent"] == size["purchased-at-least-once"]
    assert size["domestic"] + size["international"] < CUSTOMERS
    assert size["small-list-new"] + size["small-list-existing"] == size["email-subscribers"]
    assert size["one-time-buyers"] + size["purchased-more-than-once"] == size["purchased-at-least-once"]
    assert size["cart-regulars"] + size["cart-newcomers"] <= size["abandoned-cart-24h"]
    assert size["bought-in-30-days"] < size["bought-in-6-months"] < size["bought-in-a-year"]
    statuses = ("status-new", "status-active", "status-regular", "status-at-risk", "status-inactive")
    assert sum(size[name] for name in statuses) == size["purchased-at-least-once"]
