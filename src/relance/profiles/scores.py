"""Scores, groups, tiers and phases: what the numbers of a customer say beside those of everybody."""

from __future__ import annotations

from typing import Final

import ibis

from relance.profiles import lifecycle, rfm
from relance.profiles.feature import Feature, Row
from relance.profiles.reading import Column

TIERS: Final = ("HIGH", "MEDIUM", "LOW")
HIGH_SPEND: Final = "share:amount_spent:70"
LOW_SPEND: Final = "share:amount_spent:10"


def _spend_tier(row: Row) -> Column:
    """HIGH above the 70th percentile of buyers' spend; else LOW under the 10th or with one order; else MEDIUM."""
    high, low = row.thresholds.one(HIGH_SPEND), row.thresholds.one(LOW_SPEND)
    if high is None or low is None:
        return ibis.null("string")
    spent = row["amount_spent"]
    tier = ibis.cases((spent > high, "HIGH"), ((spent < low) | (row["_orders"] == 1), "LOW"), else_="MEDIUM")
    return (row["_orders"] > 0).ifelse(tier, ibis.null("string"))


SCORES: Final = (
    Feature(
        "rfm_recency",
        "integer",
        rfm.recency,
        unit="points",
        needs=("orders",),
        after=("days_since_last_order",),
        facts=("rfm_recency",),
    ),
    Feature("rfm_frequency", "integer", rfm.frequency, unit="points", needs=("orders",), facts=("rfm_frequency",)),
    Feature(
        "rfm_monetary",
        "integer",
        rfm.monetary,
        unit="points",
        needs=("orders",),
        after=("amount_spent",),
        facts=("rfm_monetary",),
    ),
    Feature(
        "rfm_group",
        "enum",
        rfm.group,
        nullable=False,
        values=rfm.GROUPS,
        needs=("orders",),
        after=("rfm_recency", "rfm_frequency", "rfm_monetary"),
    ),
    Feature(
        "usual_gap_days",
        "decimal",
        lifecycle.usual_gap,
        unit="days",
        needs=("first_day", "last_day", "days"),
        facts=("gap",),
    ),
    Feature(
        "lifecycle_phase",
        "enum",
        lifecycle.phase,
        nullable=False,
        values=lifecycle.PHASES,
        needs=("orders", "loyal", "days"),
        after=("days_since_last_order", "usual_gap_days"),
    ),
    Feature(
        "predicted_spend_tier",
        "enum",
        _spend_tier,
        values=TIERS,
        needs=("orders",),
        after=("amount_spent",),
        facts=(HIGH_SPEND, LOW_SPEND),
    ),
)
