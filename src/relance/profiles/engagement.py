"""How alive a customer is: by visits, clicks and orders, and, where they agreed, by opened e-mails (L7)."""

from __future__ import annotations

from typing import Final

import ibis

from relance.profiles.consents import may_count_opens
from relance.profiles.feature import Row
from relance.profiles.local_days import start_of
from relance.profiles.phase_numbers import EngagementNumbers, numbers_under
from relance.profiles.reading import Column, Reading

TIERS: Final = ("super_active", "moderate", "dormant")


def numbers(reading: Reading) -> EngagementNumbers:
    """The shop's numbers of the tiers."""
    return numbers_under(reading.shop, "engagement", EngagementNumbers)


def lately(reading: Reading) -> Column:
    """The instant from which signs make somebody super-active."""
    return start_of(numbers(reading).super_days, reading)


def recently(reading: Reading) -> Column:
    """The instant before which signs are too old: who shows none since is dormant."""
    return start_of(numbers(reading).dormant_days, reading)


def tier(row: Row) -> Column:
    """By clicks, visits and orders; null for somebody too new to be called dormant."""
    at = numbers(row.reading)
    busy = (
        (row["_late_visits"] >= at.super_visits)
        | (row["_late_clicks"] >= at.super_clicks)
        | (row["_late_orders"] >= at.super_orders)
    )
    silent = (row["_recent_visits"] == 0) & (row["_recent_clicks"] == 0) & (row["_recent_orders"] == 0)
    is_new = (row["added_at"] >= recently(row.reading)).fill_null(False)
    return ibis.cases((busy, "super_active"), (~silent, "moderate"), (~is_new, "dormant"))


def tier_by_opens(row: Row) -> Column:
    """By the share of e-mails that a human opened; null without e-mails, or without consent to noticing opens."""
    share = row["_recent_opens"] * 100.0 / row["_recent_emails"].nullif(0)
    known = may_count_opens(row) & (row["_recent_emails"] > 0)
    said = ibis.cases(
        (share >= numbers(row.reading).super_opens_percent, "super_active"),
        (row["_recent_opens"] > 0, "moderate"),
        else_="dormant",
    )
    return known.ifelse(said, ibis.null("string"))
