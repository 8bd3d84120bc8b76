"""Statements compiled once and run again as of other instants.

Building and compiling an expression of hundreds of columns costs more than running it for a few customers. A statement
is therefore kept as text, with instants of far years in the place of the moments that change from run to run; an
instant so many hours away from one of them stands for the moment as many hours away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

Moment = Literal["at", "recorded", "last"]

PLACEHOLDERS: Final[Mapping[Moment, datetime]] = {
    "at": datetime(9991, 6, 15, 12, tzinfo=UTC),
    "recorded": datetime(9993, 6, 15, 12, tzinfo=UTC),
    "last": datetime(9995, 6, 15, 12, tzinfo=UTC),
}
_YEARS: Final = {instant.year: moment for moment, instant in PLACEHOLDERS.items()}
_LITERAL: Final = re.compile(r"MAKE_TIMESTAMP\((999[135]), (\d+), (\d+), (\d+), (\d+), ([0-9.e+-]+)\)")


@dataclass(frozen=True)
class Statement:
    """A compiled expression, and the columns of each table that decide its answer."""

    text: str
    reads: Mapping[str, frozenset[str]]


# what stands for the first and the last bucket of a range of customers
FIRST_BUCKET: Final = -1_000_001
LAST_BUCKET: Final = -1_000_002


def within(statement: str, first: int, last: int) -> str:
    """The statement for the customers whose buckets are in the range, both ends included."""
    return statement.replace(str(FIRST_BUCKET), str(first)).replace(str(LAST_BUCKET), str(last))


def filled(statement: str, moments: Mapping[Moment, datetime]) -> str:
    """The statement with the moments in their places."""

    def real(found: re.Match[str]) -> str:
        year, month, day, hour, minute = (int(found[part]) for part in range(1, 6))
        second, micro = divmod(round(float(found[6]) * 1_000_000), 1_000_000)
        written = datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)
        moment = _YEARS[year]
        return instant_text(moments[moment] + (written - PLACEHOLDERS[moment]))

    return _LITERAL.sub(real, statement)


def instant_text(instant: datetime) -> str:
    """An instant as it stands in every statement, in UTC."""
    at = instant.astimezone(UTC)
    second = at.second + at.microsecond / 1_000_000
    return f"MAKE_TIMESTAMP({at.year}, {at.month}, {at.day}, {at.hour}, {at.minute}, {second!r})"
