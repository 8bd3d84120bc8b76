"""Codes from a file: one a line, or a table as shops export it, whose column of codes is found by its heading."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Final

SEPARATORS: Final = ";\t,"
# what shops and people call the column, in small letters without signs between
HEADINGS: Final = frozenset(
    {"code", "codes", "coupon", "coupons", "couponcode", "discountcode", "codepromo", "promocode"}
)


def codes_in(text: str) -> list[str]:
    """The codes of a text, in their order, with those that are there twice; without a heading those at the left."""
    lines = text.removeprefix("\ufeff").splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    rows = [row for row in csv.reader(lines, delimiter=separator) if any(cell.strip() for cell in row)]
    if not rows:
        return []
    place = _place(rows[0])
    cells = [row[place or 0].strip() for row in rows[0 if place is None else 1 :] if len(row) > (place or 0)]
    return [cell for cell in cells if cell]


def _place(row: Sequence[str]) -> int | None:
    """Where the codes stand, if this row is a heading that says it."""
    named = ["".join(sign for sign in cell.lower() if sign.isalpha()) for cell in row]
    return next((place for place, name in enumerate(named) if name in HEADINGS), None)
