"""Every row is accounted for: read = kept + replaced + rejected, whatever is in the file (S23)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ingest.conftest import House, csv_file
from tests.ingest.test_shopify import ORDERS, first_row, order_row

from relance.ingest import ImportFigures

LINES = ("Order number", "Date", "Quantity", "Price", "Email")
CASES: dict[str, Sequence[Sequence[str]]] = {
    "good": [("1", "2024-01-05", "1", "2.50", "a@b.fr"), ("1", "2024-01-05", "2", "2.50", "a@b.fr")],
    "bad quantity": [("1", "2024-01-05", "one", "2", "a@b.fr"), ("2", "2024-01-05", "1.5", "2", "a@b.fr")],
    "bad date": [("1", "2024-02-30", "1", "2", "a@b.fr"), ("2", "", "1", "2", "a@b.fr"), ("3", "x", "1", "2", "")],
    "bad price": [("1", "2024-01-05", "1", "=1+1", "a@b.fr"), ("1", "2024-01-05", "1", "", "a@b.fr")],
    "no number": [("", "2024-01-05", "1", "2", "a@b.fr"), ("2", "2024-01-05", "1", "2", "nobody")],
    "cells": [("1", "2024-01-05", "1", "2", "a@b.fr", "more"), ("2", "2024-01-05"), ("3", "2024-01-05", "1", "2", "")],
    "refunds": [("1", "2024-01-05", "1", "2", "a@b.fr"), ("C1", "2024-01-06", "-1", "2", "a@b.fr")],
    "lines inside": [("1", "2024-01-05", "1", "2", "a\n@b.fr"), ("2", "2024-01-05", "x", "2", "a@b.fr")],
    "nothing but faults": [("1", "never", "1", "2", "a@b.fr")],
}


def accounted(figures: ImportFigures) -> bool:
    rejected = sum(figures.rows_rejected.values())
    return figures.rows_read == figures.rows_kept + figures.rows_replaced + rejected


def reject_lines(figures: ImportFigures) -> int:
    """How many rows the file of rejects holds: its lines that begin with a sheet and a line number."""
    if figures.rejects_file is None:
        return 0
    return Path(figures.rejects_file).read_text(encoding="utf-8").count('\n"",')


@pytest.mark.parametrize("case", CASES)
def test_lines(house: House, tmp_path: Path, case: str) -> None:
    figures = house.take(csv_file(tmp_path / "lines.csv", LINES, *CASES[case]), "order-lines")
    assert figures.rows_read == len(CASES[case])
    assert accounted(figures)
    assert reject_lines(figures) == sum(figures.rows_rejected.values())


CELLS = {
    "Name": st.sampled_from(["#1", "#2", "#3", ""]),
    "Email": st.sampled_from(["a@b.fr", "A@B.fr", "", "?"]),
    "Total": st.sampled_from(["", "", "3.00", "x"]),
    "Created_at": st.sampled_from(["2024-05-01 10:00:00 +0000", "2024-05-01 10:00:00 +0000", "", "2024-02-30"]),
    "Lineitem_quantity": st.sampled_from(["1", "2", "", "x"]),
    "Lineitem_price": st.sampled_from(["1.00", "2.00", "", "-"]),
    "Cancelled_at": st.sampled_from(["", "", "2024-05-02", "soon"]),
    "Refunded_Amount": st.sampled_from(["", "0.50", "none"]),
}
ROW = st.fixed_dictionaries(CELLS).map(lambda cells: order_row(**cells))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=12))
def test_any_shopify_rows(house: House, tmp_path: Path, rows: list[list[str]]) -> None:
    """Rows in any state, before and after an order that is right: none vanishes, none is counted twice."""
    path = csv_file(tmp_path / "orders.csv", ORDERS, first_row("#9", "z@b.fr", "9.00"), *rows)
    figures = house.take(path, "shopify-orders")
    assert figures.rows_read == 1 + sum(any(row) for row in rows)  # a row without any cell is no row
    assert accounted(figures)
    assert reject_lines(figures) == sum(figures.rows_rejected.values())
