"""Scores of recency, frequency and money, and their groups (S29, `analytics` §2).

Edges are cut points of the shop's own customers; equal values get equal scores; edges that repeat leave a score empty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import ibis

from relance.profiles.feature import Row
from relance.profiles.reading import Column

GROUPS: Final = (
    "CHAMPIONS",
    "LOYAL",
    "ACTIVE",
    "NEW",
    "PROMISING",
    "NEEDS_ATTENTION",
    "ALMOST_LOST",
    "PREVIOUSLY_LOYAL",
    "AT_RISK",
    "DORMANT",
    "PROSPECTS",
)

# Rows by recency, columns FM 1 to 5.
GRID: Final[dict[int, tuple[str, str, str, str, str]]] = {
    5: ("NEW", "ACTIVE", "ACTIVE", "CHAMPIONS", "CHAMPIONS"),
    4: ("PROMISING", "ACTIVE", "ACTIVE", "LOYAL", "LOYAL"),
    3: ("ALMOST_LOST", "ALMOST_LOST", "NEEDS_ATTENTION", "LOYAL", "LOYAL"),
    2: ("DORMANT", "DORMANT", "AT_RISK", "AT_RISK", "PREVIOUSLY_LOYAL"),
    1: ("DORMANT", "DORMANT", "AT_RISK", "AT_RISK", "PREVIOUSLY_LOYAL"),
}


def _above(value: Column, edges: Sequence[float]) -> Column:
    """How many edges a whole number exceeds: as many as the whole parts of edges that it exceeds."""
    nothing: Column = ibis.literal(0, type="int64")
    return sum(((value > math.floor(edge)).cast("int64") for edge in edges), start=nothing)


def recency(row: Row) -> Column:
    """5 for the most recent fifth; null without an order."""
    return _of_buyers(row, 5 - _above(row["days_since_last_order"], row.thresholds.all("rfm_recency")))


def frequency(row: Row) -> Column:
    """1 for a single order, else 2 and one more for each quartile exceeded; null without an order."""
    score = 2 + _above(row["_orders"], row.thresholds.all("rfm_frequency"))
    return _of_buyers(row, (row["_orders"] == 1).ifelse(1, score))


def monetary(row: Row) -> Column:
    """5 for the fifth that spent most, net of refunds; null without an order."""
    return _of_buyers(row, 1 + _above(row["amount_spent"], row.thresholds.all("rfm_monetary")))


def group(row: Row) -> Column:
    """The group's name: the cell of R and FM, (F + M) / 2 with halves rounded up; PROSPECTS without an order."""
    middle = (row["rfm_frequency"] + row["rfm_monetary"] + 1) // 2
    cells = [
        ((row["rfm_recency"] == r) & (middle == fm + 1), name)
        for r, names in GRID.items()
        for fm, name in enumerate(names)
    ]
    return ibis.cases((row["_orders"] == 0, "PROSPECTS"), *cells)


def _of_buyers(row: Row, score: Column) -> Column:
    return (row["_orders"] > 0).ifelse(score.cast("int64"), ibis.null("int64"))
