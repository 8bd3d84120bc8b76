"""What a query editor asks while somebody types: colours for any text, and what could stand at the cursor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lark import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from relance.segments.language.faults import SCAN_FAULTS, Fault
from relance.segments.language.fields import Field, Fields, Function, Kind, Parameter
from relance.segments.language.known import canonical_name, written_name
from relance.segments.language.operators import operators_for
from relance.segments.language.parser import PARSER, to_lark
from relance.segments.language.printer import quoted
from relance.segments.language.scanner import KEYWORDS, scan
from relance.segments.language.scanner import Token as Scanned


@dataclass(frozen=True, slots=True)
class Token:
    """A coloured stretch of the text; `kind` is name, function, parameter, operator, connector, text, number, date,
    punctuation or fault."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Completion:
    """Something that can be put at the cursor instead of the text from `start` to `end`.

    `kind` is field, function, parameter, operator, value or connector; `detail` is the kind of a field or
    parameter.
    """

    insert: str
    kind: str
    start: int
    end: int
    detail: str = ""


_CONNECTORS: Final = frozenset({"AND", "OR", "NOT"})
_DATES: Final = frozenset({"DATE", "DATETIME", "OFFSET", "AGO", "NAMED", "DURATION"})
_COLOURS: Final = {
    **dict.fromkeys(KEYWORDS, "operator"),
    **dict.fromkeys(_CONNECTORS, "connector"),
    **dict.fromkeys(_DATES, "date"),
    **dict.fromkeys(SCAN_FAULTS, "fault"),
    **dict.fromkeys(("NUMBER", "PERCENT", "BOOL"), "number"),
    **dict.fromkeys(("CMP", "STAR"), "operator"),
    **dict.fromkeys(("LPAR", "RPAR", "COMMA", "COLON"), "punctuation"),
    "STRING": "text",
    "NULL": "number",
}
_VALUES: Final = {
    Kind.BOOLEAN: ("true", "false"),
    Kind.DATE: ("today", "yesterday", "-30d", "-90d", "-12m"),
    Kind.DURATION: ("15min", "4h"),
}


def highlight(text: str) -> list[Token]:
    """The colours of any text, also an unfinished or faulty one; offsets in code points."""
    tokens = list(scan(text))
    inside = _inside_functions(tokens)
    return [Token(_colour(tokens, index, inside[index]), token.start, token.end) for index, token in enumerate(tokens)]


def _colour(tokens: list[Scanned], index: int, inside: bool) -> str:
    token = tokens[index]
    if token.kind != "NAME":
        return _COLOURS.get(token.kind, "fault")
    kinds = [token.kind for token in tokens[index + 1 : index + 3]]
    if kinds[:1] in (["MATCHES"], ["NOT_MATCHES"], ["LPAR"]) or kinds == ["NOT", "MATCHES"]:
        return "function"
    begins = index > 0 and tokens[index - 1].kind in {"LPAR", "COMMA"}
    return "parameter" if inside and begins else "name"


def _inside_functions(tokens: list[Scanned]) -> list[bool]:
    """For each token whether it stands directly in the parentheses of a function."""
    opened: list[bool] = []
    inside = []
    for index, token in enumerate(tokens):
        if token.kind == "RPAR" and opened:
            opened.pop()
        inside.append(bool(opened) and opened[-1])
        if token.kind == "LPAR":
            opened.append(index > 0 and tokens[index - 1].kind in {"MATCHES", "NOT_MATCHES", "NAME"})
    return inside


def complete(
    text: str, offset: int, fields: Fields, known: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> list[Completion]:
    """What can stand at `offset` (code points), best first; tolerant of what follows and of faults before.

    `known` are values that the shop has: by the name of a field, or `function.parameter`.
    """
    before = [token for token in scan(text[:offset]) if token.end <= offset]
    start, typed = offset, ""
    if before and before[-1].end == offset and before[-1].kind not in {"LPAR", "RPAR", "COMMA", "CMP", "STAR"}:
        last = before.pop()
        start, typed = last.start, last.text
    cursor = _fed(before)
    if cursor is None:
        return []
    place = _Place(fields, known, start, offset)
    found = place.completions(cursor.accepts(), _Context.of(before, fields))
    return [choice for choice in found if choice.insert.lower().startswith(typed.lower())]


def _fed(tokens: list[Scanned]) -> InteractiveParser | None:
    """The parser after these tokens; None when they are no beginning of a query."""
    cursor = PARSER.parse_interactive()
    try:
        for token in tokens:
            cursor.feed_token(to_lark(token))
    except (Fault, UnexpectedToken):
        return None
    return cursor


@dataclass(frozen=True)
class _Context:
    """What the last words before the cursor speak of: a field or parameter, inside a function or not."""

    declared: Field | Parameter | None
    function: Function | None
    name: str | None

    @classmethod
    def of(cls, tokens: list[Scanned], fields: Fields) -> _Context:
        """The context after these tokens."""
        function, begin = _open_function(tokens, fields)
        names = [token.text for token in tokens[begin:] if token.kind == "NAME"]
        if not names:
            return cls(None, function, None)
        if function is None:
            return cls(fields.field(canonical_name(names[-1])), None, names[-1])
        return cls(function.parameter(canonical_name(names[-1])), function, names[-1])

    @property
    def known_as(self) -> str:
        """The name under which the shop's values are known."""
        name = canonical_name(self.name or "")
        return name if self.function is None else f"{self.function.name}.{name}"


def _open_function(tokens: list[Scanned], fields: Fields) -> tuple[Function | None, int]:
    """The function whose parenthesis is open, and the index of the first token inside it."""
    opened: list[tuple[Function | None, int]] = []
    name = ""
    for index, token in enumerate(tokens):
        if token.kind == "NAME":
            name = token.text
        elif token.kind == "LPAR":
            before = tokens[index - 1].kind if index else ""
            function = fields.function(canonical_name(name)) if before in {"MATCHES", "NOT_MATCHES", "NAME"} else None
            opened.append((function, index + 1) if function else (opened or [(None, 0)])[-1])
        elif token.kind == "RPAR" and opened:
            opened.pop()
    return opened[-1] if opened else (None, 0)


@dataclass(frozen=True)
class _Place:
    """Makes the completions of one place in the text."""

    fields: Fields
    known: Mapping[str, Sequence[str]]
    start: int
    end: int

    def choice(self, insert: str, kind: str, detail: str = "") -> Completion:
        return Completion(insert, kind, self.start, self.end, detail)

    def completions(self, accepted: set[str], context: _Context) -> Iterator[Completion]:
        if {"AND", "OR"} & accepted and "CMP" not in accepted:
            yield from (self.choice(word, "connector") for word in ("AND", "OR") if word in accepted)
        if "STRING" in accepted:
            yield from self.values(context)
        elif "NAME" in accepted:
            yield from self.names(context)
        if "CMP" in accepted:
            yield from self.operators(context)
        if "TOP" in accepted:
            yield from (self.choice(word, "operator") for word in ("TOP", "BOTTOM"))

    def names(self, context: _Context) -> Iterator[Completion]:
        """Names that a condition can begin with."""
        if context.function is not None:
            for parameter in context.function.parameters:
                if parameter.available:
                    yield self.choice(written_name(parameter.name), "parameter", parameter.kind)
            return
        for field in self.fields.fields.values():
            if field.available:
                yield self.choice(written_name(field.name), "field", field.kind)
        for function in self.fields.functions.values():
            if function.available:
                yield self.choice(function.name, "function")
        yield self.choice("NOT", "connector")

    def operators(self, context: _Context) -> Iterator[Completion]:
        """Operators that are possible for what was named."""
        name = canonical_name(context.name or "")
        if context.function is None and self.fields.function(name) is not None:
            yield from (self.choice(word, "operator") for word in ("MATCHES", "NOT MATCHES"))
        if context.declared is not None:
            yield from (self.choice(str(found.sign), "operator") for found in operators_for(context.declared.kind))

    def values(self, context: _Context) -> Iterator[Completion]:
        """Values that are known for what was named."""
        if context.declared is None:
            return
        said = (*context.declared.values, *self.known.get(context.known_as, ()))
        yield from (self.choice(quoted(value), "value") for value in dict.fromkeys(said))
        yield from (self.choice(value, "value") for value in _VALUES.get(context.declared.kind, ()))
