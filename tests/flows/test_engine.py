"""The runner over a real warehouse and store: entering, leaving, catching up, and the promises that depend on both."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.hand_made import F2, KEY, HandMade, utc

from relance import flows, sending
from relance.clock import SetClock
from relance.errors import Conflict, NotFound
from relance.store import DataFolder
from relance.worker.mailbox import serve_mailbox

ANCHOR = utc("2025-01-10T12:00:00")
M3, M6, M12 = utc("2025-04-10T08:00:00"), utc("2025-07-10T08:00:00"), utc("2026-01-10T09:00:00")


def one_customer(shop: HandMade, euros: float = 200) -> None:
    shop.customer("c", "c@exemple.fr")
    shop.order("c", ANCHOR, euros)


def test_an_order_between_two_steps_ends_the_entry_and_begins_a_new_one(both_stores: HandMade) -> None:
    """S27: one entry per last order, which an order ends."""
    shop = both_stores
    one_customer(shop)
    shop.start_flow(ANCHOR + timedelta(days=1))
    shop.tick(ANCHOR + timedelta(days=1))
    assert shop.tick(M3) == flows.TickResult(moved=1, planned=1)
    second = shop.order("c", M3 + timedelta(days=20), 40)
    assert shop.tick(M3 + timedelta(days=21)) == flows.TickResult(entered=1, left=1)
    assert [(row.occurrence, row.state, row.reason) for row in shop.positions("c")] == [
        (second, "waiting", None),
        ("o0001", "ended", "ordered"),
    ]
    shop.tick(M6 + timedelta(hours=1))
    assert shop.sent() == [("c", "m3-coupon", "RELANCE5")]
    shop.tick(utc("2025-07-30T09:00:00"))
    assert shop.sent()[1:] == [("c", "m3-novelties", None)]


def test_an_order_cancels_the_message_that_still_waits(hand_made: HandMade) -> None:
    """Planned but not sent: somebody who orders in between gets nothing."""
    one_customer(hand_made)
    hand_made.start_flow(ANCHOR + timedelta(days=1))
    hand_made.tick(ANCHOR + timedelta(days=1))
    hand_made.tick(M3)
    hand_made.order("c", M3 + timedelta(minutes=5))
    hand_made.tick(M3 + timedelta(minutes=10))
    assert [(row["state"], row["reason"]) for row in hand_made.outbox()] == [("cancelled", "flow.left")]


def test_an_order_that_stops_counting_lets_go_of_the_entry(hand_made: HandMade) -> None:
    hand_made.customer("c", "c@exemple.fr")
    hand_made.order("c", ANCHOR, 200, cancelled_at=(ANCHOR + timedelta(days=3)).replace(tzinfo=None))
    hand_made.start_flow(ANCHOR)
    hand_made.tick(ANCHOR + timedelta(days=1))
    hand_made.tick(ANCHOR + timedelta(days=4))
    assert [row.reason for row in hand_made.positions("c")] == ["order_gone"]


def test_starting_over_old_customers_sends_nothing_for_steps_that_are_past(both_stores: HandMade) -> None:
    """S10, S27: history fires nothing; each begins at the next step not yet due; nobody after the last."""
    shop = both_stores
    for customer, at in (("a", "2025-06-01"), ("b", "2025-02-01"), ("c", "2024-10-01"), ("d", "2024-05-01")):
        shop.customer(customer, f"{customer}@exemple.fr")
        shop.order(customer, utc(f"{at}T12:00:00"), 200)
    shop.customer("e", "e@exemple.fr")
    now = utc("2025-06-15T09:00:00")
    with shop.store.begin() as connection:
        flows.install_library(connection, shop.shop, now)
        seen = flows.preview_activation(connection, shop.warehouse, shop.shop, F2, now)
    assert [(start.step, start.people) for start in seen.starts] == [("wait-m3", 1), ("wait-m6", 1), ("wait-m12", 1)]
    assert (seen.people, seen.beyond) == (3, 1)
    assert seen.missing_codes == ("RELANCE10", "RELANCE15", "RELANCE5")
    shop.start_flow(now)
    assert shop.tick(now) == flows.TickResult(entered=3)
    assert {customer: shop.positions(customer)[0].step for customer in "abc"} == {
        "a": "wait-m3",
        "b": "wait-m6",
        "c": "wait-m12",
    }
    assert shop.positions("d") == shop.positions("e") == []
    assert shop.outbox() == []


def test_a_step_due_between_the_start_and_the_first_tick_is_sent(hand_made: HandMade) -> None:
    """S27: what counts is what was not yet due at activation, not when the first tick came."""
    one_customer(hand_made)
    hand_made.start_flow(M3 - timedelta(hours=8))
    assert hand_made.tick(M3) == flows.TickResult(entered=1, moved=1, planned=1)
    assert hand_made.sent() == [("c", "m3-coupon", "RELANCE5")]


def test_old_orders_that_arrive_later_do_not_fire_either(hand_made: HandMade) -> None:
    """S10: an import after the start is history as well."""
    hand_made.start_flow(ANCHOR)
    hand_made.tick(M3 + timedelta(days=9))
    one_customer(hand_made)
    assert hand_made.tick(M3 + timedelta(days=10)) == flows.TickResult(entered=1)
    assert hand_made.positions("c")[0].step == "wait-m6"


def test_a_late_tick_catches_up_in_order_and_what_is_too_old_expires(hand_made: HandMade) -> None:
    """S15: more than 72 hours late is expired, and counted as such."""
    one_customer(hand_made)
    hand_made.start_flow(ANCHOR + timedelta(days=1))
    hand_made.tick(ANCHOR + timedelta(days=1))
    assert hand_made.tick(M6 + timedelta(hours=71)) == flows.TickResult(moved=2, planned=1, expired=1)
    assert hand_made.sent() == [("c", "m6-coupon", "RELANCE5")]
    assert hand_made.outbox()[0]["not_after"] == M6 + timedelta(hours=72)
    with hand_made.store.read() as connection:
        nodes = {node.step: node for node in flows.drawing(connection, hand_made.shop, F2).nodes}
    assert (nodes["m3-coupon"].expired, nodes["m6-coupon"].planned) == (1, 1)


def test_a_tick_twice_does_nothing_the_second_time(both_stores: HandMade) -> None:
    one_customer(both_stores)
    both_stores.start_flow(ANCHOR + timedelta(days=1))
    both_stores.tick(ANCHOR + timedelta(days=1))
    both_stores.tick(M3)
    assert both_stores.tick(M3) == flows.TickResult()
    assert len(both_stores.outbox()) == 1


def test_a_tick_in_the_past_is_refused(hand_made: HandMade) -> None:
    hand_made.start_flow(ANCHOR)
    hand_made.tick(M3)
    with pytest.raises(Conflict, match="already run up to"):
        hand_made.tick(M3 - timedelta(days=1))
    assert hand_made.tick(M3 - timedelta(minutes=1)) == flows.TickResult()


def test_a_flow_does_not_start_without_its_codes(both_stores: HandMade) -> None:
    """S18: the refusal names the step and the code."""
    shop = both_stores
    with shop.store.begin() as connection:
        assert flows.install_library(connection, shop.shop, ANCHOR) == [F2]
        assert flows.install_library(connection, shop.shop, ANCHOR) == []
        with pytest.raises(Conflict) as raised:
            flows.activate(connection, shop.warehouse, shop.shop, F2, ANCHOR)
    assert raised.value.key == "flows.coupon_not_confirmed"
    assert raised.value.facts["step"] == "m6-regular-coupon"
    assert "RELANCE10" in raised.value.say("fr")
    with shop.store.begin() as connection, pytest.raises(NotFound):
        flows.activate(connection, shop.warehouse, shop.shop, "no-such-flow", ANCHOR)


def test_a_code_takes_off_what_the_message_promises(hand_made: HandMade) -> None:
    """S18: a code confirmed with another percentage keeps the flow from starting, and both are named."""
    hand_made.confirm_codes(ANCHOR)
    with hand_made.store.begin() as connection:
        sending.add_coupon(connection, hand_made.shop, "RELANCE10", 8, 30, ANCHOR, confirmed=True)
        flows.install_library(connection, hand_made.shop, ANCHOR)
    with hand_made.store.begin() as connection, pytest.raises(Conflict, match="RELANCE10") as raised:
        flows.activate(connection, hand_made.warehouse, hand_made.shop, F2, ANCHOR)
    assert (raised.value.facts["promised"], raised.value.facts["confirmed"]) == (10, 8)


def test_what_a_paused_flow_has_planned_waits(both_stores: HandMade, folder: DataFolder) -> None:
    """REL-09: after a pause nothing of the flow is sent; resuming sends exactly the rest, once."""
    shop = both_stores
    one_customer(shop)
    shop.start_flow(ANCHOR + timedelta(days=1))
    shop.tick(ANCHOR + timedelta(days=1))
    assert shop.tick(M3).planned == 1
    clock = SetClock(M3 + timedelta(minutes=1))
    with serve_mailbox(shop.store, clock) as port:
        route = sending.MailRoute("127.0.0.1", port, False, None, None, "a@clairval.example", "1 rue du Bac, Paris")

        def send() -> dict[str, int]:
            report = sending.send_due(shop.store, shop.shop, route, KEY, "https://clairval.example", clock, folder)
            return dict(report.states)

        with shop.store.begin() as connection:
            flows.pause(connection, shop.shop, F2)
        assert send() == {}
        with shop.store.begin() as connection:
            flows.resume(connection, shop.shop, F2)
        assert send() == {"accepted": 1}
        assert send() == {}


def test_a_paused_flow_moves_nobody_and_goes_on_afterwards(both_stores: HandMade) -> None:
    shop = both_stores
    one_customer(shop)
    shop.start_flow(ANCHOR + timedelta(days=1))
    shop.tick(ANCHOR + timedelta(days=1))
    with shop.store.begin() as connection:
        flows.pause(connection, shop.shop, F2)
        assert flows.ticked_until(connection, shop.shop) is None
    assert shop.tick(M3) == flows.TickResult()
    with shop.store.begin() as connection:
        flows.resume(connection, shop.shop, F2)
        assert flows.ticked_until(connection, shop.shop) == ANCHOR + timedelta(days=1)
        assert [(row.state, row.inside, row.entered) for row in flows.list_flows(connection, shop.shop)] == [
            ("active", 1, 1)
        ]
    assert shop.tick(M3 + timedelta(hours=30)).planned == 1


def test_people_finish_the_version_that_they_entered(hand_made: HandMade) -> None:
    """A changed flow is a new version; who is inside keeps the old one's code."""
    one_customer(hand_made)
    hand_made.start_flow(ANCHOR + timedelta(days=1))
    hand_made.tick(ANCHOR + timedelta(days=1))
    with hand_made.store.begin() as connection:
        data = dict(flows.find_flow(connection, hand_made.shop, F2).data)
        data["coupons"] = {**data["coupons"], "small": {"code": "RELANCE10", "percent": 10, "valid_days": 5}}
        assert flows.save_flow(connection, hand_made.shop, data, ANCHOR + timedelta(days=2)) == 2
    hand_made.customer("new", "new@exemple.fr")
    hand_made.order("new", ANCHOR + timedelta(days=3), 200)
    hand_made.tick(ANCHOR + timedelta(days=4))
    hand_made.tick(M3)
    hand_made.tick(M3 + timedelta(days=3))
    assert hand_made.sent() == [("c", "m3-coupon", "RELANCE5"), ("new", "m3-coupon", "RELANCE10")]


def test_novelties_come_first_and_nobody_is_offered_what_they_own(hand_made: HandMade) -> None:
    """Products first sold in the last 30 days, then the best-selling of these days, without owned ones."""
    hand_made.customer("c", "c@exemple.fr")
    hand_made.customer("x", "x@exemple.fr")
    hand_made.order("c", ANCHOR, title="Vase")
    hand_made.order("x", ANCHOR, title="Bougie")
    hand_made.order("x", ANCHOR, title="Plaid")
    for days, title in ((1, "Vase"), (2, "Bougie"), (3, "Bougie"), (4, "Plaid"), (5, "Miroir"), (40, "Tapis")):
        hand_made.order("x", M3 - timedelta(days=days), title=title)
    hand_made.start_flow(ANCHOR + timedelta(days=1))
    hand_made.tick(ANCHOR + timedelta(days=1))
    hand_made.tick(M3)
    row = next(row for row in hand_made.outbox() if row["customer_id"] == "c")
    assert [product["title"] for product in row["facts"]["products"]] == ["Miroir", "Bougie", "Plaid"]
