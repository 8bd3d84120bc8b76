"""R1, S15, MAIL-11: the pure rules of the gate: caps, hours, draws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance.sending.caps import Cap, PhaseCaps, Pressure, Room, Wanting, Went, room
from relance.sending.gate_rules import PRESSURE, default_rules
from relance.sending.holdout import GLOBAL, TREATED, Holdout, arm, is_drawn
from relance.sending.quiet import OpenHours, hours_for, opening, public_holidays

START = datetime(2026, 3, 1, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
FRENCH_SMS = OpenHours("sms", "FR", "08:00", "20:00", frozenset(range(1, 7)), on_holidays=False)


def wanting(phase: str | None = None, **changes: object) -> Wanting:
    values: dict[str, object] = {
        "channel": "email",
        "source": "flow:a",
        "everybody": False,
        "phase": phase,
        "own_caps": None,
        "reacted_at": None,
    }
    return Wanting(**{**values, **changes})  # type: ignore[arg-type]


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


@settings(max_examples=300)
@given(
    caps=st.lists(st.builds(Cap, st.integers(1, 4), st.sampled_from([0.5, 1, 3, 7, 30])), min_size=1, max_size=3),
    gaps=st.lists(st.integers(0, 5 * 24 * 60), min_size=1, max_size=40),
)
def test_whoever_follows_the_gate_never_has_more_than_the_cap_in_any_window(caps: list[Cap], gaps: list[int]) -> None:
    rules = Pressure({"loyal": PhaseCaps(tuple(caps))})
    went: list[Went] = []
    now = START
    for gap in gaps:
        now += timedelta(minutes=gap)
        found = room(rules, wanting("loyal"), went, now)
        if found.places == 0:
            assert found.free_at is not None
            assert found.free_at > now
            # the instant that it names is the first one with a place
            assert room(rules, wanting("loyal"), went, found.free_at - timedelta(microseconds=1)).places == 0
            assert room(rules, wanting("loyal"), went, found.free_at).places != 0
        else:
            went.append(Went(now, "email", "flow:a", everybody=False))
    for cap in caps:
        for one in went:
            inside = [past for past in went if one.at - timedelta(days=cap.days) < past.at <= one.at]
            assert len(inside) <= cap.count


def test_a_cap_of_none_is_for_good() -> None:
    rules = Pressure({"lost": PhaseCaps((Cap(0, 7),))})
    assert room(rules, wanting("lost"), [], START) == Room(0, "gate.pressure_phase")


def test_a_customer_without_a_phase_and_a_phase_without_caps_are_not_capped() -> None:
    went = [Went(START, "email", "flow:a", everybody=False) for _ in range(50)]
    assert room(PRESSURE, wanting(None), went, START) == Room(None)
    assert room(Pressure(), wanting("loyal"), went, START) == Room(None)


@pytest.mark.parametrize(("silent", "days"), [(0, 7), (1, 7), (2, 14), (3, 14), (4, 28), (9, 28)])
def test_s15_the_interval_by_messages_without_a_reaction(silent: int, days: int) -> None:
    went = [Went(START - timedelta(days=100 - number), "email", "flow:a", everybody=False) for number in range(silent)]
    last = Went(START, "email", "flow:a", everybody=False)
    reacted = None if silent else START
    unanswered = [*went[: silent - 1], last] if silent else [last]
    found = room(PRESSURE, wanting("at_risk", reacted_at=reacted), unanswered, START + timedelta(hours=1))
    assert found.free_at == START + timedelta(days=days)


def test_a_place_that_may_come_back_is_not_certain() -> None:
    went = [Went(START, "email", "flow:a", everybody=False, certain=False)]
    assert room(PRESSURE, wanting("at_risk"), went, START) == Room(
        0, "gate.pressure_phase", START + timedelta(days=7), is_certain=False
    )


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-10 08:00", "2026-03-10 08:00"),
        ("2026-03-10 19:59:59", "2026-03-10 19:59:59"),
        ("2026-03-10 20:00", "2026-03-11 08:00"),
        ("2026-03-10 07:59:59", "2026-03-10 08:00"),
        ("2026-03-14 20:00", "2026-03-16 08:00"),  # Saturday evening → Monday
        ("2026-04-04 20:00", "2026-04-07 08:00"),  # Easter
        ("2026-05-07 20:00", "2026-05-09 08:00"),  # 8 May is a Friday
        ("2026-12-24 21:00", "2026-12-26 08:00"),
        ("2026-03-28 21:00", "2026-03-30 08:00"),  # over the change to summer time
        ("2026-10-24 21:00", "2026-10-26 08:00"),
    ],
)
def test_french_sms_go_from_8_to_20_on_working_days(now: str, opens: str) -> None:
    assert opening(FRENCH_SMS, [PARIS], "FR", paris(now)) == paris(opens)


def test_every_zone_in_which_the_recipient_may_be_has_to_be_open() -> None:
    both = [ZoneInfo("Indian/Reunion"), ZoneInfo("Indian/Mayotte")]
    found = opening(FRENCH_SMS, both, "RE", datetime(2026, 3, 10, 1, 0, tzinfo=UTC))
    assert found == datetime(2026, 3, 10, 5, 0, tzinfo=UTC)  # 8:00 in Mayotte, 9:00 in Réunion
    worlds_apart = [ZoneInfo("Pacific/Auckland"), ZoneInfo("America/Anchorage")]
    narrow = OpenHours("sms", "*", "09:00", "10:00")
    assert opening(narrow, worlds_apart, None, START) is None


@settings(max_examples=400)
@given(
    minutes=st.integers(0, 3 * 365 * 24 * 60),
    zone=st.sampled_from(["Europe/Paris", "Pacific/Kiritimati", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
    country=st.sampled_from(["FR", "US", "DE", "RE", "ZZ"]),
)
def test_an_opening_is_never_inside_quiet_hours(minutes: int, zone: str, country: str) -> None:
    now = START + timedelta(minutes=minutes)
    at = opening(FRENCH_SMS, [ZoneInfo(zone)], country, now)
    assert at is not None
    assert at >= now
    local = at.astimezone(ZoneInfo(zone))
    assert 8 <= local.hour < 20
    assert local.isoweekday() != 7
    assert local.date() not in public_holidays(country, local.year)
    assert at == now or opening(FRENCH_SMS, [ZoneInfo(zone)], country, at - timedelta(seconds=1)) == at


def test_hours_are_data_by_country_with_a_general_rule() -> None:
    hours = default_rules().quiet_hours
    french = hours_for(hours, "sms", "FR")
    assert french == FRENCH_SMS
    assert hours_for(hours, "sms", "PT") == hours_for(hours, "sms", None)
    assert hours_for(hours, "email", "FR") is None
    late = OpenHours("push", "*", "08:00", "24:00")
    assert opening(late, [PARIS], None, paris("2026-03-10 23:59")) == paris("2026-03-10 23:59")
    assert opening(late, [PARIS], None, paris("2026-03-11 00:00")) == paris("2026-03-11 08:00")


def test_public_holidays_of_an_unknown_country_are_none() -> None:
    assert public_holidays("ZZ", 2026) == frozenset()
    assert len(public_holidays("FR", 2026)) == 11


def test_a_draw_is_the_same_each_time_and_grows_without_swapping_people() -> None:
    people = [f"customer-{number}" for number in range(4_000)]
    groups = [{one for one in people if is_drawn(b"k" * 32, "all 1", one, percent)} for percent in (0, 5, 10, 100)]
    assert groups[0] == set()
    assert groups[3] == set(people)
    assert all(small <= large for small, large in pairwise(groups))
    assert 150 <= len(groups[1]) <= 250
    other = {one for one in people if is_drawn(b"k" * 32, "all 2", one, 5)}
    assert len(groups[1] & other) < 30


def test_the_two_control_groups_are_drawn_apart() -> None:
    rules = Holdout(50, {"flow:a": 50})
    arms = [arm(rules, b"k" * 32, "flow:a", f"customer-{number}") for number in range(4_000)]
    assert 1_850 <= arms.count(GLOBAL) <= 2_150
    assert 850 <= arms.count(TREATED) <= 1_150
