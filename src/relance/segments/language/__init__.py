"""Text, tree, meaning and sentence of a segment; no store, no clock, no network."""

from __future__ import annotations

from relance.segments.language.dates import bounds, day_of, is_exact
from relance.segments.language.document import from_json, to_json
from relance.segments.language.editor import Completion, Token, complete, highlight
from relance.segments.language.fields import Field, Fields, Function, Kind, Parameter
from relance.segments.language.known import KNOWN
from relance.segments.language.nodes import Node, nodes
from relance.segments.language.operators import OPERATORS, Operator, operators_for
from relance.segments.language.parser import DEFAULT_LIMITS, WIDEST, Limits, parse
from relance.segments.language.printer import to_text
from relance.segments.language.resolve import resolve
from relance.segments.language.sentence import clause, sentence
from relance.segments.language.typed import Meaning, Meant, Note, leaves
from relance.segments.language.warnings import warnings

__all__ = [
    "DEFAULT_LIMITS",
    "KNOWN",
    "OPERATORS",
    "WIDEST",
    "Completion",
    "Field",
    "Fields",
    "Function",
    "Kind",
    "Limits",
    "Meaning",
    "Meant",
    "Node",
    "Note",
    "Operator",
    "Parameter",
    "Token",
    "bounds",
    "clause",
    "complete",
    "day_of",
    "from_json",
    "highlight",
    "is_exact",
    "leaves",
    "nodes",
    "operators_for",
    "parse",
    "resolve",
    "sentence",
    "to_json",
    "to_text",
    "warnings",
]
