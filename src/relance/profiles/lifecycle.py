"""The life phase of a customer (S28): one value, the first that fits."""

from __future__ import annotations

from typing import Final

import ibis

from relance.profiles.feature import Row
from relance.profiles.reading import Column

PHASES: Final = ("prospect", "lost", "inactive", "at_risk", "loyal", "repeat", "first_time")


def usual_gap(row: Row) -> Column:
    """The customer's usual gap in days, shrunk towards the shop's: (k·G + t_x) / (k + x), at least one day.

    x is the number of order days after the first, t_x the days between the first and the last (`analytics` §1.5).
    """
    numbers = row.reading.numbers
    shop_gap = row.thresholds.one("gap") or numbers.default_gap_days
    # as doubles: the engine would read a literal with a point as a decimal, and whole numbers as decimals beside it
    span = row["_last_day"].delta(row["_first_day"], unit="day").cast("float64")
    repeats = (row["_days"] - 1).cast("float64")
    gap = (row.number(numbers.shrinkage * shop_gap) + span) / (row.number(numbers.shrinkage) + repeats)
    return (row["_days"] > 0).ifelse(ibis.greatest(gap, row.number(1)), ibis.null("float64"))


def phase(row: Row) -> Column:
    """The phase's name; none is missing, a customer without orders is a prospect."""
    numbers = row.reading.numbers
    since, gap = row["days_since_last_order"], row["usual_gap_days"]
    inactive = since > row.number(numbers.inactive_gaps) * gap
    return ibis.cases(
        (row["_orders"] == 0, "prospect"),
        (inactive & (since > numbers.lost_days), "lost"),
        (inactive, "inactive"),
        (since > row.number(numbers.at_risk_gaps) * gap, "at_risk"),
        (row["_loyal"] >= numbers.loyal_orders, "loyal"),
        (row["_days"] >= 2, "repeat"),
        else_="first_time",
    )
