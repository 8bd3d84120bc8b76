"""A customer's related rows for each function of the language, as plain dictionaries by parameter."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.segments.segment_oracle import Oracle

Row = dict[str, Any]

SILENCE: Final = timedelta(minutes=30)
EVENTS_OF: Final = {
    "storefront.page_viewed": {"Page Viewed", "page_viewed"},
    "storefront.product_viewed": {"Product Viewed", "product_viewed", "Viewed Product"},
    "storefront.collection_viewed": {"Product List Viewed", "collection_viewed", "Viewed Collection"},
    "storefront.product_added_to_cart": {"Product Added", "product_added_to_cart", "Added to Cart"},
    "storefront.product_removed_from_cart": {"Product Removed", "product_removed_from_cart"},
    "storefront.cart_viewed": {"Cart Viewed", "cart_viewed"},
    "storefront.search_submitted": {"Products Searched", "Product Searched", "search_submitted"},
    "storefront.checkout_started": {"Checkout Started", "checkout_started", "Started Checkout"},
    "storefront.checkout_completed": {"Order Completed", "checkout_completed", "Placed Order"},
    "storefront.wishlist_added": {"Product Added to Wishlist"},
    "storefront.wishlist_removed": {"Product Removed from Wishlist"},
    "storefront.recommendation_clicked": {"Recommendation Clicked"},
    "storefront.promotion_clicked": {"Promotion Clicked"},
    "storefront.coupon_applied": {"Coupon Applied"},
    "storefront.product_reviewed": {"Product Reviewed"},
    "storefront.product_shared": {"Product Shared"},
    "storefront.account_created": {"Account Created", "Signed Up"},
    "storefront.newsletter_subscribed": {"Newsletter Subscribed", "Newsletter Signed Up"},
    "support.chat_started": {"Live Chat Conversation Started"},
    "support.contacted": {"Support Contacted"},
}
MESSAGE_OF: Final = {
    "opened": "opened",
    "clicked": "clicked",
    "delivered": "delivered",
    "bounced": "bounced",
    "marked_as_spam": "complained",
    "unsubscribed": "unsubscribed",
}
# What a session counts; other names that browsing sends only keep it alive, and the rest belongs to no session.
COUNTERS: Final = {
    "product_pages": {"Product Viewed"},
    "searches": {"Products Searched"},
    "recommendation_clicks": {"Recommendation Clicked"},
    "chats": {"Live Chat Conversation Started"},
    "carts": {"Product Added"},
    "wishlists": {"Product Added to Wishlist"},
}
PAGES: Final = {"Page Viewed", "Product Viewed", "Product List Viewed", "Cart Viewed", "Products Searched"}
BROWSING: Final = PAGES.union(*COUNTERS.values(), {"Checkout Started"})
KIND_OF: Final = {
    "amount": "money",
    "sum_amount": "money",
    "balance": "money",
}


def related(oracle: Oracle, customer: str, function: str) -> list[Row]:  # noqa: PLR0911
    """The rows that a function looks at, as they are known at the oracle's instant."""
    if function == "orders_placed":
        return [order_row(order) for order in oracle.orders_of[customer]]
    if function == "products_purchased":
        return line_rows(oracle, oracle.orders_of[customer])
    if function == "event":
        return [event_row(event) for event in oracle.events_of[customer]]
    if function in EVENTS_OF:
        return behaviour_rows(oracle, customer, function)
    if function == "session":
        return session_rows(oracle, customer)
    if function == "consent":
        return consent_rows(oracle, customer)
    if function == "store_credit_accounts":
        return [credit_row(one) for one in oracle.shop.credits if one["customer_id"] == customer]
    channel, _, name = function.partition(".")
    return message_rows(oracle, customer, channel, MESSAGE_OF[name])


def order_row(order: Row) -> Row:
    """An order with the parameters of orders_placed."""
    before = (order["subtotal"] if order["subtotal"] is not None else order["total"]) + order["discount"]
    return {
        "order_id": order["order_id"],
        "date": order["ordered_at"],
        "amount": order["net"],
        "location_id": order["location"],
        "discount_rate": order["discount"] * 100 / before if before else None,
        "refund_rate": order["returned"] * 100 / order["gross"] if order["gross"] else None,
        "coupon": order["coupons"],
        "shipping_method": order["shipping_method"],
        "payment_method": order["payment_method"],
        "channel": order["channel"],
        "source": order["acquisition_source"],
        "campaign": order["campaign"],
        "tag": order["tags"],
    }


def line_rows(oracle: Oracle, orders: Sequence[Row]) -> list[Row]:
    """The sale lines of these orders with the parameters of products_purchased."""
    found = []
    for order in orders:
        for line in oracle.lines_of.get(order["order_id"], []):
            returned = sum(
                one["amount"]
                for one in oracle.shop.refunds
                if one["line_id"] == line["line_id"] and one["refunded_at"] < oracle.now
            )
            before = line["total"] + line["discount"]
            found.append(
                {
                    **{name: line[name] for name in ("sku", "variant", "vendor", "title", "category", "quantity")},
                    "order_id": order["order_id"],
                    "date": order["ordered_at"],
                    "id": line["product_id"],
                    "tag": oracle.tags_of(line["product_id"]),
                    "amount": line["total"] - returned if order["gross"] is not None else None,
                    "discount_rate": line["discount"] * 100 / before if before else None,
                }
            )
    return found


def event_row(event: Row) -> Row:
    """An event with the parameters of `event`; a property that is absent has no value."""
    properties = {f"properties.{key}": value for key, value in properties_of(event).items()}
    return {"name": event["name"], "date": event["occurred_at"], "value": event["value"], **properties}


def properties_of(event: Row) -> Row:
    """What the event carries."""
    found: Row = json.loads(event["properties"]) if event["properties"] else {}
    return found


def read_as(found: Any, asked: Any) -> Any:
    """A property as the type of the value that it is compared with; one of another type has no value."""
    one = asked[0] if isinstance(asked, list) else asked
    if isinstance(one, tuple) and isinstance(one[0], tuple | int | float | Decimal):
        one = one[0]
    if found is None or asked is None:
        return found
    if isinstance(one, tuple):
        try:
            return date.fromisoformat(found) if isinstance(found, str) else None
        except ValueError:
            return None
    if isinstance(one, bool) or isinstance(found, bool):
        return found if isinstance(one, bool) and isinstance(found, bool) else None
    if isinstance(one, str):
        return found if isinstance(found, str) else None
    return found if isinstance(found, int | float) else None


def behaviour_rows(oracle: Oracle, customer: str, function: str) -> list[Row]:
    """The events under one short name; the id of a collection stands in its properties."""
    found = []
    for event in oracle.events_of[customer]:
        if event["name"] in EVENTS_OF[function]:
            own = properties_of(event)
            collection = own.get("list_id") or own.get("collection_id")
            found.append(
                {
                    **event_row(event),
                    "id": collection if function == "storefront.collection_viewed" else event["product_id"],
                    "tag": oracle.tags_of(event["product_id"]),
                }
            )
    return found


def message_rows(oracle: Oracle, customer: str, channel: str, kind: str) -> list[Row]:
    """What happened to the messages of one channel."""
    return [
        {
            "activity_id": [event["source"], event["source"].partition(":")[2], event["step"]],
            "date": event["occurred_at"],
            "verdict": event["verdict"],
            "kind": kind,
        }
        for event in oracle.shop.messages
        if event["customer_id"] == customer
        and event["channel"] == channel
        and event["kind"] == kind
        and event["occurred_at"] < oracle.now
    ]


def counts_as_human(row: Row) -> bool:
    """S17: what is counted when no verdict is asked for: an unknown click is human, an unknown open is not."""
    if row["kind"] == "clicked":
        return bool(row["verdict"] != "machine")
    return bool(row["kind"] != "opened" or row["verdict"] == "human")


# What a person did outranks what a file says about a grant, which outranks "unknown"; the second number is strictness.
STANDING: Final = {
    "erased": (3, 9),
    "objected": (3, 8),
    "withdrawn": (3, 7),
    "suppressed": (3, 6),
    "refused": (3, 5),
    "granted": (3, 1),
    "doi_expired": (2, 3),
    "doi_requested": (2, 2),
    "imported": (2, 1),
    "unknown": (1, 0),
}


def standing(oracle: Oracle, customer: str, *, purposes: set[str] | None = None) -> Row | None:
    """The entry that decides among those known: by rank, then the later act, the stricter, the later entry."""
    known = [
        one
        for one in oracle.shop.consents
        if one["customer_id"] == customer
        and one["at"] < oracle.now
        and (purposes is None or one["purpose"] in purposes)
    ]
    return max(known, key=weight_of, default=None)


def weight_of(entry: Row) -> tuple[Any, ...]:
    """Its place among a person's entries on one channel and purpose."""
    rank, strictness = STANDING[entry["status"]]
    return rank, entry["at"], strictness, entry["seq"]


def consent_rows(oracle: Oracle, customer: str) -> list[Row]:
    """Where the customer stands, one row for each channel and purpose."""
    known = [one for one in oracle.shop.consents if one["customer_id"] == customer and one["at"] < oracle.now]
    last: dict[tuple[str, str], Row] = {}
    for entry in sorted(known, key=weight_of):
        last[entry["channel"], entry["purpose"]] = entry
    return [
        {"channel": one["channel"], "purpose": one["purpose"], "status": one["status"], "date": one["at"]}
        for one in last.values()
    ]


def credit_row(account: Row) -> Row:
    """A store credit account."""
    return {
        "balance": account["balance"],
        "currency": account["currency"],
        "next_expiry_date": account["next_expiry_at"],
        "last_credit_date": account["last_credit_at"],
    }


# ---- sessions (S11) ----


def cut(events: Sequence[Row]) -> list[list[Row]]:
    """One visitor's events of browsing in runs: more than 30 minutes of silence begin a new one."""
    runs: list[list[Row]] = []
    browsing = [event for event in events if event["name"] in BROWSING]
    for event in sorted(browsing, key=lambda one: (one["occurred_at"], one["event_id"])):
        if runs and event["occurred_at"] - runs[-1][-1]["occurred_at"] <= SILENCE:
            runs[-1].append(event)
        else:
            runs.append([event])
    return runs


def session_of(run: Sequence[Row]) -> Row:
    """What a run of events amounts to."""
    names = [event["name"] for event in run]
    start, end = run[0]["occurred_at"], run[-1]["occurred_at"]
    first = json.loads(run[0]["properties"]) if run[0]["properties"] else {}
    return {
        "start": start,
        "end": end,
        "date": start,
        "duration": (end - start).total_seconds(),
        "source": first.get("utm_source"),
        "campaign": first.get("utm_campaign"),
        "pages": sum(name in PAGES for name in names),
        "longest_product_view": _longest_view(run),
        **{counter: sum(name in counted for name in names) for counter, counted in COUNTERS.items()},
    }


def _longest_view(run: Sequence[Row]) -> int:
    """Seconds on one product page until the next event."""
    pairs = itertools.pairwise(run)
    product = COUNTERS["product_pages"]
    return max(
        (
            int((after["occurred_at"] - one["occurred_at"]).total_seconds())
            for one, after in pairs
            if one["name"] in product
        ),
        default=0,
    )


def session_rows(oracle: Oracle, customer: str) -> list[Row]:
    """The customer's sessions of what is known, each with its orders; `current` when it may still go on."""
    sessions = [session_of(run) for run in cut(oracle.events_of[customer])]
    for session in sessions:
        session["current"] = oracle.now - session["end"] <= SILENCE
        session["ordered"] = []
    for order in oracle.orders_of[customer]:
        home = session_at(sessions, order["ordered_at"])
        if home is not None:
            home["ordered"].append(order["ordered_at"])
    for session in sessions:
        session["purchases"] = len(session["ordered"])
        first = min(session["ordered"], default=None)
        session["time_to_purchase"] = None if first is None else (first - session["start"]).total_seconds()
    return sessions


def session_at(sessions: Sequence[Row], at: datetime) -> Row | None:
    """The session that contains an instant, else the last that ended at most 30 minutes before."""
    near = [one for one in sessions if one["start"] <= at <= one["end"] + SILENCE]
    inside = [one for one in near if at <= one["end"]]
    return max(inside or near, key=lambda one: one["start"], default=None)


# ---- distance and funnel ----


def kilometres(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Great-circle distance on a sphere with the Earth's mean radius."""
    (lat1, lon1), (lat2, lon2) = ((radians(a), radians(b)) for a, b in (here, there))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * asin(min(1.0, sqrt(half)))


def walked(events: Sequence[Row], begun: datetime, steps: Sequence[tuple[str, bool]], until: datetime | None) -> bool:
    """Whether the steps after a first event are met, each by the first event strictly later than the step before.

    A forbidden event may not follow the positive step before it; `until` is the last instant in time.
    """
    at = begun
    for name, forbidden in steps:
        later = [one["occurred_at"] for one in events if one["name"] == name and one["occurred_at"] > at]
        in_time = [one for one in later if until is None or one <= until]
        if forbidden and in_time:
            return False
        if not forbidden:
            if not in_time:
                return False
            at = min(in_time)
    return True
