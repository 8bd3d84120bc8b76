"""A template about which the checks say `stop`, such as an invented opinion, is not sent until it is changed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from tests.sending.gate_desk import Desk, wish

from relance.sending import conservation, save_shared, save_template, unfit
from relance.sending.documents import as_data
from relance.sending.documents_library import library
from relance.store import Shop, Store
from relance.words import LANGUAGES

QUOTED = "welcome-24h"
WORDS = {"en": "It still looks as on the first day.", "fr": "Il est comme au premier jour."}


@pytest.fixture
def desk(store: Store, shop: Shop, now: datetime) -> Desk:
    """A desk with one person who agreed."""
    made = Desk(store, shop, now)
    made.agree("c1")
    made.register()
    return made


def change(desk: Desk, name: str, quote: dict[str, str]) -> None:
    """Put a real person's words in the place of the invented ones."""
    data = as_data(library()[name])
    blocks = [{**block, "text": quote} if block["type"] == "quote" else block for block in data["blocks"]]
    with desk.store.begin() as connection:
        save_template(connection, desk.shop, name, {**data, "blocks": blocks}, desk.now, "marie")


def test_invented_words_wait_until_they_are_a_real_persons(desk: Desk) -> None:
    desk.plan(wish(template=QUOTED, phase="loyal"), wish(template="inactive-m6", phase="loyal"))
    assert desk.turn() == {"deferred": 1, "accepted": 1}
    waiting = desk.rows()[0]
    assert (waiting.reason, waiting.retry_at) == ("gate.template_stopped", desk.now + timedelta(minutes=10))
    with desk.store.read() as connection:
        assert conservation(connection, desk.shop)
        assert [stop.place for stop in unfit(connection, desk.shop, [QUOTED, "sale", "unknown"])[QUOTED]] == [
            "blocks.3.text"
        ]
    change(desk, QUOTED, WORDS)
    desk.now += timedelta(minutes=10)
    assert desk.turn() == {"accepted": 1}


def test_what_waits_for_its_template_expires_at_its_time(desk: Desk) -> None:
    desk.plan(wish(template=QUOTED, not_after=desk.now + timedelta(hours=1)))
    while desk.turn()["expired"] == 0:
        assert desk.jump()
    assert [row.state for row in desk.rows()] == ["expired"]


def test_only_the_language_that_is_at_fault_waits(desk: Desk) -> None:
    data = {"title": WORDS, "subject": WORDS, "preheader": {"en": "A few ideas", "fr": "Quelques idées"}}
    text = {
        "en": "Read {{ nobody }} here, in a few words that make a mail.",
        "fr": "Quelques mots qui font un mail ici.",
    }
    with desk.store.begin() as connection:
        save_template(
            connection, desk.shop, "mine", {**data, "blocks": [{"type": "text", "text": text}]}, desk.now, "marie"
        )
    desk.plan(*(wish(template="mine", language=language, phase="loyal") for language in LANGUAGES))
    desk.turn()
    assert {row.language: row.state for row in desk.rows()} == {"en": "deferred", "fr": "accepted"}


def test_a_shared_block_that_breaks_stops_the_templates_that_hold_it(desk: Desk) -> None:
    text = {"en": "A few words that make a mail to read.", "fr": "Quelques mots qui font un mail à lire."}
    shared = {"title": WORDS, "blocks": [{"type": "text", "text": text}]}
    blocks = [{"type": "text", "text": text}, {"type": "shared", "shared": "foot"}]
    data = {"title": WORDS, "subject": WORDS, "preheader": text, "blocks": blocks}
    with desk.store.begin() as connection:
        save_shared(connection, desk.shop, "foot", shared, desk.now, "marie")
        save_template(connection, desk.shop, "mine", data, desk.now, "marie")
        assert unfit(connection, desk.shop, ["mine"]) == {}
        button = {"type": "button", "label": WORDS, "url": "https://example.com/"}
        save_shared(connection, desk.shop, "foot", {**shared, "blocks": [button]}, desk.now, "marie")
        assert [one.key for one in unfit(connection, desk.shop, ["mine"])["mine"]][:1] == ["dead_link"]


def test_the_ready_templates_that_quote_nobody_may_go(store: Store, shop: Shop) -> None:
    with store.read() as connection:
        found = unfit(connection, shop, list(library()))
    assert Counter(stop.key for stops in found.values() for stop in stops).keys() == {"invented_quote"}
    quoting = {name for name, one in library().items() if any(block.type == "quote" for block in one.blocks)}
    assert set(found) == quoting
