"""The JSON form of a tree, for the visual builder: nothing is lost in either direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias, assert_never

from relance.errors import BadInput
from relance.segments.language.parser import DEFAULT_LIMITS, Limits, parse
from relance.segments.language.printer import number_text, to_text
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
    Op,
    Or,
    Percent,
    Range,
    Simple,
    Subject,
    Text,
    Tree,
    Unit,
    Value,
    Word,
)

# What json.loads gives for an object.
Document: TypeAlias = dict[str, Any]

# Documents come from outside; deeper ones than any query are refused before they exhaust the stack.
_DEEPEST: Final = 100


def to_json(tree: Tree) -> Document:
    """The tree as plain dictionaries, lists, texts and numbers."""
    match tree:
        case And(terms=terms):
            return {"kind": "and", "terms": [to_json(term) for term in terms]}
        case Or(terms=terms):
            return {"kind": "or", "terms": [to_json(term) for term in terms]}
        case Not(term=term):
            return {"kind": "not", "term": to_json(term)}
        case Condition():
            return {"kind": "condition", **_condition_to_json(tree)}
        case Match(function=function, parameters=parameters, negated=negated):
            said = [_condition_to_json(parameter) for parameter in parameters]
            return {"kind": "match", "function": function.name, "negated": negated, "parameters": said}
    assert_never(tree)


def _condition_to_json(condition: Condition) -> Document:
    document: Document = {"field": condition.subject.name, "operator": str(condition.operator)}
    if condition.subject.anniversary:
        document["anniversary"] = True
    if condition.value is not None:
        document["value"] = _value_to_json(condition.value)
    return document


def _value_to_json(value: Value) -> Document:
    match value:
        case Items(values=values):
            return {"type": "list", "values": [_value_to_json(item) for item in values]}
        case Range(low=low, high=high):
            return {"type": "range", "low": _value_to_json(low), "high": _value_to_json(high)}
        case Number() | Percent() | OfAverage() | Multiple():
            return _amount_to_json(value)
        case Text() | Boolean() | Word():
            return _plain_to_json(value)
        case Day() | Instant() | Offset() | Named() | Duration():
            return _time_to_json(value)
    assert_never(value)


def _plain_to_json(value: Text | Boolean | Word) -> Document:
    match value:
        case Text(value=text, negated=negated):
            return {"type": "text", "text": text, "negated": True} if negated else {"type": "text", "text": text}
        case Boolean(value=truth):
            return {"type": "boolean", "value": truth}
        case Word(name=name):
            return {"type": "word", "name": name}


def _amount_to_json(value: Number | Percent | OfAverage | Multiple) -> Document:
    match value:
        case Number(value=number):
            return {"type": "number", "number": number_text(number)}
        case Percent(value=number):
            return {"type": "percent", "number": number_text(number)}
        case OfAverage(percent=number):
            return {"type": "of_average", "percent": number_text(number)}
        case Multiple(factor=factor, name=name):
            return {"type": "multiple", "factor": number_text(factor), "field": name}


def _time_to_json(value: Day | Instant | Offset | Named | Duration) -> Document:
    match value:
        case Day(value=day):
            return {"type": "day", "day": day.isoformat()}
        case Instant(value=instant):
            return {"type": "instant", "instant": instant.isoformat(timespec="seconds")}
        case Offset(amount=amount, unit=unit):
            return {"type": "offset", "amount": amount, "unit": str(unit)}
        case Named(name=name):
            return {"type": "named", "name": name}
        case Duration(seconds=seconds):
            return {"type": "duration", "seconds": seconds}


def from_json(document: Document, limits: Limits = DEFAULT_LIMITS) -> Tree:
    """The tree of a document that `to_json` wrote; its spans are places in `to_text` of the tree.

    Raises BadInput for any other document, QueryError for one over a limit.
    """
    try:
        tree = _tree(document, 0)
        text = to_text(tree)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, OverflowError):
        raise BadInput("segments.language_bad_document") from None
    found = parse(text, limits)
    if found != tree:
        raise BadInput("segments.language_bad_document")
    return found


def _tree(document: Document, depth: int) -> Tree:
    if depth > _DEEPEST:
        raise ValueError
    match document["kind"]:
        case "and":
            return And(_terms(document, depth))
        case "or":
            return Or(_terms(document, depth))
        case "not":
            return Not(_tree(document["term"], depth + 1))
        case "condition":
            return _condition(document)
        case "match":
            parameters = tuple(_condition(parameter) for parameter in document["parameters"])
            return Match(Subject(_text(document["function"])), parameters, bool(document["negated"]))
    raise ValueError


def _terms(document: Document, depth: int) -> tuple[Tree, ...]:
    terms = tuple(_tree(term, depth + 1) for term in document["terms"])
    if len(terms) < 2:
        raise ValueError
    return terms


def _condition(document: Document) -> Condition:
    subject = Subject(_text(document["field"]), bool(document.get("anniversary", False)))
    operator = Op(document["operator"])
    value = document.get("value")
    if (value is None) is not (operator in {Op.IS_NULL, Op.IS_NOT_NULL}):
        raise ValueError
    return Condition(subject, operator, None if value is None else _value(value))


def _value(document: Document) -> Value:
    match document["type"]:
        case "list":
            return Items(tuple(_simple(item) for item in document["values"]))
        case "range":
            return Range(_simple(document["low"]), _simple(document["high"]))
        case _:
            return _simple(document)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> Decimal:
    number = Decimal(_text(value))
    if not number.is_finite():
        raise ValueError
    return number


_SIMPLE: Final[Mapping[str, Callable[[Document], Simple]]] = {
    "text": lambda said: Text(_text(said["text"]), bool(said.get("negated", False))),
    "number": lambda said: Number(_number(said["number"])),
    "percent": lambda said: Percent(_number(said["number"])),
    "of_average": lambda said: OfAverage(_number(said["percent"])),
    "multiple": lambda said: Multiple(_number(said["factor"]), _text(said["field"])),
    "boolean": lambda said: Boolean(bool(said["value"])),
    "word": lambda said: Word(_text(said["name"])),
    "day": lambda said: Day(date.fromisoformat(said["day"])),
    "instant": lambda said: Instant(datetime.fromisoformat(said["instant"])),
    "offset": lambda said: Offset(int(said["amount"]), Unit(said["unit"])),
    "named": lambda said: Named(_text(said["name"])),
    "duration": lambda said: Duration(int(said["seconds"])),
}


def _simple(document: Document) -> Simple:
    return _SIMPLE[document["type"]](document)
