"""S3, S13, S15, S19, R1: one gate; what cannot go now waits, keeps its place and is never lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, insert, update
from tests.sending.gate_desk import Desk, wish
from tests.sending.post import KEY

from relance.consent import address_hmac, object_to_profiling, suppress, withdraw
from relance.errors import BadInput
from relance.sending import asked_about, conservation, hold, read_rules, release, rules_as_json, rules_of
from relance.sending.caps import Cap
from relance.sending.gate_rules import default_rules
from relance.sending.outbox import OUTBOX
from relance.store import Shop, Store, tables

DAY = timedelta(days=1)


@pytest.fixture
def desk(store: Store, shop: Shop, now: datetime) -> Desk:
    """A desk with two people who agreed."""
    made = Desk(store, shop, now)
    made.agree("c1", "c2")
    made.agree("c1", "c2", channel="sms")
    return made


def reasons(desk: Desk) -> list[tuple[str, str | None]]:
    return [(row.state, row.reason) for row in desk.rows()]


@pytest.mark.parametrize(
    ("phase", "most", "days"),
    [("first_time", 2, 7), ("repeat", 3, 7), ("loyal", 3, 7), ("at_risk", 1, 7), ("inactive", 1, 7), ("lost", 1, 30)],
)
def test_r1_caps_by_life_phase(desk: Desk, phase: str, most: int, days: int) -> None:
    desk.plan(*(wish(phase=phase, not_after=desk.now + 90 * DAY, reacted_at=desk.now - DAY) for _ in range(most + 1)))
    assert desk.turn() == {"accepted": most, "deferred": 1}
    last = desk.rows()[-1]
    assert (last.reason, last.retry_at) == ("gate.pressure_phase", desk.now + timedelta(minutes=10))
    desk.now += timedelta(minutes=10)
    assert desk.turn() == {"deferred": 1}
    first_free = desk.rows()[-1].retry_at
    assert first_free == desk.rows()[0].doubt_at + timedelta(days=days)
    desk.now = first_free - timedelta(seconds=1)
    assert desk.turn() == {}
    desk.now = first_free
    assert desk.turn() == {"accepted": 1}


def test_r1_two_a_month_to_everybody(desk: Desk) -> None:
    month = [wish(phase="loyal", everybody=True, not_after=desk.now + 90 * DAY) for _ in range(3)]
    desk.plan(*month, wish(phase="loyal"))
    assert desk.turn() == {"accepted": 3, "deferred": 1}
    assert reasons(desk)[2] == ("deferred", "gate.pressure_everybody")
    desk.now += timedelta(minutes=10)
    desk.turn()
    assert desk.rows()[2].retry_at == desk.rows()[0].doubt_at + 30 * DAY


def test_prospects_get_theirs_on_day_0_after_24_and_72_hours_then_weekly(desk: Desk) -> None:
    desk.plan(*(wish(phase="prospect", not_after=desk.now + 90 * DAY) for _ in range(6)))
    start = desk.now
    hours = [(at - start).total_seconds() / 3600 for at in desk.run(start + 30 * DAY)]
    assert hours == [0, 24, 72, 240, 408, 576]


def test_an_optional_cap_a_channel_counts_that_channel_only(desk: Desk) -> None:
    desk.rules(pressure={"channels": {"sms": [{"count": 1, "days": 30}]}}, quiet_hours=[])
    sms = [wish(channel="sms", address="+33612345678", phase="loyal") for _ in range(2)]
    desk.plan(*sms, wish(phase="loyal"))
    assert desk.turn("sms") == {"accepted": 1, "deferred": 1}
    assert reasons(desk)[1] == ("deferred", "gate.pressure_channel")
    assert desk.turn("email") == {"accepted": 1}


def test_transactional_messages_are_exempt_and_take_no_place(desk: Desk) -> None:
    paid = [wish(phase="at_risk", purpose="transactional") for _ in range(5)]
    desk.plan(*paid, wish(phase="at_risk"))
    assert desk.turn() == {"accepted": 6}


def test_a_flow_runs_by_its_own_schedule_as_printed(desk: Desk) -> None:
    own = (Cap(1, 1),)
    until = desk.now + 9 * DAY
    kept: dict[str, Any] = {"phase": "at_risk", "own_caps": own, "not_after": until, "source": "flow:carts"}
    desk.plan(*(wish(**kept) for _ in range(3)), wish(phase="at_risk", not_after=desk.now + 9 * DAY))
    desk.run(desk.now + 3 * DAY)
    ours = [row for row in desk.rows() if row.source == "flow:carts"]
    assert [row.state for row in ours] == ["accepted"] * 3
    assert [row.doubt_at - ours[0].doubt_at for row in ours] == [0 * DAY, 1 * DAY, 2 * DAY]
    assert desk.rows()[-1].reason == "gate.pressure_phase"


def test_the_interval_doubles_without_a_reaction_and_a_click_ends_that(desk: Desk) -> None:
    desk.plan(*(wish(phase="at_risk", not_after=desk.now + 200 * DAY) for _ in range(8)))
    went = desk.run(desk.now + 70 * DAY)
    assert [(after - before).days for before, after in pairwise(went)] == [7, 14, 14, 28]
    last = [row for row in desk.rows() if row.state == "accepted"][-1]
    with desk.store.begin() as connection:
        hit = {"shop_id": "main", "kind": "click", "method": "GET", "user_agent": "", "network": ""}
        machine = {**hit, "outbox_id": last.id, "at": desk.now, "verdict": "machine"}
        connection.execute(insert(tables.tracking_hit), [machine])
        connection.execute(update(OUTBOX).where(OUTBOX.c.state == "deferred").values(retry_at=desk.now))
    assert desk.turn()["accepted"] == 0
    with desk.store.begin() as connection:
        connection.execute(insert(tables.tracking_hit), [{**machine, "verdict": "human"}])
        connection.execute(update(OUTBOX).where(OUTBOX.c.state == "deferred").values(retry_at=desk.now))
    assert desk.turn()["accepted"] == 1


def test_somebody_inactive_is_left_alone_after_a_month_without_a_reaction(desk: Desk) -> None:
    desk.plan(*(wish(phase="inactive", not_after=desk.now + 200 * DAY) for _ in range(8)))
    went = desk.run(desk.now + 60 * DAY)
    assert [(at - went[0]).days for at in went] == [0, 7, 14, 21, 28]
    assert Counter(reasons(desk)) == {("accepted", None): 5, ("suppressed", "gate.pressure_stopped"): 3}


def test_a_deferred_message_keeps_its_place_and_expires_at_its_time(desk: Desk) -> None:
    later: dict[str, Any] = {"phase": "at_risk", "reacted_at": desk.now}
    desk.plan(wish(**later))
    assert desk.turn() == {"accepted": 1}
    soon = desk.now + 20 * DAY
    desk.now += timedelta(hours=1)
    low = wish(**later, occurrence="low", priority=90, not_after=soon)
    old = wish(**later, occurrence="old", priority=50, not_after=soon)
    cart = wish(**later, occurrence="cart", priority=10, not_after=desk.now + DAY)
    desk.plan(low, old, cart)
    assert desk.turn() == {"deferred": 3}
    free = desk.rows()[0].doubt_at + 7 * DAY
    assert [row.retry_at for row in desk.rows()[1:]] == [free, free, desk.now + DAY + timedelta(seconds=1)]
    desk.now += DAY + timedelta(seconds=1)
    assert desk.turn() == {"expired": 1}
    desk.now = free
    desk.plan(wish(**later, occurrence="new", priority=70, not_after=soon))
    assert desk.turn() == {"accepted": 1, "deferred": 2}
    states = {row.occurrence: row.state for row in desk.rows()}
    assert states == {
        "order-1-0": "accepted",
        "low-0": "deferred",
        "old-1": "accepted",
        "cart-2": "expired",
        "new-0": "deferred",
    }


def test_a_place_is_not_taken_from_a_more_important_message_that_is_due(desk: Desk) -> None:
    desk.plan(wish(phase="at_risk", priority=10), wish("c2", phase="at_risk", priority=20))
    desk.plan(wish(phase="at_risk", occurrence="minor", priority=80))
    with desk.store.begin() as connection:
        # another sender holds the important one
        mine = OUTBOX.c.priority == 10
        connection.execute(update(OUTBOX).where(mine).values(state="claimed", owner="other", epoch=1))
    assert desk.turn() == {"accepted": 1, "deferred": 1}
    assert desk.rows()[2].reason == "gate.outranked"
    with desk.store.begin() as connection:
        # a flow that is paused holds nobody else up
        connection.execute(update(OUTBOX).where(mine).values(state="queued", owner=None, source="flow:paused"))
        hold(connection, desk.shop, "flow:paused")
    desk.now += timedelta(minutes=10)
    assert desk.turn() == {"accepted": 1}
    with desk.store.begin() as connection:
        release(connection, desk.shop, "flow:paused")
    assert desk.turn() == {"deferred": 1}


def test_a_message_in_doubt_takes_a_place_until_it_is_known(desk: Desk) -> None:
    desk.plan(wish(phase="at_risk"))
    desk.turn()
    with desk.store.begin() as connection:
        connection.execute(update(OUTBOX).values(state="in_doubt"))
    desk.plan(wish(phase="at_risk", occurrence="next"))
    assert desk.turn() == {"deferred": 1}
    assert desk.rows()[1].retry_at == desk.now + timedelta(minutes=10)
    with desk.store.begin() as connection:
        failed = {"state": "failed", "reason": "sending.refused", "settled_at": desk.now}
        connection.execute(update(OUTBOX).where(OUTBOX.c.state == "in_doubt").values(failed))
    desk.now += timedelta(minutes=10)
    assert desk.turn() == {"accepted": 1}


def test_mail11_sms_waits_for_the_hours_of_where_the_recipient_is(desk: Desk) -> None:
    desk.now = datetime(2026, 4, 4, 19, 0, tzinfo=UTC)  # Saturday before Easter Monday, 21:00 in Paris
    text: dict[str, Any] = {"channel": "sms", "address": "+33612345678", "not_after": desk.now + 7 * DAY}
    desk.plan(wish(country="FR", zones=("Europe/Paris",), **text), wish("c2", zones=("Indian/Reunion",), **text))
    desk.plan(wish(purpose="transactional", occurrence="code", **text))
    assert desk.turn("sms") == {"accepted": 1, "deferred": 2}
    assert [row.retry_at for row in desk.rows()[:2]] == [
        datetime(2026, 4, 7, 6, 0, tzinfo=UTC),
        datetime(2026, 4, 6, 4, 0, tzinfo=UTC),
    ]
    desk.now = datetime(2026, 4, 7, 6, 0, tzinfo=UTC)
    assert desk.turn("sms") == {"accepted": 2}


def test_s3_facts_of_yesterday_go_back_to_the_planner(desk: Desk) -> None:
    desk.plan(wish(planned_at=desk.now + 2 * DAY))
    desk.now += 2 * DAY
    assert desk.turn(keep_fresh=False) == {"deferred": 1}
    assert reasons(desk) == [("deferred", "gate.stale_facts")]
    desk.now += timedelta(minutes=10)
    assert desk.turn(keep_fresh=True) == {"accepted": 1}


def test_s19_nobody_who_objects_to_profiling_gets_what_comes_of_it(desk: Desk) -> None:
    with desk.store.begin() as connection:
        object_to_profiling(connection, desk.shop, "c1", "form", {}, desk.now)
    desk.plan(wish(profiled=True), wish("c2", profiled=True), wish(profiled=False))
    assert desk.turn() == {"accepted": 2, "suppressed": 1}
    assert reasons(desk)[0] == ("suppressed", "gate.objector")


def test_the_control_group_gets_nothing_and_says_so(desk: Desk) -> None:
    people = [f"p{number}" for number in range(300)]
    desk.agree(*people)
    desk.rules(holdout={"percent": 20, "sources": {"flow:inactive-customers": 10}})
    desk.plan(*(wish(one) for one in people), wish("p1", purpose="transactional"))
    counts = desk.turn(batch=400)
    by_arm = Counter(row.holdout_arm for row in desk.rows())
    assert counts["accepted"] == by_arm["treated"] + 1
    assert 40 <= by_arm["holdout_global"] <= 80
    assert 12 <= by_arm["holdout_source"] <= 40
    why = Counter(row.reason for row in desk.rows() if row.state == "suppressed")
    assert why == {f"gate.{arm}": count for arm, count in by_arm.items() if arm not in {None, "treated"}}


def test_every_verdict_is_kept_with_its_reason(desk: Desk) -> None:
    desk.plan(wish(phase="at_risk", reacted_at=desk.now), wish(phase="at_risk", not_after=desk.now + 9 * DAY))
    desk.turn()
    for _ in range(3):
        desk.now += timedelta(minutes=10)
        desk.turn()
    with desk.store.begin() as connection:
        withdraw(connection, desk.shop, "c1", "email", "marketing", "form", {}, desk.now)
        hashed = address_hmac(KEY, "email", "c2@exemple.fr")
        suppress(connection, desk.shop, "email", hashed, "complaint", desk.now)
    desk.plan(wish("c2", occurrence="closed", not_after=desk.now + 9 * DAY))
    desk.now += 7 * DAY
    desk.turn()
    with desk.store.read() as connection:
        first, second = reversed(asked_about(connection, desk.shop, "c1"))
        third = asked_about(connection, desk.shop, "c2")[0]
        assert asked_about(connection, desk.shop, "nobody") == []
    assert [(one.verdict, one.reason) for one in first.verdicts] == [("passed", "consent.granted")]
    assert [(one.verdict, one.reason, one.times) for one in second.verdicts] == [
        ("deferred", "gate.pressure_phase", 2),
        ("suppressed", "consent.withdrawn", 1),
    ]
    assert (third.state, third.verdicts[0].reason) == ("suppressed", "sending.closed_complaint")


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    """What the store was asked."""
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(store.engine, "before_cursor_execute", listen)
    yield said
    event.remove(store.engine, "before_cursor_execute", listen)


def test_it_asks_the_same_number_of_questions_however_many_messages(desk: Desk, statements: list[str]) -> None:
    counts = []
    for people in (2, 60):
        everyone = [f"q{people}-{number}" for number in range(people)]
        desk.agree(*everyone)
        desk.plan(*(wish(one, phase="at_risk", profiled=True) for one in everyone))
        statements.clear()
        assert desk.turn()["accepted"] == people
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_nothing_is_lost(desk: Desk) -> None:
    desk.register()
    desk.plan(*(wish(phase="loyal", priority=number) for number in range(9)))
    waits = True
    while waits:
        desk.turn()
        with desk.store.read() as connection:
            assert conservation(connection, desk.shop)
        waits = desk.jump()
    assert Counter(row.state for row in desk.rows()) == {"accepted": 3, "expired": 6}


def test_rules_are_kept_read_back_and_checked(desk: Desk) -> None:
    with desk.store.read() as connection:
        assert rules_of(connection, desk.shop) == default_rules() == read_rules({})
    plain = rules_as_json(default_rules())
    assert read_rules(plain) == default_rules()
    desk.rules(pressure={"phases": {"loyal": {"caps": [{"count": 5, "days": 7}]}}})
    with desk.store.read() as connection:
        rules = rules_of(connection, desk.shop).pressure
    assert rules.phases["loyal"].caps == (Cap(5, 7),)
    assert rules.phases["at_risk"] == default_rules().pressure.phases["at_risk"]


@pytest.mark.parametrize(
    "given",
    [
        {"presure": {}},
        {"pressure": {"phases": {"vip": {}}}},
        {"pressure": {"phases": {"loyal": {"caps": [{"count": -1, "days": 7}]}}}},
        {"pressure": {"phases": {"loyal": {"caps": [{"count": 1, "days": 0}]}}}},
        {"pressure": {"everybody": [{"count": True, "days": 7}]}},
        {"pressure": {"channels": {"fax": []}}},
        {"quiet_hours": [{"channel": "sms", "country": "France", "opens": "08:00", "closes": "20:00"}]},
        {"quiet_hours": [{"channel": "sms", "opens": "20:00", "closes": "08:00"}]},
        {"quiet_hours": [{"channel": "sms", "opens": "8", "closes": "20:00"}]},
        {"quiet_hours": [{"channel": "sms", "opens": "08:00", "closes": "20:00", "days": [0]}]},
        {"holdout": {"percent": 101}},
        {"holdout": {"sources": {"flow:a": "half"}}},
    ],
)
def test_a_rule_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        read_rules(given)
