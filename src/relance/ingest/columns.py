"""Columns of text read as numbers, instants, words and addresses: values, and which rows are wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SPACES: Final = "[\\s\u00a0\u202f\u2009]+"
MONEY_SIGNS: Final = "[€$£¥₹]|EUR|USD|GBP"
NUMBER: Final = pa.decimal128(18, 6)
ZERO: Final = pa.scalar(Decimal(0), NUMBER)
WHOLE: Final = pa.decimal128(19, 0)
INSTANT: Final = pa.timestamp("us")
YES: Final = ("yes", "true", "1", "oui", "y", "subscribed", "o", "vrai")
NO: Final = ("no", "false", "0", "non", "n", "not_subscribed", "faux")
FIRST, LAST = 1900, 2200  # years of dates that can be meant
CONSENT_WORDS: Final = ("SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "REDACTED", "INVALID")

ISO_DATE: Final = (
    r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"
    r"(?:[T ]+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2}(?:[.,]\d{1,9})?))?)?"
    r" ?(?P<z>Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
SLASH_DATE: Final = (
    r"^(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})"
    r"(?:[T ,]+(?P<h>\d{1,2})[:h](?P<mi>\d{2})(?::(?P<s>\d{2}(?:[.,]\d{1,9})?))?)?"
    r" ?(?P<z>Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)


@dataclass(frozen=True)
class Style:
    """How a file writes numbers and dates: the decimal sign, and whether 3/4 is the third of April."""

    decimal: str = "."
    day_first: bool = True


@dataclass(frozen=True)
class Column:
    """Values, and a mask of the rows that hold something that could not be read."""

    values: pa.Array
    wrong: pa.Array


def text(raw: pa.Array) -> pa.Array:
    """The column as text, trimmed, with empty texts as null."""
    if pa.types.is_dictionary(raw.type):
        raw = raw.cast(raw.type.value_type)
    if pa.types.is_floating(raw.type):
        whole = pc.and_kleene(pc.equal(pc.floor(raw), raw), pc.less(pc.abs(raw), 2.0**53))
        raw = pc.if_else(whole, pc.if_else(whole, raw, 0.0).cast(pa.int64()).cast(pa.string()), raw.cast(pa.string()))
    if not pa.types.is_string(raw.type):
        raw = raw.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(raw)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def unquoted(values: pa.Array) -> pa.Array:
    """Texts without the apostrophe that spreadsheets are given to keep `0612…` a text."""
    if not pc.any(pc.starts_with(values, "'")).as_py():
        return values
    return pc.replace_substring_regex(values, "^'", "")


def nothing_wrong(length: int) -> pa.Array:
    """A mask of no row."""
    return pa.array(np.zeros(length, dtype=bool))


def _once(raw: pa.Array, read: Callable[[pa.Array], Column]) -> Column:
    """`read` applied once to each distinct text: prices, quantities and the instants of orders come again and again."""
    encoded = raw if pa.types.is_dictionary(raw.type) else raw.dictionary_encode()
    found = read(encoded.dictionary)
    wrong = pc.fill_null(found.wrong.take(encoded.indices), False)
    return Column(found.values.take(encoded.indices), wrong)


def number(raw: pa.Array, style: Style) -> Column:
    """Decimals of six digits. A text that is no number is wrong."""
    return _once(raw, lambda texts: _number(texts, style)) if is_text(raw) else _typed_number(raw)


def _number(raw: pa.Array, style: Style) -> Column:
    values = text(raw)
    plain = pc.replace_substring_regex(values, f"{SPACES}|{MONEY_SIGNS}", "")
    if style.decimal == ",":
        plain = pc.replace_substring(pc.replace_substring(plain, ".", ""), ",", ".")
    else:
        plain = pc.replace_substring(plain, ",", "")
    fits = pc.fill_null(pc.match_substring_regex(plain, r"^[+-]?(\d{1,12}(\.\d*)?|\.\d+)$"), False)
    good = pc.if_else(fits, plain, pa.scalar(None, pa.string()))
    # More than six decimals: read as a float would, and rounded.
    long = pc.fill_null(pc.match_substring_regex(good, r"\.\d{7,}$"), False)
    if pc.any(long).as_py():
        rounded = pc.round(good.cast(pa.float64()), 6).cast(pa.decimal128(18, 6))
        exact = pc.if_else(long, pa.scalar(None, pa.string()), good).cast(NUMBER)
        decimals = pc.coalesce(exact, rounded)
    else:
        decimals = good.cast(NUMBER)
    return Column(decimals, pc.and_(pc.is_valid(values), pc.invert(fits)))


def _typed_number(raw: pa.Array) -> Column:
    if pa.types.is_floating(raw.type):
        bad = pc.and_(pc.is_valid(raw), pc.invert(pc.fill_null(pc.less(pc.abs(raw), 1e12), False)))
        values = pc.round(pc.if_else(bad, pa.scalar(None, raw.type), raw), 6).cast(NUMBER, safe=False)
        return Column(values, bad)
    if pa.types.is_integer(raw.type) or pa.types.is_decimal(raw.type):
        wide = raw.cast(pa.int64(), safe=False)
        bad = pc.fill_null(pc.greater_equal(pc.abs(wide), 10**12), False)
        kept = pc.if_else(bad, pa.scalar(None, raw.type), raw)
        if pa.types.is_integer(raw.type):
            kept = kept.cast(pa.int64()).cast(pa.decimal128(25, 6))
        return Column(kept.cast(NUMBER, safe=False), bad)
    return Column(pa.nulls(len(raw), NUMBER), pc.is_valid(raw))


def whole(raw: pa.Array, style: Style) -> Column:
    """Whole numbers. A fraction is wrong."""
    read = number(raw, style)
    fraction = pc.fill_null(pc.not_equal(pc.round(read.values, 0), read.values), False)
    kept = pc.if_else(fraction, pa.scalar(None, NUMBER), read.values)
    return Column(kept.cast(pa.int64()), pc.or_(read.wrong, fraction))


def minor_units(values: pa.Array, exponents: pa.Array) -> pa.Array:
    """Money in minor units, rounded once, half away from zero (S25). `exponents` are powers of ten, as decimals."""
    if values.null_count == len(values):
        return pa.nulls(len(values), pa.int64())
    scaled = pc.multiply(values.cast(pa.decimal128(18, 6)), exponents.cast(WHOLE))
    return pc.round(scaled, 0, "half_towards_infinity").cast(pa.int64())


def line_total(quantity: pa.Array, price: pa.Array, discount: pa.Array | None, exponents: pa.Array) -> pa.Array:
    """quantity × unit price − discount in minor units, rounded once, half away from zero (S25)."""
    product = pc.multiply(price, quantity.cast(WHOLE)).cast(pa.decimal128(30, 6))
    if discount is not None:
        product = pc.subtract(product, pc.fill_null(discount, ZERO)).cast(pa.decimal128(30, 6))
    scaled = pc.multiply(product, exponents.cast(WHOLE).cast(pa.decimal128(7, 0)))
    return pc.round(scaled, 0, "half_towards_infinity").cast(pa.int64())


def instant(raw: pa.Array, zone: str, style: Style) -> Column:
    """Instants as naive UTC. Times without an offset are times of `zone`; a text that is no date is wrong."""
    if pa.types.is_timestamp(raw.type):
        aware = raw if raw.type.tz else _assume(raw.cast(INSTANT), zone)
        return Column(_naive(aware.cast(pa.timestamp("us", "UTC"))), nothing_wrong(len(raw)))
    if pa.types.is_date(raw.type):
        return Column(_naive(_assume(raw.cast(INSTANT), zone)), nothing_wrong(len(raw)))
    return _once(raw, lambda texts: _instant(texts, zone, style))


def _instant(raw: pa.Array, zone: str, style: Style) -> Column:
    values = text(raw)
    if (plain := _plain(values)) is not None:
        return Column(_naive(_assume(plain, zone)), nothing_wrong(len(raw)))
    iso = _parts(values, ISO_DATE, ("y", "m", "d"))
    slash_names = ("y", "b", "a") if style.day_first else ("y", "a", "b")
    wall, offset = iso
    if wall.null_count > values.null_count:
        other, other_offset = _parts(values, SLASH_DATE, slash_names)
        wall, offset = pc.coalesce(wall, other), pc.coalesce(offset, other_offset)
    naive = pc.if_else(pc.is_null(offset), wall, pa.scalar(None, INSTANT))
    shifted = pc.subtract(wall, offset)
    local = _naive(_assume(naive, zone)) if naive.null_count < len(naive) else naive
    return Column(pc.coalesce(shifted, local), pc.and_(pc.is_valid(values), pc.is_null(wall)))


def _plain(values: pa.Array) -> pa.Array | None:
    """Wall times of texts that are all written as 2024-05-01 10:00:00, which the library reads much faster."""
    if not pc.all(pc.equal(pc.binary_length(values), len("2024-05-01 10:00:00"))).as_py():
        return None
    try:
        wall = values.cast(INSTANT)
    except pa.ArrowInvalid:
        return None
    years = pc.year(wall)
    return wall if pc.all(pc.and_(pc.greater_equal(years, FIRST), pc.less_equal(years, LAST))).as_py() else None


def _assume(naive: pa.Array, zone: str) -> pa.Array:
    return pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")


def _naive(aware: pa.Array) -> pa.Array:
    return aware.cast(pa.timestamp("us", "UTC")).cast(INSTANT)


def _parts(values: pa.Array, pattern: str, names: tuple[str, str, str]) -> tuple[pa.Array, pa.Array]:
    """Wall times and offsets of the texts that match; null elsewhere and for days that do not exist."""
    found = pc.extract_regex(values, pattern)
    if found.null_count == len(found):
        return pa.nulls(len(values), INSTANT), pa.nulls(len(values), pa.duration("us"))
    year, month, day = (_int(found, name) for name in names)
    year = pc.if_else(pc.less(year, 100), pc.add(year, 2000), year)
    hour, minute = _int(found, "h"), _int(found, "mi")
    seconds = pc.replace_substring(_part(found, "s", "0"), ",", ".").cast(pa.float64())
    good = _is_calendar(year, month, day)
    for part, limit in ((hour, 24), (minute, 60), (seconds, 60)):
        good = pc.and_(good, pc.fill_null(pc.less(part, limit), False))
    days = _days(year, month, day, good)
    micros = pc.multiply(pc.add(pc.multiply(pc.add(pc.multiply(days, 24), hour), 60), minute), 60_000_000)
    micros = pc.add(micros, pc.round(pc.multiply(seconds, 1e6)).cast(pa.int64()))
    wall = pc.if_else(good, micros, pa.scalar(None, pa.int64())).cast(INSTANT)
    return wall, _offsets(pc.struct_field(found, "z"))


def _part(found: pa.Array, name: str, default: str) -> pa.Array:
    part = pc.struct_field(found, name)
    return pc.if_else(pc.equal(part, ""), default, part)


def _int(found: pa.Array, name: str) -> pa.Array:
    return _part(found, name, "0").cast(pa.int64())


def _is_calendar(year: pa.Array, month: pa.Array, day: pa.Array) -> pa.Array:
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    years, months, days = (np.asarray(pc.fill_null(part, 0)) for part in (year, month, day))
    months_in = (months >= 1) & (months <= 12)
    leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    last = lengths[np.where(months_in, months, 0)] + (leap & (months == 2))
    return pa.array(months_in & (days >= 1) & (days <= last) & (years >= FIRST) & (years <= LAST))


def _days(year: pa.Array, month: pa.Array, day: pa.Array, good: pa.Array) -> pa.Array:
    """Days since 1970-01-01."""
    where = np.asarray(good)
    years, months, days = (np.asarray(pc.fill_null(part, 1)) for part in (year, month, day))
    year_starts = (np.where(where, years, 1970) - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    firsts = year_starts + (np.where(where, months, 1) - 1).astype("timedelta64[M]")
    return pa.array(firsts.astype("datetime64[D]").astype(np.int64) + days - 1)


def _offsets(zone: pa.Array) -> pa.Array:
    """Offsets from UTC as durations; null where none is written."""
    written = pc.fill_null(pc.not_equal(zone, ""), False)
    found = pc.extract_regex(zone, r"^(?P<sign>[+-])(?P<h>\d{2}):?(?P<m>\d{2})$")
    minutes = pc.add(pc.multiply(_int(found, "h"), 60), _int(found, "m"))
    signed = pc.if_else(pc.equal(pc.struct_field(found, "sign"), "-"), pc.negate(minutes), minutes)
    micros = pc.multiply(pc.fill_null(signed, 0), 60_000_000)
    return pc.if_else(written, micros, pa.scalar(None, pa.int64())).cast(pa.duration("us"))


def local_day(instants: pa.Array, zone: str) -> pa.Array:
    """The day in `zone` of each naive UTC instant."""
    local = pc.local_timestamp(instants.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone)))
    return pc.floor_temporal(local, unit="day").cast(pa.date32())


def yes_no(raw: pa.Array) -> Column:
    """Booleans of yes and no, true and false, oui and non."""
    if pa.types.is_boolean(raw.type):
        return Column(raw, nothing_wrong(len(raw)))
    words = pc.utf8_lower(text(raw))
    yes = pc.is_in(words, pa.array(YES))
    known = pc.or_(yes, pc.is_in(words, pa.array(NO)))
    values = pc.if_else(known, yes, pa.scalar(None, pa.bool_()))
    return Column(values, pc.and_(pc.is_valid(words), pc.invert(known)))


def consent_word(raw: pa.Array) -> Column:
    """Shopify's words of consent, from themselves or from yes and no."""
    plain = yes_no(raw)
    words = pc.replace_substring(pc.utf8_upper(text(raw)), " ", "_")
    known = pc.is_in(words, pa.array(CONSENT_WORDS))
    spoken = pc.if_else(known, words, pa.scalar(None, pa.string()))
    meant = pc.if_else(plain.values, "SUBSCRIBED", "NOT_SUBSCRIBED")
    return Column(pc.coalesce(spoken, meant), pc.and_(plain.wrong, pc.invert(known)))


def json_object(columns: dict[str, pa.Array], length: int) -> pa.Array:
    """One JSON object a row of its columns that are not null; null where there are none."""
    if not columns:
        return pa.nulls(length, pa.string())
    parts = [_json_member(name, values) for name, values in columns.items()]
    joined = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*parts, ""), 2)
    wrapped = pc.binary_join_element_wise("{", joined, "}", "")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), wrapped)


def _json_member(name: str, values: pa.Array) -> pa.Array:
    escaped = values
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        escaped = pc.replace_substring(escaped, sign, written)
    escaped = pc.replace_substring_regex(escaped, "[\\x00-\\x1f]", "")
    key = name.replace("\\", "").replace('"', "")
    return pc.fill_null(pc.binary_join_element_wise(f', "{key}": "', escaped, '"', ""), "")


def split_list(values: pa.Array) -> pa.Array:
    """Lists of the texts between commas, trimmed, without empty ones; null stays null."""
    tidy = pc.replace_substring_regex(values, r"\s*,[\s,]*", ",")
    tidy = pc.utf8_trim(tidy, ", ")
    return pc.split_pattern(tidy, ",")


def decimal_style(samples: Iterable[pa.Array], separator: str) -> str:
    """The decimal sign of a file, from its columns of numbers."""
    commas = points = 0
    for sample in samples:
        values = pc.replace_substring_regex(text(sample), f"{SPACES}|{MONEY_SIGNS}", "")
        commas += _count(values, r"^[+-]?[\d.]*,(\d{1,2}|\d{4,})$")
        points += _count(values, r"^[+-]?[\d,]*\.(\d{1,2}|\d{4,})$")
    if commas == points:
        return "," if separator == ";" and points == 0 else "."
    return "," if commas > points else "."


def day_comes_first(samples: Iterable[pa.Array]) -> bool | None:
    """Whether 13/2 and the like occur; None when every date of the sample can be read both ways."""
    first: int = 0
    second: int = 0
    for sample in samples:
        found = pc.extract_regex(text(sample), SLASH_DATE)
        first += pc.sum(pc.greater(_int(found, "a"), 12)).as_py() or 0
        second += pc.sum(pc.greater(_int(found, "b"), 12)).as_py() or 0
    if first == second:
        return None
    return bool(first > second)


def _count(values: pa.Array, pattern: str) -> int:
    return cast(int, pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0)


def is_text(raw: pa.Array) -> bool:
    """Whether a column holds texts, also as a dictionary."""
    kind = raw.type.value_type if pa.types.is_dictionary(raw.type) else raw.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def formula_safe(values: pa.Array) -> pa.Array:
    """Texts that a spreadsheet does not take for a formula."""
    return pc.replace_substring_regex(values, r"^([=+\-@\t\r])", r"'\1")


def file_sized(name: str) -> str:
    """A text as a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-") or "file"
