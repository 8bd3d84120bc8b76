"""Random events that make sessions, message reactions, consent entries, store credit and journal rows of a shop."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tests.segments.oracle_rows import EVENTS_OF, SILENCE, STANDING, cut, session_of
from tests.segments.random_moments import SECOND, instant
from tests.segments.segment_oracle import Row, Shop

NAMES: Final = (
    *("Page Viewed", "Page Viewed", "Product Viewed", "Product Viewed", "Product List Viewed", "Products Searched"),
    *("Product Added", "Product Added", "Checkout Started", "Order Completed", "Recommendation Clicked"),
    *("Product Added to Wishlist", "Live Chat Conversation Started", "Support Contacted", "Quiz Taken", "Cart Viewed"),
)
RARE: Final = tuple(sorted(set().union(*EVENTS_OF.values()) - set(NAMES)))
# The pause after an event: at the edge of a session's end, or of the windows that queries name.
PAUSES: Final = (3, 60, 270, 271, 899, 900, 901, 1799, 1800, 1801, 3600, 14_399, 14_400, 14_401)
# The steps of funnels, and pauses that fill their time exactly, or miss it by a second.
PURCHASE: Final = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Products Searched")
EDGES: Final = (900, 900, 1800, 1800, 14_400, 14_400, 899, 1801, 14_401)
SOURCES: Final = (None, "email", "google", "Affiliate")
CAMPAIGNS: Final = (None, "newsletter", "summer")


def add_events(dice: random.Random, shop: Shop) -> None:
    """Walks of a few customers; some events belong to nobody yet."""
    people = [one["customer_id"] for one in shop.customers]
    for _ in range(dice.randrange(0, 4 + 2 * len(people))):
        who = dice.choice([*people, *people, *people, None])
        at = instant(dice, shop.now)
        in_order, pauses = (PURCHASE, EDGES) if dice.random() < 0.4 else ((), PAUSES)
        for step in range(dice.choice([1, 1, 2, 4, 7])):
            name = in_order[step % len(in_order)] if in_order else None
            shop.events.append(_event(dice, len(shop.events), who, at, name))
            at += timedelta(seconds=dice.choice(pauses))


def _event(dice: random.Random, number: int, who: str | None, at: datetime, name: str | None = None) -> Row:
    name = name or dice.choice(NAMES if dice.random() < 0.85 else RARE)
    properties: Row = {}
    if dice.random() < 0.6:
        values: Row = {
            "color": dice.choice(["red", "Blue", None]),
            "size": dice.choice([1, 2, 2.5, 10]),
            "gift": dice.choice([True, False]),
            "due": dice.choice(["2024-03-31", "2024-10-27", "soon"]),
            "list_id": dice.choice(["p1", "p2", None]),
            "utm_source": dice.choice(SOURCES),
            "utm_campaign": dice.choice(CAMPAIGNS),
        }
        properties = {key: value for key, value in values.items() if value is not None and dice.random() < 0.7}
    return {
        "event_id": f"e{number:03}",
        "customer_id": who,
        "anonymous_id": f"a-{who}" if who is None or dice.random() < 0.5 else None,
        "name": name,
        "occurred_at": at,
        "received_at": at + dice.choice([timedelta(0), 60 * SECOND]),
        "product_id": dice.choice(["p1", "p2", "p3", "p9", None]) if dice.random() < 0.6 else None,
        "value": dice.choice([None, 5.0, 10.0, 10.5, 99.0]),
        "properties": json.dumps(properties) if properties or dice.random() < 0.5 else None,
    }


def add_messages(dice: random.Random, shop: Shop) -> None:
    """What became of messages; opens and clicks carry a verdict (S17)."""
    kinds = ["accepted", "delivered", "bounced", "opened", "opened", "clicked", "clicked", "complained", "unsubscribed"]
    for number in range(dice.randrange(0, 40)):
        kind = dice.choice(kinds)
        judged = kind in {"opened", "clicked"}
        shop.messages.append(
            {
                "message_event_id": f"m{number}",
                "message_id": f"<{number % 7}@example.org>",
                "customer_id": dice.choice(shop.customers)["customer_id"],
                "channel": dice.choice(["email", "email", "email", "sms", "push"]),
                "source": dice.choice(["campaign:11", "campaign:12", "flow:welcome"]),
                "step": dice.choice(["first", "second"]),
                "kind": kind,
                "verdict": dice.choice(["human", "machine", "unknown"]) if judged else None,
                "occurred_at": instant(dice, shop.now),
            }
        )


def add_consents(dice: random.Random, shop: Shop) -> None:
    """Entries of the consent ledger in the order in which they were recorded; some object to profiling."""
    statuses = [*STANDING, "granted", "granted", "withdrawn"]
    for number in range(dice.randrange(0, 25)):
        purpose = dice.choice(["marketing", "marketing", "marketing", "reviews", "profiling", "opens"])
        shop.consents.append(
            {
                "seq": number + 1,
                "customer_id": dice.choice(shop.customers)["customer_id"],
                "channel": dice.choice(["email", "sms", "push"]),
                "purpose": purpose,
                "status": dice.choice(["objected", "granted"] if purpose == "profiling" else statuses),
                "at": instant(dice, shop.now),
            }
        )


def add_lists_and_tags(dice: random.Random, shop: Shop) -> None:
    """Whom people put on lists, and the tags they gave."""
    for number in range(dice.randrange(0, 10)):
        who = {"customer_id": dice.choice(shop.customers)["customer_id"], "added_at": instant(dice, shop.now)}
        name = dice.choice(["Fair 2024", "Testers"])
        shop.lists.append({**who, "list_id": name.split()[0].lower(), "name": name})
        if number % 2:
            shop.tags.append({**who, "tag": dice.choice(["VIP", "Trade"]), "added_by": "ann"})


def add_journal(dice: random.Random, shop: Shop) -> None:
    """Entries and exits of other segments."""
    for _ in range(dice.randrange(0, 20)):
        name, at = dice.choice(list(shop.segments)), instant(dice, shop.now)
        shop.journal.append(
            {
                "customer_id": dice.choice(shop.customers)["customer_id"],
                "segment": name,
                "segment_id": name.lower(),
                "entered": dice.random() < 0.6,
                "effective_at": at,
                "recorded_at": at,
                "cause": "event",
            }
        )


def add_credits(dice: random.Random, shop: Shop) -> None:
    """Store credit accounts, some in another currency."""
    for number in range(dice.randrange(0, 8)):
        shop.credits.append(
            {
                "account_id": f"s{number}",
                "customer_id": dice.choice(shop.customers)["customer_id"],
                "balance": dice.choice([0, 500, 1000, 2550]),
                "currency": dice.choice(["EUR", "EUR", "USD"]),
                "next_expiry_at": dice.choice(
                    [None, instant(dice, shop.now), shop.now.replace(tzinfo=None) + 30 * 86_400 * SECOND]
                ),
                "last_credit_at": dice.choice([None, instant(dice, shop.now)]),
            }
        )


def naive_sessions(shop: Shop) -> tuple[list[Row], list[Row]]:
    """Rows of the tables session and order_session from all events of known customers, cut naively."""
    sessions: list[Row] = []
    for one in shop.customers:
        events = [event for event in shop.events if event["customer_id"] == one["customer_id"]]
        for number, run in enumerate(cut(events)):
            made = session_of(run)
            kept = {name: value for name, value in made.items() if name not in {"start", "end", "date", "duration"}}
            sessions.append(
                {
                    **kept,
                    "session_id": f"{one['customer_id']}/{number}",
                    "customer_id": one["customer_id"],
                    "started_at": made["start"],
                    "ended_at": made["end"],
                }
            )
    joined = [row for order in shop.orders if (row := _home(order, sessions)) is not None]
    return sessions, joined


def _home(order: Row, sessions: Sequence[Row]) -> Row | None:
    """The session that contains the order, else the last that ended at most 30 minutes before (S11)."""
    at: Any = order["ordered_at"]
    near = [
        one
        for one in sessions
        if one["customer_id"] == order["customer_id"] and one["started_at"] <= at <= one["ended_at"] + SILENCE
    ]
    inside = [one for one in near if at <= one["ended_at"]]
    found = max(inside or near, key=lambda one: one["started_at"], default=None)
    if found is None:
        return None
    return {"order_id": order["order_id"], "session_id": found["session_id"], "customer_id": order["customer_id"]}
