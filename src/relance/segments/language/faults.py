"""Turns what the parser stumbled over into a sentence with a place and a way out."""

from __future__ import annotations

import re
from typing import Final

from relance.errors import QueryError
from relance.segments.language.scanner import Token, scan
from relance.segments.language.tree import Span


class Fault(Exception):
    """A fault found where the whole text is not at hand; `parse` makes a QueryError of it."""

    def __init__(self, key: str, span: Span, **facts: object) -> None:
        self.key, self.span, self.facts = f"segments.language_{key}", span, facts
        super().__init__(key)

    def in_text(self, text: str) -> QueryError:
        """The error for the reader."""
        return QueryError(self.key, text, self.span.start, self.span.end, **self.facts)


SCAN_FAULTS: Final = {
    "OPEN_STRING": "unclosed_quote",
    "OTHER_QUOTE": "other_quote",
    "BAD_NUMBER": "bad_number",
    "BAD_DATE": "date_form",
    "CURRENCY": "currency_sign",
    "OTHER": "strange_sign",
}

# What could have come next, most telling first: terminals that the parser would take, and the text that says so.
_WANTED: Final = (
    ({"COMMA", "RPAR"}, "comma"),
    ({"LPAR", "NOT", "NAME"}, "condition"),
    ({"CMP", "BETWEEN"}, "operator"),
    ({"OR"}, "connector"),
    ({"NUMBER", "STRING"}, "value"),
    ({"TOP"}, "list"),
    ({"NAME"}, "name"),
    ({"LPAR"}, "opening"),
)

# The frame that Shopify's editor shows around a query.
_FRAME: Final = re.compile(r"\s*(?P<frame>FROM\s+customers\b(?:.*?\bWHERE\b)?)", re.IGNORECASE | re.DOTALL)
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:[,\u00a0\u202f ][0-9]{3})+(?![0-9])|[0-9]+(?:\.[0-9]+)*,[0-9]+")


def unexpected(text: str, token: Token, expected: set[str]) -> Fault:
    """The fault of a word that cannot stand where it stands."""
    span = Span(token.start, token.end)
    frame = _FRAME.match(text)
    if frame:
        return Fault("only_where", Span(frame.start("frame"), frame.end("frame")))
    for found in _THOUSANDS.finditer(text):
        if found.start() < token.start < found.end():
            return Fault("thousands", Span(found.start(), found.end()), word=found.group())
    if token.kind == "RPAR" and not _open_parenthesis(text[: token.start]):
        return Fault("unopened_parenthesis", span)
    wanted = _wanted(expected)
    if wanted == "word":
        return Fault("want_word", span, word=token.text, wanted=_literal(expected))
    return Fault(f"want_{wanted}", span, word=token.text)


def unfinished(text: str, expected: set[str]) -> Fault:
    """The fault of a query that stops too early."""
    opened = _open_parenthesis(text)
    if opened is not None and "RPAR" in expected:
        return Fault("unclosed_parenthesis", Span(opened, opened + 1))
    tokens = list(scan(text))
    if not tokens:
        return Fault("empty", Span(0, max(1, len(text))))
    span = Span(tokens[-1].start, tokens[-1].end)
    wanted = _wanted(expected)
    if wanted == "word":
        return Fault("end_word", span, word=tokens[-1].text, wanted=_literal(expected))
    return Fault(f"end_{wanted}", span, word=tokens[-1].text)


def _wanted(expected: set[str]) -> str:
    """The name of the most telling group of what could have come."""
    return next((name for kinds, name in _WANTED if kinds <= expected), "word")


def _literal(expected: set[str]) -> str:
    """The only word that could have come."""
    signs = {"RPAR": ")", "LPAR": "(", "PERCENT": "%", "COMMA": ",", "COLON": ":", "STAR": "*"}
    return " / ".join(sorted(signs.get(kind, kind) for kind in expected))


def _open_parenthesis(text: str) -> int | None:
    """The offset of the last parenthesis that nothing closes."""
    opened: list[int] = []
    for token in scan(text):
        if token.kind == "LPAR":
            opened.append(token.start)
        elif token.kind == "RPAR" and opened:
            opened.pop()
    return opened[-1] if opened else None
