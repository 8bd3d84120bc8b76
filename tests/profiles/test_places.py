"""Places: distances on the globe, the shop's stores and city, departments, and the settings that name them."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from tests.profiles.shop_rows import PARIS, features, one, put

from relance.errors import BadSetting
from relance.store import Shop, with_setting
from relance.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
NOTRE_DAME = (48.8530, 2.3499)


def placed(setting: str, value: str, shop: Shop = PARIS) -> Shop:
    return with_setting(shop, setting, value)


@pytest.mark.parametrize(
    ("place", "kilometres"),
    [
        (NOTRE_DAME, 0),
        ((45.7640, 4.8357), 391.5),  # Lyon
        ((51.5007, -0.1246), 342.9),  # London
        ((-48.8530, -177.6501), math.pi * 6371.0088),  # the antipode
        ((None, 2.3499), None),
        ((48.8530, None), None),
    ],
)
def test_distance_to_the_store(
    warehouse: Warehouse, place: tuple[float | None, float | None], kilometres: float | None
) -> None:
    """On a sphere of 6,371.0088 km."""
    put(warehouse, "customer", {"customer_id": "ann", "latitude": place[0], "longitude": place[1]})
    shop = placed("stores", "48.8530, 2.3499")
    found = one(warehouse, NOW, "distance_to_store_km", shop)
    assert found is None if kilometres is None else found == pytest.approx(kilometres, abs=0.3)


def test_the_nearest_store_counts(warehouse: Warehouse) -> None:
    put(warehouse, "customer", {"customer_id": "ann", "latitude": 45.76, "longitude": 4.83})
    assert one(warehouse, NOW, "distance_to_store_km") is None
    far, both = placed("stores", "48.8530, 2.3499"), placed("stores", "48.8530, 2.3499; 45.7640, 4.8357")
    assert one(warehouse, NOW, "distance_to_store_km", far) > 380
    assert one(warehouse, NOW, "distance_to_store_km", both) < 1


def test_local_customers(warehouse: Warehouse) -> None:
    cities = {"a": "Lyon", "b": " LYON ", "c": "Lyon 3", "d": None}
    put(warehouse, "customer", *({"customer_id": who, "city": city} for who, city in cities.items()))
    shop = placed("shop_city", " Lyon ")
    assert features(warehouse, NOW, ["local"], shop) == {"a": (True,), "b": (True,), "c": (False,), "d": (None,)}
    assert set(features(warehouse, NOW, ["local"]).values()) == {(None,)}


@pytest.mark.parametrize(
    ("postcode", "country", "department"),
    [
        ("69003", "FR", "69"),
        (" 01000 ", "FR", "01"),
        ("97411", "FR", "974"),
        ("98800", "FR", "988"),
        ("20000", "FR", "2A"),
        ("20137", "FR", "2A"),
        ("20200", "FR", "2B"),
        ("20620", "FR", "2B"),
        ("69003", "DE", None),
        ("69003", None, None),
        ("6900", "FR", None),
        (None, "FR", None),
    ],
)
def test_departments(warehouse: Warehouse, postcode: str | None, country: str | None, department: str | None) -> None:
    put(warehouse, "customer", {"customer_id": "ann", "postcode": postcode, "country": country})
    found = features(warehouse, NOW, ["customer_department", "customer_postcode"])["ann"]
    assert found == (department, postcode)


@pytest.mark.parametrize("value", ["", "48.85", "48.85, 2.35, 1", "91, 2", "48, 181", "x, y", "48.85, 2.35;", "nan, 2"])
def test_stores_are_places(value: str) -> None:
    with pytest.raises(BadSetting):
        placed("stores", value)


def test_what_is_known_of_an_address(warehouse: Warehouse) -> None:
    rows = [("a", "a@x.fr", "+33 6"), ("b", None, " "), ("c", "", None)]
    put(warehouse, "customer", *(dict(zip(("customer_id", "email", "phone"), row, strict=True)) for row in rows))
    assert features(warehouse, NOW, ["has_email", "has_phone"]) == {
        "a": (True, True),
        "b": (False, False),
        "c": (False, False),
    }
