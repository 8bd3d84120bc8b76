"""The draw: exact, even, and the same for ever."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.profiles.shop_rows import PARIS, features, put

from relance import profiles
from relance.profiles import Thresholds
from relance.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
# never to change: samples and held-out groups of every shop hang on them
GOLDEN = {
    "c0": 41.80689454078674,
    "c11": 13.569670915603638,
    "0": 53.13178300857544,
    "élodie": 27.49612331390381,
}


def place(customer: str) -> float:
    """The same in plain Python."""
    digest = sha256(f"relance sample {customer}".encode()).hexdigest()
    return int(digest[:6], 16) * 100 / 16**6


def draw(warehouse: Warehouse, *customers: str) -> dict[str, float]:
    with warehouse.write() as writer:
        writer.delete_where("customer")
    put(warehouse, "customer", *({"customer_id": who} for who in customers))
    return {who: values[0] for who, values in features(warehouse, NOW, ["sample"]).items()}


def test_places_never_change(warehouse: Warehouse) -> None:
    assert draw(warehouse, *GOLDEN) == GOLDEN


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    customers=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=20, unique=True)
)
def test_places_are_exact(warehouse: Warehouse, customers: list[str]) -> None:
    assert draw(warehouse, *customers) == {who: place(who) for who in customers}


def test_places_are_even(warehouse: Warehouse) -> None:
    """Of 100,000 customers each percent has its hundredth: chi-squared over 100 cells, and every share within 3 σ."""
    count = 100_000
    ids = pa.table({"customer_id": [f"c{number}" for number in range(count)], "source": ["t"] * count})
    with warehouse.write() as writer:
        writer.insert("customer", ids.append_column("batch_id", pa.array(["b"] * count)))
    with warehouse.read() as engine:
        found = engine.to_pyarrow(profiles.features(engine, PARIS, NOW, ["sample"], Thresholds()))
    values = found["sample"].to_numpy()
    assert values.min() >= 0
    assert values.max() < 100
    cells = np.bincount(values.astype(np.int64), minlength=100)
    assert float(((cells - count / 100) ** 2 / (count / 100)).sum()) < 149  # p = 0.001 at 99 degrees of freedom
    for percent in (1, 5, 10, 50):
        share = percent / 100
        assert abs((values < percent).mean() - share) < 3 * (share * (1 - share) / count) ** 0.5
