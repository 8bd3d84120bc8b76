"""F2 and S27 over a year and more: the clock moves day by day; who gets what, when, once."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from tests.flows.hand_made import F2, KEY, HandMade, utc

from relance import flows, sending
from relance.clock import SetClock, at_wall_time
from relance.store import DataFolder, tables
from relance.worker.mailbox import serve_mailbox

BEGINS, ENDS = date(2025, 1, 1), date(2026, 3, 15)
LATER = date(2025, 6, 2)

# who, the shop's day on which it is planned, step, code
EXPECTED = [
    ("basile", "2025-04-15", "m3-novelties", None),
    ("alice", "2025-04-16", "m3-coupon", "RELANCE5"),
    ("denis", "2025-05-10", "m3-novelties", None),
    ("ines", "2025-05-20", "m3-coupon", "RELANCE5"),
    ("chloe", "2025-05-28", "m3-novelties", None),
    ("fred", "2025-06-01", "m3-coupon", "RELANCE5"),
    ("gina", "2025-06-01", "m3-coupon", "RELANCE5"),
    ("basile", "2025-07-15", "m6-coupon", "RELANCE5"),
    ("alice", "2025-07-16", "m6-coupon", "RELANCE5"),
    ("ines", "2025-08-20", "m6-coupon", "RELANCE5"),
    ("chloe", "2025-08-28", "m6-regular-coupon", "RELANCE10"),
    ("denis", "2025-09-01", "m3-novelties", None),
    ("fred", "2025-09-01", "m6-coupon", "RELANCE5"),
    ("gina", "2025-09-01", "m6-coupon", "RELANCE5"),
    ("emma", "2025-11-30", "m3-coupon", "RELANCE5"),
    ("denis", "2025-12-01", "m6-coupon", "RELANCE5"),
    ("basile", "2026-01-15", "m12-ultimatum", "RELANCE10"),
    ("alice", "2026-01-16", "m12-ultimatum", "RELANCE10"),
    ("ines", "2026-02-20", "m12-ultimatum", "RELANCE10"),
    ("chloe", "2026-02-28", "m12-regular-ultimatum", "RELANCE15"),
    ("emma", "2026-02-28", "m6-coupon", "RELANCE5"),
    ("fred", "2026-03-01", "m12-ultimatum", "RELANCE10"),
    ("gina", "2026-03-01", "m12-ultimatum", "RELANCE10"),
    ("hugo", "2026-03-05", "m3-coupon", "RELANCE5"),
]


def people(shop: HandMade) -> None:
    """Nine customers, each for one rule."""
    shop.customer("alice", "alice@exemple.fr", first_name="Alice", language="fr")
    shop.order("alice", utc("2025-01-15T23:30:00"), 200)  # the shop's day is the 16th
    shop.customer("basile", "basile@exemple.fr", language="en")
    shop.order("basile", utc("2025-01-15T09:00:00"), 150)  # not above 150
    shop.customer("chloe", "chloe@exemple.fr")
    for day in ("2024-05-01", "2024-08-01", "2024-12-05", "2025-02-28"):
        shop.order("chloe", utc(f"{day}T10:00:00"), 40, title=f"Vase {day}")
    shop.customer("denis", "denis@exemple.fr")
    shop.order("denis", utc("2025-02-10T10:00:00"), 180, tax=4000)  # 140 excluding tax
    shop.order("denis", utc("2025-06-01T08:00:00"), 50)
    shop.customer("emma", "emma@exemple.fr")
    shop.order("emma", utc("2025-08-31T10:00:00"), 151)
    shop.customer("fred")  # no address
    shop.order("fred", utc("2025-03-01T10:00:00"), 300)
    shop.customer("gina", "gina@exemple.fr")
    shop.consents("gina", "refused", utc("2025-01-02T00:00:00"))
    shop.order("gina", utc("2025-03-01T10:00:00"), 300)
    shop.customer("hugo", "hugo@exemple.fr")
    for month in range(1, 13):  # inactive for three months after the last one only
        shop.order("hugo", utc(f"2025-{month:02d}-05T10:00:00"), 500)
    shop.customer("ines", "ines@exemple.fr")
    shop.order("ines", utc("2025-02-20T10:00:00"), 160)  # unsubscribes after the first message


def mornings(first: date, last: date, shop: HandMade) -> list[datetime]:
    """Five past ten of the shop, every day."""
    days = (last - first).days + 1
    return [at_wall_time(first + timedelta(days=day), time(10, 5), shop.shop.zone) for day in range(days)]


def some(days: list[datetime]) -> list[datetime]:
    """The days on which something happens, those around them, and every ninth."""
    told = {date.fromisoformat(day) for _, day, _, _ in EXPECTED} | {LATER}
    near = {day + timedelta(days=away) for day in told for away in (-1, 0, 1)}
    return [at for place, at in enumerate(days) if at.date() in near or place % 9 == 0]


@pytest.mark.slow
@pytest.mark.parametrize("every_day", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_a_year_of_the_inactive_customers_flow(hand_made: HandMade, folder: DataFolder, every_day: bool) -> None:
    """F2, S15, S16, S27: the right message with the right code on the right day, once, over a real mail connection."""
    people(hand_made)
    clock = SetClock(utc("2025-01-01T08:00:00"))
    hand_made.start_flow(clock.now)
    with serve_mailbox(hand_made.store, clock) as port:
        route = sending.MailRoute(
            "127.0.0.1", port, False, None, None, "Maison Clairval <bonjour@clairval.example>", "1 rue du Bac, Paris"
        )
        days = mornings(BEGINS, ENDS, hand_made)
        for clock.now in days if every_day else some(days):
            if hand_made.tick(clock.now).planned:
                sending.send_due(hand_made.store, hand_made.shop, route, KEY, "https://clairval.example", clock, folder)
            if clock.now.date() == LATER:
                hand_made.consents("ines", "withdrawn", clock.now)
    planned = [
        (row["customer_id"], str(row["planned_at"].astimezone(hand_made.shop.zone).date()), row["step"], row["coupon"])
        for row in hand_made.outbox()
    ]
    assert sorted(planned, key=lambda row: (row[1], row[0])) == sorted(EXPECTED, key=lambda row: (row[1], row[0]))
    ends = {(row["customer_id"], row["step"]): (row["state"], row["reason"]) for row in hand_made.outbox()}
    for (customer, step), end in ends.items():
        expected: tuple[str, str | None] = ("accepted", None)
        if customer == "fred":
            expected = ("suppressed", "no_address")
        elif customer == "gina":
            expected = ("suppressed", "consent.refused")
        elif customer == "ines" and step != "m3-coupon":
            expected = ("suppressed", "consent.withdrawn")
        assert end == expected, (customer, step)
    _mails_match(hand_made)
    _facts_match(hand_made)
    assert [(row.state, row.reason) for row in hand_made.positions("denis")] == [
        ("waiting", None),
        ("ended", "ordered"),
    ]
    assert {row.reason for row in hand_made.positions("hugo")} == {None, "ordered"}


def _mails_match(shop: HandMade) -> None:
    """The mailbox got each accepted message once, and nothing else."""
    accepted = Counter(row["address"] for row in shop.outbox() if row["state"] == "accepted")
    with shop.store.read() as connection:
        kept = connection.execute(select(tables.mailbox.c.rcpt_to, func.count()).group_by(tables.mailbox.c.rcpt_to))
        assert dict(kept.all()) == accepted


def _facts_match(shop: HandMade) -> None:
    """Language, last order and code are those of the customer; novelties are not what they own."""
    rows = {(row["customer_id"], row["step"]): row for row in shop.outbox()}
    assert rows["alice", "m3-coupon"]["language"] == "fr"
    assert rows["basile", "m3-novelties"]["language"] == "en"
    assert rows["emma", "m3-coupon"]["language"] == "fr"
    facts = rows["alice", "m3-coupon"]["facts"]
    assert facts["first_name"] == "Alice"
    assert (facts["last_order_date"], facts["last_order_amount"]) == ("2025-01-16", "200.00")
    assert facts["coupon"] == {"code": "RELANCE5", "percent": 5, "valid_until": "2025-05-16"}
    for row in rows.values():
        assert (
            "Lampe" not in [product["title"] for product in row["facts"]["products"]] or row["customer_id"] == "chloe"
        )
    assert [product["title"] for product in rows["chloe", "m3-novelties"]["facts"]["products"]] == ["Lampe"]


def test_the_drawing_counts_everybody(hand_made: HandMade) -> None:
    """Every person who came to a step waits there, went on, or left there."""
    from_start = utc("2025-01-01T08:00:00")
    people(hand_made)
    hand_made.start_flow(from_start)
    for month in range(1, 15):
        year, rest = divmod(month - 1, 12)
        for day in (2, 16):
            hand_made.tick(at_wall_time(date(2025 + year, rest + 1, day), time(12), hand_made.shop.zone))

    with hand_made.store.read() as connection:
        drawn = flows.drawing(connection, hand_made.shop, F2)
    for node in drawn.nodes:
        assert node.entered == node.waiting + node.passed + node.left
        assert node.yes + node.no == (node.passed if node.kind == "branch" else 0)
        assert node.planned + node.expired == (node.passed if node.kind == "send" else 0)
        into = sum(edge.people for edge in drawn.edges if edge.target == node.step)
        assert node.step == "wait-m3" or node.entered == into
    first = drawn.nodes[0]
    assert first.entered == drawn.entered
    assert sum(drawn.left.values()) + drawn.waiting + drawn.nodes[-1].passed == drawn.entered
