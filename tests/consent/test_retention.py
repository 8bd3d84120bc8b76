"""PRIV-09: three years after the last act of the person; what the shop does, and opens, extend nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from relance.consent import retention
from relance.store import Shop
from relance.warehouse import Warehouse

SHOP = Shop("main", "Clairval", "EUR", "Europe/Paris", "fr")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
OLD, EDGE, RECENT = datetime(2020, 1, 1), datetime(2023, 3, 10, 9), datetime(2026, 1, 1)  # noqa: DTZ001
JUST_AFTER = EDGE + timedelta(seconds=1)


def customer(name: str, added: datetime | None) -> dict[str, Any]:
    return {"customer_id": name, "source": "t", "added_at": added, "batch_id": "b"}


def message(name: str, kind: str, verdict: str | None, at: datetime) -> dict[str, Any]:
    row = {"message_event_id": f"{name}{kind}{at}", "message_id": "m", "customer_id": name, "channel": "email"}
    return {**row, "source": "s", "step": "1", "kind": kind, "verdict": verdict, "occurred_at": at, "batch_id": "b"}


def order(name: str, at: datetime, *, test: bool = False) -> dict[str, Any]:
    row = {"order_id": name, "source": "t", "number": name, "customer_id": name, "ordered_at": at, "day": at.date()}
    row |= {"currency": "EUR", "status": "paid", "test": test, "counted": not test, "discount": 0, "total": 0}
    return {**row, "batch": "b", "batch_id": "b"}


def visit(name: str, at: datetime) -> dict[str, Any]:
    row = {"event_id": name, "customer_id": name, "name": "Viewed", "occurred_at": at, "received_at": at}
    return {**row, "batch_id": "b"}


def said(name: str, status: str, at: datetime, number: int) -> dict[str, Any]:
    row = {"seq": number, "customer_id": name, "channel": "email", "purpose": "marketing", "status": status}
    return {**row, "at": at, "weight": 1}


# name: what is known of the person, and whether they are due
HISTORIES: dict[str, tuple[list[tuple[str, dict[str, Any]]], str]] = {
    "silent": ([], "due"),
    "ordered": ([("order", order("ordered", RECENT))], "kept"),
    "ordered_long_ago": ([("order", order("ordered_long_ago", OLD))], "due"),
    "test_order": ([("order", order("test_order", RECENT, test=True))], "due"),
    "clicked": ([("message_event", message("clicked", "clicked", "human", RECENT))], "kept"),
    "machine": ([("message_event", message("machine", "clicked", "machine", RECENT))], "due"),
    "unknown_click": ([("message_event", message("unknown_click", "clicked", "unknown", RECENT))], "due"),
    "opened": ([("message_event", message("opened", "opened", "human", RECENT))], "due"),
    "was_sent": ([("message_event", message("was_sent", "accepted", None, RECENT))], "due"),
    "visited": ([("event", visit("visited", RECENT))], "kept"),
    "agreed": ([("consent_entry", said("agreed", "granted", RECENT, 1))], "kept"),
    "imported": ([("consent_entry", said("imported", "imported", RECENT, 2))], "due"),
    "withdrew": ([("consent_entry", said("withdrew", "withdrawn", RECENT, 3))], "due"),
    "exactly": ([("order", order("exactly", EDGE))], "due"),
    "just_after": ([("order", order("just_after", JUST_AFTER))], "soon"),
    "in_a_month": ([("order", order("in_a_month", EDGE + timedelta(days=31)))], "soon"),
    "later": ([("order", order("later", EDGE + timedelta(days=32)))], "kept"),
}


@pytest.fixture
def people(warehouse: Warehouse) -> Warehouse:
    with warehouse.write() as writer:
        rows = [customer(name, OLD) for name in HISTORIES] + [customer("undated", None), customer("new", RECENT)]
        writer.insert("customer", pa.Table.from_pylist(rows))
        for acts, _ in HISTORIES.values():
            for table, row in acts:
                writer.insert(table, pa.Table.from_pylist([row]))
    return warehouse


def test_twenty_histories(people: Warehouse) -> None:
    found = retention(people, SHOP, NOW)
    due, soon = ({one.customer_id for one in part} for part in (found.due, found.soon))
    told = {name: "due" if name in due else "soon" if name in soon else "kept" for name in HISTORIES}
    assert told == {name: expected for name, (_, expected) in HISTORIES.items()}
    assert (found.undated, found.people) == (1, len(HISTORIES) + 2)
    assert {"undated", "new"}.isdisjoint(due | soon)


def test_what_the_last_act_was_and_when_it_ends(people: Warehouse) -> None:
    told = {one.customer_id: (one.act, one.due_on) for one in retention(people, SHOP, NOW).due}
    assert told["exactly"] == ("order", date(2026, 3, 10))
    assert told["silent"] == ("known_since", date(2023, 1, 1))


def test_the_clock_moves_with_time(people: Warehouse) -> None:
    before, after = (len(retention(people, SHOP, NOW + timedelta(days=days)).due) for days in (0, 365 * 4))
    assert before < after == len(HISTORIES) + 1


def test_the_twenty_ninth_of_february(warehouse: Warehouse) -> None:
    with warehouse.write() as writer:
        leap = customer("leap", datetime(2024, 2, 29, 12))  # noqa: DTZ001
        writer.insert("customer", pa.Table.from_pylist([leap]))
    due = datetime(2027, 2, 28, 12, tzinfo=UTC)
    assert [one.due_on for one in retention(warehouse, SHOP, due + timedelta(days=1)).due] == [date(2027, 2, 28)]
    assert retention(warehouse, SHOP, due - timedelta(days=1)).due == ()
