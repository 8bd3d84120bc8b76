"""Two customers who are one: put together by their keys or by a person, and taken apart again (S5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from tests.ingest.identity_desk import Desk, event, identify, order


def decide(action: str, one: str, other: str) -> tuple[str, dict[str, Any]]:
    """What a person decided of two customers."""
    return "merge", {"one_id": one, "other_id": other, "action": action, "why": "person", "by": "Ana"}


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Two customers, each with an order, an event and a browser's past."""
    desk.take(
        identify("07:00", {"first_name": "Ana", "tags": ["vip"], "email_status": "SUBSCRIBED"}, external_id="1"),
        identify("07:30", {"first_name": "Anna", "city": "Lyon"}, external_id="2", email="ana@example.org"),
        order(1, external_id="1"),
        order(2, external_id="2"),
        event(1, external_id="1", source="site"),
        event(2, external_id="2", source="site"),
        event(3, "05:00", anonymous_id="b2"),
        event(4, "06:00", anonymous_id="b2", external_id="2", source="site"),
    )
    return desk


def test_a_record_with_both_keys_makes_them_one(two: Desk) -> None:
    two.take(identify("08:00", external_id="1", email="ANA@example.org"))
    assert two.rows("customer", "customer_id") == [("site:1",)]
    assert set(two.whose().values()) == {"site:1"}
    for table in ("order", "order_line", "session", "order_session"):
        assert {row[0] for row in two.rows(table, "customer_id")} == {"site:1"}
    assert two.rows("merge_log", "one_id", "other_id", "action", "why", "by") == [
        ("site:1", "site:2", "merged", "keys", "relance")
    ]


def test_values_keep_their_source_and_time_and_the_last_shows(two: Desk) -> None:
    """And of consents the strictest."""
    two.take(identify("06:00", {"email_status": "UNSUBSCRIBED"}, external_id="2"), decide("merged", "site:1", "site:2"))
    assert two.rows("customer", "first_name", "city", "tags", "email", "email_status") == [
        ("Anna", "Lyon", ["vip"], "ana@example.org", "UNSUBSCRIBED")
    ]
    told = two.rows("customer_record", "customer_id", "source", "first_name")
    assert told == [("site:1", "site", "Ana"), ("site:2", "site", "Anna")]


def test_a_second_source_is_kept_beside_the_first(desk: Desk) -> None:
    desk.take(
        identify("09:00", {"first_name": "Zoé", "birth_date": "1990-05-01"}, external_id="1", email="z@example.org")
    )
    late = {"first_name": "Zoe", "phone": "+33612345678"}
    desk.take(identify("08:00", late, source="crm", external_id="A", email="z@example.org"))
    assert desk.rows("customer", "customer_id", "first_name", "phone") == [("site:1", "Zoé", "+33612345678")]
    assert desk.rows("customer_record", "source", "first_name") == [("crm", "Zoe"), ("site", "Zoé")]


def test_taken_apart_they_are_what_they_were(two: Desk) -> None:
    at = datetime(2026, 3, 1)  # noqa: DTZ001  the warehouse holds naive UTC
    on = [("salon", "site:1"), ("salon", "site:2"), ("press", "site:2")]
    with two.warehouse.write() as writer:
        rows = [{"list_id": name, "customer_id": who, "added_at": at} for name, who in on]
        writer.insert("list_member", pa.Table.from_pylist(rows))
    before = two.everything()
    two.take(decide("merged", "site:2", "site:1"))
    assert two.rows("list_member", "list_id", "customer_id") == [("press", "site:1"), ("salon", "site:1")]
    two.take(decide("undone", "site:1", "site:2"))
    assert two.everything() == before
    two.take(identify("08:00", external_id="1", email="ana@example.org"))
    assert [row[0] for row in two.rows("customer", "customer_id")] == ["site:1", "site:2"], "a person said no"


def test_what_came_after_the_merge_goes_to_whom_it_named(two: Desk) -> None:
    two.take(decide("merged", "site:1", "site:2"))
    two.take(
        event(5, "08:00", external_id="2", source="site"),
        event(6, "08:10", anonymous_id="b2"),
        order(3, external_id="2"),
        identify("08:30", {"last_name": "Lys"}, external_id="2"),
    )
    assert set(two.whose().values()) == {"site:1"}
    assert two.rows("customer", "last_name") == [("Lys",)]
    two.take(decide("undone", "site:1", "site:2"))
    whose = two.whose()
    assert {name for name, who in whose.items() if who == "site:2"} == {"e2", "e3", "e4", "e5", "e6"}
    assert two.rows("order", "order_id", "customer_id")[-1] == ("o3", "site:2")
    assert two.rows("customer", "customer_id", "last_name") == [("site:1", None), ("site:2", "Lys")]


def test_a_refused_pair_is_not_put_together(desk: Desk) -> None:
    one, other = identify(external_id="1"), identify(external_id="2", email="ana@example.org")
    desk.take(one, other, decide("refused", "site:1", "site:2"))
    desk.take(identify("08:00", external_id="1", email="ana@example.org"))
    assert len(desk.rows("customer", "customer_id")) == 2
