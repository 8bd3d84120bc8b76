"""What a visit to the shop is made of: the events that belong to browsing, and where visitors come from.

Names are those of the Segment e-commerce and live chat vocabularies, of Shopify's web pixel and of Klaviyo, as they
are written there. What a server says by itself belongs to no visit: orders, refunds, subscriptions, support tickets,
accounts, and what becomes of messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from relance.standard_events import STANDARD_EVENTS


class Doing(IntEnum):
    """What an event of a visit counts as. `OTHER` keeps the visit going and is counted nowhere."""

    OTHER = 0
    PAGE_CALL = 1
    PAGE = 2
    PRODUCT_PAGE = 3
    SEARCH = 4
    RECOMMENDATION = 5
    CHAT = 6
    CART = 7
    WISHLIST = 8


# a page call names a page; an event that describes the same page beside it is not another page
PAGES: Final = (Doing.PAGE_CALL, Doing.PAGE, Doing.PRODUCT_PAGE, Doing.SEARCH)

_NAMES: Final[Mapping[Doing, tuple[str, ...]]] = {
    Doing.PAGE_CALL: STANDARD_EVENTS["storefront.page_viewed"],
    Doing.PAGE: (
        *STANDARD_EVENTS["storefront.collection_viewed"],
        *STANDARD_EVENTS["storefront.cart_viewed"],
        "Checkout Step Viewed",
    ),
    Doing.PRODUCT_PAGE: STANDARD_EVENTS["storefront.product_viewed"],
    Doing.SEARCH: STANDARD_EVENTS["storefront.search_submitted"],
    Doing.RECOMMENDATION: STANDARD_EVENTS["storefront.recommendation_clicked"],
    Doing.CHAT: STANDARD_EVENTS["support.chat_started"],
    Doing.CART: STANDARD_EVENTS["storefront.product_added_to_cart"],
    Doing.WISHLIST: STANDARD_EVENTS["storefront.wishlist_added"],
    Doing.OTHER: (
        *("Product List Filtered", "Product Clicked", "Product Removed", "Product Shared", "Cart Shared"),
        *("Promotion Viewed", "Promotion Clicked", "Product Removed from Wishlist"),
        *("Coupon Entered", "Coupon Applied", "Coupon Denied", "Coupon Removed"),
        *("Checkout Started", "Checkout Step Completed", "Payment Info Entered", "Started Checkout"),
        *("product_removed_from_cart", "checkout_started", "checkout_contact_info_submitted"),
        *("checkout_address_info_submitted", "checkout_shipping_info_submitted", "payment_info_submitted"),
        *("checkout_completed", "alert_displayed", "ui_extension_errored"),
        *("Live Chat Message Sent", "Live Chat Message Received", "Live Chat Conversation Ended"),
    ),
}

BROWSING: Final[Mapping[str, Doing]] = {name: doing for doing, names in _NAMES.items() for name in names}
"""Every event name that belongs to browsing, and what it counts as."""

# where the facts of a first page stand in the properties of its event
SOURCE_PATHS: Final = (
    *(("utm_source",), ("context", "campaign", "source")),
    *(("campaign", "source"), ("context", "utm_source")),
)
CAMPAIGN_PATHS: Final = (
    *(("utm_campaign",), ("context", "campaign", "name")),
    *(("campaign", "name"), ("context", "utm_campaign")),
)
REFERRER_PATHS: Final = (("referrer",), ("context", "page", "referrer"), ("page", "referrer"), ("context", "referrer"))
SIGNS: Final = ("utm_", "campaign", "referrer")
"""Properties without any of these words say nothing of where a visit comes from."""

DIRECT: Final = "direct"
REFERRERS: Final[Mapping[str, str]] = {
    "email": r"^(mail\.google\.com|mail\.yahoo\..+|outlook\.(live|office|office365)\.com|webmail\..+)$",
    "google": r"(^|\.)google\.[a-z]{2,3}(\.[a-z]{2})?$",
    "bing": r"(^|\.)bing\.com$",
    "yahoo": r"(^|\.)yahoo\.[a-z]{2,3}(\.[a-z]{2})?$",
    "duckduckgo": r"(^|\.)duckduckgo\.com$",
    "ecosia": r"(^|\.)ecosia\.org$",
    "qwant": r"(^|\.)qwant\.com$",
    "yandex": r"(^|\.)yandex\.[a-z]{2,3}(\.[a-z]{2})?$",
    "baidu": r"(^|\.)baidu\.com$",
    "facebook": r"(^|\.)(facebook\.com|fb\.me|fb\.com)$",
    "instagram": r"(^|\.)instagram\.com$",
    "pinterest": r"(^|\.)(pinterest\.[a-z]{2,3}(\.[a-z]{2})?|pin\.it)$",
    "tiktok": r"(^|\.)tiktok\.com$",
    "youtube": r"(^|\.)(youtube\.com|youtu\.be)$",
    "x": r"(^|\.)(x\.com|twitter\.com)$|^t\.co$",
    "linkedin": r"(^|\.)(linkedin\.com|lnkd\.in)$",
    "snapchat": r"(^|\.)snapchat\.com$",
    "reddit": r"(^|\.)reddit\.com$",
}
"""Sources by the referrer's host, the first that matches; any other host is its own source."""
