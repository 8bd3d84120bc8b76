"""One operator on one value, as the language's page says it: dates by the shop's calendar, two-valued logic."""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

DATES: Final = {"day", "instant", "offset", "named"}
OPPOSITE: Final = {"!=": "=", "NOT IN": "IN", "NOT CONTAINS": "CONTAINS", "IS NOT NULL": "IS NULL"}
TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": lambda a, b: bool(a == b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
}
TEXT_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "CONTAINS": lambda text, part: part.lower() in text.lower(),
    "STARTS WITH": lambda text, part: text.lower().startswith(part.lower()),
    "ENDS WITH": lambda text, part: text.lower().endswith(part.lower()),
}


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first second of a local day, found by looking at every second around it; naive UTC."""
    guess = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    low, high = guess, guess + timedelta(hours=30)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).date() >= day:
            high = middle
        else:
            low = middle
    return high.replace(tzinfo=None, microsecond=0)


@dataclass(frozen=True)
class Raw:
    """A number in the unit of the field, not in the unit of the query."""

    number: float | None


@dataclass(frozen=True)
class Calendar:
    """What today and now are in a shop."""

    zone: ZoneInfo
    now: datetime  # naive UTC

    @property
    def today(self) -> date:
        """The local day."""
        return self.local(self.now)

    def local(self, instant: datetime) -> date:
        """The local day of a naive UTC instant."""
        return instant.replace(tzinfo=UTC).astimezone(self.zone).date()

    def is_exact(self, value: tuple[Any, ...]) -> bool:
        """Whether the value is one instant and not a whole day."""
        return value[0] == "instant" or value == ("named", "now") or (value[0] == "offset" and value[2] in {"h", "min"})

    def instant(self, value: tuple[Any, ...]) -> datetime:
        """The instant of an exact value, naive UTC; of a time that comes twice the first."""
        if value[0] == "instant":
            local: datetime = value[1].replace(tzinfo=self.zone)
            return local.astimezone(UTC).replace(tzinfo=None)
        if value[0] == "offset":
            return self.now + timedelta(minutes=value[1] * (60 if value[2] == "h" else 1))
        return self.now

    def day(self, value: tuple[Any, ...]) -> date:
        """The local day that a value names, or in which its instant lies."""
        if self.is_exact(value):
            return self.local(self.instant(value))
        if value[0] == "day":
            day: date = value[1]
            return day
        if value[0] == "named":
            return self.today - timedelta(days=value[1] == "yesterday")
        _, amount, unit = value
        if unit in {"d", "w"}:
            return self.today + timedelta(days=amount * (7 if unit == "w" else 1))
        months = self.today.year * 12 + self.today.month - 1 + amount * (12 if unit == "y" else 1)
        year, month = months // 12, months % 12 + 1
        return date(year, month, min(self.today.day, monthrange(year, month)[1]))

    def compares(self, found: datetime | date, op: str, value: tuple[Any, ...]) -> bool:
        """A date against a day or an instant: whole days in the shop's zone unless the value is exact."""
        if not isinstance(found, datetime):
            return TESTS[op](found, self.day(value))
        if self.is_exact(value):
            return TESTS[op](found, self.instant(value))
        return TESTS[op](self.local(found), self.day(value))

    def holds(self, found: Any, op: str, value: Any, kind: str = "") -> bool:  # noqa: PLR0911
        """One operator on one value; a missing value meets only IS NULL and the negations."""
        if op in OPPOSITE:
            return not self.holds(found, OPPOSITE[op], value, kind)
        if op == "IS NULL":
            return found is None or found == []
        if found is None:
            return False
        if op == "BETWEEN":
            return self.holds(found, ">=", value[0], kind) and self.holds(found, "<=", value[1], kind)
        if isinstance(value, tuple) and value[0] in DATES:
            return self.compares(found, op, value)
        if kind in {"texts", "ids"}:
            return value.lower() in [one.lower() for one in found]
        if isinstance(found, list):
            return any(self.holds(one, op, value) for one in found)
        if op in TEXT_TESTS:
            return TEXT_TESTS[op](found, value)
        if op == "IN":
            return any(found == worth(one, kind) for one in value)
        wanted = worth(value, kind)
        return wanted is not None and TESTS[op](found, wanted)

    def anniversary(self, found: datetime | date | None, op: str, value: Any) -> bool:
        """The year left out; someone born on a 29 February has a birthday on the 28th in other years."""
        if op in OPPOSITE:
            return not self.anniversary(found, OPPOSITE[op], value)
        if found is None or op == "IS NULL":
            return (found is None) is (op == "IS NULL")
        born = self.local(found) if isinstance(found, datetime) else found
        if op == "BETWEEN":
            first, last = self.day(value[0]), self.day(value[1])
            days = [first + timedelta(days=n) for n in range(min((last - first).days, 366) + 1)]
            return any(birthday(born, day.year) == day for day in days)
        asked = self.day(value)
        if op == "=":
            return birthday(born, asked.year) == asked
        return TESTS[op]((born.month, born.day), (asked.month, asked.day))


def birthday(born: date, year: int) -> date:
    """The birthday in a year."""
    lost = (born.month, born.day) == (2, 29) and not isleap(year)
    return date(year, born.month, 28 if lost else born.day)


def worth(value: Any, kind: str) -> Any:
    """A literal in the unit of the field: cents for money, seconds for a length."""
    if isinstance(value, Raw):
        return value.number
    if isinstance(value, tuple) and value[0] == "length":
        return value[1]
    if kind == "money":
        return float(Decimal(str(value)) * 100)
    return float(value) if isinstance(value, Decimal) else value
