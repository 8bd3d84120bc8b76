"""Memberships packed in 64-bit words: bit `b` of a segment stands in word `b // 64`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_

import ibis
from ibis.expr.types import Table

from relance.profiles import Column

WIDTH = 64


def place_of(bit: int) -> tuple[int, int]:
    """The word of a bit, and the bit's mask as a signed 64-bit number."""
    word, shift = divmod(bit, WIDTH)
    mask = 1 << shift
    return word, mask - (1 << WIDTH) if shift == WIDTH - 1 else mask


def mask_of(bits: Iterable[int], word: int) -> int:
    """All of these bits that stand in the word, as one signed number."""
    return reduce(or_, (mask for found, mask in map(place_of, bits) if found == word), 0)


def packed(answers: Mapping[int, Column], word: int) -> Column:
    """The word that holds the answers, by bit."""
    number: Column = ibis.literal(0, type="int64")
    for bit, column in answers.items():
        found, mask = place_of(bit)
        if found == word:
            number |= column.ifelse(ibis.literal(mask, type="int64"), ibis.literal(0, type="int64"))
    return number


def has(bits: Column, bit: int) -> Column:
    """Whether the word has the bit set."""
    return (bits & ibis.literal(place_of(bit)[1], type="int64")) != 0


def members(memberships: Table, bit: int) -> Table:
    """The ids of the customers with the bit, from rows (customer_id, word, bits)."""
    word, _ = place_of(bit)
    return memberships.filter(memberships.word == word, has(memberships.bits, bit)).select("customer_id")
