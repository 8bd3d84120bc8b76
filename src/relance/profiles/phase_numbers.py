"""The numbers of the life phases: settings of the shop, with defaults (S28, `analytics` §1.5)."""

from __future__ import annotations

from dataclasses import dataclass, fields

from relance.errors import BadSetting
from relance.store import Shop


@dataclass(frozen=True)
class Numbers:
    """What the shop may set under `lifecycle`; days are whole days, gaps are multiples of a customer's usual gap."""

    lost_days: float = 365
    inactive_gaps: float = 3
    at_risk_gaps: float = 2
    loyal_orders: float = 3
    loyal_days: float = 365
    shrinkage: float = 2
    default_gap_days: float = 90


def numbers_of(shop: Shop) -> Numbers:
    """The shop's numbers, defaults where it set none. Raises BadSetting for one that is no positive number."""
    given = shop.settings.get("lifecycle", {})
    values: dict[str, float] = {}
    for field in fields(Numbers):
        value = given.get(field.name, field.default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise BadSetting("profiles.number_not_positive", name=f"lifecycle.{field.name}", value=value)
        values[field.name] = value
    return Numbers(**values)
