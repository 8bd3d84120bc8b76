"""A customer's place in the draw: a number from 0 to 100 that never changes, for samples and held-out groups."""

from __future__ import annotations

from typing import Final

import ibis

from relance.profiles.feature import Row
from relance.profiles.reading import Column

SALT: Final = "relance sample "
HEXADECIMAL: Final = "0123456789abcdef"
DIGITS: Final = 6


def place_in_the_draw(row: Row) -> Column:
    """From 0 (included) to 100 (excluded): the first 24 bits of SHA-256 over a fixed salt and the customer's id.

    Each digit is looked up, because engines write no other conversion from hexadecimal alike; the steps are exact.
    """
    digest = (ibis.literal(SALT) + row["customer_id"]).hexdigest("sha256")
    digits: Column = ibis.literal(HEXADECIMAL)
    place: Column = ibis.literal(0, type="int64")
    for at in range(DIGITS):
        place = place * 16 + digits.find(digest.substr(at, 1)).cast("int64")
    return place * (100 / 16**DIGITS)
