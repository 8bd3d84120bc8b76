"""Days and wall times of a zone as instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from relance.clock import at_wall_time, start_of_day

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("day", "wall", "zone", "instant"),
    [
        (date(2026, 3, 10), time(10), "Europe/Paris", datetime(2026, 3, 10, 9, tzinfo=UTC)),
        # 02:30 is skipped on the spring change: the first valid instant after the gap
        (date(2027, 3, 28), time(2, 30), "Europe/Paris", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        # 02:30 comes twice on the autumn change: the first
        (date(2026, 10, 25), time(2, 30), "Europe/Paris", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        # a change of half an hour
        (date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        # midnight is skipped
        (date(2024, 9, 8), time(0), "America/Santiago", datetime(2024, 9, 8, 4, 0, tzinfo=UTC)),
        (date(2026, 1, 1), time(0), "Pacific/Kiritimati", datetime(2025, 12, 31, 10, 0, tzinfo=UTC)),
    ],
)
def test_a_wall_time_is_one_instant(day: date, wall: time, zone: str, instant: datetime) -> None:
    assert at_wall_time(day, wall, ZoneInfo(zone)) == instant


def test_a_day_begins_at_its_midnight() -> None:
    assert start_of_day(date(2026, 7, 1), PARIS) == datetime(2026, 6, 30, 22, tzinfo=UTC)
