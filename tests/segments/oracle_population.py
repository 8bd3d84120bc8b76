"""What a customer is compared with: averages, borders and score edges of the shop-day (S9), naively."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.segments.oracle_rows import line_rows, order_row

if TYPE_CHECKING:
    from tests.segments.segment_oracle import Oracle

Row = dict[str, Any]


def cut_at(values: Sequence[float], part: tuple[int, int]) -> float | None:
    """The least value with at least part[0]/part[1] of the values at or below it."""
    for value in sorted(values):
        if sum(other <= value for other in values) * part[1] >= part[0] * len(values):
            return value
    return None


def average(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are there."""
    known = [float(value) for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


class Population:
    """The facts of a shop-day, from the shop as it stood at the day's first instant: its customers with an order."""

    def __init__(self, then: Oracle) -> None:
        self.then = then
        self.buyers = [facts for facts in then.facts.values() if facts["number_of_orders"]]

    def values(self, name: str) -> list[float]:
        """A feature of all buyers that have it."""
        return [one[name] for one in self.buyers if one[name] is not None]

    def border(self, name: str, op: str, percent: int) -> float | None:
        """The value at the border of IN TOP or IN BOTTOM."""
        return cut_at(self.values(name), (100 - percent if op == "IN TOP" else percent, 100))

    def mean(self, name: str) -> float | None:
        """The average of a feature."""
        return average(self.values(name))

    def mean_of_rows(self, function: str, name: str, category: str | None) -> float | None:
        """The average of a parameter over all counted orders or their lines, or over the lines of one category."""
        orders = [order for orders in self.then.orders_of.values() for order in orders]
        rows = [order_row(order) for order in orders] if function == "orders_placed" else line_rows(self.then, orders)
        return average(row[name] for row in rows if category is None or row["category"] == category)

    def score_cuts(self, name: str) -> list[float | None]:
        """The edges of an RFM score."""
        if name == "rfm_frequency":
            counts = [value for value in self.values("number_of_orders") if value > 1]
            return [cut_at(counts, (n, 4)) for n in (1, 2, 3)]
        feature = {"rfm_recency": "days_since_last_order", "rfm_monetary": "amount_spent"}[name]
        return [cut_at(self.values(feature), (n, 5)) for n in (1, 2, 3, 4)]

    def gap(self) -> float:
        """The mean gap between order days."""
        gaps = sum(len(one["_days"]) - 1 for one in self.buyers)
        return sum(one["_span"] for one in self.buyers) / gaps if gaps else 90


class Kept(Population):
    """The facts that a shop kept for a day: by name, as the product stores them."""

    def __init__(self, edges: Mapping[str, Sequence[float]]) -> None:
        self.edges = edges

    def _one(self, name: str) -> float | None:
        found = self.edges.get(name, [])
        return found[0] if found else None

    def border(self, name: str, op: str, percent: int) -> float | None:
        """The value at the border of IN TOP or IN BOTTOM."""
        return self._one(f"share:{name}:{100 - percent if op == 'IN TOP' else percent}")

    def mean(self, name: str) -> float | None:
        """The average of a feature."""
        return self._one(f"mean:{name}")

    def mean_of_rows(self, function: str, name: str, category: str | None) -> float | None:
        """The average of a parameter."""
        return self._one(f"mean:{function}.{name}" + (f"@category={category}" if category is not None else ""))

    def score_cuts(self, name: str) -> list[float | None]:
        """The edges of an RFM score."""
        return list(self.edges.get(name, []))

    def gap(self) -> float:
        """The mean gap between order days."""
        return self._one("gap") or 90
