"""`funnel` over hand-made events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pytest
from tests.segments.behaviour_rows import NOW, Row, ago, members, paris, put

from relance.errors import QueryError
from relance.segments import fields_with, understood
from relance.warehouse import Warehouse

START: Final = ago(days=1)


def did(who: str | None, *steps: tuple[str, float], start: datetime = START) -> list[Row]:
    """Events of a customer, each with its seconds after the start."""
    return [
        {"customer_id": who, "name": name, "occurred_at": start + timedelta(seconds=seconds)} for name, seconds in steps
    ]


def funnel(steps: str, more: str = "within = 1h") -> str:
    """A query of these steps."""
    return f"funnel MATCHES (steps = ({steps}), {more})" if more else f"funnel MATCHES (steps = ({steps}))"


def test_steps_follow_strictly_and_in_time(warehouse: Warehouse) -> None:
    put(
        warehouse,
        event=[
            *did("a", ("A", 0), ("B", 3600)),
            *did("b", ("A", 0), ("B", 3601)),
            *did("c", ("A", 0), ("B", 0)),
            *did("d", ("B", 0), ("A", 10)),
            *did("e", ("A", 0), ("B", 1), ("C", 2)),
            *did(None, ("A", 0), ("B", 1)),
        ],
    )
    found = members(
        warehouse,
        funnel("'A', 'B'"),
        funnel("'A', 'B'", "within <= 1:00:01"),
        funnel("'A', 'B'", ""),
        funnel("'A', 'B', 'C'"),
        funnel("'A', 'C', 'B'"),
        funnel("'A'"),
        funnel("'A', 'B'").replace("MATCHES", "NOT MATCHES"),
    )
    assert found == ["ae", "abe", "abe", "e", "", "abcde", "bcd"]


def test_any_try_may_succeed(warehouse: Warehouse) -> None:
    """A first event that leads nowhere does not spoil a later one; the same event twice is no step further."""
    put(
        warehouse,
        event=[
            *did("a", ("A", 0), ("A", 7000), ("B", 7100)),
            *did("b", ("A", 0), ("A", 10)),
            *did("c", ("A", 0), ("A", 0), ("B", 5), ("B", 5)),
        ],
    )
    assert members(warehouse, funnel("'A', 'B'"), funnel("'A', 'A'")) == ["ac", "b"]


def test_each_step_is_the_first_of_its_name(warehouse: Warehouse) -> None:
    """After A the next B is at 10, so that the C between 10 and 20 counts, and one before 10 does not."""
    put(
        warehouse,
        event=[*did("a", ("A", 0), ("B", 10), ("C", 15), ("B", 20)), *did("b", ("A", 0), ("C", 5), ("B", 10))],
    )
    assert members(warehouse, funnel("'A', 'B', 'C'")) == ["a"]


def test_what_must_not_follow(warehouse: Warehouse) -> None:
    put(
        warehouse,
        event=[
            *did("a", ("A", 0)),
            *did("b", ("A", 0), ("X", 3600)),
            *did("c", ("A", 0), ("X", 3601)),
            *did("d", ("X", 0), ("A", 0)),
            *did("e", ("A", 0), ("Y", 60), ("B", 90)),
        ],
    )
    found = members(
        warehouse,
        funnel("'A', NOT 'X'"),
        funnel("'A', NOT 'X', NOT 'Y'"),
        funnel("'A', NOT 'Y', 'B'"),
        funnel("'A', 'B', NOT 'Y'"),
        funnel("'A', 'B', NOT 'X'"),
        funnel("'A', NOT 'X'", ""),
    )
    assert found == ["acde", "acd", "", "e", "e", "ade"]


@pytest.mark.parametrize(("shift", "expected"), [(-1, ["a", "a"]), (0, ["", "a"]), (1, ["", "a"])])
def test_a_step_that_must_not_come_is_decided_when_its_time_is_over(
    warehouse: Warehouse, shift: int, expected: list[str]
) -> None:
    """S8: more than four hours after the first step, to the second; without such a step at once."""
    put(warehouse, event=did("a", ("A", 0), start=ago(hours=4) + timedelta(seconds=shift)))
    assert members(warehouse, funnel("'A', NOT 'X'", "within = 4h"), funnel("'A'", "within = 4h")) == expected


@pytest.mark.parametrize(
    ("start", "expected"), [(paris(2026, 3, 2, 23, 59, 59), ""), (paris(2026, 3, 3, 0, 0, 0), "a")]
)
def test_the_date_is_that_of_the_first_step(warehouse: Warehouse, start: datetime, expected: str) -> None:
    put(warehouse, event=did("a", ("A", 0), ("B", 60), start=start))
    found = members(
        warehouse,
        funnel("'A', 'B'", "within = 4h, date >= -7d"),
        funnel("'A', 'B'", "date >= -30d, date < -7d"),
        funnel("'A', 'B'"),
        now=NOW,
    )
    assert found == [expected, "" if expected else "a", "a"]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("funnel MATCHES ()", 0),
        ("funnel IS NOT NULL", 0),
        ("funnel MATCHES (within = 4h)", 0),
        ("funnel MATCHES (steps = ('A'), steps = ('B'))", 31),
        ("funnel MATCHES (steps = ('A', 'B'), within > 4h)", 36),
        ("funnel MATCHES (within = 1h, steps = ('A', 'B'), within = 4h)", 49),
    ],
)
def test_funnels_that_cannot_be_asked(query: str, place: int) -> None:
    with pytest.raises(QueryError) as raised:
        understood(query, fields_with())
    assert raised.value.start == place
