"""customer_within_distance: who lives within so many kilometres or miles of a place."""

from __future__ import annotations

from typing import Final

import ibis
from ibis.expr.types import Table

from relance.errors import QueryError
from relance.profiles import KM_PER_MILE, Column, distance_km
from relance.segments.checks import Context, holds
from relance.segments.language.fields import Function, Kind, Parameter
from relance.segments.language.typed import Check, Matching, Place

WITHIN_DISTANCE: Final = Function(
    "customer_within_distance",
    (
        Parameter("coordinates", Kind.POINT, nullable=False),
        Parameter("distance_km", Kind.DECIMAL),
        Parameter("distance_mi", Kind.DECIMAL),
    ),
    profiling=False,
)


def lives_within(table: Table, matching: Matching, context: Context) -> Column:
    """Whether each customer lives as near or far as asked; somebody whose place is unknown never does.

    The complement of NOT MATCHES is the caller's.
    """
    north, east = _point(matching)
    kilometres = distance_km(table["latitude"], table["longitude"], (north, east))
    asked = [check for check in matching.checks if check.field.name != "coordinates"]
    met = (holds(_in_unit(kilometres, check), check, context) for check in asked)
    return ibis.and_(kilometres.notnull(), *met)


def check_distance(matching: Matching, text: str) -> None:
    """Raises QueryError unless there is one place and at least one distance."""
    places = sum(check.field.name == "coordinates" for check in matching.checks)
    if places != 1 or len(matching.checks) == 1:
        end = max(matching.span.end, matching.span.start + 1)
        raise QueryError("places.needs_place_and_distance", text, matching.span.start, end)


def _point(matching: Matching) -> tuple[float, float]:
    for check in matching.checks:
        if isinstance(check.value, Place):
            return float(check.value.latitude), float(check.value.longitude)
    raise ValueError("a distance is from a place")


def _in_unit(kilometres: Column, check: Check) -> Column:
    return kilometres / KM_PER_MILE if check.field.name == "distance_mi" else kilometres
