"""customer_within_distance and store_credit_accounts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.profiles.shop_rows import PARIS, naive, put

from relance.errors import QueryError
from relance.segments import explain, preview
from relance.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
CITIES = {"paris": (48.8566, 2.3522), "versailles": (48.8049, 2.1204), "lyon": (45.7640, 4.8357)}


@pytest.fixture(scope="module")
def opened() -> Iterator[Warehouse]:
    """Three cities, somebody without a place, somebody with half of one; store credit of three kinds."""
    warehouse = Warehouse(None, memory_mb=512, threads=2)
    put(warehouse, "customer", *({"customer_id": who, "latitude": n, "longitude": e} for who, (n, e) in CITIES.items()))
    put(warehouse, "customer", {"customer_id": "nowhere"}, {"customer_id": "half", "latitude": 48.8566})
    soon, old = naive(datetime(2026, 3, 15, 12, tzinfo=UTC)), naive(datetime(2026, 1, 5, 12, tzinfo=UTC))
    put(
        warehouse,
        "store_credit",
        {"customer_id": "paris", "balance": 2500, "next_expiry_at": soon, "last_credit_at": old},
        {"customer_id": "paris", "balance": 100, "currency": "USD"},
        {"customer_id": "lyon", "balance": 0},
        {"customer_id": "nowhere", "balance": 900, "currency": "USD", "last_credit_at": old},
    )
    yield warehouse
    warehouse.close()


def found(warehouse: Warehouse, query: str) -> set[str]:
    return {member.customer_id for member in preview(warehouse, PARIS, query, NOW, sample=50).members}


def within(rest: str, place: str = "48.8566, 2.3522") -> str:
    return f"customer_within_distance MATCHES (coordinates = ({place}), {rest})"


@pytest.mark.parametrize(
    ("query", "members"),
    [
        (within("distance_km <= 0"), {"paris"}),
        (within("distance_km <= 17.92"), {"paris", "versailles"}),
        (within("distance_km = 18"), {"paris", "versailles"}),
        (within("distance_km < 17.91"), {"paris"}),
        (within("distance_mi <= 11.2"), {"paris", "versailles"}),
        (within("distance_mi <= 11"), {"paris"}),
        (within("distance_km > 17, distance_km < 400"), {"versailles", "lyon"}),
        (within("distance_km BETWEEN 17 AND 18"), {"versailles"}),
        (within("distance_km > 100"), {"lyon"}),
        (within("distance_km IS NOT NULL"), {"paris", "versailles", "lyon"}),
        (within("distance_km IS NULL"), set()),
        (within("distance_km <= 20").replace("MATCHES", "NOT MATCHES"), {"lyon", "nowhere", "half"}),
        ("customer_within_distance(coordinates: (48.8566, 2.3522), distance_mi: 20) = true", {"paris", "versailles"}),
        (f"{within('distance_km <= 20')} AND NOT ({within('distance_km <= 1')})", {"versailles"}),
    ],
)
def test_who_lives_near(opened: Warehouse, query: str, members: set[str]) -> None:
    """An unknown place is never near, and always among NOT MATCHES."""
    assert found(opened, query) == members


@pytest.mark.parametrize(
    "query",
    [
        "customer_within_distance MATCHES (distance_km <= 3)",
        "customer_within_distance MATCHES (coordinates = (48.8, 2.3))",
        "customer_within_distance MATCHES ()",
        "customer_within_distance IS NOT NULL",
        "customer_within_distance MATCHES (coordinates = (1, 2), coordinates = (3, 4), distance_km < 3)",
    ],
)
def test_a_distance_is_from_one_place(opened: Warehouse, query: str) -> None:
    with pytest.raises(QueryError) as fault:
        preview(opened, PARIS, query, NOW)
    assert "customer_within_distance" in fault.value.say("fr")
    assert (fault.value.line, fault.value.column) == (1, 1)


def great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    """By vectors, not by the haversine formula."""

    def vector(place: tuple[float, float]) -> tuple[float, float, float]:
        north, east = map(math.radians, place)
        return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)

    a, b = vector(one), vector(other)
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return 6371.0088 * math.atan2(math.hypot(*cross), dot)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(north=st.integers(-90, 90), east=st.integers(-180, 180), kilometres=st.integers(0, 20_000))
def test_distances_on_the_globe(opened: Warehouse, north: int, east: int, kilometres: int) -> None:
    query = within(f"distance_km <= {kilometres}", f"{north}, {east}")
    expected = {who for who, place in CITIES.items() if great_circle(place, (north, east)) <= kilometres}
    assert found(opened, query) == expected


@pytest.mark.parametrize(
    ("parameters", "members"),
    [
        ("", {"paris", "lyon", "nowhere"}),
        ("balance > 0", {"paris", "nowhere"}),
        ("balance >= 25", {"paris"}),
        ("balance > 0, currency = 'USD'", {"paris", "nowhere"}),
        ("balance >= 9, currency = 'USD'", {"nowhere"}),
        ("next_expiry_date BETWEEN today AND +7d", {"paris"}),
        ("next_expiry_date < today", set()),
        ("next_expiry_date IS NULL", {"paris", "lyon", "nowhere"}),
        ("last_credit_date < -30d", {"paris", "nowhere"}),
        ("last_credit_date < -30d, balance > 10", {"paris"}),
        ("last_credit_date IS NULL", {"paris", "lyon"}),
    ],
)
def test_store_credit(opened: Warehouse, parameters: str, members: set[str]) -> None:
    """All parameters are of one and the same account."""
    assert found(opened, f"store_credit_accounts MATCHES ({parameters})") == members
    everyone = {"half", "nowhere", *CITIES}
    assert found(opened, f"store_credit_accounts NOT MATCHES ({parameters})") == everyone - members


def test_a_distance_is_explained(opened: Warehouse) -> None:
    told = explain(opened, PARIS, within("distance_km <= 20"), "versailles", NOW)
    assert told.holds
    assert not explain(opened, PARIS, within("distance_km <= 20"), "lyon", NOW).holds
