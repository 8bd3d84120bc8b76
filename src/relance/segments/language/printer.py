"""The canonical text of a tree: parsing it gives the tree back."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_never

from relance.segments.language.tree import (
    And,
    Boolean,
    Condition,
    Day,
    Duration,
    Instant,
    Items,
    Match,
    Multiple,
    Named,
    Not,
    Number,
    OfAverage,
    Offset,
    Or,
    Percent,
    Range,
    Subject,
    Text,
    Tree,
    Value,
    Word,
)


def to_text(tree: Tree) -> str:
    """The canonical text of a tree, on one line."""
    match tree:
        case And(terms=terms):
            return " AND ".join(_inside(term, And, Or) for term in terms)
        case Or(terms=terms):
            return " OR ".join(_inside(term, Or) for term in terms)
        case Not(term=term):
            return f"NOT ({to_text(term)})"
        case Condition():
            return condition_text(tree)
        case Match(function=function, parameters=parameters, negated=negated):
            said = ", ".join(condition_text(parameter) for parameter in parameters)
            return f"{function.name} {'NOT ' if negated else ''}MATCHES ({said})"
    assert_never(tree)


def _inside(term: Tree, *kinds: type) -> str:
    return f"({to_text(term)})" if isinstance(term, kinds) else to_text(term)


def condition_text(condition: Condition) -> str:
    """The canonical text of one condition or parameter."""
    subject, value = _subject(condition.subject), condition.value
    if value is None:
        return f"{subject} {condition.operator}"
    return f"{subject} {condition.operator} {value_text(value)}"


def _subject(subject: Subject) -> str:
    return f"anniversary({quoted(subject.name)})" if subject.anniversary else subject.name


def quoted(text: str) -> str:
    """The text between single quotes, its quotes and backslashes escaped."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def number_text(number: Decimal) -> str:
    """The number in plain digits with a decimal point."""
    return format(number, "f")


def value_text(value: Value) -> str:
    """The canonical text of a value."""
    match value:
        case Items(values=values):
            return f"({', '.join(value_text(item) for item in values)})"
        case Range(low=low, high=high):
            return f"{value_text(low)} AND {value_text(high)}"
        case Day() | Instant() | Offset() | Named() | Duration():
            return _time_text(value)
        case Text() | Boolean() | Word():
            return _plain_text(value)
        case Number() | Percent() | OfAverage() | Multiple():
            return _amount_text(value)
    assert_never(value)


def _plain_text(value: Text | Boolean | Word) -> str:
    match value:
        case Text(value=text, negated=negated):
            return f"{'NOT ' if negated else ''}{quoted(text)}"
        case Boolean(value=truth):
            return "true" if truth else "false"
        case Word(name=name):
            return name


def _amount_text(value: Number | Percent | OfAverage | Multiple) -> str:
    match value:
        case Number(value=number):
            return number_text(number)
        case Percent(value=number):
            return f"{number_text(number)}%"
        case OfAverage(percent=number):
            return f"{number_text(number)}% OF AVERAGE"
        case Multiple(factor=factor, name=name):
            return f"{number_text(factor)} * {name}"


def _time_text(value: Day | Instant | Offset | Named | Duration) -> str:
    match value:
        case Day(value=day):
            return day.isoformat()
        case Instant(value=instant):
            return instant.isoformat(timespec="seconds")
        case Offset(amount=amount, unit=unit):
            return f"{amount:+d}{unit}"
        case Named(name=name):
            return name
        case Duration(seconds=seconds):
            return duration_text(seconds)


def duration_text(seconds: int) -> str:
    """The duration in the largest unit that divides it, else as minutes:seconds or hours:minutes:seconds (S30)."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
