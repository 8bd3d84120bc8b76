"""Everything that a query of a shop can be built from, in groups and in words: what a visual builder is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relance.segments.language.fields import Field, Fields, Kind, Parameter
from relance.segments.language.known import CHANNELS, written_name
from relance.segments.language.operators import OPERATORS, Takes, operators_for
from relance.segments.language.sentence import clause
from relance.segments.language.typed import Matching
from relance.segments.language.wording import Wording
from relance.words import Language, catalogue, say

OTHER: Final = "other"
OWN: Final = "own"

# The groups in the order in which people look for them; what stands in none is in "other".
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "person": (
        *("customer_added_date", "customer_language", "gender", "birth_date", "age", "company", "companies"),
        *("customer_tags", "customer_account_status", "created_by_app_id", "interests"),
    ),
    "place": (
        *("customer_countries", "customer_regions", "customer_cities", "customer_city", "customer_postcode"),
        *("customer_department", "local", "distance_to_store_km", "customer_within_distance"),
    ),
    "contact": (
        *("has_email", "has_phone", "customer_email_domain", "email_subscription_status"),
        *("sms_subscription_status", "consent"),
    ),
    "orders": (
        *("orders_placed", "products_purchased", "number_of_orders", "first_order_date", "last_order_date"),
        *("days_since_last_order", "average_days_between_orders", "usual_gap_days", "orders_last_365_days"),
        *("order_days", "first_product", "preferred_category", "gift_buyer", "product_subscription_status"),
        *("shop_total_orders", "expected_next_order_date"),
    ),
    "money": (
        *("amount_spent", "gross_amount_spent", "average_order_value", "last_order_amount"),
        *("last_order_amount_excluding_tax", "refund_rate", "net_value", "predicted_value_365d"),
        *("predicted_spend_tier", "shop_total_spent", "store_credit_accounts"),
    ),
    "visits": (
        *("session", "number_of_sessions", "first_session_date", "last_session_date", "days_since_last_visit"),
        *("abandoned_checkout_date", "acquisition_source", "acquisition_campaign", "event", "funnel"),
        *("support_contacts",),
    ),
    "messages": ("last_click_date", "engagement_tier", "engagement_tier_opens"),
    "scores": ("lifecycle_phase", "rfm_group", "rfm_recency", "rfm_frequency", "rfm_monetary", "churn_probability"),
    "segments": ("segment", "list", "sample"),
}
_GROUP_OF: Final = {name: group for group, names in GROUPS.items() for name in names}
ORDER: Final = (*GROUPS, OWN, OTHER)


@dataclass(frozen=True)
class Choice:
    """A value of a closed list, and its words."""

    value: str
    label: str


@dataclass(frozen=True)
class Term:
    """A field, or a parameter of a function: what it is called, what it holds, and which operators it takes.

    `help` is one line, None where the label says it all; `unit` is days, percent, km … or empty.
    """

    name: str
    label: str
    help: str | None
    kind: Kind
    unit: str
    nullable: bool
    available: bool
    profiling: bool
    values: tuple[Choice, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class FunctionTerm:
    """A function and its parameters; with `any_property` also `properties.` and any name."""

    name: str
    label: str
    help: str | None
    available: bool
    profiling: bool
    any_property: bool
    parameters: tuple[Term, ...]


@dataclass(frozen=True)
class TermGroup:
    """Fields and functions that belong together."""

    group: str
    label: str
    fields: tuple[Term, ...]
    functions: tuple[FunctionTerm, ...]


@dataclass(frozen=True)
class Sign:
    """An operator, its words, and what stands after it."""

    sign: str
    label: str
    takes: Takes


def vocabulary(fields: Fields, language: Language) -> list[TermGroup]:
    """The groups of the register in the language, without empty ones."""
    teller = _Teller(Wording(language))
    found = [
        TermGroup(
            group,
            say(f"vocabulary.group_{group}", language),
            tuple(teller.term(field) for field in fields.fields.values() if group_of(field.name) == group),
            tuple(teller.function(name, fields) for name in fields.functions if group_of(name) == group),
        )
        for group in ORDER
    ]
    return [group for group in found if group.fields or group.functions]


def signs(language: Language) -> list[Sign]:
    """All operators."""
    return [Sign(str(one.sign), say(f"vocabulary.operator_{one.name}", language), one.takes) for one in OPERATORS]


def group_of(name: str) -> str:
    """The group in which a field or function stands."""
    if name in _GROUP_OF:
        return _GROUP_OF[name]
    first = name.partition(".")[0]
    if first in {"metafields", "properties"}:
        return OWN
    if first in CHANNELS:
        return "messages"
    return "visits" if first in {"storefront", "support"} else OTHER


@dataclass(frozen=True)
class _Teller:
    words: Wording

    def term(self, declared: Field | Parameter) -> Term:
        """A field or a parameter."""
        return Term(
            written_name(declared.name),
            self.words.label(declared),
            self.help(f"{'field' if isinstance(declared, Field) else 'parameter'}_{declared.name}"),
            declared.kind,
            declared.unit,
            declared.nullable,
            declared.available,
            isinstance(declared, Field) and declared.profiling,
            tuple(Choice(value, self.value(value)) for value in declared.values),
            tuple(str(one.sign) for one in operators_for(declared.kind)),
        )

    def function(self, name: str, fields: Fields) -> FunctionTerm:
        """A function with its parameters."""
        found = fields.functions[name]
        return FunctionTerm(
            name,
            clause(Matching(found, ()), self.words.language),
            self.help(f"function_{name}"),
            found.available,
            found.profiling,
            found.any_property,
            tuple(self.term(parameter) for parameter in found.parameters),
        )

    def help(self, name: str) -> str | None:
        """One line on what it is."""
        key = f"vocabulary.help_{name.replace('.', '_')}"
        return say(key, self.words.language) if key in catalogue(self.words.language) else None

    def value(self, value: str) -> str:
        """A value of a closed list in words."""
        name = f"value_{value.lower()}"
        return self.words.say(name) if self.words.knows(name) else value
