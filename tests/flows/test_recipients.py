"""S3, S15, S19: what a flow tells the gate of a recipient, and reads anew when it grows old."""

from __future__ import annotations

import pyarrow as pa
import pytest
from tests.flows.hand_made import F2, HandMade, utc

from relance.errors import BadInput
from relance.flows.definition import library, read_flow
from relance.flows.orders import customers
from relance.flows.recipients import Recipient, recipients
from relance.flows.renewing import renew_facts
from relance.profiles import Reading
from relance.sending import Cap, whereabouts
from relance.store import tables
from relance.warehouse import TABLES

ANCHOR = utc("2025-01-10T12:00:00")
DAY_AFTER = utc("2025-01-11T12:00:00")
M3 = utc("2025-04-10T08:00:00")


def visit(shop: HandMade, customer: str, at: str) -> None:
    begun = utc(at).replace(tzinfo=None)
    counts = ("pages", "product_pages", "longest_product_view", "searches", "recommendation_clicks", "chats", "carts")
    row = {"session_id": at, "customer_id": customer, "started_at": begun, "ended_at": begun, "batch_id": "b"}
    rows = [row | dict.fromkeys((*counts, "wishlists"), 0)]
    schema = TABLES["session"].to_pyarrow()
    chosen = pa.schema([column for column in schema if column.name in rows[0]])
    with shop.warehouse.write() as writer:
        writer.insert("session", pa.Table.from_pylist(rows, schema=chosen))


def test_the_phase_the_place_and_the_last_reaction_of_recipients(hand_made: HandMade) -> None:
    hand_made.customer("a", "a@exemple.fr", country="RE")
    hand_made.customer("b", "b@exemple.fr", country="FR", phone="+33612345678")
    hand_made.customer("c", "c@exemple.fr")
    hand_made.order("a", ANCHOR)
    hand_made.order("b", ANCHOR)
    visit(hand_made, "b", "2025-02-01T10:00:00")
    now = utc("2025-02-10T09:00:00")
    with hand_made.warehouse.read() as engine:
        group = Reading(engine, hand_made.shop, now, customers(["a", "b", "c"]))
        known = recipients(group)
    assert known == {
        "a": Recipient("first_time", 1, "RE", None, ANCHOR),
        "b": Recipient("first_time", 1, "FR", "+33612345678", utc("2025-02-01T10:00:00")),
        "c": Recipient("prospect", 0, None, None, None),
    }


def test_a_flow_tells_the_gate_with_its_messages(hand_made: HandMade) -> None:
    hand_made.customer("c", "c@exemple.fr", country="RE")
    hand_made.order("c", ANCHOR, 200)
    hand_made.start_flow(DAY_AFTER)
    hand_made.tick(DAY_AFTER)
    hand_made.tick(M3)
    message = hand_made.outbox()[0]
    assert (message["phase"], message["audience"], message["holdout_arm"]) == ("first_time", None, "treated")
    assert message["gate"] == {
        "own_caps": [{"count": 1, "days": 7}],
        "zones": ["Indian/Reunion"],
        "country": "RE",
        "profiled": True,
        "reacted_at": ANCHOR.isoformat(),
    }


def test_facts_that_grow_old_are_read_anew(hand_made: HandMade) -> None:
    for customer in ("c", "d"):
        hand_made.customer(customer, f"{customer}@exemple.fr")
        hand_made.order(customer, ANCHOR, 200)
    hand_made.start_flow(DAY_AFTER)
    hand_made.tick(DAY_AFTER)
    hand_made.tick(M3)
    before = hand_made.outbox()[0]
    outbox = tables.outbox
    waits = {"state": "deferred", "reason": "gate.stale_facts", "retry_at": utc("2025-04-11T12:00:00")}
    with hand_made.store.begin() as connection:
        connection.execute(outbox.update().values(**waits))
    soon, later = utc("2025-04-10T20:00:00"), utc("2025-04-11T11:00:00")
    assert renew_facts(hand_made.store, hand_made.warehouse, hand_made.shop, F2, soon) == 0
    visit(hand_made, "c", "2025-04-10T21:00:00")
    hand_made.tick(later)
    after = hand_made.outbox()[0]
    assert (after["facts_as_of"], after["retry_at"], after["state"]) == (later, later, "deferred")
    assert after["gate"]["reacted_at"] == utc("2025-04-10T21:00:00").isoformat()
    assert [after[name] for name in ("planned_at", "priority", "message_id", "coupon")] == [
        before[name] for name in ("planned_at", "priority", "message_id", "coupon")
    ]


def test_a_flow_carries_its_own_schedule() -> None:
    flow = next(library())
    assert flow.caps == (Cap(1, 7),)
    assert read_flow({name: value for name, value in flow.data.items() if name != "caps"}).caps is None
    with pytest.raises(BadInput):
        read_flow({**flow.data, "caps": [{"count": 0, "days": 7}]})


@pytest.mark.parametrize(
    ("channel", "country", "phone", "zones", "where"),
    [
        ("email", "FR", "+14155550100", ("Europe/Paris",), "FR"),
        ("sms", "FR", "+262692123456", ("Indian/Mayotte", "Indian/Reunion"), "RE"),
        ("sms", "FR", "0612345678", ("Europe/Paris",), "FR"),
        ("sms", "be", "no number", ("Europe/Brussels",), "BE"),
        ("sms", None, None, ("Europe/Paris",), "FR"),
        ("push", "ZZ", None, ("Europe/Paris",), "FR"),
    ],
)
def test_where_a_recipient_is(
    hand_made: HandMade, channel: str, country: str | None, phone: str | None, zones: tuple[str, ...], where: str
) -> None:
    assert whereabouts(hand_made.shop, channel, country, phone) == (zones, where)
