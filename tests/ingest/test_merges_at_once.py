"""S5, S13: merges that are decided at once, and beside what arrives: nothing is lost, nothing is there twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from tests.ingest.identity_desk import event, order

from relance import consent, pipeline
from relance.errors import Conflict
from relance.house import House
from relance.ingest import Record, append, merge_entries, proposals
from relance.store import DataFolder, Shop, Store
from relance.warehouse import Warehouse

PEOPLE = ("site:1", "site:2", "site:3")


def person(number: int) -> Record:
    """A customer of the shop, by the one telephone of the house."""
    body = {"source": "site", "external_id": str(number), "phone": "+33612345678", "first_name": f"Ana{number}"}
    return Record("customer", f"site:{number}", {**body, "occurred_at": "2026-03-01T08:00:00Z"})


@pytest.fixture
def house(store: Store, warehouse: Warehouse, folder: DataFolder, shop: Shop, now: datetime) -> House:
    """Three customers with an order and an event each; the second agreed, the third withdrew."""
    ticks = count()
    made = House(
        folder, store, warehouse, folder.secret_key(), lambda: now + timedelta(seconds=next(ticks)), "http://127.0.0.1"
    )
    records = [person(number) for number in (1, 2, 3)]
    for number in (1, 2, 3):
        who = {"external_id": str(number)}
        for kind, body in (event(number, source="site", **who), order(number, **who)):
            records.append(Record(kind, f"{kind}:{number}", body))
    with store.begin() as connection:
        append(connection, shop, records, now)
        for name, action in (("site:2", "granted"), ("site:3", "withdrawn")):
            entry = consent.Entry(name, "email", "marketing", action, None, now - timedelta(days=1), "test")
            consent.record(connection, shop, entry, now)
    pipeline.take_in(made, shop)
    return made


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Run these in threads that begin together, each on connections of its own; what they raised."""
    begin, raised = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        begin.wait(10)
        try:
            act()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def rows(house: House, table: str, *columns: str) -> Iterator[tuple[object, ...]]:
    """Columns of a table in a fixed order."""
    with house.warehouse.read() as engine:
        found = engine.to_pyarrow(engine.table(table).select(*columns)).to_pylist()
    return iter(sorted((tuple(row.values()) for row in found), key=str))


def is_one_person(house: House, shop: Shop, number: int) -> None:
    """Everything lies with the first, once, and the strictest word holds for all."""
    for table in ("event", "order", "order_line", "session"):
        assert {row[0] for row in rows(house, table, "customer_id")} == {"site:1"}
    events = list(rows(house, "event", "event_id"))
    assert len(set(events)) == len(events) == number
    assert list(rows(house, "order", "order_id")) == [("o1",), ("o2",), ("o3",)]
    assert list(rows(house, "customer", "customer_id")) == [("site:1",)]
    assert list(rows(house, "merged", "customer_id", "into_id")) == [("site:2", "site:1"), ("site:3", "site:1")]
    with house.store.read() as connection:
        for name in PEOPLE:
            assert not consent.verdict(connection, shop, name, "email", "marketing").allowed, name


def test_one_pair_twice_is_decided_once(house: House, shop: Shop) -> None:
    pair = proposals(house.warehouse)[1][0].pair_id
    (raised,) = at_once(*[lambda: pipeline.decide_merge(house, shop, pair, "merged", "Ana")] * 2)
    assert isinstance(raised, Conflict)
    assert [(one.pair_id, one.action) for one in merge_entries(house.warehouse)] == [(pair, "merged")]


def test_the_merges_of_a_chain_beside_what_arrives(house: House, shop: Shop, now: datetime) -> None:
    """Two people say yes to pairs that share a customer, while events of those merged away come and are taken in."""
    pairs = [one.pair_id for one in proposals(house.warehouse)[1]]

    def arrive() -> None:
        for number in range(10, 30):
            kind, body = event(number, external_id=str(2 + number % 2), source="site")
            with house.store.begin() as connection:
                append(connection, shop, [Record(kind, f"event:{number}", body)], now)

    decisions = [lambda pair=pair: pipeline.decide_merge(house, shop, pair, "merged", "Ana") for pair in pairs]
    assert at_once(arrive, lambda: pipeline.take_in(house, shop), *decisions) == []
    assert sorted(one.pair_id for one in merge_entries(house.warehouse)) == sorted(pairs)
    pipeline.take_in(house, shop)
    is_one_person(house, shop, 23)
