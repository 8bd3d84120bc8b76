"""Codes come as lines or as the table that a shop exports (S18)."""

from __future__ import annotations

import pytest

from relance.sending import codes_in


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("ONE\nTWO\n", ["ONE", "TWO"]),
        ("\ufeffONE\r\n\r\n  TWO  \r\n", ["ONE", "TWO"]),
        ("Discount code,Uses\nONE,0\nTWO,3\n", ["ONE", "TWO"]),
        ("id;Code promo;fin\n1;ONE;2026-01-01\n2;;\n3;TWO;\n", ["ONE", "TWO"]),
        ('"ONE",x\n"TWO",y\n', ["ONE", "TWO"]),
        ("name\tcode\nA\tONE\nB\n", ["ONE"]),
        ("ONE\nONE\n", ["ONE", "ONE"]),
        ("", []),
    ],
)
def test_codes_are_found_in_lines_and_tables(text: str, codes: list[str]) -> None:
    assert codes_in(text) == codes
