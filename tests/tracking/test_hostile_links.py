"""Tracked links lead where they led when the mail was written, and nowhere else (MAIL-08)."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from tests.tracking.letters import send_letter
from tests.tracking.returns import KEY, desk_at

from relance import tracking
from relance.sending import make_token, read_token
from relance.sending.links import is_web_address
from relance.store import Store
from relance.store.tables import tracked_link

HOSTILE = [
    "//evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://boutique.example\r\nLocation: https://evil.example",
    "https://boutique.example\n",
    "http:///evil.example",
    "https:evil.example",
    "vbscript:x",
    "file:///etc/passwd",
    " https://boutique.example",
    "https://",
    "",
]


@pytest.mark.parametrize("target", HOSTILE)
def test_hostile_targets_are_no_links(target: str) -> None:
    """MAIL-08: neither another scheme, nor an address without a host, nor one that breaks out of its header."""
    assert not is_web_address(target)


@pytest.mark.parametrize("target", ["//evil.example", "javascript:alert(1)", "data:text/html,x", ""])
def test_a_row_that_was_changed_leads_nowhere(sqlite_store: Store, now: datetime, target: str) -> None:
    """MAIL-08: whatever stands in the database, only web addresses are led to."""
    desk = desk_at(sqlite_store, now)
    with sqlite_store.begin() as connection:
        _, (link_id,) = send_letter(connection, desk.shop, now, links=1)
        connection.execute(update(tracked_link).values(target=target))
        token = make_token(KEY, "click", link_id)
        assert tracking.record_hit(connection, KEY, token, "GET", "Mozilla/5.0", "192.0.2.1", now) is None


@given(st.text(max_size=60))
def test_no_text_is_a_token(text: str) -> None:
    """MAIL-08: what was not made with the key is nothing, for any purpose."""
    assert read_token(KEY, "click", text) is None
    assert read_token(KEY, "unsubscribe", text) is None


@given(st.integers(0, 2**63 - 1), st.integers(0, 33), st.characters(codec="ascii"))
def test_a_changed_token_is_nothing(number: int, place: int, sign: str) -> None:
    """MAIL-08: each sign counts, and a token fits its purpose only."""
    token = make_token(KEY, "click", number)
    changed = token[:place] + sign + token[place + 1 :]
    assert read_token(KEY, "click", changed) == (number if changed == token else None)
    assert read_token(KEY, "unsubscribe", token) is None
