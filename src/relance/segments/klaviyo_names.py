"""What Klaviyo's names are called in Relance: metrics, profile properties, predictions, regions.

Metrics are those that the shop connectors and Klaviyo itself write (help.klaviyo.com/hc/en-us/articles/115005080447).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from relance.segments.language.fields import Fields

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Metric:
    """The function that a metric is: its parameters by Klaviyo's properties, and the parameter of a sum of values.

    `fixed` is a parameter that the metric itself stands for. `note` says how it was read. `when` is False where the
    function's date is not that of the metric.
    """

    function: str
    parameters: Mapping[str, str] = field(default_factory=lambda: _NONE)
    total: str | None = None
    note: str | None = None
    when: bool = True


_ORDER: Final = {
    "value": "amount",
    "discount codes": "coupon",
    "discount code": "coupon",
    "shipping method": "shipping_method",
    "payment method": "payment_method",
    "source name": "channel",
    "tags": "tag",
}
_LINE: Final = {
    "value": "amount",
    "name": "title",
    "product name": "title",
    "productid": "id",
    "product id": "id",
    "sku": "sku",
    "variant name": "variant",
    "vendor": "vendor",
    "brand": "vendor",
    "categories": "category",
    "collections": "category",
    "quantity": "quantity",
}
_PRODUCT: Final = {"productid": "id", "product id": "id", "value": "value"}
_EVENT: Final = {"value": "value"}
_MESSAGE: Final = {"message": "activity_id", "message id": "activity_id"}

METRICS: Final[Mapping[str, Metric]] = {
    "placed order": Metric("orders_placed", _ORDER, "sum_amount", "orders"),
    "ordered product": Metric("products_purchased", _LINE, "sum_amount", "orders"),
    "refunded order": Metric("orders_placed", _ORDER, None, "refunded", when=False),
    "viewed product": Metric("storefront.product_viewed", _PRODUCT),
    "viewed collection": Metric("storefront.collection_viewed", _EVENT),
    "added to cart": Metric("storefront.product_added_to_cart", _PRODUCT),
    "started checkout": Metric("storefront.checkout_started", _EVENT),
    "checkout started": Metric("storefront.checkout_started", _EVENT),
    "submitted search": Metric("storefront.search_submitted", _EVENT),
    "active on site": Metric("session", note="sessions"),
    "opened email": Metric("email.opened", _MESSAGE, note="human"),
    "clicked email": Metric("email.clicked", _MESSAGE, note="human"),
    "received email": Metric("email.delivered", _MESSAGE),
    "bounced email": Metric("email.bounced", _MESSAGE),
    "marked email as spam": Metric("email.marked_as_spam", _MESSAGE),
    "unsubscribed": Metric("email.unsubscribed", _MESSAGE),
    "unsubscribed from email marketing": Metric("email.unsubscribed", _MESSAGE),
    "received sms": Metric("sms.delivered", _MESSAGE),
    "clicked sms": Metric("sms.clicked", _MESSAGE, note="human"),
    "unsubscribed from sms marketing": Metric("sms.unsubscribed", _MESSAGE),
    "received push": Metric("push.delivered", _MESSAGE),
    "opened push": Metric("push.opened", _MESSAGE, note="human"),
}
# Metrics of what Relance does not count as an order at all.
NOT_COUNTED: Final = frozenset({"cancelled order"})

# What the steps of a sequence are called among the standard events.
STEPS: Final = {
    "viewed product": "Product Viewed",
    "viewed collection": "Product List Viewed",
    "added to cart": "Product Added",
    "started checkout": "Checkout Started",
    "checkout started": "Checkout Started",
    "submitted search": "Products Searched",
    "placed order": "Order Completed",
}

PROPERTIES: Final = {
    "created": "customer_added_date",
    "locale": "customer_language",
    "organization": "company",
    "location['city']": "customer_city",
    "location['zip']": "customer_postcode",
    "location['country']": "customer_countries",
    "location['region']": "customer_regions",
    "$source": "acquisition_source",
}
# Properties that merchants keep under a usual name.
USUAL: Final = {
    "gender": "gender",
    "birthday": "birth_date",
    "birth_date": "birth_date",
    "birthdate": "birth_date",
    "date_of_birth": "birth_date",
    "age": "age",
    "shopify_tags": "customer_tags",
    "tags": "customer_tags",
}

# Klaviyo gives the probability from 0 to 1.
PREDICTIONS: Final = {
    "average_days_between_orders": "average_days_between_orders",
    "average_order_value": "average_order_value",
    "churn_probability": "churn_probability",
    "historic_clv": "amount_spent",
    "historic_number_of_orders": "number_of_orders",
    "predicted_clv": "predicted_value_365d",
    "expected_date_of_next_purchase": "expected_next_order_date",
}

EUROPEAN_UNION: Final = (
    *("AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE"),
    *("IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"),
)
REGIONS: Final = {"european_union": EUROPEAN_UNION, "united_states": ("US",)}

WINDOWS: Final = {
    "HOURS_1": 3600,
    "DAYS_1": 86400,
    "DAYS_3": 3 * 86400,
    "DAYS_5": 5 * 86400,
    "WEEKS_1": 7 * 86400,
    "DAYS_30": 30 * 86400,
    "DAYS_90": 90 * 86400,
    "DAYS_180": 180 * 86400,
    "YEARS_1": 365 * 86400,
}

_INSIDE: Final = re.compile(r"properties\[['\"](?P<key>.*)['\"]\]")
_KEY: Final = re.compile(r"[^'\"\\]+")


def plain(name: str) -> str:
    """A name of Klaviyo as the tables here have it: without sign, in lower case."""
    return name.removeprefix("$").strip().casefold()


def key_of(property_: str) -> str:
    """The merchant's own name of a profile property, as in `properties['Favourite colour']`."""
    found = _INSIDE.fullmatch(property_.strip())
    return found["key"] if found else property_.strip()


def is_key(name: str) -> bool:
    """Whether the language can write `properties.` and this name."""
    return _KEY.fullmatch(name) is not None


def own_field(property_: str, fields: Fields) -> str | None:
    """The shop's own field of the same name as a property, whatever their signs and case; None when not one alone."""
    wanted = _squeezed(key_of(property_))
    found = [
        name
        for name, declared in fields.fields.items()
        if declared.available and "." in name and _squeezed(name.rpartition(".")[2]) == wanted
    ]
    return found[0] if len(found) == 1 else None


def _squeezed(name: str) -> str:
    """The letters and digits of a name."""
    return re.sub(r"[\W_]+", "", name).casefold()
