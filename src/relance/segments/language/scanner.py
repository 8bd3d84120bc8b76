"""Cuts a query into tokens: one scanner for the parser, the highlighting and the completion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

KEYWORDS: Final = frozenset(
    {
        *("AND", "OR", "NOT", "IN", "BETWEEN", "IS", "NULL", "CONTAINS", "STARTS", "ENDS", "WITH"),
        *("MATCHES", "NOT_MATCHES", "TOP", "BOTTOM", "OF", "AVERAGE"),
    }
)
NAMED_DAYS: Final = frozenset({"today", "yesterday", "now"})

_EDGE = r"(?![\w.:])"
_PATTERNS: Final = (
    ("SPACE", r"\s+"),
    ("STRING", r"'(?:[^'\\]|\\.)*'"),
    ("OPEN_STRING", r"'(?:[^'\\]|\\.)*\\?"),
    ("OTHER_QUOTE", r"[\"“”‘’«»„`]"),
    ("DATETIME", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}" + _EDGE),
    ("DATE", r"[0-9]{4}-[0-9]{2}-[0-9]{2}" + _EDGE),
    ("BAD_DATE", r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}" + _EDGE + r"|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}"),
    ("AGO", r"[0-9]+_(?:day|week|month|year)s?_ago" + _EDGE),
    ("PERCENT", r"[+-]?[0-9]+(?:\.[0-9]+)?[ \u00a0\u202f]?%"),
    ("OFFSET", r"[+-][0-9]+(?:min|[dwmyh])" + _EDGE),
    ("DURATION", r"(?:[0-9]+(?:min|[dwh])|[0-9]+:[0-9]{2}(?::[0-9]{2})?)" + _EDGE),
    ("NUMBER", r"[+-]?[0-9]+(?:\.[0-9]+)?" + _EDGE),
    ("BAD_NUMBER", r"[+-]?[0-9][\w.:-]*"),
    ("NAME", r"[^\W\d]\w*(?:\.(?:\w[\w-]*|'[^'\"\\]+'))*"),
    ("CMP", r"!=|>=|<=|=|>|<"),
    ("LPAR", r"\("),
    ("RPAR", r"\)"),
    ("COMMA", r","),
    ("COLON", r":"),
    ("STAR", r"\*"),
    ("CURRENCY", r"[€$£¥]"),
    ("OTHER", r"."),
)
_SCANNER: Final = re.compile(
    "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS), re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text and its place in code points; `kind` is a terminal of the grammar or a fault."""

    kind: str
    text: str
    start: int
    end: int


def scan(text: str) -> Iterator[Token]:
    """Every token of any text but the blanks; nothing is refused here."""
    for found in _SCANNER.finditer(text):
        kind = found.lastgroup or "OTHER"
        if kind != "SPACE":
            word = found.group()
            yield Token(_word_kind(word) if kind == "NAME" else kind, word, found.start(), found.end())


def _word_kind(word: str) -> str:
    """The terminal of a bare word: a keyword, a boolean, a named day or a name."""
    if word.upper() in KEYWORDS:
        return word.upper()
    if word.lower() in {"true", "false"}:
        return "BOOL"
    return "NAMED" if word.lower() in NAMED_DAYS else "NAME"
