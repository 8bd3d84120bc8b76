"""Which flows use which segments."""

from __future__ import annotations

import copy
from datetime import datetime

from tests.flows.hand_made import HandMade

from relance import flows, segments


def test_a_flow_uses_the_segments_that_its_steps_ask_for(hand_made: HandMade, now: datetime) -> None:
    (printed,) = flows.library()
    data = copy.deepcopy(dict(printed.data))
    text = data["steps"][[bool(step.get("condition")) for step in data["steps"]].index(True)]
    text["condition"] = "segment = 'Best Buyers' OR segment IN ('nobody', 'REGULARS')"
    shop = hand_made.shop
    with hand_made.store.begin() as connection:
        for name in ("Best buyers", "Regulars", "Others"):
            segments.save(connection, shop, None, name, "number_of_orders > 1", now, "claire")
        flows.install_library(connection, shop, now)
        assert flows.segment_uses(connection, shop) == {}
        flows.save_flow(connection, shop, data, now)
        called = printed.name.say(shop.language)
        assert flows.segment_uses(connection, shop) == {"best-buyers": [called], "regulars": [called]}
