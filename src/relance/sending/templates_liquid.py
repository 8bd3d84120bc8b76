"""Liquid within limits: plain data in, text out. No file, no object's attribute, no clock, no endless loop or text.

Only the tags and filters that are named here exist. What lets a text grow is measured before it grows, ranges are
refused (`a contains b` would walk through one that never ends), and a source is short.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any, Final

from babel.dates import format_date
from babel.numbers import format_currency
from liquid import BoundTemplate, Environment, FalsyStrictUndefined, Undefined
from liquid.exceptions import LiquidError

from relance.words import Language, language_of, say

LONGEST_SOURCE: Final = 30_000
LONGEST_VALUE: Final = 50_000
MOST_ITEMS: Final = 500
# amounts and days that were written lately
WRITTEN_KEPT: Final = 5_000
TAGS: Final = frozenset({
    "assign", "break", "capture", "case", "comment", "content", "continue", "cycle", "echo", "for", "if", "illegal",
    "output", "unless", "#",
})  # fmt: skip
FILTERS: Final = frozenset({
    "abs", "append", "at_least", "at_most", "capitalize", "ceil", "default", "divided_by", "downcase", "escape",
    "first", "floor", "join", "last", "lstrip", "map", "minus", "modulo", "plus", "prepend", "remove", "replace",
    "round", "rstrip", "size", "slice", "sort", "split", "strip", "times", "truncate", "uniq", "upcase", "where",
})  # fmt: skip
IN_TAGS: Final = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")


class Liquid(Environment):
    """Liquid with limits on loops, output, names and depth."""

    loop_iteration_limit = 2_000
    output_stream_limit = 100_000
    local_namespace_limit = 10_000
    context_depth_limit = 10


@cache
def liquid(language: Language, *, markup: bool) -> Liquid:
    """The Liquid of one language with our filters; with `markup` every value is escaped for HTML as it is put in."""
    environment = Liquid(undefined=FalsyStrictUndefined, autoescape=markup)
    environment.tags = {name: tag for name, tag in environment.tags.items() if name in TAGS}
    environment.filters = {name: _bounded(one) for name, one in environment.filters.items() if name in FILTERS}
    environment.filters["money"] = lambda amount, currency="EUR": money(amount, str(currency), language)
    environment.filters["day"] = lambda text: day(str(text), language)
    environment.filters["offer"] = lambda coupon, currency="EUR": offer(coupon, str(currency), language)
    return environment


def compiled(source: str, language: Language, *, markup: bool = False) -> BoundTemplate:
    """A text ready to be filled in. Raises LiquidError or ValueError for what is no template of ours."""
    if len(source) > LONGEST_SOURCE:
        raise ValueError(f"a text of more than {LONGEST_SOURCE} signs")
    for tag in IN_TAGS.findall(source):
        if ".." in QUOTED.sub("", tag):
            raise ValueError(f"a range in {tag[:40]}")
    environment = liquid(language, markup=markup)
    made = environment.from_string(source)
    unknown = sorted(set(made.filter_names()) - set(environment.filters))
    if unknown:
        raise ValueError(f"a filter {unknown[0]}")
    return made


def variables(source: str) -> dict[str, tuple[str, ...]]:
    """The facts that a text asks for, each with its paths such as `coupon.code`. Raises LiquidError or ValueError."""
    asked: dict[str, list[str]] = {}
    for path in compiled(source, "en").global_variable_paths():
        asked.setdefault(re.split(r"[.\[]", path)[0], []).append(path)
    return {name: tuple(paths) for name, paths in asked.items()}


def money(amount: object, currency: str, language: Language) -> str:
    """A decimal text as people write it, without the cents of a round sum. Raises ValueError for what is no amount."""
    return _money(str(amount), currency, language)


@lru_cache(maxsize=WRITTEN_KEPT)
def _money(amount: str, currency: str, language: Language) -> str:
    try:
        number = Decimal(amount)
        written = format_currency(number, currency, locale=language)
    except InvalidOperation as error:
        raise ValueError(f"{amount[:40]!r} is no amount") from error
    if number == number.to_integral_value():
        written = written.removesuffix(".00").replace(",00", "")
    return written


def day(text: str, language: Language) -> str:
    """An ISO date as people write it: 4 May 2026, 4 mai 2026. Raises ValueError for what is no date."""
    return _day(text[:10], language)


@lru_cache(maxsize=WRITTEN_KEPT)
def _day(text: str, language: Language) -> str:
    return format_date(date.fromisoformat(text), "d MMMM y", locale=language_of(language))


def offer(coupon: object, currency: str, language: Language) -> str:
    """What a coupon takes off: −10 %, 5 € off, free delivery. Raises ValueError for a coupon that takes off nothing."""
    told: Mapping[str, Any] = coupon if isinstance(coupon, Mapping) else {}
    if told.get("percent"):
        return say("sending.offer_percent", language, percent=told["percent"])
    if told.get("amount"):
        return say("sending.offer_amount", language, amount=money(told["amount"], currency, language))
    if told.get("free_delivery"):
        return say("sending.offer_delivery", language)
    raise ValueError("a coupon that takes off nothing")


def _bounded(its_filter: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, refusing values that are too long and results that would be."""

    def bounded(*values: Any, **named: Any) -> Any:
        sizes = [_size(value) for value in (*values, *named.values())]
        text, *others = sizes or [0]
        if max(sizes, default=0) > LONGEST_VALUE or text * max([1, *others]) > LONGEST_VALUE * 20:
            raise ValueError("a value that is too long")
        found = its_filter(*values, **named)
        if _size(found) > LONGEST_VALUE:
            raise ValueError("a value that is too long")
        return found

    for name in ("with_context", "with_environment"):
        if hasattr(its_filter, name):
            setattr(bounded, name, getattr(its_filter, name))
    return bounded


def _size(value: object) -> int:
    """How long a value is as text; a list counts its first items."""
    match value:
        case str():
            return len(value)
        case list() | tuple():
            if len(value) > MOST_ITEMS:
                raise ValueError("a list that is too long")
            return sum(_size(one) for one in value[:MOST_ITEMS])
        case int():
            return value.bit_length() // 3
        case Undefined() | None:
            return 0
        case _:
            return 20


def reason_of(error: Exception) -> str:
    """The first line of what went wrong; a value that is in it stays short."""
    lines = str(error).splitlines()
    return lines[0][:200] if lines else type(error).__name__


LIQUID_FAULTS: Final = (LiquidError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError)
