"""A query tree as text, in every spelling that the language takes: both syntaxes, aliases, old date names."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any, Final

from tests.segments.random_values import Id
from tests.segments.segment_oracle import Asked, Query

AGO: Final = {
    ("offset", -7, "d"): "7_days_ago",
    ("offset", -30, "d"): "30_days_ago",
    ("offset", -90, "d"): "90_days_ago",
    ("offset", -12, "m"): "12_months_ago",
}
ALIASES: Final = (
    ("email.", "shopify_email."),
    ("storefront.", "storefront_event."),
    ("metafields.", "customer.metafields."),
)


def written(query: Query) -> str:
    """The query as text; the spelling depends on the query alone."""
    return _Writer(random.Random(repr(query))).of(query)  # noqa: S311


class _Writer:
    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.quotes_days = False

    def of(self, query: Query) -> str:
        match query:
            case ("and" | "or" as word, *terms):
                return f" {self.word(word.upper())} ".join(f"({self.of(term)})" for term in terms)
            case ("not", term):
                return f"{self.word('NOT')} ({self.of(term)})"
            case ("field", name, op, value):
                # A property that nobody declared takes a quoted day as a text; a field never does.
                self.quotes_days = self.dice.random() < 0.2
                said = f"{self.name(name)} {self.asked(op, value)}"
                self.quotes_days = False
                return said
            case ("anniversary", name, op, value):
                inside = self.dice.choice(["'{}'", "'{}'", "date: '{}'"]).format(name)
                return f"anniversary({inside}) {self.asked(op, value)}"
            case ("match", function, negated, checks):
                return self.match(function, negated, checks)
        raise AssertionError(query)

    def match(self, function: str, negated: bool, checks: list[Asked]) -> str:
        roll = self.dice.random()
        if not checks and roll < 0.3:
            return f"{function} {self.word('IS NULL' if negated else 'IS NOT NULL')}"
        if roll < 0.2 and function not in {"segment", "funnel"} and all(_has_old_form(*check) for check in checks):
            inside = ", ".join(f"{name}: {self.asked(op, value).removeprefix('= ')}" for name, op, value in checks)
            said = self.dice.choice(["= false", "!= true"] if negated else ["= true", "!= false"])
            return f"{self.name(function)}({inside}) {said}"
        inside = ", ".join(f"{name} {self.asked(op, value)}" for name, op, value in checks)
        word = self.dice.choice(["NOT MATCHES", "NOT_MATCHES"]) if negated else "MATCHES"
        return f"{self.name(function)} {self.word(word)} ({inside})"

    def word(self, keyword: str) -> str:
        """Keywords are written in upper or lower case."""
        return keyword.lower() if self.dice.random() < 0.1 else keyword

    def name(self, name: str) -> str:
        for known, alias in ALIASES:
            if name.startswith(known) and self.dice.random() < 0.2:
                return alias + name.removeprefix(known)
        return name

    def asked(self, op: str, value: Any) -> str:
        said = op if op in {"=", "!=", ">", ">=", "<", "<="} else self.word(op)
        if value is None:
            return said
        if op in {"IN TOP", "IN BOTTOM"}:
            return f"{said} {value}%"
        if op == "BETWEEN":
            return f"{said} {self.literal(value[0])} {self.word('AND')} {self.literal(value[1])}"
        if isinstance(value, list):
            return f"{said} ({', '.join(map(self.literal, value))})"
        return f"{said} {self.literal(value)}"

    def literal(self, value: Any) -> str:  # noqa: C901, PLR0911, PLR0912
        match value:
            case bool():
                return str(value).lower()
            case Id() if value.isdigit() and self.dice.random() < 0.7:
                return str(value)
            case str():
                escaped = value.replace("\\", "\\\\").replace("'", "\\'")
                return f"'{escaped}'"
            case int() | Decimal():
                return str(value)
            case ("offset", amount, unit):
                return AGO[value] if value in AGO and self.dice.random() < 0.2 else f"{amount:+d}{unit}"
            case ("named", name):
                return str(name)
            case ("day", day):
                return f"'{day.isoformat()}'" if self.quotes_days else str(day.isoformat())
            case ("instant", at):
                return f"{at:%Y-%m-%dT%H:%M:%S}"
            case ("average", percent):
                return f"{percent}% OF AVERAGE"
            case ("times", factor, name):
                return str(name) if factor == 1 and self.dice.random() < 0.3 else f"{factor} * {name}"
            case ("length", seconds):
                return self.duration(seconds)
            case ("place", (north, east)):
                return f"({north}, {east})"
            case ("steps", steps):
                return f"({', '.join(('NOT ' if absent else '') + self.literal(name) for name, absent in steps)})"
        raise AssertionError(value)

    def duration(self, seconds: int) -> str:
        """In minutes and seconds, in hours, minutes and seconds, or in the largest unit that divides it."""
        hours, rest = divmod(seconds, 3600)
        forms = (
            [f"{seconds // 60}:{seconds % 60:02d}"] if seconds < 3600 else [f"{hours}:{rest // 60:02d}:{rest % 60:02d}"]
        )
        forms += [f"{seconds // size}{unit}" for size, unit in ((3600, "h"), (60, "min")) if seconds % size == 0]
        return self.dice.choice(forms)


def _has_old_form(_name: str, op: str, value: Any) -> bool:
    return op == "=" and not isinstance(value, list)
