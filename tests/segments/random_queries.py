"""Random queries over the whole grammar, as trees for the oracle; `written_queries` puts them into words."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from tests.segments import random_values as values_of
from tests.segments.random_values import CALENDAR_DAYS, FIELDS, FUNCTIONS, RANKED, TIMES
from tests.segments.segment_oracle import Asked, Query

COMPARED: Final = ("=", "!=", ">", ">=", "<", "<=")
NULLS: Final = ("IS NULL", "IS NOT NULL")
LISTED: Final = ("IN", "NOT IN")
OPERATORS: Final[dict[str, tuple[str, ...]]] = {
    "number": (*COMPARED, "BETWEEN", *LISTED, *NULLS),
    "money": (*COMPARED, "BETWEEN", *LISTED, *NULLS),
    "length": (*COMPARED, "BETWEEN", *NULLS),
    "date": (*COMPARED, *COMPARED, "BETWEEN", *NULLS),
    "text": ("=", "!=", *LISTED, "CONTAINS", "NOT CONTAINS", "STARTS WITH", "ENDS WITH", *NULLS),
    "enum": ("=", "!=", *LISTED, *NULLS),
    "boolean": ("=", "!=", *NULLS),
    "id": ("=", "!=", *LISTED, *NULLS),
    "texts": ("CONTAINS", "NOT CONTAINS", *NULLS),
    "ids": ("=", "!=", "CONTAINS", "NOT CONTAINS", *NULLS),
}
# Parameters that a row always has.
PRESENT: Final = {"date", "count", "sum_amount", "sum_quantity", "position", "entered", "left", "current"}
AVERAGED: Final = {"amount", "quantity"}
SEGMENTS: Final = ("VIP", "Sleepers", "Readers")
SHARES: Final = (10, 20, 50, 80)


@dataclass(frozen=True)
class Asking:
    """What may be asked: names of fields, and parameters by function."""

    fields: Sequence[str]
    functions: Mapping[str, Sequence[str]]

    def query(self, dice: random.Random, depth: int = 0) -> Query:
        """A query of any form."""
        roll = dice.random()
        if depth < 3 and roll < 0.28:
            terms = [self.query(dice, depth + 1) for _ in range(dice.randrange(2, 4))]
            return (dice.choice(["and", "or"]), *terms)
        if depth < 3 and roll < 0.36:
            return ("not", self.query(dice, depth + 1))
        return self.leaf(dice)

    def leaf(self, dice: random.Random) -> Query:
        """One condition; the functions of behaviour, and those of messages, are together as likely as any other two."""
        if dice.random() < 0.5:
            return self.field(dice, dice.choice(self.fields))
        families: dict[str, list[str]] = {}
        for function in self.functions:
            channel = function.partition(".")[0] if "." in function else ""
            family = {"storefront": "behaviour", "support": "behaviour", "": function}.get(channel, "messages")
            families.setdefault(family, []).append(function)
        many = [*families, *(family for family in ("behaviour", "messages") if family in families)]
        return self.match(dice, dice.choice(families[dice.choice(many)]))

    @property
    def names(self) -> list[tuple[str, str]]:
        """Every field, with an empty function, and every parameter with its function."""
        parameters = [(function, one) for function, named in self.functions.items() for one in named]
        # The only list of ids has six operators.
        rare = [("", "companies")] * 3
        return [*(("", name) for name in self.fields), *rare, *parameters]

    def aimed(self, dice: random.Random, function: str, name: str) -> Query:
        """A condition that asks for this field or parameter."""
        if not function:
            return self.field(dice, name)
        if function in {"funnel", "segment", "customer_within_distance"} or name in AVERAGED:
            return self.match(dice, function)
        said = [parameter(dice, function, name)]
        if dice.random() < 0.3:
            others = [one for one in self.functions[function] if one not in {name, "position", "current"}]
            said.append(parameter(dice, function, dice.choice(others)))
        return ("match", function, dice.random() < 0.3, said)

    def field(self, dice: random.Random, name: str) -> Query:  # noqa: PLR0911
        """A condition on a field."""
        if name == "segment":
            op = dice.choice(["=", "!=", "IN", "NOT IN"])
            return ("field", name, op, dice.choice(SEGMENTS) if "IN" not in op else dice.sample(SEGMENTS, 2))
        kind, values = FIELDS[name]
        if kind == "date":
            if dice.random() < 0.25:
                return ("anniversary", name, *_anniversary(dice))
            return ("field", name, *moment_check(dice, exact=name not in CALENDAR_DAYS))
        roll = dice.random()
        if name in RANKED and roll < 0.3:
            return ("field", name, dice.choice(["IN TOP", "IN BOTTOM"]), dice.choice(SHARES))
        if name in RANKED and roll < 0.5:
            return ("field", name, dice.choice(COMPARED), ("average", dice.choice([80, 100, 115])))
        if kind == "number" and "." not in name and roll < 0.15:
            return ("field", name, dice.choice(COMPARED), ("times", dice.choice([1, 2, 3]), dice.choice(TIMES)))
        return ("field", name, *check(dice, kind, values))

    def match(self, dice: random.Random, function: str) -> Query:
        """A condition on related rows."""
        negated = dice.random() < 0.3
        if function == "products_purchased" and dice.random() < 0.15:
            return ("match", function, negated, _in_category(dice))
        checks = FORMS.get(function, _any)(dice, function, self.functions[function])
        return ("match", function, negated, checks)


def check(dice: random.Random, kind: str, values: Sequence[Any], *, nullable: bool = True) -> tuple[str, Any]:
    """An operator of the kind and what stands after it."""
    op = dice.choice([op for op in OPERATORS[kind] if nullable or op not in NULLS])
    if op in NULLS:
        return op, None
    if kind == "length":
        values = [("length", seconds) for seconds in values]
    if op == "BETWEEN":
        low, high = sorted(dice.choices(values, k=2))
        return op, (low, high)
    if op in LISTED:
        return op, list(dict.fromkeys(dice.choices(values, k=2)))
    return op, dice.choice(values)


def moment_check(dice: random.Random, *, exact: bool = True, nullable: bool = True) -> tuple[str, Any]:
    """An operator on dates; the two kinds of dates may be mixed in BETWEEN."""
    op = dice.choice([op for op in OPERATORS["date"] if nullable or op not in NULLS])
    if op in NULLS:
        return op, None
    if op == "BETWEEN":
        return op, (moment(dice, exact=exact), moment(dice, exact=exact))
    return op, moment(dice, exact=exact)


def moment(dice: random.Random, *, exact: bool) -> tuple[Any, ...]:
    """A day, or now and then an exact instant."""
    choices: list[tuple[Any, ...]] = [
        ("offset", *dice.choice(values_of.OFFSETS)),
        ("offset", *dice.choice(values_of.OFFSETS)),
        ("named", dice.choice(["today", "yesterday"])),
        ("day", dice.choice(values_of.DAYS)),
    ]
    if exact:
        instant: datetime = dice.choice(values_of.INSTANTS)
        choices += [("offset", *dice.choice(values_of.EXACT)), ("named", "now"), ("instant", instant)]
    return dice.choice(choices)


def _anniversary(dice: random.Random) -> tuple[str, Any]:
    op = dice.choice([*COMPARED, "BETWEEN", "BETWEEN", *NULLS])
    if op in NULLS:
        return op, None
    if op == "BETWEEN":
        ahead = ("offset", *dice.choice([(7, "d"), (30, "d"), (1, "m"), (1, "y")]))
        return op, (("named", dice.choice(["today", "yesterday"])), ahead)
    day: date = dice.choice(values_of.DAYS)
    return op, dice.choice([("named", "today"), ("named", "yesterday"), ("offset", 1, "d"), ("day", day)])


# ---- parameters ----


def parameter(dice: random.Random, function: str, name: str) -> Asked:
    """One parameter with its operator and value."""
    kind, values = FUNCTIONS[function][name]
    if name == "position":
        return name, "=", dice.choice(values)
    if name in AVERAGED and dice.random() < 0.3:
        return name, dice.choice(COMPARED), ("average", dice.choice([80, 115]))
    present = name not in PRESENT
    if kind == "date":
        return name, *moment_check(dice, exact=name not in CALENDAR_DAYS, nullable=present)
    return name, *check(dice, kind, values, nullable=present)


def _any(dice: random.Random, function: str, names: Sequence[str]) -> list[Asked]:
    """Up to three parameters, one of them sometimes twice."""
    chosen = dice.sample(list(names), k=min(len(names), dice.choice([0, 1, 1, 2, 2, 3])))
    if chosen and dice.random() < 0.1 and chosen[0] not in {"position", "current"}:
        chosen.append(chosen[0])
    return [parameter(dice, function, name) for name in chosen]


def _in_category(dice: random.Random) -> list[Asked]:
    """An amount or a quantity compared with the average of one category."""
    share = ("average", dice.choice([80, 100, 115]))
    return [
        ("category", "=", dice.choice(["Soap", "Lamp"])),
        (dice.choice(sorted(AVERAGED)), dice.choice(COMPARED), share),
    ]


def _near(dice: random.Random, function: str, names: Sequence[str]) -> list[Asked]:
    place = dice.choice(FUNCTIONS[function]["coordinates"][1])
    unit = dice.choice([name for name in names if name != "coordinates"])
    return [
        ("coordinates", "=", ("place", place)),
        (unit, dice.choice(["=", "<="]), dice.choice(FUNCTIONS[function][unit][1])),
    ]


def _steps(dice: random.Random, function: str, _names: Sequence[str]) -> list[Asked]:
    said: list[Asked] = [("steps", "=", ("steps", dice.choice(FUNCTIONS[function]["steps"][1])))]
    if dice.random() < 0.7:
        said.append(("within", dice.choice(["=", "<="]), ("length", dice.choice(FUNCTIONS[function]["within"][1]))))
    if dice.random() < 0.5:
        said.append(("date", *moment_check(dice, nullable=False)))
    return said


def _moves(dice: random.Random, _function: str, _names: Sequence[str]) -> list[Asked]:
    said: list[Asked] = [("name", "=", dice.choice(SEGMENTS))]
    for what in dice.choice([[], ["entered"], ["left"], ["entered"], ["left"], ["entered", "left"]]):
        said.append((what, *moment_check(dice, nullable=False)))
    return said


def _visits(dice: random.Random, function: str, names: Sequence[str]) -> list[Asked]:
    """A session, often with the date, so that the last 30 days are not all there is."""
    said = _any(dice, function, [name for name in names if name != "current"])
    if "current" in names and dice.random() < 0.2:
        said.append(("current", "=", dice.choice([True, False])))
    return said


FORMS: Final[dict[str, Callable[[random.Random, str, Sequence[str]], list[Asked]]]] = {
    "customer_within_distance": _near,
    "funnel": _steps,
    "segment": _moves,
    "session": _visits,
}
