"""Builds the untyped tree while the parser reduces, so that no depth of text can exhaust the stack."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast

from lark import Token as LarkToken
from lark import Transformer

from relance.segments.language.faults import Fault
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
    Span,
    Subject,
    Text,
    Tree,
    Unit,
    Value,
    Word,
)

# What a rule is handed: tokens and what the rules below it returned.
Parts: TypeAlias = list[Any]

SECONDS: Final = {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def place(*parts: Any) -> Span:
    """The stretch from the first to the last part."""

    def edge(part: Any) -> Span:
        return Span(part.start_pos or 0, part.end_pos or 0) if isinstance(part, LarkToken) else cast(Span, part.span)

    return Span(edge(parts[0]).start, edge(parts[-1]).end)


class Asked:
    """An operator and its value, before the name that they belong to is known."""

    def __init__(self, operator: Op, value: Value | None, operator_span: Span, span: Span) -> None:
        self.operator, self.value, self.operator_span, self.span = operator, value, operator_span, span

    def of(self, subject: Subject) -> Condition:
        """The condition on that subject."""
        return Condition(
            subject, self.operator, self.value, Span(subject.span.start, self.span.end), self.operator_span
        )


class Call:
    """`name(…)`: an anniversary or the legacy form of a function; what follows says which."""

    def __init__(self, name: LarkToken, arguments: list[Condition | Value], span: Span) -> None:
        self.name, self.arguments, self.span = name, arguments, span


class Matched:
    """`MATCHES (…)` before its function is known."""

    def __init__(self, parameters: tuple[Condition, ...], negated: bool, span: Span) -> None:
        self.parameters, self.negated, self.span = parameters, negated, span


class Builder(Transformer[LarkToken, Tree]):
    """One method per rule of the grammar; each returns the node of `tree.py` for its words."""

    def start(self, parts: Parts) -> Tree:
        return cast(Tree, parts[0])

    def or_expr(self, parts: Parts) -> Tree:
        terms = tuple(part for part in parts if not isinstance(part, LarkToken))
        return cast(Tree, terms[0]) if len(terms) == 1 else Or(terms, place(*terms))

    def and_expr(self, parts: Parts) -> Tree:
        terms = tuple(part for part in parts if not isinstance(part, LarkToken))
        return cast(Tree, terms[0]) if len(terms) == 1 else And(terms, place(*terms))

    def negation(self, parts: Parts) -> Tree:
        return Not(parts[1], place(*parts))

    def group(self, parts: Parts) -> Tree:
        return cast(Tree, parts[1])

    def condition(self, parts: Parts) -> Condition:
        name, asked = parts
        return cast(Asked, asked).of(Subject(str(name), span=place(name)))

    def match(self, parts: Parts) -> Match:
        name, matched = parts
        return Match(Subject(str(name), span=place(name)), matched.parameters, matched.negated, place(*parts))

    def call(self, parts: Parts) -> Call:
        return Call(parts[0], [part for part in parts[2:-1] if not isinstance(part, LarkToken)], place(*parts))

    def argument(self, parts: Parts) -> Condition | Value:
        if len(parts) == 1:
            return cast(Value, parts[0])
        name, said = parts[0], parts[-1]
        subject = Subject(str(name), span=place(name))
        if isinstance(said, Asked):
            return said.of(subject)
        operator = Op.IN if isinstance(said, Items) and not _is_place(name) else Op.EQ
        return Condition(subject, operator, said, place(*parts), place(parts[1]))

    def call_condition(self, parts: Parts) -> Tree:
        call, asked = cast(Call, parts[0]), cast(Asked, parts[1])
        if call.name.lower() == "anniversary":
            return asked.of(_anniversary(call))
        return _legacy(call, asked)

    def call_match(self, parts: Parts) -> Tree:
        call, matched = cast(Call, parts[0]), cast(Matched, parts[1])
        if call.name.lower() != "anniversary":
            raise Fault("call_and_matches", call.span, word=str(call.name))
        subject = _anniversary(call)
        terms = tuple(Condition(subject, p.operator, p.value, p.span, p.operator_span) for p in matched.parameters)
        whole: Tree = Condition(subject, Op.IS_NOT_NULL, None, place(*parts), matched.span)
        if terms:
            whole = terms[0] if len(terms) == 1 else And(terms, place(*parts))
        return Not(whole, place(*parts)) if matched.negated else whole

    def matching(self, parts: Parts) -> Matched:
        negated = parts[0].type in {"NOT", "NOT_MATCHES"}
        return Matched(tuple(part for part in parts if isinstance(part, Condition)), negated, place(*parts))

    def compare(self, parts: Parts) -> Asked:
        return Asked(Op(str(parts[0])), parts[1], place(parts[0]), place(*parts))

    def between(self, parts: Parts) -> Asked:
        low, high = _single(parts[1]), _single(parts[3])
        return Asked(Op.BETWEEN, Range(low, high, place(low, high)), place(parts[0]), place(*parts))

    def null(self, parts: Parts) -> Asked:
        return Asked(Op.IS_NOT_NULL if len(parts) == 3 else Op.IS_NULL, None, place(*parts), place(*parts))

    def worded(self, parts: Parts) -> Asked:
        words, value = parts[:-1], parts[-1]
        return Asked(Op(" ".join(word.upper() for word in words)), value, place(*words), place(*parts))

    def ranked(self, parts: Parts) -> Asked:
        share = Percent(_percent(parts[2]), place(parts[2]))
        return Asked(Op(f"IN {parts[1].upper()}"), share, place(parts[0], parts[1]), place(*parts))

    def items(self, parts: Parts) -> Items:
        return Items(tuple(part for part in parts if not isinstance(part, LarkToken)), place(*parts))

    def absent(self, parts: Parts) -> Text:
        return Text(_unquoted(parts[1]), True, place(*parts))

    def text(self, parts: Parts) -> Text:
        return Text(_unquoted(parts[0]), span=place(parts[0]))

    def number(self, parts: Parts) -> Number:
        return Number(_decimal(parts[0]), place(parts[0]))

    def percent(self, parts: Parts) -> Percent:
        return Percent(_percent(parts[0]), place(parts[0]))

    def boolean(self, parts: Parts) -> Boolean:
        return Boolean(parts[0].lower() == "true", place(parts[0]))

    def day(self, parts: Parts) -> Day:
        try:
            return Day(date.fromisoformat(str(parts[0])), place(parts[0]))
        except ValueError:
            raise Fault("no_such_day", place(parts[0]), word=str(parts[0])) from None

    def instant(self, parts: Parts) -> Instant:
        try:
            return Instant(datetime.fromisoformat(parts[0].upper()), place(parts[0]))
        except ValueError:
            raise Fault("no_such_day", place(parts[0]), word=str(parts[0])) from None

    def offset(self, parts: Parts) -> Offset:
        word = parts[0].lower()
        number = word.rstrip("dwmyhin")
        return _offset(number, Unit(word[len(number) :]), parts[0])

    def ago(self, parts: Parts) -> Offset:
        number, unit, _ = parts[0].lower().split("_")
        return _offset(f"-{number}", Unit(unit[0]), parts[0])

    def named(self, parts: Parts) -> Named:
        return Named(parts[0].lower(), place(parts[0]))

    def duration(self, parts: Parts) -> Duration:
        word = parts[0].lower()
        if ":" not in word:
            number = word.rstrip("minhdw")
            return Duration(_whole(number, parts[0]) * SECONDS[word[len(number) :]], place(parts[0]))
        numbers = [_whole(number, parts[0]) for number in word.split(":")]
        if any(number > 59 for number in numbers[1:]):
            raise Fault("bad_duration", place(parts[0]), word=str(parts[0]))
        hours, minutes, seconds = [0, *numbers][-3:]
        return Duration(hours * 3600 + minutes * 60 + seconds, place(parts[0]))

    def word(self, parts: Parts) -> Word:
        return Word(str(parts[0]), place(parts[0]))

    def of_average(self, parts: Parts) -> OfAverage:
        return OfAverage(_percent(parts[0]), place(*parts))

    def multiple(self, parts: Parts) -> Multiple:
        return Multiple(_decimal(parts[0]), str(parts[2]), place(*parts))


def _anniversary(call: Call) -> Subject:
    """The date whose year is left out: `anniversary('name')`, or its legacy form with `date:`."""
    if len(call.arguments) == 1:
        said = call.arguments[0]
        if isinstance(said, Condition) and said.subject.name.lower() == "date" and said.operator == Op.EQ:
            said = said.value if said.value is not None else said
        if isinstance(said, Text):
            return Subject(said.value, True, call.span)
    raise Fault("anniversary_form", call.span)


def _legacy(call: Call, asked: Asked) -> Match:
    """`fn(parameter: value) = true | false` as the same Match that MATCHES gives."""
    if asked.operator not in {Op.EQ, Op.NE} or not isinstance(asked.value, Boolean):
        raise Fault("legacy_form", Span(call.span.start, asked.span.end), word=str(call.name))
    parameters = tuple(argument for argument in call.arguments if isinstance(argument, Condition))
    if len(parameters) != len(call.arguments):
        raise Fault("legacy_form", call.span, word=str(call.name))
    negated = asked.value.value is (asked.operator == Op.NE)
    subject = Subject(str(call.name), span=place(call.name))
    return Match(subject, parameters, negated, Span(call.span.start, asked.span.end))


def _is_place(name: LarkToken) -> bool:
    return name.lower() == "coordinates"


def _single(value: Value) -> Simple:
    """The value, which must not be a list."""
    if isinstance(value, Items | Range):
        raise Fault("want_single", value.span)
    return value


# Longer numbers than any shop has are refused before they cost time.
_DIGITS: Final = 30


def _decimal(token: LarkToken) -> Decimal:
    if len(token) > _DIGITS:
        raise Fault("bad_number", place(token), word=str(token))
    return Decimal(str(token))


def _whole(number: str, token: LarkToken) -> int:
    if len(number) > 9:
        raise Fault("bad_number", place(token), word=str(token))
    return int(number)


def _percent(token: LarkToken) -> Decimal:
    if len(token) > _DIGITS:
        raise Fault("bad_number", place(token), word=str(token))
    return Decimal(token[:-1].strip())


def _offset(number: str, unit: Unit, token: LarkToken) -> Offset:
    amount = _whole(number, token)
    if abs(amount) > 100_000:
        raise Fault("bad_number", place(token), word=str(token))
    return Offset(amount, unit, place(token))


def _unquoted(token: LarkToken) -> str:
    """The text between the quotes, with its escapes undone: `\\'` is a quote, `\\\\` a backslash."""
    inner = token[1:-1]
    if "\\" not in inner:
        return inner
    signs = iter(inner)
    return "".join(next(signs) if sign == "\\" else sign for sign in signs)
