"""Population facts: averages and percentiles of a shop-day, stored with version and population (S9).

A fact's name says what it is:

    rfm_recency, rfm_frequency, rfm_monetary    the edges of the scores (`analytics` §2), kept for a month
    gap                                         the mean observed gap between order days, in days
    mean:<feature or function.parameter>        the average, in the feature's unit (money in minor units)
    mean:<function.parameter>@category=<category>   the same over the lines of one category of products
    share:<feature>:<percent>                   the value under which that percentage of the population lies

The population is the customers with at least one counted order. A fact of day D reads only what is dated before D
00:00 in the shop's zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

MONTHLY = ("rfm_recency", "rfm_frequency", "rfm_monetary")
POPULATION = "customers with at least one counted order"


@dataclass(frozen=True)
class Thresholds:
    """The facts in force: edges by name, the version (day) of each, and which were computed and not read."""

    edges: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    versions: Mapping[str, date] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()

    def all(self, name: str) -> tuple[float, ...]:
        """The edges of that name, none when the population is empty."""
        return self.edges.get(name, ())

    def one(self, name: str) -> float | None:
        """The single value of that name, None when the population is empty."""
        edges = self.all(name)
        return edges[0] if edges else None

    def lacks(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the names that are not here."""
        return frozenset(names) - frozenset(self.versions)
