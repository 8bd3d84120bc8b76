"""What is known of a customer without looking at orders or behaviour."""

from __future__ import annotations

from typing import Final

import ibis

from relance.profiles import consents, places
from relance.profiles.feature import Feature, Row
from relance.profiles.metafields import interests
from relance.profiles.reading import Column
from relance.profiles.sample import place_in_the_draw

ACCOUNT_STATUSES: Final = ("ENABLED", "DISABLED", "INVITED", "DECLINED")
SUBSCRIPTIONS: Final = ("SUBSCRIBED", "PAUSED", "CANCELED", "EXPIRED", "FAILED", "NEVER_SUBSCRIBED")
# the same states in the words of Shopify's API
SAME_SUBSCRIPTIONS: Final = (("ACTIVE", "SUBSCRIBED"), ("CANCELLED", "CANCELED"))


def _single(value: Column) -> Column:
    return value.isnull().ifelse(ibis.null("array<string>"), ibis.array([value]))


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


def _product_subscription(row: Row) -> Column:
    written = row["subscription_status"].upper()
    renamed: Column = ibis.cases(*((written == theirs, ours) for theirs, ours in SAME_SUBSCRIPTIONS), else_=written)
    return renamed.fill_null("NEVER_SUBSCRIBED")


def _is_written(name: str) -> Feature:
    """Whether a text of the customer is there."""
    return Feature(
        f"has_{name}",
        "boolean",
        lambda row: row[name].fill_null("").strip() != "",
        nullable=False,
        profiling=False,
        dated=False,
    )


PERSON_FEATURES: Final = (
    Feature("customer_added_date", "date", lambda row: row["added_at"], profiling=False),
    Feature("customer_cities", "text_list", lambda row: _single(places.city_code(row)), profiling=False, dated=False),
    Feature("customer_regions", "text_list", lambda row: _single(row["region"]), profiling=False, dated=False),
    Feature("customer_countries", "text_list", lambda row: _single(row["country"]), profiling=False, dated=False),
    Feature("customer_city", "text", lambda row: row["city"], profiling=False, dated=False),
    Feature("customer_postcode", "text", lambda row: row["postcode"], profiling=False, dated=False),
    Feature("customer_department", "text", places.department, profiling=False, dated=False),
    Feature("local", "boolean", places.is_local, profiling=False, dated=False),
    Feature("distance_to_store_km", "decimal", places.distance_to_store, unit="km", profiling=False, dated=False),
    Feature(
        "customer_email_domain",
        "text",
        lambda row: row["email_key"].split("@")[-1],
        profiling=False,
        dated=False,
    ),
    _is_written("email"),
    _is_written("phone"),
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
    Feature("created_by_app_id", "id", lambda row: row["created_by_app"], profiling=False, dated=False),
    Feature("companies", "id_list", lambda row: row["companies"], profiling=False, dated=False),
    Feature("company", "text", lambda row: row["company"], profiling=False, dated=False),
    Feature(
        "email_subscription_status",
        "enum",
        consents.email_status,
        profiling=False,
        dated=False,
        values=consents.EMAIL_STATUSES,
        needs=("email_consent", "sms_consent"),
    ),
    Feature(
        "sms_subscription_status",
        "enum",
        consents.sms_status,
        profiling=False,
        dated=False,
        values=consents.SMS_STATUSES,
        needs=("email_consent", "sms_consent"),
    ),
    Feature(
        "product_subscription_status",
        "enum",
        _product_subscription,
        nullable=False,
        dated=False,
        values=SUBSCRIPTIONS,
    ),
    Feature("gender", "text", lambda row: row["gender"], dated=False),
    Feature("birth_date", "date", lambda row: row["birth_date"], dated=False),
    Feature("age", "integer", _age, unit="years", dated=False),
    Feature("interests", "text_list", interests, dated=False),
    Feature("shop_total_spent", "money", lambda row: row["shop_total_spent"], dated=False),
    Feature("shop_total_orders", "integer", lambda row: row["shop_total_orders"], dated=False),
    Feature("sample", "decimal", place_in_the_draw, unit="percent", nullable=False, profiling=False, dated=False),
)
