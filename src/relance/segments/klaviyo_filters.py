"""Klaviyo's filters (text, number, date, list, existence, true or false) as conditions on a name of the language.

The forms are those of the public description of the API, github.com/klaviyo/openapi, `openapi/stable.json`:
StringOperatorStringFilter, NumericRangeFilter, RelativeDateRangeFilter and so on.
"""

from __future__ import annotations

import calendar
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from relance.segments.language.tree import (
    And,
    Boolean,
    Condition,
    DateValue,
    Day,
    Instant,
    Items,
    Named,
    Not,
    Number,
    Offset,
    Op,
    Or,
    Range,
    Simple,
    Subject,
    Text,
    Tree,
    Unit,
    Value,
)
from relance.segments.language.typed import Note

Filter = Mapping[str, Any]

# A month of a leap year has all the days that the month can have.
_LEAP_YEAR: Final = 2024
_TODAY: Final = Named("today")
_UNITS: Final = {"hour": Unit.HOUR, "day": Unit.DAY, "week": Unit.WEEK}
_TEXTS: Final = {
    "equals": Op.EQ,
    "not-equals": Op.NE,
    "contains": Op.CONTAINS,
    "not-contains": Op.NOT_CONTAINS,
    "starts-with": Op.STARTS,
    "ends-with": Op.ENDS,
}
_OPPOSITES: Final = {"not-starts-with": Op.STARTS, "not-ends-with": Op.ENDS}
_NUMBERS: Final = {
    "equals": Op.EQ,
    "not-equals": Op.NE,
    "greater-than": Op.GT,
    "greater-than-or-equal": Op.GE,
    "less-than": Op.LT,
    "less-than-or-equal": Op.LE,
}
# Lengths that say whether a list has anything in it.
_EMPTY: Final = {"equals": 0, "less-than": 1, "less-than-or-equal": 0}
_FILLED: Final = {"greater-than": 0, "greater-than-or-equal": 1}
_LISTS: Final = {"in": Op.IN, "not-in": Op.NOT_IN}


class Unsaid(Exception):
    """Something that the language cannot say; `why` is told to the reader."""

    def __init__(self, key: str, **facts: object) -> None:
        self.why = Note(f"klaviyo.{key}", tuple((name, str(fact)) for name, fact in facts.items()))
        super().__init__(key)


@dataclass(frozen=True)
class Asked:
    """What a filter asks of a value, before the name of the value is known."""

    operator: Op
    value: Value | None = None

    def of(self, subject: str, *, anniversary: bool = False) -> Condition:
        """The condition on that name."""
        return Condition(Subject(subject, anniversary), self.operator, self.value)


def example(id_: str) -> str:
    """How the file gives a name to an id."""
    return json.dumps({id_: "…"}, ensure_ascii=False)


def part(source: Any, name: str) -> Any:
    """A part that must be there. Raises Unsaid."""
    if not isinstance(source, Mapping) or source.get(name) is None:
        raise Unsaid("missing", name=name)
    return source[name]


def number_of(value: Any) -> Decimal:
    """A number as it was written. Raises Unsaid."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        raise Unsaid("not_a_number", value=value)
    return Decimal(str(value))


def text_of(value: Any) -> str:
    """A text. Raises Unsaid."""
    if not isinstance(value, str):
        raise Unsaid("not_a_text", value=value)
    return value


def tree_of(subject: str, filter_: Filter, zone: ZoneInfo, *, is_list: bool = False) -> Tree:
    """The condition on a field. Raises Unsaid for what no condition says; `zone` is the shop's.

    `is_list`: the field holds a list, of which CONTAINS asks for a whole element.
    """
    kind, operator = part(filter_, "type"), part(filter_, "operator")
    if kind == "date":
        return _date_tree(subject, filter_, zone)
    if kind == "string" and operator in _OPPOSITES:
        return Not(Asked(_OPPOSITES[operator], _text(filter_)).of(subject))
    if kind == "list":
        return _list_tree(subject, filter_)
    if is_list and kind == "string":
        return _element_tree(subject, filter_)
    terms = asked_of(filter_, zone)
    return joined(And, [term.of(subject) for term in terms])


def asked_of(filter_: Filter, zone: ZoneInfo) -> list[Asked]:
    """What a filter asks of one value, all of it together: for the parameters of a function. Raises Unsaid."""
    kind, operator = part(filter_, "type"), part(filter_, "operator")
    reader = _READERS.get(kind)
    if reader is None:
        raise Unsaid("filter", kind=kind, operator=operator)
    return reader(filter_, zone)


def joined(kind: type[And | Or], terms: list[Tree]) -> Tree:
    """One tree of several."""
    return terms[0] if len(terms) == 1 else kind(tuple(terms))


def _texts(filter_: Filter, _zone: ZoneInfo) -> list[Asked]:
    operator = filter_["operator"]
    if operator in _TEXTS:
        return [Asked(_TEXTS[operator], _text(filter_))]
    if operator in _LISTS:
        return [Asked(_LISTS[operator], _items(filter_))]
    raise Unsaid("filter", kind="string", operator=operator)


def _numbers(filter_: Filter, _zone: ZoneInfo) -> list[Asked]:
    operator = filter_["operator"]
    if operator == "between":
        low, high = number_of(part(filter_, "start")), number_of(part(filter_, "end"))
        return [Asked(Op.BETWEEN, Range(Number(low), Number(high)))]
    if operator not in _NUMBERS:
        raise Unsaid("filter", kind="numeric", operator=operator)
    return [Asked(_NUMBERS[operator], Number(number_of(part(filter_, "value"))))]


def _booleans(filter_: Filter, _zone: ZoneInfo) -> list[Asked]:
    return [Asked(Op.EQ, Boolean(bool(part(filter_, "value"))))]


def _existence(filter_: Filter, _zone: ZoneInfo) -> list[Asked]:
    operators = {"is-set": Op.IS_NOT_NULL, "not-set": Op.IS_NULL}
    if filter_["operator"] not in operators:
        raise Unsaid("filter", kind="existence", operator=filter_["operator"])
    return [Asked(operators[filter_["operator"]])]


def _any_of_list(filter_: Filter, _zone: ZoneInfo) -> list[Asked]:
    """Lists inside a row: a parameter meets a check when one of its elements does."""
    operator = filter_["operator"]
    if operator in {"contains", "contains-any"}:
        return [Asked(Op.IN, _items(filter_))]
    if operator in {"not-contains", "not-contains-any"}:
        return [Asked(Op.NOT_IN, _items(filter_))]
    if operator == "contains-all":
        return [Asked(Op.EQ, value) for value in _items(filter_).values]
    if operator in {"contains-substring", "not-contains-substring"}:
        return [Asked(Op.CONTAINS if operator[0] == "c" else Op.NOT_CONTAINS, _text(filter_))]
    raise Unsaid("filter", kind="list", operator=operator)


def dates_of(filter_: Filter, zone: ZoneInfo) -> list[Asked]:
    """What a filter asks of an instant in the past; nothing for all time. Raises Unsaid."""
    operator = part(filter_, "operator")
    match operator:
        case "alltime":
            return []
        case "before" | "after":
            return [_static(operator, _written(filter_, zone))]
        case "between-static":
            return [Asked(Op.BETWEEN, Range(_day(filter_, "start", zone), Instant(_wall(filter_, "end", zone))))]
        case "in-the-last":
            return [Asked(Op.GE, _offset(filter_, "quantity", -1))]
        case "at-least":
            return [Asked(Op.LE, _offset(filter_, "quantity", -1))]
        case "between":
            early, late = sorted((_offset(filter_, name, -1) for name in ("start", "end")), key=lambda end: end.amount)
            return [Asked(Op.BETWEEN, Range(early, late))]
        case _:
            raise Unsaid("filter", kind="date", operator=operator)


def _date_tree(subject: str, filter_: Filter, zone: ZoneInfo) -> Tree:
    """Dates of a profile, which may lie ahead, and anniversaries."""
    operator = filter_["operator"]
    if operator == "in-the-last":
        return Asked(Op.BETWEEN, Range(_offset(filter_, "quantity", -1), _end(filter_))).of(subject)
    if operator == "in-the-next":
        return Asked(Op.BETWEEN, Range(_end(filter_), _offset(filter_, "quantity", 1))).of(subject)
    if operator == "calendar-month" or operator.startswith("anniversary"):
        return _yearly(filter_).of(subject, anniversary=True)
    return joined(And, [asked.of(subject) for asked in dates_of(filter_, zone)] or [_always(subject)])


def _yearly(filter_: Filter) -> Asked:
    """Dates without their year."""
    match filter_["operator"]:
        case "anniversary":
            return Asked(Op.EQ, _TODAY)
        case "anniversary-last":
            return Asked(Op.BETWEEN, Range(_days(filter_, -1), _TODAY))
        case "anniversary-next":
            return Asked(Op.BETWEEN, Range(_TODAY, _days(filter_, 1)))
        case "calendar-month":
            return Asked(Op.BETWEEN, _month(part(filter_, "value")))
        case operator:
            raise Unsaid("filter", kind="date", operator=operator)


def _always(subject: str) -> Condition:
    """Any date at all."""
    return Asked(Op.IS_NOT_NULL).of(subject)


def _list_tree(subject: str, filter_: Filter) -> Tree:
    """Lists of a profile: CONTAINS asks for one whole element."""
    operator = filter_["operator"]
    if operator.startswith("length-"):
        return _length(subject, filter_)
    absent, kind = operator.startswith("not-"), operator.removeprefix("not-")
    if kind not in {"contains", "contains-any", "contains-all"}:
        raise Unsaid("filter", kind="list", operator=operator)
    have: list[Tree] = [Asked(Op.CONTAINS, value).of(subject) for value in _items(filter_).values]
    all_of = joined(And if kind == "contains-all" else Or, have)
    if not absent:
        return all_of
    if kind == "contains-all":
        return Not(all_of)
    return joined(And, [Asked(Op.NOT_CONTAINS, value).of(subject) for value in _items(filter_).values])


def _element_tree(subject: str, filter_: Filter) -> Tree:
    """A text filter on a list: an element that equals the text, or one of them."""
    operator = filter_["operator"]
    names = {"equals": "contains", "in": "contains-any", "not-equals": "not-contains", "not-in": "not-contains-any"}
    if operator not in names:
        raise Unsaid("part_of_element", operator=operator, field=subject)
    return _list_tree(subject, {**filter_, "operator": names[operator]})


def _length(subject: str, filter_: Filter) -> Tree:
    """Of the length of a list one can only ask whether there is anything in it."""
    operator = filter_["operator"].removeprefix("length-")
    length = number_of(part(filter_, "value"))
    if _EMPTY.get(operator) == length:
        return Asked(Op.IS_NULL).of(subject)
    if _FILLED.get(operator) == length:
        return Asked(Op.IS_NOT_NULL).of(subject)
    raise Unsaid("list_length", field=subject)


def _text(filter_: Filter) -> Text:
    return Text(text_of(part(filter_, "value")))


def _items(filter_: Filter) -> Items:
    value = part(filter_, "value")
    values = value if isinstance(value, list) else [value]
    if not values:
        raise Unsaid("missing", name="value")
    return Items(tuple(_simple(one) for one in values))


def _simple(value: Any) -> Simple:
    return Text(value) if isinstance(value, str) else Number(number_of(value))


def _offset(filter_: Filter, name: str, sign: int) -> Offset:
    """A distance from now or from today."""
    unit, quantity = part(filter_, "unit"), part(filter_, name)
    if unit not in _UNITS or isinstance(quantity, bool) or not isinstance(quantity, int):
        raise Unsaid("not_a_time", value=f"{quantity} {unit}")
    if not 0 <= quantity <= 100_000:
        raise Unsaid("not_a_time", value=f"{quantity} {unit}")
    return Offset(sign * quantity, _UNITS[unit])


def _end(filter_: Filter) -> DateValue:
    """Where a relative stretch meets the present."""
    return Named("now") if filter_.get("unit") == "hour" else _TODAY


def _days(filter_: Filter, sign: int) -> Offset:
    """A distance in whole days, which is what anniversaries have."""
    found = _offset(filter_, "quantity", sign)
    if found.unit == Unit.HOUR:
        raise Unsaid("anniversary_in_hours")
    return found


def _month(value: Any) -> Range:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 12:
        raise Unsaid("not_a_month", value=value)
    last = calendar.monthrange(_LEAP_YEAR, value)[1]
    return Range(Day(date(_LEAP_YEAR, value, 1)), Day(date(_LEAP_YEAR, value, last)))


def _written(filter_: Filter, zone: ZoneInfo) -> Day | Instant:
    """The date of a filter; older documents call it `value`."""
    name = "date" if filter_.get("date") is not None else "value"
    return _day(filter_, name, zone)


def _day(filter_: Filter, name: str, zone: ZoneInfo) -> Day | Instant:
    """A written instant: a day where it is midnight in the shop."""
    wall = _wall(filter_, name, zone)
    return Day(wall.date()) if wall.time() == time(0) else Instant(wall)


def _wall(filter_: Filter, name: str, zone: ZoneInfo) -> datetime:
    """A written instant as the shop's clock shows it."""
    said = text_of(part(filter_, name))
    try:
        found = datetime.fromisoformat(said)
        return (found.astimezone(zone) if found.tzinfo else found).replace(tzinfo=None, microsecond=0)
    except (ValueError, OverflowError):
        raise Unsaid("not_a_date", value=said) from None


def _static(operator: str, written: Day | Instant) -> Asked:
    """Before or after an instant; after midnight is that day and every later one."""
    if operator == "before":
        return Asked(Op.LT, written)
    return Asked(Op.GE if isinstance(written, Day) else Op.GT, written)


_READERS: Final[Mapping[str, Callable[[Filter, ZoneInfo], list[Asked]]]] = {
    "string": _texts,
    "numeric": _numbers,
    "boolean": _booleans,
    "existence": _existence,
    "list": _any_of_list,
    "date": dates_of,
}
