"""One check on one column: the operators, with two-valued logic.

A missing value meets no check but IS NULL and the negations (!=, NOT IN, NOT CONTAINS), which are true complements;
every answer is true or false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import ibis
from babel.numbers import get_currency_precision
from ibis.expr.types import Table

from relance.profiles import Column, Reading, Thresholds
from relance.segments.days import day_check
from relance.segments.language.fields import Kind
from relance.segments.language.tree import Op
from relance.segments.language.typed import Between, Check, Length, OfMean, OneOf, Scalar, Share, Times

POSITIVE: Final[Mapping[Op, Op]] = {
    Op.NE: Op.EQ,
    Op.NOT_IN: Op.IN,
    Op.NOT_CONTAINS: Op.CONTAINS,
    Op.IS_NOT_NULL: Op.IS_NULL,
}
COMPARISONS: Final[Mapping[Op, Callable[[Column, Column], Column]]] = {
    Op.EQ: operator.eq,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.LT: operator.lt,
    Op.LE: operator.le,
}
TEXT_TESTS: Final[Mapping[Op, Callable[[Column, str], Column]]] = {
    Op.CONTAINS: lambda text, part: text.lower().contains(part.lower()),
    Op.STARTS: lambda text, part: text.lower().startswith(part.lower()),
    Op.ENDS: lambda text, part: text.lower().endswith(part.lower()),
}

# Metafields arrive as text, whatever their kind.
WRITTEN_AS_TEXT: Final[Mapping[Kind, str]] = {
    Kind.INTEGER: "int64",
    Kind.DECIMAL: "float64",
    Kind.DATE: "date",
    Kind.BOOLEAN: "boolean",
}


@dataclass(frozen=True)
class Context:
    """What checks read beside their column; `function` names the related rows, or is empty for fields.

    Averages are those of one `category` of products where it is given.
    """

    reading: Reading
    thresholds: Thresholds
    table: Table
    function: str = ""
    category: str | None = None

    @property
    def minor_units(self) -> int:
        """How many minor units make one of the shop's currency."""
        return int(10 ** get_currency_precision(self.reading.shop.currency))


def holds(column: Column, check: Check, context: Context) -> Column:
    """Whether the column meets the check: true or false, never null."""
    if column.type().is_string() and check.field.kind in WRITTEN_AS_TEXT:
        column = column.try_cast(WRITTEN_AS_TEXT[check.field.kind])
    if check.operator in POSITIVE:
        return ~_meets(column, POSITIVE[check.operator], check, context)
    return _meets(column, check.operator, check, context)


def mean_name(name: str, function: str, category: str | None = None) -> str:
    """The population fact of `… OF AVERAGE`, of the rows of one category of products where it is given."""
    fact = f"mean:{function}.{name}" if function else f"mean:{name}"
    return fact if category is None else f"{fact}@category={category}"


def share_name(name: str, op: Op, percent: Decimal) -> str:
    """The population fact of IN TOP and IN BOTTOM: the value at the border."""
    part = 100 - percent if op == Op.TOP else percent
    return f"share:{name}:{part.normalize():f}"


def _meets(column: Column, op: Op, check: Check, context: Context) -> Column:
    if op == Op.IS_NULL:
        return _is_missing(column)
    if op in {Op.TOP, Op.BOTTOM}:
        answer = _in_share(column, op, check, context)
    elif check.field.kind == Kind.DATE:
        answer = day_check(column, op, check, context.reading)
    elif column.type().is_array():
        answer = _any_element(column, op, check)
    elif column.type().is_string():
        answer = _text(column, op, check)
    else:
        answer = _number(column, op, check, context)
    return answer.fill_null(False)


def _is_missing(column: Column) -> Column:
    if column.type().is_array():
        return column.length().fill_null(0) == 0
    return column.isnull()


def _texts(check: Check) -> list[str]:
    values = check.value.values if isinstance(check.value, OneOf) else [check.value]
    return [str(value.value) for value in values if isinstance(value, Scalar)]


def _text(column: Column, op: Op, check: Check) -> Column:
    texts = _texts(check)
    if op in TEXT_TESTS:
        return TEXT_TESTS[op](column, texts[0])
    return column.isin(texts)


def _any_element(column: Column, op: Op, check: Check) -> Column:
    """A list meets a check when one of its elements does; on list fields CONTAINS asks for a whole element."""
    texts = _texts(check)
    if check.field.kind in {Kind.TEXT_LIST, Kind.ID_LIST}:
        return column.map(lambda element: element.lower()).contains(texts[0].lower())
    if op in TEXT_TESTS:
        return column.filter(lambda element: TEXT_TESTS[op](element, texts[0])).length() > 0
    return ibis.or_(*(column.contains(text) for text in texts))


def _number(column: Column, op: Op, check: Check, context: Context) -> Column:
    value = check.value
    match value:
        case OneOf(values=values):
            return column.isin([_literal(item.value, check, context) for item in values])
        case Between(low=low, high=high):
            return (column >= _operand(low, check, context)) & (column <= _operand(high, check, context))
        case OfMean() if _mean(check, context) is None:
            # never true; `=` would be written as IS NULL, and who has no value would equal no average
            return column > ibis.null("float64")
        case _:
            return COMPARISONS[op](column, _operand(value, check, context))


def _operand(value: object, check: Check, context: Context) -> Column:
    match value:
        case Times(factor=factor, field=field):
            return context.table[field.name] * float(factor)
        case OfMean(percent=percent):
            mean = _mean(check, context)
            return ibis.null("float64") if mean is None else ibis.literal(mean * float(percent) / 100)
        case Scalar(value=number):
            return ibis.literal(_literal(number, check, context))
        case Length(seconds=seconds):
            return ibis.literal(seconds)
        case _:
            raise TypeError(f"{type(value).__name__} is no number")


def _mean(check: Check, context: Context) -> float | None:
    return context.thresholds.one(mean_name(check.field.name, context.function, context.category))


def _literal(number: str | int | Decimal | bool, check: Check, context: Context) -> int | float | bool:
    if isinstance(number, bool):
        return number
    exact = Decimal(number) * (context.minor_units if check.field.kind == Kind.MONEY else 1)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _in_share(column: Column, op: Op, check: Check, context: Context) -> Column:
    """Above (or not above) the border among customers with an order; equal values stay together."""
    share = check.value
    border = None
    if isinstance(share, Share):
        border = context.thresholds.one(share_name(check.field.name, op, share.percent))
    if border is None:
        return ibis.literal(False)
    inside = column > border if op == Op.TOP else column <= border
    return inside & (context.table["_orders"] > 0)
