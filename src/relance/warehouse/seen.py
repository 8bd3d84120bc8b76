"""Which ids a table may have, by a Bloom filter: what is not in it is certainly new.

An id that comes a second time must be found among all that ever came, and asking a table of fifty million for each
small batch would cost more than the batch. Two words of 64 bits with four bits of an id each, 32 bits of room an id:
of new ids about one in 50,000 is thought to be known, and is then looked for in the table.
Burton H. Bloom, Space/Time Trade-offs in Hash Coding with Allowable Errors, 1970.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

Words = np.ndarray[Any, Any]

ROOM: Final = 32  # bits an id
LEAST: Final = 1 << 16  # ids
GROWTH: Final = 1.25
# odd numbers that make other hashes of a hash
MIXERS: Final = tuple(
    np.uint64(number)
    for number in (
        *(0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93),
        *(0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3),
    )
)
SECOND: Final = np.uint64(0xFF51AFD7ED558CCD)
TOP: Final = np.uint64(58)  # what is left of 64 bits says one of 64


class Seen:
    """Hashes of ids, with room for a quarter more than are expected."""

    def __init__(self, expected: int) -> None:
        self.room = max(LEAST, int(expected * GROWTH))
        self.count = 0
        self._words: Words = np.zeros(self.room * ROOM // 64 | 1, np.uint64)  # odd: every bit of a hash decides

    @property
    def is_full(self) -> bool:
        """Whether so many ids were added that new ones begin to look known."""
        return self.count > self.room

    def add(self, hashes: Words) -> None:
        """Add ids by their hashes (unsigned, 64 bits)."""
        self.count += len(hashes)
        for places, bits in self._marks(hashes):
            np.bitwise_or.at(self._words, places, bits)

    def may_have(self, hashes: Words) -> Words:
        """For each id whether it may have been added; False is certain."""
        found = np.ones(len(hashes), dtype=bool)
        for places, bits in self._marks(hashes):
            found &= (self._words[places] & bits) == bits
        return found

    def _marks(self, hashes: Words) -> list[tuple[Words, Words]]:
        size = np.uint64(len(self._words))
        half = len(MIXERS) // 2
        return [
            (hashes % size, _bits(hashes, MIXERS[:half])),
            ((hashes * SECOND) % size, _bits(hashes, MIXERS[half:])),
        ]


def _bits(hashes: Words, mixers: tuple[np.uint64, ...]) -> Words:
    bits: Words = np.zeros(len(hashes), np.uint64)
    for mixer in mixers:
        bits |= np.uint64(1) << ((hashes * mixer) >> TOP)
    return bits
