"""`consent` over the ledger's copy, and `segment` over the journal."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.segments.behaviour_rows import Row, ago, members, put

from relance.warehouse import Warehouse


def entry(seq: int, who: str, status: str, at: datetime, weight: int | None = None, **more: object) -> Row:
    """An entry of the ledger; marketing by e-mail unless told otherwise."""
    given = {"seq": seq, "customer_id": who, "status": status, "at": at, "weight": weight}
    return {"channel": "email", "purpose": "marketing", **given, **more}


def test_the_state_is_the_last_word_on_a_channel_and_purpose(warehouse: Warehouse) -> None:
    put(
        warehouse,
        consent_entry=[
            entry(1, "a", "granted", ago(days=40)),
            entry(2, "a", "withdrawn", ago(days=3)),
            entry(3, "a", "granted", ago(days=2), channel="sms"),
            entry(4, "b", "withdrawn", ago(days=9)),
            entry(5, "b", "granted", ago(days=9)),
            entry(6, "c", "granted", ago(days=5)),
            entry(7, "c", "withdrawn", ago()),
            entry(8, "d", "refused", ago(days=50), weight=9),
            entry(9, "d", "imported", ago(days=1), weight=5),
        ],
    )
    found = members(
        warehouse,
        "consent MATCHES ()",
        "consent NOT MATCHES ()",
        "consent MATCHES (status = 'granted')",
        "consent MATCHES (channel = 'email', purpose = 'marketing', status = 'granted')",
        "consent MATCHES (channel = 'email', status = 'withdrawn', date >= -7d)",
        "consent MATCHES (channel = 'email', status = 'granted', date < -7d)",
        "consent MATCHES (status IN ('refused', 'imported'))",
        "consent MATCHES (channel != 'email')",
    )
    assert found == ["abcd", "e", "abc", "bc", "a", "b", "d", "a"]


def moved(who: str, entered: bool, at: datetime, segment: str = "vip", cause: str = "event") -> Row:
    """A line of the journal."""
    return {"customer_id": who, "segment_id": segment, "entered": entered, "effective_at": at, "cause": cause}


@pytest.fixture
def journal(warehouse: Warehouse) -> Warehouse:
    """Entries and exits of two segments."""
    put(
        warehouse,
        segment_name=[
            {"segment_id": "vip", "name": "very important"},
            {"segment_id": "vip", "name": "vip"},
            {"segment_id": "other", "name": "other", "bit": 1},
        ],
        journal=[
            moved("a", True, ago(days=60)),
            moved("a", False, ago(days=3)),
            moved("b", True, ago(days=2), cause="definition"),
            moved("c", True, ago(days=2), segment="other"),
            moved("d", True, ago()),
        ],
    )
    return warehouse


def test_entries_and_exits(journal: Warehouse) -> None:
    found = members(
        journal,
        "segment MATCHES (name = 'vip', entered >= -7d)",
        "segment NOT MATCHES (name = 'vip', entered >= -7d)",
        "segment MATCHES (name = 'Very Important', left >= -7d)",
        "segment MATCHES (name = 'vip', entered < -30d, left >= -7d)",
        "segment MATCHES (name = 'vip', entered >= -7d, left >= -7d)",
        "segment MATCHES (name = 'other', entered BETWEEN -2d AND today)",
        "segment MATCHES (name = 'vip', entered < -1h, entered > -3d)",
    )
    assert found == ["b", "acde", "a", "a", "", "c", "b"]
