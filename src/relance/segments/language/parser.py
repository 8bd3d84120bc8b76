"""The grammar, and `parse`: text to untyped tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from lark import Lark, UnexpectedToken
from lark import Token as LarkToken
from lark.lexer import Lexer

from relance.segments.language.builder import Builder
from relance.segments.language.faults import SCAN_FAULTS, Fault, unexpected, unfinished
from relance.segments.language.scanner import KEYWORDS, Token, scan
from relance.segments.language.tree import And, Condition, Items, Match, Not, Or, Span, Tree

GRAMMAR: Final = (
    r"""
start: or_expr
or_expr: and_expr (OR and_expr)*
and_expr: _term (AND _term)*
_term: negation | group | condition | match | call_condition | call_match
negation: NOT _term
group: LPAR or_expr RPAR
condition: NAME _test
match: NAME matching
call_condition: call _test
call_match: call matching

matching: MATCHES _parameters | NOT MATCHES _parameters | NOT_MATCHES _parameters
_parameters: LPAR RPAR | LPAR condition (COMMA condition)* RPAR
call: NAME LPAR RPAR | NAME LPAR argument (COMMA argument)* RPAR
argument: _operand | NAME COLON _operand | NAME COLON _test

_test: compare | between | null | worded | ranked
compare: CMP _operand
between: BETWEEN _operand AND _operand
null: IS NULL | IS NOT NULL
worded: IN items | NOT IN items | CONTAINS _operand | NOT CONTAINS _operand
      | STARTS WITH _operand | ENDS WITH _operand
ranked: IN TOP PERCENT | IN BOTTOM PERCENT

_operand: _single | items
items: LPAR _item (COMMA _item)* RPAR
_item: _single | absent
absent: NOT STRING
_single: text | number | percent | boolean | day | instant | offset | ago | named | duration
       | word | of_average | multiple
text: STRING
number: NUMBER
percent: PERCENT
boolean: BOOL
day: DATE
instant: DATETIME
offset: OFFSET
ago: AGO
named: NAMED
duration: DURATION
word: NAME
of_average: PERCENT OF AVERAGE
multiple: NUMBER STAR NAME

%declare STRING NUMBER PERCENT BOOL DATE DATETIME OFFSET AGO NAMED DURATION NAME CMP LPAR RPAR COMMA COLON STAR
"""
    + f"%declare {' '.join(sorted(KEYWORDS))}\n"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a query may be; parameters of a function count as conditions."""

    conditions: int = 200
    depth: int = 20
    values: int = 10_000


DEFAULT_LIMITS: Final = Limits()
# What no setting can pass: deeper trees would exhaust the stack of Python or of the engine. Saved queries, which were
# measured when they were saved, are read with these.
WIDEST: Final = Limits(5_000, 50, 1_000_000)


class _Words(Lexer):
    """Gives the scanner's tokens to the parser; what cannot be read is refused here."""

    def __init__(self, lexer_conf: object) -> None:
        self.lexer_conf = lexer_conf

    def lex(self, text: str) -> Iterator[LarkToken]:  # type: ignore[override]
        for token in scan(text):
            yield to_lark(token)


def to_lark(token: Token) -> LarkToken:
    """The parser's token; raises Fault for one that cannot be read."""
    if token.kind in SCAN_FAULTS:
        raise Fault(SCAN_FAULTS[token.kind], Span(token.start, token.end), word=token.text)
    return LarkToken(token.kind, token.text, start_pos=token.start, end_pos=token.end)


PARSER: Final = Lark(GRAMMAR, parser="lalr", lexer=_Words, transformer=Builder(), maybe_placeholders=False)


def parse(text: str, limits: Limits = DEFAULT_LIMITS) -> Tree:
    """The untyped tree of a query. Raises QueryError with the place and the way out."""
    try:
        tree = cast(Tree, PARSER.parse(text))
        check(tree, limits)
    except Fault as fault:
        raise fault.in_text(text) from None
    except UnexpectedToken as stumble:
        raise _fault_of(text, stumble).in_text(text) from None
    return tree


def _fault_of(text: str, stumble: UnexpectedToken) -> Fault:
    token, expected = stumble.token, set(stumble.accepts or stumble.expected)
    if token.type == "$END":
        return unfinished(text, expected)
    return unexpected(text, Token(token.type, str(token), token.start_pos or 0, token.end_pos or 0), expected)


def check(tree: Tree, limits: Limits) -> None:
    """Raises Fault for a tree over a limit; without recursion, whatever the depth."""
    conditions = 0
    below: list[tuple[Tree, int]] = [(tree, 1)]
    while below:
        node, depth = below.pop()
        if depth > limits.depth:
            raise Fault("too_deep", node.span, limit=limits.depth)
        match node:
            case And(terms=terms) | Or(terms=terms):
                below.extend((term, depth + 1) for term in reversed(terms))
            case Not(term=term):
                below.append((term, depth + 1))
            case Match(parameters=parameters):
                conditions += 1
                below.extend((parameter, depth) for parameter in reversed(parameters))
            case Condition(value=value):
                conditions += 1
                if isinstance(value, Items) and len(value.values) > limits.values:
                    raise Fault("too_many_values", value.span, limit=limits.values, found=len(value.values))
        if conditions > limits.conditions:
            raise Fault("too_many_conditions", node.span, limit=limits.conditions)
