"""What random queries may ask: every field and parameter with its kind and values near those of the random shops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

Values = Sequence[Any]


class Id(str):
    """An id, which queries may write without quotes when it is a number."""

    __slots__ = ()


FIELDS: Final[dict[str, tuple[str, Values]]] = {
    "customer_added_date": ("date", ()),
    "customer_cities": ("texts", ("FR-75-Paris", "us-ny-newyorkcity", "FR-SaintDenis")),
    "customer_regions": ("texts", ("FR-75", "us-ny")),
    "customer_countries": ("texts", ("FR", "us")),
    "customer_email_domain": ("text", ("gmail.com", "Gmail.com", "example.org")),
    "customer_language": ("text", ("fr", "FR", "fr-CA", "en")),
    "customer_tags": ("texts", ("VIP", "gift", "none")),
    "customer_account_status": ("enum", ("ENABLED", "INVITED", "DECLINED")),
    "email_subscription_status": ("enum", ("SUBSCRIBED", "UNSUBSCRIBED")),
    "sms_subscription_status": ("enum", ("SUBSCRIBED", "PENDING")),
    "product_subscription_status": ("enum", ("SUBSCRIBED", "PAUSED")),
    "created_by_app_id": ("id", (Id(580111), Id(580112))),
    "companies": ("ids", (Id(77), Id(78), Id(79))),
    "customer_city": ("text", ("Paris", "paris", "New")),
    "customer_postcode": ("text", ("75003", "97100", "750")),
    "customer_department": ("text", ("75", "971", "2A")),
    "local": ("boolean", (True, False)),
    "distance_to_store_km": ("number", (5, 15, 6000)),
    "has_email": ("boolean", (True, False)),
    "has_phone": ("boolean", (True, False)),
    "interests": ("texts", ("Soap", "lamps", "none")),
    "sample": ("number", (10, 50, 90)),
    "list": ("enum", ("Fair 2024", "Testers")),
    "predicted_spend_tier": ("enum", ("HIGH", "MEDIUM", "LOW")),
    "segment": ("text", ()),
    "abandoned_checkout_date": ("date", ()),
    "first_session_date": ("date", ()),
    "last_session_date": ("date", ()),
    "number_of_sessions": ("number", (0, 1, 2)),
    "days_since_last_visit": ("number", (0, 1, 30)),
    "last_click_date": ("date", ()),
    "engagement_tier": ("enum", ("super_active", "moderate", "dormant")),
    "engagement_tier_opens": ("enum", ("super_active", "moderate", "dormant")),
    "acquisition_source": ("text", ("email", "google", "aff")),
    "acquisition_campaign": ("text", ("newsletter", "SUM")),
    "support_contacts": ("number", (0, 1, 2)),
    "net_value": ("money", (0, 10, 25, Decimal("37.5"))),
    "preferred_category": ("text", ("Soap", "Lamp", "la")),
    "gift_buyer": ("boolean", (True, False)),
    "company": ("text", ("Atelier", "atelier", "tel")),
    "gender": ("text", ("F", "M", "f")),
    "birth_date": ("date", ()),
    "age": ("number", (23, 24, 34, 40)),
    "number_of_orders": ("number", (0, 1, 2, 3)),
    "amount_spent": ("money", (0, 10, 25, 50, Decimal("123.45"), 75)),
    "gross_amount_spent": ("money", (0, 10, 25, 50, Decimal("123.45"), 75)),
    "shop_total_spent": ("money", (0, 50, Decimal("49.99"))),
    "shop_total_orders": ("number", (0, 1, 2)),
    "first_order_date": ("date", ()),
    "last_order_date": ("date", ()),
    "days_since_last_order": ("number", (0, 1, 30, 90)),
    "average_order_value": ("money", (0, 10, 25, 50, Decimal("37.5"))),
    "average_days_between_orders": ("number", (0, 1, 20, 30, 50, 100)),
    "usual_gap_days": ("number", (1, 30, 90)),
    "last_order_amount": ("money", (0, 10, 25, 50, Decimal("123.45"))),
    "last_order_amount_excluding_tax": ("money", (0, 10, 25, 50)),
    "orders_last_365_days": ("number", (0, 1, 3)),
    "order_days": ("number", (0, 1, 2, 3)),
    "refund_rate": ("number", (0, 20, 50, 100)),
    "first_product": ("text", ("p1", "p2", "A-1", "P")),
    "rfm_recency": ("number", (1, 3, 5)),
    "rfm_frequency": ("number", (1, 2, 5)),
    "rfm_monetary": ("number", (1, 3, 5)),
    "rfm_group": ("enum", ("CHAMPIONS", "LOYAL", "ACTIVE", "NEW", "AT_RISK", "DORMANT", "PROSPECTS")),
    "lifecycle_phase": ("enum", ("prospect", "lost", "inactive", "at_risk", "loyal", "repeat", "first_time")),
    "metafields.facts.birth_date": ("date", ()),
    "metafields.facts.vip": ("boolean", (True, False)),
    "metafields.facts.note": ("text", ("calls on Mondays", "prefers", "")),
    "metafields.loyalty.points": ("number", (0, 10, -3)),
    "metafields.loyalty.rate": ("number", (Decimal("0.5"), 10, Decimal("12.25"))),
}
# Fields of whole days: an instant means nothing for them.
CALENDAR_DAYS: Final = {"birth_date", "metafields.facts.birth_date", "properties.due"}
WHOLE: Final = {"age", "number_of_orders", "days_since_last_order", "orders_last_365_days", "order_days"}
RANKED: Final = ("amount_spent", "number_of_orders", "average_order_value")
TIMES: Final = ("average_days_between_orders", "usual_gap_days", "number_of_orders")

_PLACE: Final = ("enum", ("first", "last", "every", "any"))
_COUNT: Final = ("number", (0, 1, 2, 3))
_DATE: Final = ("date", ())
_MONEY: Final = ("money", (0, 10, 25, 50, Decimal("123.45")))
_RATE: Final = ("number", (0, 10, 15, 20, 100))
_BEHAVIOUR: Final[dict[str, tuple[str, Values]]] = {
    "id": ("id", ("p1", "p2")),
    "date": _DATE,
    "count": _COUNT,
    "tag": ("text", ("gift", "Bath", "ba")),
    "value": ("number", (5, 10, Decimal("10.5"))),
}
_MESSAGE: Final[dict[str, tuple[str, Values]]] = {
    "activity_id": ("id", (Id(11), "campaign:12", "welcome", "second")),
    "date": _DATE,
    "count": _COUNT,
    "verdict": ("enum", ("human", "machine", "unknown")),
}
_OWN: Final[dict[str, tuple[str, Values]]] = {
    "properties.color": ("text", ("red", "blue", "Blue")),
    "properties.size": ("number", (1, 2, Decimal("2.5"))),
    "properties.gift": ("boolean", (True, False)),
    "properties.due": ("date", ()),
}
BEHAVIOURS: Final = (
    *("storefront.page_viewed", "storefront.product_viewed", "storefront.collection_viewed", "storefront.cart_viewed"),
    *("storefront.product_added_to_cart", "storefront.product_removed_from_cart", "storefront.search_submitted"),
    *("storefront.checkout_started", "storefront.checkout_completed", "storefront.wishlist_added"),
    *("storefront.wishlist_removed", "storefront.recommendation_clicked", "storefront.promotion_clicked"),
    *("storefront.coupon_applied", "storefront.product_reviewed", "storefront.product_shared"),
    *("storefront.account_created", "storefront.newsletter_subscribed", "support.chat_started", "support.contacted"),
)
MESSAGES: Final = tuple(
    f"{channel}.{event}"
    for channel in ("email", "sms", "push")
    for event in ("opened", "clicked", "delivered", "bounced", "marked_as_spam", "unsubscribed")
)
FUNCTIONS: Final[dict[str, dict[str, tuple[str, Values]]]] = {
    "orders_placed": {
        "date": _DATE,
        "amount": _MONEY,
        "sum_amount": _MONEY,
        "count": _COUNT,
        "location_id": ("id", (Id(31), Id(32))),
        "discount_rate": _RATE,
        "refund_rate": _RATE,
        "coupon": ("text", ("TEN", "ten", "SUM")),
        "shipping_method": ("text", ("Express", "express", "col")),
        "payment_method": ("text", ("card", "paypal")),
        "channel": ("text", ("app", "web")),
        "source": ("text", ("email", "Affiliate", "goo")),
        "campaign": ("text", ("newsletter", "SUMMER")),
        "tag": ("text", ("gift", "Gift")),
        "position": _PLACE,
    },
    "products_purchased": {
        "id": ("id", ("p1", "p2")),
        "sku": ("text", ("A-1", "a")),
        "variant": ("text", ("Large", "large")),
        "vendor": ("text", ("Clairval", "val")),
        "title": ("text", ("Lamp", "soap")),
        "category": ("text", ("Soap", "Lamp")),
        "tag": ("text", ("gift", "bath")),
        "date": _DATE,
        "quantity": ("number", (1, 2, 3)),
        "sum_quantity": ("number", (0, 2, 4)),
        "count": _COUNT,
        "amount": ("money", (0, 9, 10, 25)),
        "sum_amount": ("money", (0, 9, 25)),
        "discount_rate": ("number", (0, 10)),
        "position": _PLACE,
    },
    "event": {
        "name": ("text", ("Product Viewed", "product", "Quiz Taken", "Support Contacted")),
        "date": _DATE,
        "count": _COUNT,
        "value": ("number", (5, 10, Decimal("10.5"))),
        **_OWN,
    },
    **{key: {**_BEHAVIOUR, **_OWN} for key in BEHAVIOURS},
    **dict.fromkeys(MESSAGES, _MESSAGE),
    "session": {
        "date": _DATE,
        "duration": ("length", (0, 60, 270, 900, 1800)),
        "pages": ("number", (0, 1, 3)),
        "product_pages": ("number", (0, 1, 2)),
        "searches": ("number", (0, 1, 2)),
        "recommendation_clicks": ("number", (0, 1, 2)),
        "chats": ("number", (0, 1)),
        "carts": ("number", (0, 1)),
        "wishlists": ("number", (0, 1)),
        "longest_product_view": ("length", (0, 60, 270)),
        "purchases": ("number", (0, 1)),
        "time_to_purchase": ("length", (60, 900, 1800)),
        "source": ("text", ("email", "GOOGLE", "aff")),
        "campaign": ("text", ("newsletter", "summer")),
        "count": _COUNT,
        "current": ("boolean", (True, False)),
    },
    "consent": {
        "channel": ("enum", ("email", "sms", "push")),
        "purpose": ("text", ("marketing", "reviews")),
        "status": ("enum", ("granted", "withdrawn", "refused")),
        "date": _DATE,
    },
    "store_credit_accounts": {
        "balance": ("money", (0, 5, 10, Decimal("25.5"))),
        "currency": ("text", ("EUR", "USD")),
        "next_expiry_date": _DATE,
        "last_credit_date": _DATE,
    },
    "customer_within_distance": {
        "coordinates": ("place", ((48.8566, 2.3522), (48.95, 2.36), (40.7, -74))),
        "distance_km": ("number", (0, 5, 15, 6000)),
        "distance_mi": ("number", (3, Decimal("6.2"), 4000)),
    },
    "funnel": {
        "steps": (
            "steps",
            (
                (("Product Viewed", False), ("Product Added", False)),
                (("Product Added", False), ("Order Completed", True)),
                (("Product Added", False), ("Checkout Started", False), ("Order Completed", True)),
                (("Product Viewed", False), ("Product Added", True), ("Products Searched", False)),
            ),
        ),
        "within": ("length", (900, 1800, 14_400)),
        "date": _DATE,
    },
    "segment": {"name": ("text", ()), "entered": _DATE, "left": _DATE},
}

# Whole days and instants at which dates are compared.
DAYS: Final = (date(2024, 3, 31), date(2024, 2, 29), date(2023, 10, 29), date(2024, 10, 27))
INSTANTS: Final = (datetime(2024, 3, 30, 12, 0, 0), datetime(2024, 10, 27, 1, 30, 0))  # noqa: DTZ001
OFFSETS: Final = (
    *((-days, "d") for days in (7, 30, 30, 90, 365, 0)),
    *((-months, "m") for months in (1, 3, 13)),
    *((-1, "y"), (-2, "y"), (-1, "w"), (1, "d")),
)
EXACT: Final = ((-4, "h"), (-24, "h"), (-1, "h"), (-15, "min"), (-30, "min"))
