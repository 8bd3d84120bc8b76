"""Days are whole days in the shop's zone, hours are exact; offsets are calendar units from today (S24, S30)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.clock import start_of_day
from relance.segments.language import bounds, day_of, is_exact
from relance.segments.language.tree import DateValue, Day, Instant, Named, Offset, Unit

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # already 1 April in Paris


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Named("today"), date(2026, 4, 1)),
        (Named("yesterday"), date(2026, 3, 31)),
        (Offset(-7, Unit.DAY), date(2026, 3, 25)),
        (Offset(-2, Unit.WEEK), date(2026, 3, 18)),
        (Offset(-1, Unit.MONTH), date(2026, 3, 1)),
        (Offset(-1, Unit.YEAR), date(2025, 4, 1)),
        (Offset(30, Unit.DAY), date(2026, 5, 1)),
        (Day(date(2024, 2, 29)), date(2024, 2, 29)),
    ],
)
def test_days(value: DateValue, expected: date) -> None:
    assert day_of(value, NOW, PARIS) == expected
    assert bounds(value, NOW, PARIS) == (
        start_of_day(expected, PARIS),
        start_of_day(expected + timedelta(days=1), PARIS),
    )


def test_the_documented_example() -> None:
    """On 15 May 2021, -7d is 8 May: today minus seven days."""
    assert day_of(Offset(-7, Unit.DAY), datetime(2021, 5, 15, 12, tzinfo=UTC), PARIS) == date(2021, 5, 8)


@pytest.mark.parametrize(
    ("today", "months", "expected"),
    [
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), -2, date(2025, 11, 30)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_month_ends_are_clamped(today: date, months: int, expected: date) -> None:
    now = start_of_day(today, PARIS) + timedelta(hours=9)
    assert day_of(Offset(months, Unit.MONTH), now, PARIS) == expected


def test_hours_and_now_are_exact() -> None:
    ago = bounds(Offset(-4, Unit.HOUR), NOW, PARIS)
    assert ago == (NOW - timedelta(hours=4),) * 2
    assert bounds(Offset(-15, Unit.MINUTE), NOW, PARIS)[0] == NOW - timedelta(minutes=15)
    assert bounds(Named("now"), NOW, PARIS) == (NOW, NOW)
    assert is_exact(Named("now"))
    assert not is_exact(Named("today"))


def test_a_wall_time_is_the_shops() -> None:
    wall = Instant(datetime(2020, 5, 30, 16, 0))  # noqa: DTZ001
    assert bounds(wall, NOW, ZoneInfo("America/New_York"))[0] == datetime(2020, 5, 30, 20, tzinfo=UTC)
    skipped = Instant(datetime(2026, 3, 29, 2, 30))  # noqa: DTZ001
    assert bounds(skipped, NOW, PARIS)[0] == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_days_of_23_and_25_hours() -> None:
    start, end = bounds(Day(date(2026, 3, 29)), NOW, PARIS)
    assert end - start == timedelta(hours=23)
    start, end = bounds(Day(date(2026, 10, 25)), NOW, PARIS)
    assert end - start == timedelta(hours=25)


@given(
    st.dates(date(1970, 1, 2), date(2100, 1, 1)),
    st.sampled_from(["Europe/Paris", "America/Santiago", "Africa/Cairo", "Asia/Beirut", "Pacific/Apia", "UTC"]),
)
def test_days_begin_where_the_clock_says(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    assert bounds(Day(day), NOW, zone)[0] == start_of_day(day, zone)


@given(st.integers(-100_000, 100_000), st.sampled_from(Unit))
def test_no_offset_leaves_the_calendar(amount: int, unit: Unit) -> None:
    start, end = bounds(Offset(amount, unit), NOW, PARIS)
    assert start <= end
