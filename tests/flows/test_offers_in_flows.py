"""S18: a flow with unique codes refuses to start without any, and pauses when they run out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.hand_made import F2, HandMade, utc

from relance import flows, sending
from relance.errors import BadInput, Conflict
from relance.flows.definition import library, read_flow
from relance.flows.shelf import find_row

ANCHOR, M3 = utc("2025-01-10T12:00:00"), utc("2025-04-10T08:00:00")
START = ANCHOR + timedelta(days=1)


def test_a_flow_pauses_when_its_codes_run_out_and_goes_on_with_new_ones(hand_made: HandMade) -> None:
    for customer in ("a", "b"):
        hand_made.customer(customer, f"{customer}@exemple.fr")
        hand_made.order(customer, ANCHOR, 200)
    hand_made.confirm_codes(START)
    data = next(library()).data
    steps = [
        {name: value for name, value in step.items() if name != "coupon"} | {"offer": "welcome"}
        if step["id"] == "m3-coupon"
        else step
        for step in data["steps"]
    ]
    with pytest.raises(BadInput):
        read_flow({**data, "steps": [{**step, "coupon": "small"} if "offer" in step else step for step in steps]})
    store, shop = hand_made.store, hand_made.shop
    with store.begin() as connection:
        flows.save_flow(connection, shop, {**data, "steps": steps}, START)
    with store.begin() as connection, pytest.raises(Conflict, match="m3-coupon"):
        flows.activate(connection, hand_made.warehouse, shop, F2, START)
    with store.begin() as connection:
        sending.save_offer(connection, shop, sending.Offer("welcome", "percent", 10, None, 48), START)
        sending.add_codes(connection, shop, "welcome", ["ONE"], START)
        flows.activate(connection, hand_made.warehouse, shop, F2, START)
    hand_made.tick(START)
    assert hand_made.tick(M3).planned == 2
    assert sorted((row["state"], row["coupon"] or "") for row in hand_made.outbox()) == [
        ("deferred", ""),
        ("queued", "ONE"),
    ]
    with store.begin() as connection:
        assert find_row(connection, shop, F2).state == "paused"
        with pytest.raises(Conflict, match="welcome"):
            flows.resume(connection, shop, F2)
        sending.add_codes(connection, shop, "welcome", ["TWO"], M3)
        flows.resume(connection, shop, F2)
    assert sorted(row["coupon"] for row in hand_made.outbox()) == ["ONE", "TWO"]
