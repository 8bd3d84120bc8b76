"""MAIL-11: STOP and ARRET by SMS, in both languages, whatever the accents, the case and the signs around them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.consent.outbox_rows import KEY, add_message

from relance import consent
from relance.consent.stop_words import WORDS
from relance.store import Shop, Store

STOPS = (
    *(
        "STOP",
        "stop",
        " Stop. ",
        "STOP 36111",
        "Arrêt",
        "ARRET",
        "arrêt !",
        "ＳＴＯＰ",
        "Opt-out",
        "opt out",
        "STOPALL",
    ),
    *("Désabo", "désinscrire", "DÉSINSCRIPTION", "Unsubscribe", "QUIT", "End", "cancel", "REVOKE", "Désabonnez-moi"),
)
SUSPECTED = ("please stop texting me", "Merci de ne plus recevoir vos SMS", "remove me from your list", "stop ça !")
OTHERS = ("", "  ", "36111", "Merci !", "Bonjour, où est ma commande ?", "the weekend starts now", "nonstop", "👍")


@pytest.mark.parametrize(("texts", "reading"), [(STOPS, "stop"), (SUSPECTED, "suspected"), (OTHERS, "other")])
def test_what_answers_mean(texts: tuple[str, ...], reading: str) -> None:
    assert {text: consent.read_answer(text) for text in texts} == dict.fromkeys(texts, reading)


@given(st.sampled_from(sorted(WORDS)), st.booleans(), st.text(alphabet=" .!?\n", max_size=4))
def test_a_word_is_read_however_it_is_written(word: str, upper: bool, around: str) -> None:
    assert consent.read_answer(around + (word.upper() if upper else word) + around) == "stop"


def test_a_stop_withdraws_and_closes_the_number(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        add_message(connection, shop, "c1", "+33612345678", now, "sms")
        granted = consent.Entry("c1", "sms", "marketing", "granted", None, now, "form")
        consent.record(connection, shop, granted, now)
        assert consent.stop_by_sms(connection, shop, "+33612345678", "Merci", now, KEY) == "other"
        assert consent.verdict(connection, shop, "c1", "sms", "marketing").allowed
        for _ in range(2):
            assert consent.stop_by_sms(connection, shop, "+33612345678", "Arrêt", now, KEY) == "stop"
        assert consent.verdict(connection, shop, "c1", "sms", "marketing").reason == "consent.withdrawn"
        hashed = consent.address_hmac(KEY, "sms", "+33612345678")
        assert consent.suppressed(connection, shop, "sms", [hashed]) == {hashed: "unsubscribed"}
        assert [one.entry.source for one in consent.history(connection, shop, "c1")] == ["form", "sms_stop"]


def test_a_stop_of_a_number_that_nobody_knows_closes_it_too(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        consent.stop_by_sms(connection, shop, "+33700000000", "STOP", now, KEY)
        assert consent.is_suppressed(connection, shop, "sms", consent.address_hmac(KEY, "sms", "+33700000000"))
