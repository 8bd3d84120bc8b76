"""Every feature that has data, in the order of the reference page."""

from __future__ import annotations

from typing import Final

import ibis

from relance.profiles import lifecycle, rfm
from relance.profiles.feature import Feature, Row
from relance.profiles.reading import Column

EMAIL_STATUSES: Final = ("SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "REDACTED", "INVALID")
SMS_STATUSES: Final = EMAIL_STATUSES[:-1]
ACCOUNT_STATUSES: Final = ("ENABLED", "DISABLED", "INVITED", "DECLINED")


def _single(value: Column) -> Column:
    return value.isnull().ifelse(ibis.null("array<string>"), ibis.array([value]))


def _city(row: Row) -> Column:
    place: Column = ibis.coalesce(row["region"], row["country"])
    return _single(place + "-" + row["city"].replace(" ", ""))


def _tags(row: Row) -> Column:
    """The tags of the shop's own data, then those given in Relance that are not among them."""
    imported, own = row["tags"], row["_own_tags"]
    known = imported.map(lambda tag: tag.lower())
    more = own.filter(lambda tag: ~known.contains(tag.lower()))
    return ibis.cases((own.isnull(), imported), (imported.isnull(), own), else_=imported.concat(more))


def _age(row: Row) -> Column:
    today, birth = row.reading.today, row["birth_date"]
    had_birthday = (birth.month() < today.month) | ((birth.month() == today.month) & (birth.day() <= today.day))
    return (today.year - birth.year() - (~had_birthday).cast("int64")).cast("int64")


def _percent(part: Column, whole: Column) -> Column:
    return part * 100.0 / whole.nullif(0)


def _gap(row: Row) -> Column:
    span = row["_last_day"].delta(row["_first_day"], unit="day")
    return span.cast("float64") / (row["_days"] - 1).nullif(0)


def _net_of_orders(row: Row) -> Column:
    return row["_gross"] - row["_refunded"]


CUSTOMER_FEATURES: Final = (
    Feature("customer_added_date", "date", lambda row: row["added_at"], profiling=False),
    Feature("customer_cities", "text_list", _city, profiling=False, dated=False),
    Feature("customer_regions", "text_list", lambda row: _single(row["region"]), profiling=False, dated=False),
    Feature("customer_countries", "text_list", lambda row: _single(row["country"]), profiling=False, dated=False),
    Feature(
        "customer_email_domain",
        "text",
        lambda row: row["email_key"].split("@")[-1],
        profiling=False,
        dated=False,
    ),
    Feature("customer_language", "text", lambda row: row["language"], profiling=False, dated=False),
    Feature("customer_tags", "text_list", _tags, profiling=False, dated=False, needs=("own_tags",)),
    Feature("list", "enum", lambda row: row["_lists"], profiling=False, dated=False, needs=("lists",)),
    Feature(
        "customer_account_status",
        "enum",
        lambda row: row["account_status"],
        profiling=False,
        dated=False,
        values=ACCOUNT_STATUSES,
    ),
    Feature(
        "email_subscription_status",
        "enum",
        lambda row: row["email_status"],
        profiling=False,
        dated=False,
        values=EMAIL_STATUSES,
    ),
    Feature(
        "sms_subscription_status",
        "enum",
        lambda row: row["sms_status"],
        profiling=False,
        dated=False,
        values=SMS_STATUSES,
    ),
    Feature("gender", "text", lambda row: row["gender"], dated=False),
    Feature("birth_date", "date", lambda row: row["birth_date"], dated=False),
    Feature("age", "integer", _age, unit="years", dated=False),
    Feature("company", "text", lambda row: row["company"], profiling=False, dated=False),
    Feature("shop_total_spent", "money", lambda row: row["shop_total_spent"], dated=False),
    Feature("shop_total_orders", "integer", lambda row: row["shop_total_orders"], dated=False),
)

ORDER_FEATURES: Final = (
    Feature("number_of_orders", "integer", lambda row: row["_orders"], nullable=False, needs=("orders",)),
    Feature(
        "amount_spent",
        "money",
        lambda row: _net_of_orders(row) - row["_lost"],
        nullable=False,
        needs=("gross", "refunded", "lost"),
    ),
    Feature("gross_amount_spent", "money", lambda row: row["_gross"], nullable=False, needs=("gross",)),
    Feature("first_order_date", "date", lambda row: row["_first_at"], needs=("first_at",)),
    Feature("last_order_date", "date", lambda row: row["_last_at"], needs=("last_at",)),
    Feature(
        "days_since_last_order",
        "integer",
        lambda row: row.reading.day(0).delta(row["_last_day"], unit="day").cast("int64"),
        unit="days",
        needs=("last_day",),
    ),
    Feature(
        "average_order_value",
        "money",
        lambda row: _net_of_orders(row) / row["_valued_orders"].nullif(0),
        needs=("gross", "refunded", "valued_orders"),
    ),
    Feature("average_days_between_orders", "decimal", _gap, unit="days", needs=("first_day", "last_day", "days")),
    Feature("last_order_amount", "money", lambda row: row["_last_net"], needs=("last_net",)),
    Feature("last_order_amount_excluding_tax", "money", lambda row: row["_last_untaxed"], needs=("last_untaxed",)),
    Feature("orders_last_365_days", "integer", lambda row: row["_recent"], nullable=False, needs=("recent",)),
    Feature("order_days", "integer", lambda row: row["_days"], nullable=False, needs=("days",)),
    Feature(
        "refund_rate",
        "decimal",
        lambda row: _percent(row["_refunded"] + row["_lost"], row["_gross"]),
        unit="percent",
        needs=("gross", "refunded", "lost"),
    ),
    Feature("first_product", "text", lambda row: row["_first_product"], needs=("first_product",)),
)

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
)

FEATURES: Final[dict[str, Feature]] = {
    feature.name: feature for feature in (*CUSTOMER_FEATURES, *ORDER_FEATURES, *SCORES)
}


def metafield(name: str) -> Feature:
    """The feature of a metafield, `metafields.ns.key`: its text as the source gave it."""
    key = name.removeprefix("metafields.")
    return Feature(
        name,
        "text",
        lambda row: row["metafields"].cast("json")[f'"{key}"'].str,
        profiling=False,
        dated=False,
    )
