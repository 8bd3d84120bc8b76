"""`email.*`, `sms.*` and `push.*` over hand-made rows of the message log (S17)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.segments.behaviour_rows import Row, ago, members, put

from relance.warehouse import Warehouse


def message(who: str, kind: str, verdict: str | None = None, at: datetime | None = None, **more: object) -> Row:
    """What happened to a message of a customer."""
    return {"customer_id": who, "kind": kind, "verdict": verdict, "occurred_at": at or ago(days=1), **more}


def test_opens_count_for_people_and_clicks_unless_a_machine_made_them(warehouse: Warehouse) -> None:
    verdicts = {"a": "human", "b": "machine", "c": "unknown", "d": None}
    kinds = ("opened", "clicked")
    put(warehouse, message_event=[message(who, kind, verdict) for who, verdict in verdicts.items() for kind in kinds])
    found = members(
        warehouse,
        "email.opened MATCHES ()",
        "email.opened NOT MATCHES ()",
        "email.clicked MATCHES ()",
        "shopify_email.clicked(count: 1) = true",
        *(
            f"email.{kind} MATCHES (verdict = '{verdict}')"
            for kind in kinds
            for verdict in ("human", "machine", "unknown")
        ),
        "email.opened MATCHES (verdict IN ('human', 'unknown'))",
        "email.opened MATCHES (verdict IS NULL)",
        "email.clicked MATCHES (verdict != 'human')",
    )
    each = ["a", "b", "c"]
    assert found == ["a", "bcde", "acd", "acd", *each, *each, "ac", "d", "bcd"]


def test_every_kind_and_channel_apart(warehouse: Warehouse) -> None:
    put(
        warehouse,
        message_event=[
            message("a", "delivered"),
            message("b", "bounced"),
            message("c", "complained"),
            message("d", "unsubscribed", channel="sms"),
            message("e", "clicked", "human", channel="push"),
            message("e", "accepted"),
            message("e", "failed"),
        ],
    )
    kinds = ("opened", "clicked", "delivered", "bounced", "marked_as_spam", "unsubscribed")
    expected = {
        ("email", "delivered"): "a",
        ("email", "bounced"): "b",
        ("email", "marked_as_spam"): "c",
        ("sms", "unsubscribed"): "d",
        ("push", "clicked"): "e",
    }
    asked = [(channel, kind) for channel in ("email", "sms", "push") for kind in kinds]
    found = members(warehouse, *(f"{channel}.{kind} MATCHES ()" for channel, kind in asked))
    assert dict(zip(asked, found, strict=True)) == {one: expected.get(one, "") for one in asked}


def test_the_activity_is_a_flow_a_campaign_or_a_step(warehouse: Warehouse) -> None:
    put(
        warehouse,
        message_event=[
            message("a", "delivered", source="flow:welcome", step="first"),
            message("b", "delivered", source="campaign:123", step="all"),
            message("c", "delivered", source="campaign:4", step="123"),
            message("d", "delivered", source="campaign:welcome-back", step="all"),
        ],
    )
    found = members(
        warehouse,
        "email.delivered MATCHES (activity_id = 'flow:welcome')",
        "email.delivered MATCHES (activity_id = 'welcome')",
        "email.delivered MATCHES (activity_id = 123)",
        "email.delivered MATCHES (activity_id IN ('first', 'campaign:4'))",
        "email.delivered MATCHES (activity_id != 'all')",
    )
    assert found == ["a", "a", "bc", "ac", "ac"]


@pytest.mark.parametrize(("shift", "expected"), [(-1, ["", "a"]), (0, ["a", ""]), (1, ["a", ""])])
def test_dates_and_counts(warehouse: Warehouse, shift: int, expected: list[str]) -> None:
    """The first second of a day of Paris belongs to the day."""
    midnight = datetime(2026, 3, 2, 23, 0)  # noqa: DTZ001
    once = message("a", "clicked", "human", midnight + timedelta(seconds=shift))
    put(warehouse, message_event=[once, message("b", "clicked", "machine"), message("b", "opened", "human")])
    queries = ("email.clicked MATCHES (date >= -7d)", "email.clicked MATCHES (date < -7d, count = 1)")
    assert members(warehouse, *queries) == expected


def test_rows_of_now_and_later_do_not_exist(warehouse: Warehouse) -> None:
    put(warehouse, message_event=[message("a", "delivered", at=ago()), message("b", "delivered", at=ago(seconds=1))])
    assert members(warehouse, "email.delivered MATCHES (count >= 1)") == ["b"]
