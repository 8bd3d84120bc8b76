"""Facts in tables and lists are written for people; without a currency an amount stays as it is."""

from __future__ import annotations

import pytest

from relance.cli.show import written


@pytest.mark.parametrize(
    ("name", "value", "english", "french"),
    [
        ("customers", 20000, "20,000", "20\u202f000"),
        ("share", 0.4187, "41.9%", "41,9\u202f%"),
        ("revenue", "548212.25", "£548,212.25", "548\u202f212,25\xa0£"),
        ("change", 12, "+12", "+12"),
        ("first_day", "2009-12-01", "1 Dec 2009", "1 déc. 2009"),
        ("as_of", "2026-11-22T03:16:00+01:00", "22 Nov 2026 02:16 UTC", "22 nov. 2026 02:16 UTC"),
        ("already_imported", False, "no", "non"),
        ("email", None, "", ""),
    ],
)
def test_a_fact_is_written_in_the_reader_s_language(name: str, value: object, english: str, french: str) -> None:
    assert written(name, value, "en", "GBP") == english
    assert written(name, value, "fr", "GBP") == french


def test_an_amount_of_a_table_is_rounded_to_units() -> None:
    assert written("revenue", "1317599.50", "en", "EUR", whole=True) == "€1,317,600"
    assert written("revenue", "1317599.50", "en") == "1317599.50"
