"""The numbers behind phases, tiers and values: settings of the shop, with defaults (S28, `analytics` §1.5)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

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


@dataclass(frozen=True)
class EngagementNumbers:
    """What the shop may set under `engagement`; shares are percentages of the e-mails sent."""

    super_days: float = 30
    super_visits: float = 4
    super_clicks: float = 3
    super_orders: float = 2
    dormant_days: float = 180
    super_opens_percent: float = 75


@dataclass(frozen=True)
class ValueNumbers:
    """What the shop may set under `value`: what one return and one contact cost it, in its currency."""

    return_cost: float = 0
    contact_cost: float = 0


Kind = TypeVar("Kind", Numbers, EngagementNumbers, ValueNumbers)


def numbers_of(shop: Shop) -> Numbers:
    """The shop's numbers of the life phases. Raises BadSetting for one that is no positive number."""
    return numbers_under(shop, "lifecycle", Numbers)


def numbers_under(shop: Shop, section: str, kind: type[Kind]) -> Kind:
    """The shop's numbers of a section, defaults where it set none; 0 is possible where it is the default.

    Raises BadSetting for one that is no positive number.
    """
    given = shop.settings.get(section, {})
    values: dict[str, float] = {}
    for field in fields(kind):
        value = given.get(field.name, field.default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or value < 0 or (value == 0 and field.default != 0):
            raise BadSetting("profiles.number_not_positive", name=f"{section}.{field.name}", value=value)
        values[field.name] = value
    return kind(**values)
