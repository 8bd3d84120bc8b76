"""PRIV-02: the verdict for every status, channel and purpose; the default is no."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from relance.consent import canonical_address, suppress, suppressed
from relance.consent.state import STATUSES, State
from relance.consent.suppression import PRECEDENCE
from relance.consent.verdict import decide
from relance.store import Shop, Store
from relance.words import LANGUAGES, say

CHANNELS = ("email", "sms", "push")
PURPOSES = ("marketing", "transactional", "open_tracking", "click_tracking", "profiling")
AT = datetime(2026, 1, 1, tzinfo=UTC)


def expected(status: str | None, same: bool, purpose: str) -> bool:
    if status == "erased":
        return False
    if purpose == "transactional":
        return not (same and status == "suppressed")
    return same and status in {"granted", "imported"}


@pytest.mark.parametrize("status", [None, *sorted(STATUSES)])
def test_every_row_of_the_table(status: str | None) -> None:
    for held, asked in product(product(CHANNELS, PURPOSES), repeat=2):
        states = [] if status is None else [State("c1", *held, status, None, AT, 1)]
        answer = decide(states, *asked)
        assert answer.allowed is expected(status, held == asked, asked[1]), (status, held, asked)
        assert (answer.basis is not None) is answer.allowed
        assert all(say(answer.reason, language) for language in LANGUAGES)


def test_the_graver_reason_of_suppression_stays(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        for reason in ("hard_bounce", "erased", "soft_limit"):
            suppress(connection, shop, "email", "ab", reason, now, customer_id="c1")
        assert suppressed(connection, shop, "email", ["ab", "cd"]) == {"ab": "erased"}


def test_spellings_of_one_address_are_one() -> None:
    assert canonical_address("email", " Jeanne.Roux@BÜCHER.example ") == "jeanne.roux@xn--bcher-kva.example"
    assert canonical_address("email", "a+b@example.org") != canonical_address("email", "a@example.org")


def test_every_reason_of_suppression_has_words() -> None:
    assert all(say(f"sending.closed_{reason}", language) for reason in PRECEDENCE for language in LANGUAGES)
