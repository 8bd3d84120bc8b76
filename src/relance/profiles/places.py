"""Where customers live: distances on the globe, the shop's own places, and parts of an address."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

import ibis

from relance.profiles.feature import Row
from relance.profiles.reading import Column
from relance.store import Shop

Point: TypeAlias = tuple[float, float]

EARTH_RADIUS_KM: Final = 6371.0088
KM_PER_MILE: Final = 1.609344


def distance_km(latitude: Column, longitude: Column, point: Point) -> Column:
    """Kilometres along the globe's surface from `point` (degrees north, degrees east), by the haversine formula.

    Null where the place is unknown.
    """
    north, east = (math.radians(degrees) for degrees in point)
    half_north = ((latitude.radians() - north) / 2).sin()
    half_east = ((longitude.radians() - east) / 2).sin()
    chord = half_north * half_north + latitude.radians().cos() * math.cos(north) * half_east * half_east
    # rounding may lift the chord above 1 on the other side of the globe
    return 2 * EARTH_RADIUS_KM * chord.clip(upper=1.0).sqrt().asin()


def stores_of(shop: Shop) -> Sequence[Point]:
    """The places of the shop's stores, from its setting `stores`."""
    return [(float(north), float(east)) for north, east in shop.settings.get("stores", ())]


def distance_to_store(row: Row) -> Column:
    """Kilometres to the nearest store; null without stores, or where the customer's place is unknown."""
    distances = [distance_km(row["latitude"], row["longitude"], store) for store in stores_of(row.reading.shop)]
    return ibis.least(*distances) if distances else ibis.null("float64")


def is_local(row: Row) -> Column:
    """Whether the customer's city is the shop's, whatever the case; null when either is unknown."""
    seat = str(row.reading.shop.settings.get("shop_city", "")).strip().lower()
    if not seat:
        return ibis.null("boolean")
    return row["city"].strip().lower() == seat


def city_code(row: Row) -> Column:
    """As Shopify writes it: the region, or the country, and the city without blanks."""
    place: Column = ibis.coalesce(row["region"], row["country"])
    return place + "-" + row["city"].replace(" ", "")


def department(row: Row) -> Column:
    """The French department of the postcode: two digits, three overseas, 2A and 2B in Corsica; null elsewhere."""
    code = row["postcode"].strip()
    french = (row["country"] == "FR") & code.re_search(r"^[0-9]{5}$")
    return ibis.cases(
        (~french.fill_null(False), ibis.null("string")),
        (code.startswith("97") | code.startswith("98"), code.left(3)),
        (code.startswith("200") | code.startswith("201"), "2A"),
        (code.startswith("20"), "2B"),
        else_=code.left(2),
    )
