"""Returns in rounds are matched as one by one (S23)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from relance.ingest.refunds import match

SALE = st.tuples(st.integers(0, 3), st.integers(0, 10), st.integers(1, 6))


@given(st.lists(SALE, max_size=30), st.lists(SALE, max_size=30))
def test_each_return_takes_the_latest_earlier_order_with_enough_left(
    sales: list[tuple[int, int, int]], returns: list[tuple[int, int, int]]
) -> None:
    sales, returns = sorted(sales), sorted(returns, key=lambda entry: entry[1])
    left = [quantity for _, _, quantity in sales]
    expected = []
    for key, at, quantity in returns:
        fitting = [i for i, sale in enumerate(sales) if sale[0] == key and sale[1] < at and left[i] >= quantity]
        expected.append(max(fitting, default=-1))
        if fitting:
            left[max(fitting)] -= quantity
    back = [np.array([entry[place] for entry in returns], dtype=np.int64) for place in range(3)]
    sold = [np.array([entry[place] for entry in sales], dtype=np.int64) for place in range(3)]
    assert match(*back, *sold).tolist() == expected
