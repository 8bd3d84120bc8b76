"""Time that passes in a house whose clock is set by hand."""

from __future__ import annotations

from datetime import timedelta

from relance.clock import SetClock
from relance.house import House


def wait(house: House, passed: timedelta) -> None:
    """Let this much time pass in the house; its clock must be a set one."""
    assert isinstance(house.clock, SetClock)
    house.clock.now += passed
