"""Facts in sentences are written as the reader's language writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from relance.words import Amount, Language, Phrase, catalogue, say, share_text

POUNDS = Amount(Decimal("795406.29"), "GBP")


@pytest.mark.parametrize(
    ("language", "text", "facts", "expected"),
    [
        ("fr", "{count} clients", {"count": 1634}, "1\u202f634 clients"),
        ("en", "{count} customers", {"count": 1634}, "1,634 customers"),
        ("en", "port {port:d}", {"port": 8031}, "port 8031"),
        ("fr", "{amount} dépensés", {"amount": POUNDS}, "795\u202f406,29\xa0£ dépensés"),
        ("en", "{amount} spent", {"amount": POUNDS}, "£795,406.29 spent"),
        ("fr", "le {day}", {"day": date(2011, 12, 9)}, "le 9 déc. 2011"),
        ("en", "{shown}", {"shown": True}, "True"),
        ("fr", "{part} !", {"part": Phrase("api.answer_yes")}, "oui !"),
    ],
)
def test_a_fact_is_written_for_its_reader(
    language: Language, text: str, facts: dict[str, object], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(catalogue(language), "test.fact", text)
    assert say("test.fact", language, **facts) == expected


def test_a_share_is_a_percentage() -> None:
    assert share_text(0.4187, "fr") == "41,9\u202f%"
    assert share_text(0.4187, "en") == "41.9%"
