"""The cells of an exported file: exact amounts, days of the shop, and texts that no spreadsheet takes for a formula."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
from babel.numbers import get_currency_precision

from relance.store import Shop

Dialect = Literal["en", "fr"]
DELIMITERS: Final[dict[Dialect, str]] = {"en": ",", "fr": ";"}
# What a spreadsheet takes for the beginning of a formula, wide forms and blanks before it included
# (https://owasp.org/www-community/attacks/CSV_Injection).
FORMULA: Final = r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]"
TEXT: Final = pa.string()
# Kinds whose values are words of customers, or of whoever filled in the shop's data.
TEXTS: Final = frozenset({"text", "enum", "text_list", "id", "id_list"})


def defused(texts: pa.Array) -> pa.Array:
    """The texts, with an apostrophe before those that a spreadsheet would compute."""
    risky = pc.match_substring_regex(texts, FORMULA)
    return pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts)


def typed(column: pa.ChunkedArray, kind: str, shop: Shop) -> pa.ChunkedArray:
    """The column as a typed file holds it: amounts as exact decimals in major units, instants with their zone."""
    if kind == "money":
        digits = get_currency_precision(shop.currency)
        unit = pa.scalar(Decimal(1).scaleb(-digits), pa.decimal128(max(digits, 1) + 1, digits))
        whole = pc.cast(pc.round(pc.cast(column, pa.float64())), pa.int64()) if _floats(column) else column
        return pc.multiply(pc.cast(whole, pa.decimal128(20, 0)), unit)
    if pa.types.is_timestamp(column.type):
        return pc.assume_timezone(column, "UTC")
    return column


def written(column: pa.ChunkedArray, kind: str, shop: Shop, dialect: Dialect) -> pa.ChunkedArray:
    """The column as text: amounts with their digits, days of the shop's zone in ISO 8601, lists behind commas."""
    kept = column.type
    if kind == "money" or pa.types.is_floating(kept) or pa.types.is_decimal(kept):
        exact = typed(column, kind, shop) if kind == "money" else pc.round(pc.cast(column, pa.float64()), 4)
        texts = pc.cast(exact, TEXT)
        return pc.replace_substring(texts, ".", ",") if dialect == "fr" else texts
    if pa.types.is_timestamp(kept):
        column = pc.cast(pc.assume_timezone(column, "UTC"), pa.timestamp("us", str(shop.zone)))
    if pa.types.is_temporal(kept):
        return pc.strftime(column, format="%Y-%m-%d")
    if pa.types.is_list(kept):
        column = pc.binary_join(column, ", ")
    return _defused(pc.cast(column, TEXT)) if kind in TEXTS else pc.cast(column, TEXT)


def _floats(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_floating(column.type) or pa.types.is_decimal(column.type))


def _defused(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([defused(chunk) for chunk in column.chunks], TEXT)
