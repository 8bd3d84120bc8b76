"""The pure decision of a flow: S15, S27, F2."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from relance.flows import Facts, Flow, Position, Wait, advance, due, library, start
from relance.flows.advance import add_months

PARIS = ZoneInfo("Europe/Paris")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


@pytest.fixture
def f2() -> Flow:
    return next(flow for flow in library() if flow.flow_id == "inactive-customers")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def waiting(flow: Flow, step: str, anchor: datetime) -> Position:
    wait = flow.steps[step]
    assert isinstance(wait, Wait)
    return Position(1, 1, "c", "o1", anchor, step, due(wait, anchor, PARIS))


WAYS = [
    ("wait-m3", {"m3-big-order": True}, ["m3-coupon"], "RELANCE5", "wait-m6"),
    ("wait-m3", {"m3-big-order": False}, ["m3-novelties"], None, "wait-m6"),
    ("wait-m6", {"m6-regular": True}, ["m6-regular-coupon"], "RELANCE10", "wait-m12"),
    ("wait-m6", {"m6-regular": False}, ["m6-coupon"], "RELANCE5", "wait-m12"),
    ("wait-m12", {"m12-regular": True}, ["m12-regular-ultimatum"], "RELANCE15", "end"),
    ("wait-m12", {"m12-regular": False}, ["m12-ultimatum"], "RELANCE10", "end"),
]


@pytest.mark.parametrize(("step", "answers", "sends", "code", "then"), WAYS)
def test_each_branch_of_f2_leads_to_its_message_and_code(
    f2: Flow, step: str, answers: dict[str, bool], sends: list[str], code: str | None, then: str
) -> None:
    """F2: 5 % or novelties at three months, 10 or 5 % at six, 15 or 10 % at twelve."""
    position = waiting(f2, step, utc("2025-01-10T12:00:00"))
    decision = advance(f2, position, Facts(False, answers), position.due_at, PARIS)
    assert [send.step_id for send in decision.sends] == sends
    coupon = decision.sends[0].coupon
    assert (coupon.code if coupon else None) == code
    assert decision.step == then
    assert decision.ended == ("completed" if then == "end" else None)
    branch = next(iter(answers))
    assert [(passage.step, passage.outcome) for passage in decision.passages] == [
        (step, "passed"),
        (branch, "yes" if answers[branch] else "no"),
        (sends[0], "planned"),
    ]


def test_nobody_moves_before_the_wait_is_over(f2: Flow) -> None:
    position = waiting(f2, "wait-m3", utc("2025-01-10T12:00:00"))
    decision = advance(f2, position, Facts(False, {}), position.due_at - timedelta(seconds=1), PARIS)
    assert (decision.step, decision.due_at, decision.passages) == ("wait-m3", position.due_at, ())


@pytest.mark.parametrize("after", [timedelta(days=-1), timedelta(0), timedelta(days=100)])
def test_a_newer_order_ends_the_flow_at_any_time(f2: Flow, after: timedelta) -> None:
    """S27: an order ends it."""
    position = waiting(f2, "wait-m6", utc("2025-01-10T12:00:00"))
    decision = advance(f2, position, Facts(True, {"m6-regular": True}), position.due_at + after, PARIS)
    assert decision.ended == "ordered"
    assert not decision.sends
    assert not decision.passages


@pytest.mark.parametrize(
    ("late", "outcome"), [(timedelta(hours=72), "planned"), (timedelta(hours=72, seconds=1), "expired")]
)
def test_a_message_more_than_72_hours_late_expires_and_the_flow_goes_on(
    f2: Flow, late: timedelta, outcome: str
) -> None:
    """S15: a flow's message lives 72 hours."""
    position = waiting(f2, "wait-m3", utc("2025-01-10T12:00:00"))
    decision = advance(f2, position, Facts(False, {"m3-big-order": False}), position.due_at + late, PARIS)
    assert decision.passages[-1].outcome == outcome
    assert bool(decision.sends) == (outcome == "planned")
    assert decision.step == "wait-m6"


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2025, 12, 31), 6, date(2026, 6, 30)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 1, 15), 12, date(2026, 1, 15)),
        (date(2025, 9, 1), 3, date(2025, 12, 1)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_are_those_of_the_calendar_clamped_to_the_end(day: date, months: int, expected: date) -> None:
    """S27."""
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("2025-01-10T12:00:00", "2025-04-10T08:00:00"),  # winter → summer: ten o'clock stays ten o'clock
        ("2025-08-10T12:00:00", "2025-11-10T09:00:00"),
        ("2025-01-31T23:30:00", "2025-05-01T08:00:00"),  # the shop's day is already February the first
        ("2025-11-30T22:59:00", "2026-02-28T09:00:00"),
    ],
)
def test_a_wait_ends_at_ten_o_clock_of_the_shop(f2: Flow, anchor: str, expected: str) -> None:
    """S27: at 10:00 shop time, also over a change of the clocks."""
    wait = f2.waits()[0]
    assert due(wait, utc(anchor), PARIS) == utc(expected)


def test_a_skipped_wall_time_ends_at_the_gap(f2: Flow) -> None:
    """Two o'clock does not exist on the day on which Lord Howe's clocks go forward."""
    wait = Wait("w", f2.name, 3, datetime(2000, 1, 1, 2, 15).time(), "end")  # noqa: DTZ001
    ends = due(wait, utc("2026-07-04T03:00:00"), LORD_HOWE)
    assert ends.astimezone(LORD_HOWE).isoformat() == "2026-10-04T02:30:00+11:00"


@pytest.mark.parametrize(
    ("now", "step"),
    [
        ("2025-04-10T07:59:59", "wait-m3"),
        ("2025-04-10T08:00:00", "wait-m6"),
        ("2025-07-10T08:00:00", "wait-m12"),
        ("2026-01-10T08:59:59", "wait-m12"),
        ("2026-01-10T09:00:00", None),
    ],
)
def test_people_begin_at_the_next_step_that_is_not_due(f2: Flow, now: str, step: str | None) -> None:
    """S27: past steps are not sent, and nobody enters after the last."""
    begins = start(f2, utc("2025-01-10T12:00:00"), utc(now), PARIS)
    assert (begins[0].step_id if begins else None) == step
