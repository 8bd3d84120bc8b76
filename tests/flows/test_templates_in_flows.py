"""A flow does not start with a template that must not be sent; the error says which step, which block, what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.hand_made import F2, HandMade, utc

from relance import flows, sending
from relance.errors import Conflict
from relance.flows.definition import library
from relance.sending.documents_library import library as templates
from relance.words import Language

START = utc("2025-01-11T12:00:00")


def test_a_flow_with_invented_opinions_does_not_start(hand_made: HandMade) -> None:
    hand_made.confirm_codes(START)
    data = next(library()).data
    steps = [{**step, "template": "testimonials"} if step["id"] == "m3-novelties" else step for step in data["steps"]]
    store, shop = hand_made.store, hand_made.shop
    with store.begin() as connection:
        flows.save_flow(connection, shop, {**data, "steps": steps}, START)
    with store.begin() as connection, pytest.raises(Conflict, match="m3-novelties") as refused:
        flows.activate(connection, hand_made.warehouse, shop, F2, START)
    expected: dict[Language, tuple[str, ...]] = {
        "en": ("blocks.2.text", "said by nobody", "remove the block"),
        "fr": ("retirez",),
    }
    for language, words in expected.items():
        said = refused.value.say(language)
        assert [word for word in words if word not in said] == []
    quotes = {"en": "I wore it all winter.", "fr": "Je l’ai porté tout l’hiver."}
    document = sending.as_data(templates()["testimonials"])
    real = [{**block, "text": quotes} if block["type"] == "quote" else block for block in document["blocks"]]
    with store.begin() as connection:
        sending.save_template(connection, shop, "testimonials", {**document, "blocks": real}, START, "marie")
        flows.activate(connection, hand_made.warehouse, shop, F2, START)
    with store.begin() as connection:
        flows.pause(connection, shop, F2)
        sending.archive_template(connection, shop, "testimonials", START + timedelta(hours=1))
    with store.begin() as connection, pytest.raises(Conflict, match="customers say"):
        flows.resume(connection, shop, F2)
