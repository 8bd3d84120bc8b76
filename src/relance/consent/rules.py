"""The decision table: which rule of law, or of prudence, decides about a message. The rows stand in `rules.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

People = Literal["customer", "business", "generic"]
CONDITIONS: Final = ("channels", "purposes", "countries", "said", "people")
# what a shop's settings may hold: the days from which the merchant states something about their notices
STATEMENTS: Final = ("soft_opt_in_since", "b2b_informed_since", "clicks_documented_since")


@dataclass(frozen=True)
class Rule:
    """One row: what it is about, what it says, and where that stands. An empty condition fits everything."""

    rule_id: str
    channels: frozenset[str]
    purposes: frozenset[str]
    countries: frozenset[str]
    said: frozenset[str]
    people: frozenset[str]
    needs: str | None
    allowed: bool
    reason: str
    basis: str | None
    says: str
    source: str


@dataclass(frozen=True)
class Case:
    """What a rule is asked about.

    `said` is the person's own word on channel and purpose, `none` without one; `country` an ISO code or None;
    `people` what is known of them; `stated` the merchant's statements that reach this person.
    """

    channel: str
    purpose: str
    said: str
    country: str | None = None
    people: frozenset[str] = frozenset()
    stated: frozenset[str] = frozenset()


@lru_cache(maxsize=1_024)
def deciding(case: Case) -> Rule:
    """The first row that fits; the last row fits everything and says no."""
    return next(rule for rule in rules() if _fits(rule, case))


@cache
def rules() -> tuple[Rule, ...]:
    """The rows of the table, in their order."""
    text = (files("relance.consent") / "rules.json").read_text(encoding="utf-8")
    return tuple(_rule(row) for row in json.loads(text)["rules"])


def statements(settings: Mapping[str, Any]) -> dict[str, date]:
    """What the merchant states in the shop's settings, each with the day from which it is so."""
    return {name: date.fromisoformat(settings[name]) for name in STATEMENTS if settings.get(name)}


def _fits(rule: Rule, case: Case) -> bool:
    return (
        (not rule.channels or case.channel in rule.channels)
        and (not rule.purposes or case.purpose in rule.purposes)
        and (not rule.said or case.said in rule.said)
        and (not rule.countries or case.country in rule.countries)
        and (not rule.people or not rule.people.isdisjoint(case.people))
        and (rule.needs is None or rule.needs in case.stated)
    )


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        rule_id=row["id"],
        **{name: frozenset(row.get(name, ())) for name in CONDITIONS},
        needs=row.get("needs"),
        allowed=row["allowed"],
        reason=f"consent.{row['reason']}",
        basis=row.get("basis"),
        says=row["says"],
        source=row["source"],
    )
