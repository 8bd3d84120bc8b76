"""A customer's page says what was agreed to in the reader's words: no name of ours is left in it."""

from __future__ import annotations

import pytest

from relance import consent
from relance.analytics.timeline import known_phrase
from relance.consent.wishes import CLICKS, MARKETING, OPENS, SOURCE
from relance.profiles import PROFILING
from relance.words import Phrase

NAMES = (
    *(("channel", one) for one in (*consent.CHANNELS, consent.ANY_CHANNEL)),
    *(("purpose", one) for one in (MARKETING, OPENS, CLICKS, PROFILING, "transactional")),
    *(("consent_source", one) for one in (SOURCE, "form", "push", "sms_stop", "provider_stop", "complaint", "merge")),
)


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_what_stands_in_the_ledger_has_words(kind: str, name: str) -> None:
    assert isinstance(known_phrase(f"analytics.{kind}", name), Phrase)
