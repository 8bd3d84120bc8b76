"""Calls in Segment's form, one by one: whatever comes is read or told what is wrong with it."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from relance.errors import BadInput, NotAllowed
from relance.ingest import SCOPES, Receipt, take_calls
from relance.ingest.calls_klaviyo import retake_klaviyo_events
from relance.ingest.inbox import append_texts
from relance.store import ApiKey, Shop, Store, tables

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


def nobody(_token: str) -> Any:
    raise NotAllowed("user_token.wrong_signature")


def receipt(kind: str = "server", source: str = "api") -> Receipt:
    key = ApiKey("k", "main", "test", kind, source, SCOPES if kind == "server" else (), NOW)
    return Receipt(SHOP, key, NOW, nobody, lambda: uuid.uuid4().hex)


def body(call: dict[str, Any], **batch: Any) -> dict[str, Any]:
    """The body of a call's first record."""
    taken = take_calls({"batch": [call], **batch}, "batch", receipt())
    assert taken.faults == []
    found: dict[str, Any] = json.loads(taken.texts[0])[2]
    return found


@pytest.mark.parametrize(
    ("said", "sent", "occurred"),
    [
        (None, None, 0),
        (-60, None, -60),
        (-60, 0, -60),
        # the client's clock is two hours ahead, then two behind; it sent a minute after it happened
        (7_140, 7_200, -60),
        (-7_260, -7_200, -60),
        (300, None, 300),
        (301, None, 0),
        (86_400, None, 0),
        (-5 * 86_400, 0, -5 * 86_400),
    ],
)
def test_the_senders_clock_is_set_right(said: int | None, sent: int | None, occurred: int) -> None:
    """S11: `receivedAt − (sentAt − timestamp)`; over five minutes ahead is the time of receipt."""
    call: dict[str, Any] = {"type": "track", "userId": "1", "event": "x"}
    batch: dict[str, Any] = {}
    if said is not None:
        call["timestamp"] = (NOW + timedelta(seconds=said)).isoformat()
    if sent is not None:
        batch["sentAt"] = (NOW + timedelta(seconds=sent)).isoformat().replace("+00:00", "Z")
    assert datetime.fromisoformat(body(call, **batch)["occurred_at"]) == NOW + timedelta(seconds=occurred)


def test_a_sending_time_that_is_none_changes_nothing() -> None:
    call = {"type": "track", "userId": "1", "event": "x", "timestamp": "2026-03-10T08:00:00"}
    assert body(call, sentAt="soon")["occurred_at"] == "2026-03-10T08:00:00+00:00"
    assert body({**call, "originalTimestamp": "2026-03-10T07:00:00Z"})["occurred_at"] == "2026-03-10T07:00:00+00:00"


def test_the_batchs_context_is_that_of_its_calls() -> None:
    """Of a context is kept where a visit comes from; neither the IP address nor the library."""
    call = {"type": "page", "userId": "1", "name": "Home", "context": {"locale": "fr-FR", "ip": "1.2.3.4"}}
    context = {"campaign": {"source": "news"}, "locale": "en", "library": {"name": "x"}}
    found = body(call, context=context)
    assert found["properties"] == {"name": "Home", "context": {"campaign": {"source": "news"}, "locale": "fr-FR"}}


def test_traits() -> None:
    """The traits of https://segment.com/docs/connections/spec/identify/#traits."""
    traits = {
        "name": "Alice Martin",
        "email": "Alice@Example.com",
        "phone": "06 12 34 56 78",
        "birthday": "1990-05-17T00:00:00Z",
        "createdAt": "2024-01-02T03:04:05Z",
        "address": {"city": "Lyon", "postalCode": "69001", "state": "ARA", "country": "France"},
        "company": {"name": "Initech"},
        "age": 35,
        "tags": ["vip"],
    }
    found = body({"type": "identify", "userId": 7, "traits": traits})
    assert found["who"] == {
        "source": "api",
        "external_id": "7",
        "email": "Alice@Example.com",
        "phone": "06 12 34 56 78",
    }
    wanted = {
        "first_name": "Alice",
        "last_name": "Martin",
        "phone": "+33612345678",
        "birth_date": "1990-05-17",
        "added_at": "2024-01-02T03:04:05+00:00",
        "city": "Lyon",
        "region": "FR-ARA",
        "country": "FR",
        "company": "Initech",
        "tags": ["vip"],
        "metafields": {"traits.age": "35"},
    }
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("properties", "total"),
    [
        ({"total": 12.345}, 1235),
        ({"total": "12.344"}, 1234),
        ({"revenue": 10, "shipping": 2, "tax": 1}, 1300),
        ({"subtotal": 10, "shipping": 2}, 1200),
        ({"products": [{"price": "3.5", "quantity": 2}, {"price": 1}], "discount": 1}, 700),
        ({"total": 1200, "currency": "jpy"}, 1200),
        ({"total": -5}, -500),
    ],
)
def test_what_an_order_comes_to(properties: dict[str, Any], total: int) -> None:
    """S25: minor units, rounded half away from zero."""
    call = {"type": "track", "userId": "1", "event": "Order Completed", "properties": {"order_id": 5, **properties}}
    _, order = take_calls({"batch": [call]}, "batch", receipt()).texts
    found = json.loads(order)[2]
    assert (found["order_id"], found["total"]) == ("api:5", total)


@pytest.mark.parametrize(
    ("properties", "code", "place"),
    [
        ({"total": 1}, "calls.no_order", "order_id"),
        ({"order_id": "1"}, "calls.no_total", "total"),
        ({"order_id": "1", "total": "much"}, "calls.no_number", "total"),
        ({"order_id": "1", "total": True}, "calls.no_number", "total"),
        ({"order_id": "1", "total": 1e300}, "calls.no_number", "total"),
        ({"order_id": "1", "total": 1, "currency": "euro"}, "calls.no_currency", "currency"),
        ({"order_id": "1", "products": {}}, "calls.no_list", "products"),
        ({"order_id": "1", "products": [{}, {"quantity": 0.5}]}, "calls.no_number", "products[1].quantity"),
    ],
)
def test_an_order_that_cannot_be_read(properties: dict[str, Any], code: str, place: str) -> None:
    call = {"type": "track", "userId": "1", "event": "Order Completed", "properties": properties}
    (fault,) = take_calls({"batch": [call]}, "batch", receipt()).faults
    assert (fault.error.key, fault.error.facts["place"]) == (code, f"batch[0].properties.{place}")


texts = st.text(st.characters(), max_size=8) | st.sampled_from(
    ["Order Completed", "Order Refunded", "2026-03-01", "\0"]
)
numbers = st.integers() | st.floats()
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "messageId",
    "userId",
    "anonymousId",
    "timestamp",
    "sentAt",
    "event",
    "name",
    "groupId",
    "previousId",
    "backfill",
)
PROPERTIES = (
    "order_id",
    "total",
    "revenue",
    "products",
    "currency",
    "price",
    "quantity",
    "email",
    "birthday",
    "address",
)
sections = values | st.dictionaries(st.sampled_from(PROPERTIES), values, max_size=5)
calls = values | st.fixed_dictionaries(
    {"type": st.sampled_from(["identify", "track", "page", "screen", "group", "alias"])},
    optional={
        **dict.fromkeys(NAMES, values),
        **dict.fromkeys(("properties", "traits", "context"), sections),
    },
)


@given(st.lists(calls, max_size=4), st.sampled_from(["server", "browser"]), values)
def test_whatever_comes_is_kept_or_told(batch: list[Any], kind: str, sent_at: Any) -> None:
    """Each call becomes records that any JSON reader takes, or a fault with its place; nothing breaks."""
    taken = take_calls({"batch": batch, "sentAt": sent_at}, "batch", receipt(kind))
    assert {fault.index for fault in taken.faults} <= set(range(len(batch)))
    for fault in taken.faults:
        assert isinstance(fault.error, BadInput | NotAllowed)
        assert fault.error.say("fr")
    for text in taken.texts:
        message_id, record_kind, found = json.loads(text.encode())
        assert message_id.startswith("segment:")
        if kind == "browser":
            assert record_kind in {"event", "hint"}
            assert found.get("who", {"anonymous_id": ""}).keys() == {"anonymous_id"}


@given(st.lists(st.fixed_dictionaries({"event": sections, "profile": sections}), max_size=3))
def test_whatever_comes_in_klaviyos_form(events: list[Any]) -> None:
    try:
        taken = retake_klaviyo_events(events, receipt())
    except BadInput:
        return
    assert len(taken.texts) + len(taken.faults) >= len(events)


@given(st.lists(calls, max_size=6))
def test_both_databases_take_what_was_read(batch: list[Any]) -> None:
    for text in take_calls({"batch": batch}, "batch", receipt()).texts:
        assert "\\u0000" not in text.replace("\\\\", "")
        assert "\ud800" not in text


def test_odd_signs_come_back_as_they_were(store: Store, shop: Shop) -> None:
    properties = {"a": 'quote " backslash \\ \\u0000 line\n', "é": "日本 🙂", "n": 1.5, "big": 2**70, "none": None}
    call = {"type": "track", "userId": "1", "event": "x", "properties": properties}
    taken = take_calls({"batch": [call]}, "batch", receipt())
    with store.begin() as connection:
        assert append_texts(connection, shop, taken.texts, NOW) == 1
    with store.read() as connection:
        (row,) = connection.execute(select(tables.inbox)).all()
    assert row.body["properties"] == properties
