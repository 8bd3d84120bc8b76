"""customer_within_distance: who lives within so many kilometres or miles of a place.

`distance_km = 10` is read as Shopify means it: at most 10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from ibis.expr.types import Table

from relance.profiles import KM_PER_MILE, Reading, distance_km, instant_literal
from relance.segments.language.known import KNOWN
from relance.segments.language.tree import Op
from relance.segments.language.typed import Check, Matching, Place
from relance.segments.related import Related

WITHIN_DISTANCE: Final = KNOWN.functions["customer_within_distance"]
ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Homes:
    """The customers whose place is known, with their distance from a point (degrees north, degrees east)."""

    north: float
    east: float

    def table(self, reading: Reading) -> Table:
        """One row a customer: `kilometres`, and `known_at`, an instant long ago."""
        people = reading.customers
        kilometres = distance_km(people.latitude, people.longitude, (self.north, self.east))
        found = people.select("customer_id", kilometres=kilometres, known_at=instant_literal(ALWAYS))
        return found.filter(found.kilometres.notnull())


def homes_of(matching: Matching) -> Related:
    """What the parameters of a customer_within_distance read."""
    return Related(
        WITHIN_DISTANCE,
        Homes(*_point(matching)),
        {
            "distance_km": lambda homes: homes.kilometres,
            "distance_mi": lambda homes: homes.kilometres / KM_PER_MILE,
            "known_at": lambda homes: homes.known_at,
        },
        dates="known_at",
    )


def distances_of(matching: Matching) -> tuple[Check, ...]:
    """What a customer_within_distance asks of the distance."""
    asked = (check for check in matching.checks if check.field.name != "coordinates")
    return tuple(replace(check, operator=Op.LE) if check.operator == Op.EQ else check for check in asked)


def lacks_place_or_distance(matching: Matching) -> bool:
    """Whether a customer_within_distance has not exactly one place, or no distance."""
    places = sum(isinstance(check.value, Place) for check in matching.checks)
    return places != 1 or len(matching.checks) == 1


def _point(matching: Matching) -> tuple[float, float]:
    for check in matching.checks:
        if isinstance(check.value, Place):
            return float(check.value.latitude), float(check.value.longitude)
    raise ValueError("a distance is from a place")
