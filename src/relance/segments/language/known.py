"""Every name of the language: what a shop's own register lacks is known, but not available yet.

`fields.with_known(KNOWN)` marks the difference, so that such a query parses and is told "not available yet".
"""

from __future__ import annotations

import re
from typing import Final

from relance.segments.language.fields import Field, Fields, Function, Kind, Parameter
from relance.standard_events import STANDARD_EVENTS

_SUBSCRIPTIONS: Final = ("SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "REDACTED")
_GROUPS: Final = (
    *("CHAMPIONS", "LOYAL", "ACTIVE", "NEW", "PROMISING", "NEEDS_ATTENTION"),
    *("ALMOST_LOST", "PREVIOUSLY_LOYAL", "AT_RISK", "DORMANT", "PROSPECTS"),
)
_PHASES: Final = ("prospect", "first_time", "repeat", "loyal", "at_risk", "inactive", "lost")

_FIELDS: Final = (
    Field("customer_added_date", Kind.DATE, profiling=False),
    Field("customer_cities", Kind.TEXT_LIST, profiling=False),
    Field("customer_regions", Kind.TEXT_LIST, profiling=False),
    Field("customer_countries", Kind.TEXT_LIST, profiling=False),
    Field("customer_city", Kind.TEXT, profiling=False),
    Field("customer_postcode", Kind.TEXT, profiling=False),
    Field("customer_department", Kind.TEXT, profiling=False),
    Field("local", Kind.BOOLEAN, profiling=False),
    Field("customer_email_domain", Kind.TEXT, profiling=False),
    Field("has_email", Kind.BOOLEAN, nullable=False, profiling=False),
    Field("has_phone", Kind.BOOLEAN, nullable=False, profiling=False),
    Field("customer_language", Kind.TEXT, profiling=False),
    Field("customer_tags", Kind.TEXT_LIST, profiling=False),
    Field(
        "customer_account_status",
        Kind.ENUM,
        values=("ENABLED", "DISABLED", "INVITED", "DECLINED"),
        profiling=False,
    ),
    Field("created_by_app_id", Kind.ID, profiling=False),
    Field("companies", Kind.ID_LIST, profiling=False),
    Field("company", Kind.TEXT, profiling=False),
    Field("email_subscription_status", Kind.ENUM, values=(*_SUBSCRIPTIONS, "INVALID"), profiling=False),
    Field("sms_subscription_status", Kind.ENUM, values=_SUBSCRIPTIONS, profiling=False),
    Field(
        "product_subscription_status",
        Kind.ENUM,
        nullable=False,
        values=("SUBSCRIBED", "PAUSED", "CANCELED", "EXPIRED", "FAILED", "NEVER_SUBSCRIBED"),
    ),
    Field("gender", Kind.TEXT),
    Field("birth_date", Kind.DATE),
    Field("age", Kind.INTEGER, unit="years"),
    Field("number_of_orders", Kind.INTEGER, nullable=False),
    Field("amount_spent", Kind.MONEY, nullable=False),
    Field("gross_amount_spent", Kind.MONEY, nullable=False),
    Field("shop_total_spent", Kind.MONEY),
    Field("shop_total_orders", Kind.INTEGER),
    Field("first_order_date", Kind.DATE),
    Field("last_order_date", Kind.DATE),
    Field("abandoned_checkout_date", Kind.DATE),
    Field("first_session_date", Kind.DATE),
    Field("last_session_date", Kind.DATE),
    Field("number_of_sessions", Kind.INTEGER, nullable=False),
    Field("days_since_last_visit", Kind.INTEGER, unit="days"),
    Field("last_click_date", Kind.DATE),
    Field("days_since_last_order", Kind.INTEGER, unit="days"),
    Field("average_order_value", Kind.MONEY),
    Field("average_days_between_orders", Kind.DECIMAL, unit="days"),
    Field("usual_gap_days", Kind.DECIMAL, unit="days"),
    Field("last_order_amount", Kind.MONEY),
    Field("last_order_amount_excluding_tax", Kind.MONEY),
    Field("orders_last_365_days", Kind.INTEGER, nullable=False),
    Field("order_days", Kind.INTEGER, nullable=False),
    Field("refund_rate", Kind.DECIMAL, unit="percent"),
    Field("first_product", Kind.TEXT),
    Field("rfm_recency", Kind.INTEGER, unit="points"),
    Field("rfm_frequency", Kind.INTEGER, unit="points"),
    Field("rfm_monetary", Kind.INTEGER, unit="points"),
    Field("rfm_group", Kind.ENUM, nullable=False, values=_GROUPS),
    Field("lifecycle_phase", Kind.ENUM, nullable=False, values=_PHASES),
    Field("predicted_spend_tier", Kind.ENUM, values=("HIGH", "MEDIUM", "LOW")),
    Field("engagement_tier", Kind.ENUM, values=("super_active", "moderate", "dormant")),
    Field("engagement_tier_opens", Kind.ENUM, values=("super_active", "moderate", "dormant")),
    Field("preferred_category", Kind.TEXT),
    Field("gift_buyer", Kind.BOOLEAN, nullable=False),
    Field("acquisition_source", Kind.TEXT),
    Field("acquisition_campaign", Kind.TEXT),
    Field("support_contacts", Kind.INTEGER, nullable=False),
    Field("net_value", Kind.MONEY, nullable=False),
    Field("churn_probability", Kind.DECIMAL, unit="percent"),
    Field("predicted_value_365d", Kind.MONEY),
    Field("expected_next_order_date", Kind.DATE),
    Field("interests", Kind.TEXT_LIST),
    Field("distance_to_store_km", Kind.DECIMAL, unit="km", profiling=False),
    Field("segment", Kind.TEXT, nullable=False),
    Field("list", Kind.ENUM, profiling=False),
    Field("sample", Kind.DECIMAL, nullable=False, unit="percent", profiling=False),
)

_DATE: Final = Parameter("date", Kind.DATE, nullable=False)
_COUNT: Final = Parameter("count", Kind.INTEGER, nullable=False)
_POSITION: Final = Parameter("position", Kind.ENUM, nullable=False, values=("first", "last", "every", "any"))


def _parameters(kind: Kind, *names: str, unit: str = "") -> tuple[Parameter, ...]:
    return tuple(Parameter(name, kind, unit=unit) for name in names)


_ORDERS: Final = Function(
    "orders_placed",
    (
        _DATE,
        _COUNT,
        _POSITION,
        *_parameters(Kind.MONEY, "amount", "sum_amount"),
        *_parameters(Kind.ID, "location_id", "app_id"),
        *_parameters(Kind.DECIMAL, "discount_rate", "refund_rate", unit="percent"),
        *_parameters(Kind.TEXT, "coupon", "shipping_method", "payment_method", "channel", "source", "campaign", "tag"),
    ),
)
_PRODUCTS: Final = Function(
    "products_purchased",
    (
        *_parameters(Kind.ID, "id"),
        _DATE,
        _COUNT,
        _POSITION,
        *_parameters(Kind.TEXT, "tag", "category", "sku", "variant", "vendor", "title"),
        *_parameters(Kind.INTEGER, "quantity", "sum_quantity"),
        *_parameters(Kind.MONEY, "amount", "sum_amount"),
        *_parameters(Kind.DECIMAL, "discount_rate", unit="percent"),
    ),
)
_SESSION: Final = Function(
    "session",
    (
        _DATE,
        _COUNT,
        *_parameters(Kind.DURATION, "duration", "time_to_purchase", "longest_product_view"),
        *_parameters(Kind.INTEGER, "pages", "product_pages", "searches", "recommendation_clicks", "chats"),
        *_parameters(Kind.INTEGER, "carts", "wishlists", "purchases"),
        *_parameters(Kind.TEXT, "source", "campaign"),
        *_parameters(Kind.BOOLEAN, "current"),
    ),
)
_VERDICT: Final = Parameter("verdict", Kind.ENUM, values=("human", "machine", "unknown"))
_MESSAGE: Final = (*_parameters(Kind.ID, "activity_id"), _DATE, _COUNT, _VERDICT)
_BEHAVIOUR: Final = (
    *_parameters(Kind.ID, "id"),
    _DATE,
    _COUNT,
    *_parameters(Kind.TEXT, "tag"),
    *_parameters(Kind.DECIMAL, "value"),
)

# Without a date, `session` looks at the visits of so many days (S11).
SESSION_DAYS: Final = 30
CHANNELS: Final = ("email", "sms", "push")
MESSAGE_EVENTS: Final = ("opened", "clicked", "delivered", "bounced", "marked_as_spam", "unsubscribed")
CONSENT_STATUSES: Final = (
    *("granted", "imported", "doi_requested", "doi_expired", "refused"),
    *("withdrawn", "objected", "suppressed", "erased", "unknown"),
)

_FUNCTIONS: Final = (
    _ORDERS,
    _PRODUCTS,
    _SESSION,
    Function(
        "customer_within_distance",
        (*_parameters(Kind.POINT, "coordinates"), *_parameters(Kind.DECIMAL, "distance_km", "distance_mi")),
        profiling=False,
    ),
    Function(
        "store_credit_accounts",
        (
            *_parameters(Kind.MONEY, "balance"),
            *_parameters(Kind.TEXT, "currency"),
            *_parameters(Kind.DATE, "next_expiry_date", "last_credit_date"),
        ),
    ),
    Function(
        "event",
        (*_parameters(Kind.TEXT, "name"), _DATE, _COUNT, *_parameters(Kind.DECIMAL, "value")),
        any_property=True,
    ),
    Function("segment", (*_parameters(Kind.TEXT, "name"), *_parameters(Kind.DATE, "entered", "left"))),
    Function("funnel", (*_parameters(Kind.STEPS, "steps"), *_parameters(Kind.DURATION, "within"), _DATE)),
    Function(
        "consent",
        (
            Parameter("channel", Kind.ENUM, values=CHANNELS),
            *_parameters(Kind.TEXT, "purpose"),
            Parameter("status", Kind.ENUM, values=CONSENT_STATUSES),
            _DATE,
        ),
        profiling=False,
    ),
    *(Function(f"{channel}.{event}", _MESSAGE) for channel in CHANNELS for event in MESSAGE_EVENTS),
    *(Function(name, _BEHAVIOUR, any_property=True) for name in STANDARD_EVENTS),
)

KNOWN: Final = Fields.of(_FIELDS, _FUNCTIONS)

# Other spellings of the same names, by their beginning.
ALIASES: Final = (
    ("customer.metafields.", "metafields."),
    ("storefront_event.", "storefront."),
    ("shopify_email.", "email."),
)


_PLAIN: Final = re.compile(r"\w[\w-]*(?:\.\w[\w-]*)*")


def canonical_name(name: str) -> str:
    """The name under which the registers know a field or a function: without the quotes around parts of it."""
    for alias, known in ALIASES:
        if name.startswith(alias):
            return known + name.removeprefix(alias).replace("'", "")
    return name.replace("'", "")


def written_name(name: str) -> str:
    """The name as a query has it: the key of a metafield or property in quotes where it has blanks or other signs."""
    head, dot, key = name.partition(".")
    if head == "metafields":
        space, dot, key = key.partition(".")
        head = f"{head}.{space}"
    return name if not dot or _PLAIN.fullmatch(key) else f"{head}.'{key}'"
