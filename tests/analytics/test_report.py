"""The report of a flow: states that add up, and orders owed to the last human click of five days (analytics §7)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
from tests.analytics.messages import FLOW, Messages
from tests.flows.hand_made import HandMade, utc

from relance.analytics import flow_report, orders_owed
from relance.profiles import Reading
from relance.warehouse import TABLES, rows_of

SENT = utc("2026-01-05T10:00:00")
NOW = utc("2026-02-20T10:00:00")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def refund(shop: HandMade, order_id: str, euros: int) -> None:
    row = {
        "refund_id": f"r-{order_id}",
        "order_id": order_id,
        "customer_id": "c1",
        "amount": euros * 100,
        "refunded_at": utc("2026-01-30T10:00:00").replace(tzinfo=None),
        "day": utc("2026-01-30T10:00:00").date(),
        "dated": True,
        "batch": "b",
        "batch_id": "b",
    }
    schema = TABLES["refund"].to_pyarrow()
    kept = pa.schema([pa.field(column.name, column.type) for column in schema if column.name in row])
    with shop.warehouse.write() as writer:
        writer.insert("refund", pa.Table.from_pylist([row], schema=kept))


def twelve_touches(shop: HandMade, messages: Messages) -> dict[str, str]:
    """Twelve messages, each with its own fate; the order that each customer places afterwards, by customer."""
    for number in range(1, 11):
        shop.customer(f"c{number}", f"c{number}@exemple.fr")
        messages.send(f"a{number}", f"c{number}", SENT, "m3-coupon" if number % 2 else "m3-novelties")
    messages.send("b1", "c1", SENT + hours(24), "m6-coupon")
    messages.send("b2", "c2", SENT + hours(24), "m6-coupon", source="flow:other")
    clicks = [
        ("a1", "c1", 1, "human"),
        ("b1", "c1", 30, "human"),  # the later click of two messages wins
        ("a2", "c2", 1, "human"),
        ("b2", "c2", 25, "machine"),  # a machine's later click does not
        ("a3", "c3", 1, "unknown"),  # counts as human
        ("a4", "c4", 1, "machine"),
        ("a5", "c5", 1, "human"),  # orders 5 days and a second later
        ("a6", "c6", 1, "human"),  # orders exactly 5 days less a second later
        ("a7", "c7", 50, "human"),  # clicks after the order
        ("a8", "c8", 1, "human"),  # two orders
        ("a9", "c9", 1, None),  # no verdict yet
    ]
    for name, customer, after, verdict in clicks:
        messages.event(name, customer, "clicked", SENT + hours(after), verdict)
    messages.event("a1", "c1", "clicked", SENT + hours(2), "human")  # twice the same message
    messages.event("a10", "c10", "bounced", SENT + hours(1))
    messages.event("a4", "c4", "unsubscribed", SENT + hours(3))
    second = timedelta(seconds=1)
    orders = {
        "c1": shop.order("c1", SENT + hours(40), 100),
        "c2": shop.order("c2", SENT + hours(40), 60),
        "c3": shop.order("c3", SENT + hours(40), 30),
        "c4": shop.order("c4", SENT + hours(40), 20),
        "c5": shop.order("c5", SENT + hours(121) + second, 500),
        "c6": shop.order("c6", SENT + hours(121) - second, 11),
        "c7": shop.order("c7", SENT + hours(40), 7),
        "c8": shop.order("c8", SENT + hours(40), 5),
        "c9": shop.order("c9", SENT + hours(40), 3),
    }
    shop.order("c8", SENT + hours(41), 6)
    shop.order("c8", SENT + hours(42), 1000, cancelled_at=(SENT + hours(50)).replace(tzinfo=None))
    refund(shop, orders["c1"], 40)
    return orders


def test_twelve_touches_by_hand(hand_made: HandMade, messages: Messages) -> None:
    """§7: last human click, five days, one order = one message, refunds take credit back."""
    orders = twelve_touches(hand_made, messages)
    with hand_made.warehouse.read() as engine:
        found = rows_of(engine, orders_owed(Reading(engine, hand_made.shop, NOW)))
    owed = {row["order_id"]: (row["message_id"], row["net"]) for row in found}
    names = {message_id: name for name, message_id in messages.ids.items()}
    by_customer = {customer: names[owed[order][0]] for customer, order in orders.items() if order in owed}
    assert by_customer == {"c1": "b1", "c2": "a2", "c3": "a3", "c6": "a6", "c8": "a8"}
    assert len(found) == len(owed) == 6
    assert owed[orders["c1"]][1] == 60_00


def test_the_report_of_the_twelve(hand_made: HandMade, messages: Messages) -> None:
    """Accepted, bounced, delivered, clicked by a human, owed and beside; the other flow is not in it."""
    twelve_touches(hand_made, messages)
    with hand_made.store.read() as connection:
        report = flow_report(connection, hand_made.warehouse, hand_made.shop, FLOW, None, None, NOW)
        everything = flow_report(connection, hand_made.warehouse, hand_made.shop, None, None, None, NOW)
        later = flow_report(connection, hand_made.warehouse, hand_made.shop, FLOW, SENT + hours(1), None, NOW)
    total = report.total
    assert (total.planned, total.accepted, total.bounced, total.delivered) == (11, 11, 1, 10)
    assert (total.clicked, total.unsubscribed) == (8, 1)
    assert total.click_rate == 0.8
    assert (total.orders, total.revenue.text, total.revenue.currency) == (6, "172.00", "EUR")
    assert (total.orders_beside, total.revenue_beside.text) == (3, "30.00")
    assert [(row.step, row.figures.orders) for row in report.steps] == [
        ("m3-coupon", 1),
        ("m3-novelties", 4),
        ("m6-coupon", 1),
    ]
    for name in ("planned", "accepted", "clicked", "orders", "orders_beside"):
        assert sum(getattr(row.figures, name) for row in report.steps) == getattr(total, name)
    assert Decimal(total.revenue.text) == sum(Decimal(row.figures.revenue.text) for row in report.steps)
    assert everything.total.planned == 12
    assert everything.total.orders == 6
    assert later.total.planned == 1
    assert [note.key for note in report.notes] == ["analytics.note_delivered", "analytics.note_beside"]


def test_every_planned_message_is_in_one_state_with_its_reason(hand_made: HandMade, messages: Messages) -> None:
    """planned = the sum of all states; the report says why nothing was sent."""
    ends = [
        ("queued", None),
        ("deferred", None),
        ("in_doubt", None),
        ("accepted", None),
        ("failed", "refused"),
        ("expired", "not_after"),
        ("cancelled", "flow.left"),
        ("suppressed", "no_address"),
        ("suppressed", "consent.none"),
        ("suppressed", "consent.none"),
    ]
    for number, (state, reason) in enumerate(ends):
        messages.plan(f"m{number}", f"c{number}", SENT)
        messages.settle(f"m{number}", state, SENT, reason)
    with hand_made.store.read() as connection:
        report = flow_report(connection, hand_made.warehouse, hand_made.shop, FLOW, None, None, NOW)
    total = report.total
    assert total.planned == sum(total.states.values()) == 10
    assert total.planned == total.accepted + total.in_doubt + total.on_their_way + total.not_sent
    assert (total.on_their_way, total.not_sent, total.in_doubt) == (2, 6, 1)
    assert report.not_sent[0].reason == "consent.none"
    assert report.not_sent[0].messages == 2
    sentences = [(note.say("en"), note.say("fr")) for note in report.notes]
    assert "2 messages were not sent because the customers have not agreed to receive them." in [
        en for en, _ in sentences
    ]
    assert len(sentences) == 4


def test_a_shop_without_addresses_reads_why_in_the_report(hand_made: HandMade) -> None:
    """On a shop without addresses the report says so."""
    hand_made.customer("c")
    hand_made.order("c", utc("2025-01-10T12:00:00"), 200)
    hand_made.start_flow(utc("2025-01-11T12:00:00"))
    hand_made.tick(utc("2025-01-11T12:00:00"))
    hand_made.tick(utc("2025-04-10T09:00:00"))
    with hand_made.store.read() as connection:
        report = flow_report(connection, hand_made.warehouse, hand_made.shop, FLOW, None, None, NOW)
    assert [(row.state, row.reason, row.messages) for row in report.not_sent] == [("suppressed", "no_address", 1)]
    assert "no e-mail address" in report.notes[0].say("en")
    assert report.total.click_rate is None
