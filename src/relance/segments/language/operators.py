"""Operators as rows of a table: the resolver, the completion, the sentences and the documentation read the same row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relance.segments.language.fields import Kind
from relance.segments.language.tree import Op


class Takes(StrEnum):
    """What stands after the operator."""

    ONE = "one"
    LIST = "list"
    RANGE = "range"
    NOTHING = "nothing"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator: its sign, the name of its texts, the kinds that it is possible for and what it takes."""

    sign: Op
    name: str
    kinds: frozenset[Kind]
    takes: Takes = Takes.ONE


NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_ORDERED: Final = NUMBERS | {Kind.DATE, Kind.DURATION}
_SCALARS: Final = _ORDERED | {Kind.TEXT, Kind.ENUM, Kind.BOOLEAN, Kind.ID, Kind.ID_LIST}
_LISTABLE: Final = NUMBERS | {Kind.TEXT, Kind.ENUM, Kind.ID}
_CONTAINERS: Final = frozenset({Kind.TEXT, Kind.TEXT_LIST, Kind.ID_LIST})
_TEXT: Final = frozenset({Kind.TEXT})

OPERATORS: Final = (
    Operator(Op.EQ, "eq", _SCALARS | {Kind.POINT, Kind.STEPS}),
    Operator(Op.NE, "ne", _SCALARS),
    Operator(Op.GT, "gt", _ORDERED),
    Operator(Op.GE, "ge", _ORDERED),
    Operator(Op.LT, "lt", _ORDERED),
    Operator(Op.LE, "le", _ORDERED),
    Operator(Op.BETWEEN, "between", _ORDERED, Takes.RANGE),
    Operator(Op.IN, "in", _LISTABLE, Takes.LIST),
    Operator(Op.NOT_IN, "not_in", _LISTABLE, Takes.LIST),
    Operator(Op.CONTAINS, "contains", _CONTAINERS),
    Operator(Op.NOT_CONTAINS, "not_contains", _CONTAINERS),
    Operator(Op.STARTS, "starts", _TEXT),
    Operator(Op.ENDS, "ends", _TEXT),
    Operator(Op.IS_NULL, "is_null", _SCALARS | {Kind.TEXT_LIST}, Takes.NOTHING),
    Operator(Op.IS_NOT_NULL, "is_not_null", _SCALARS | {Kind.TEXT_LIST}, Takes.NOTHING),
    Operator(Op.TOP, "top", NUMBERS, Takes.SHARE),
    Operator(Op.BOTTOM, "bottom", NUMBERS, Takes.SHARE),
)
BY_SIGN: Final = {operator.sign: operator for operator in OPERATORS}
COMPARISONS: Final = frozenset({Op.EQ, Op.NE, Op.GT, Op.GE, Op.LT, Op.LE})
RANKS: Final = frozenset({Op.TOP, Op.BOTTOM})


def operators_for(kind: Kind) -> tuple[Operator, ...]:
    """The operators that are possible for a kind, in the order of the table."""
    return tuple(operator for operator in OPERATORS if kind in operator.kinds)
