"""S18: a unique code for each person and occurrence, held in the intent's transaction, returned when nothing went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select, update
from tests.sending.gate_desk import Desk, wish
from tests.sending.post import KEY

from relance.errors import BadInput, NotFound
from relance.sending import Intent, Offer, add_codes, conservation, offers, plan, return_codes, save_offer, stock
from relance.sending.coupons_offers import coupon_facts
from relance.sending.coupons_pool import dry_offers, supply_waiting
from relance.sending.coupons_used import measure_redemptions
from relance.sending.outbox import OUTBOX
from relance.sending.stale import renew, stale
from relance.store import Shop, Store, tables
from relance.warehouse import TABLES, Warehouse

WELCOME = Offer("welcome", "percent", 10, None, 48, low_at=2)


@pytest.fixture
def desk(store: Store, shop: Shop, now: datetime) -> Desk:
    """A desk with an offer that has three codes."""
    made = Desk(store, shop, now)
    made.register()
    made.agree(*(f"c{number}" for number in range(9)))
    with store.begin() as connection:
        save_offer(connection, shop, WELCOME, now)
        assert add_codes(connection, shop, "welcome", ["AAA-1", "AAA-2", " AAA-3 ", ""], now).added == 3
    return made


def promised(customer: str, **changes: Any) -> Intent:
    return wish(customer, offer="welcome", **changes)


def write(desk: Desk, *intents: Intent) -> None:
    with desk.store.begin() as connection:
        plan(connection, desk.shop, intents, KEY, desk.now)


def codes(desk: Desk) -> list[str | None]:
    return [row.coupon for row in desk.rows()]


def held(desk: Desk) -> Sequence[tuple[str, bool]]:
    code = tables.coupon_code
    with desk.store.read() as connection:
        rows = connection.execute(select(code.c.code, code.c.held_for).order_by(code.c.id))
        return [(row.code, row.held_for is not None) for row in rows]


def test_each_gets_a_code_of_their_own_and_a_repeat_finds_it_again(desk: Desk) -> None:
    write(desk, promised("c1"), promised("c2"))
    write(desk, promised("c1"), promised("c2"))
    write(desk, promised("c1", step="reminder"))
    assert codes(desk) == ["AAA-1", "AAA-2", "AAA-1"]
    assert desk.rows()[0].facts["coupon"] == {
        "code": "AAA-1",
        "percent": 10,
        "valid_hours": 48,
        "valid_until": "2026-03-12",
        "issued_at": desk.now.isoformat(),
    }
    write(desk, promised("c1", occurrence="order-2"))
    assert codes(desk)[-1] == "AAA-3"
    assert desk.turn() == {"accepted": 4}


def test_when_the_list_runs_dry_messages_wait_and_none_goes_without_its_code(desk: Desk) -> None:
    write(desk, *(promised(f"c{number}", priority=10 + number) for number in range(5)))
    assert codes(desk) == ["AAA-1", "AAA-2", "AAA-3", None, None]
    with desk.store.read() as connection:
        (one,) = stock(connection, desk.shop, desk.now)
        assert dry_offers(connection, desk.shop, "flow:inactive-customers") == ["welcome"]
    assert (one.free, one.held, one.waiting, one.is_low, one.is_dry) == (0, 3, 2, True, True)
    assert desk.turn() == {"accepted": 3}
    desk.now += timedelta(minutes=10)
    assert desk.turn() == {"deferred": 2}
    assert {row.reason for row in desk.rows() if row.state == "deferred"} == {"coupons.dry"}
    with desk.store.begin() as connection:
        found = add_codes(connection, desk.shop, "welcome", ["aaa-1", "BBB-1", "x" * 101], desk.now)
    assert (found.added, found.repeated, found.rejected) == (1, 1, 1)
    assert codes(desk)[3:] == ["BBB-1", None]
    assert desk.turn() == {"accepted": 1}
    desk.now += timedelta(hours=72)
    assert desk.turn() == {"expired": 1}
    with desk.store.read() as connection:
        assert conservation(connection, desk.shop)


@pytest.mark.parametrize("state", ["expired", "failed", "cancelled", "suppressed"])
def test_what_is_not_sent_returns_its_code(desk: Desk, state: str) -> None:
    write(desk, promised("c1"), promised("c2"), promised("c2", step="reminder"))
    with desk.store.begin() as connection:
        ended = {"state": state, "reason": "test", "settled_at": desk.now}
        connection.execute(update(OUTBOX).where(OUTBOX.c.step == "m6").values(**ended))
        assert return_codes(connection, desk.shop) == 1
        assert return_codes(connection, desk.shop) == 0
    # the second person's other message still promises their code
    assert held(desk) == [("AAA-1", False), ("AAA-2", True), ("AAA-3", False)]
    with desk.store.begin() as connection:
        # a dead letter that is sent again gets a code again before it goes
        again = {"state": "queued", "reason": None, "settled_at": None}
        connection.execute(update(OUTBOX).where(OUTBOX.c.customer_id == "c1").values(**again))
    assert desk.turn()["deferred"] == 1
    with desk.store.begin() as connection:
        assert supply_waiting(connection, desk.shop, "welcome", desk.now) == 1
    assert codes(desk)[0] == "AAA-1"


def test_a_promise_that_is_half_over_is_planned_again(desk: Desk) -> None:
    write(desk, promised("c1", not_after=desk.now + timedelta(days=9)))
    desk.now += timedelta(hours=24, seconds=1)
    assert desk.turn() == {"deferred": 1}
    assert desk.rows()[0].reason == "coupons.short"
    with desk.store.begin() as connection:
        (one,) = stale(connection, desk.shop, "flow:inactive-customers", desk.now)
        assert renew(connection, desk.shop, {one.outbox_id: promised("c1")}, desk.now) == 1
    row = desk.rows()[0]
    assert (row.coupon, row.facts["coupon"]["code"], row.facts["coupon"]["issued_at"]) == (
        "AAA-1",
        "AAA-1",
        desk.now.isoformat(),
    )
    assert desk.turn() == {"accepted": 1}


def test_validity_counts_from_the_planned_delivery(desk: Desk) -> None:
    later = desk.now + timedelta(days=3)
    write(desk, promised("c1", planned_at=later))
    assert desk.rows()[0].facts["coupon"]["issued_at"] == later.isoformat()


def test_a_code_is_not_promised_for_longer_than_the_shop_takes_it(desk: Desk) -> None:
    with desk.store.begin() as connection:
        save_offer(connection, desk.shop, Offer("short", "percent", 5, None, 72), desk.now)
        add_codes(connection, desk.shop, "short", ["S1"], desk.now, desk.now + timedelta(hours=71))
        add_codes(connection, desk.shop, "short", ["S2"], desk.now, desk.now + timedelta(hours=73))
    write(desk, wish("c1", offer="short"), wish("c2", offer="short"))
    assert codes(desk) == ["S2", None]


def test_what_an_offer_takes_off_in_words_of_the_templates(shop: Shop, now: datetime) -> None:
    amount = coupon_facts(shop, Offer("a", "amount", 1000, 5000, 36), "C", now)
    assert (amount["amount"], amount["minimum"], amount["valid_until"]) == ("10.00", "50.00", "2026-03-11T22:00+01:00")
    assert coupon_facts(shop, Offer("d", "free_delivery", None, None, 24), "C", now)["free_delivery"] is True


@pytest.mark.parametrize(
    "wrong",
    [
        Offer("Has Space", "percent", 10, None, 24),
        Offer("a", "gift", 10, None, 24),
        Offer("a", "percent", 101, None, 24),
        Offer("a", "percent", None, None, 24),
        Offer("a", "free_delivery", 5, None, 24),
        Offer("a", "amount", 0, None, 24),
        Offer("a", "amount", 5, 0, 24),
        Offer("a", "percent", 5, None, 0),
        Offer("a", "percent", 5, None, 24, supply="air"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(desk: Desk, wrong: Offer) -> None:
    with desk.store.begin() as connection, pytest.raises(BadInput):
        save_offer(connection, desk.shop, wrong, desk.now)
    with desk.store.begin() as connection, pytest.raises(NotFound):
        add_codes(connection, desk.shop, "none", ["X"], desk.now)
    with desk.store.read() as connection:
        assert list(offers(connection, desk.shop)) == ["welcome"]


def test_redemption_is_measured_whatever_the_case(desk: Desk, warehouse: Warehouse) -> None:
    write(desk, promised("c1"), promised("c2"))
    desk.turn()
    _orders(warehouse, [("o1", ["aaa-1"], True), ("o2", [" Aaa-1"], True), ("o3", ["AAA-2"], False), ("o4", [], True)])
    with desk.store.begin() as connection:
        assert measure_redemptions(connection, warehouse, desk.shop) == 1
        assert measure_redemptions(connection, warehouse, desk.shop) == 0
        (one,) = stock(connection, desk.shop, desk.now)
        row = connection.execute(select(tables.coupon_code).where(tables.coupon_code.c.code == "AAA-1")).one()
    assert (one.free, one.held, one.redeemed) == (1, 1, 1)
    assert row.order_id == "o1"


def _orders(warehouse: Warehouse, given: list[tuple[str, list[str], bool]]) -> None:
    at = datetime(2026, 3, 11, 12, tzinfo=UTC).replace(tzinfo=None)
    rows = [
        {
            "order_id": order_id,
            "source": "test",
            "number": order_id,
            "customer_id": "c1",
            "ordered_at": at + timedelta(minutes=number),
            "day": at.date(),
            "currency": "EUR",
            "status": "paid",
            "test": False,
            "counted": counted,
            "discount": 0,
            "total": 5000,
            "coupons": coupons,
            "batch": "b",
            "batch_id": "b",
        }
        for number, (order_id, coupons, counted) in enumerate(given)
    ]
    schema = TABLES["order"].to_pyarrow()
    chosen = pa.schema([column for column in schema if column.name in rows[0]])
    with warehouse.write() as writer:
        writer.insert("order", pa.Table.from_pylist(rows, schema=chosen))


def test_two_planners_never_hold_one_code_twice(desk: Desk) -> None:
    with desk.store.begin() as connection:
        add_codes(connection, desk.shop, "welcome", [f"N{number}" for number in range(50)], desk.now)
    write(desk, *(promised(f"c{number % 9}", occurrence=f"o{number}") for number in range(40)))
    assert max(Counter(codes(desk)).values()) == 1
