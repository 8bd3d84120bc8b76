"""The standard names of behaviour events, and the short name under which queries ask for each.

A short name covers the name of Segment's e-commerce and live-chat vocabulary, the name of Shopify's web pixel and the
names that other senders are known to use for the same act; names are case-sensitive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STANDARD_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "storefront.page_viewed": ("Page Viewed", "page_viewed", "Screen Viewed", "Active on Site"),
    "storefront.product_viewed": ("Product Viewed", "product_viewed", "Viewed Product"),
    "storefront.collection_viewed": ("Product List Viewed", "collection_viewed", "Viewed Collection"),
    "storefront.product_added_to_cart": (
        *("Product Added", "product_added_to_cart", "Added to Cart"),
        "Wishlist Product Added to Cart",
    ),
    "storefront.product_removed_from_cart": ("Product Removed", "product_removed_from_cart"),
    "storefront.cart_viewed": ("Cart Viewed", "cart_viewed"),
    "storefront.search_submitted": ("Products Searched", "Product Searched", "search_submitted", "Submitted Search"),
    "storefront.checkout_started": ("Checkout Started", "checkout_started", "Started Checkout"),
    "storefront.checkout_completed": ("Order Completed", "checkout_completed", "Placed Order"),
    "storefront.wishlist_added": ("Product Added to Wishlist",),
    "storefront.wishlist_removed": ("Product Removed from Wishlist",),
    "storefront.recommendation_clicked": ("Recommendation Clicked",),
    "storefront.promotion_clicked": ("Promotion Clicked",),
    "storefront.coupon_applied": ("Coupon Applied",),
    "storefront.product_reviewed": ("Product Reviewed",),
    "storefront.product_shared": ("Product Shared",),
    "storefront.account_created": ("Account Created", "Signed Up"),
    "storefront.newsletter_subscribed": ("Newsletter Subscribed", "Newsletter Signed Up"),
    "support.chat_started": ("Live Chat Conversation Started",),
    "support.contacted": ("Support Contacted",),
}
