"""The fields of a customer that come from visits, messages, contacts and goods, in plain Python over lists."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tests.segments.oracle_checks import midnight
from tests.segments.oracle_rows import EVENTS_OF, consent_rows, session_rows

if TYPE_CHECKING:
    from tests.segments.segment_oracle import Oracle

Row = dict[str, Any]

CONTACTS: Final = EVENTS_OF["support.chat_started"] | EVENTS_OF["support.contacted"]


def half_up(value: float) -> int:
    """Rounded, halves away from zero."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def behaviour_of(oracle: Oracle, customer: Row) -> Row:
    """What the customer did besides ordering, and what that is worth."""
    who = customer["customer_id"]
    orders = oracle.orders_of[who]
    sessions = session_rows(oracle, who)
    ended = [one for one in sessions if not one["current"]]
    clicks = [
        one["occurred_at"] for one in _messages(oracle, who) if one["kind"] == "clicked" and one["verdict"] != "machine"
    ]
    last_visit = max((one["start"] for one in ended), default=None)
    contacts = [one["occurred_at"] for one in oracle.events_of[who] if one["name"] in CONTACTS]
    return {
        "abandoned_checkout_date": _abandoned(oracle, who),
        "first_session_date": min((one["start"] for one in ended), default=None),
        "last_session_date": last_visit,
        "number_of_sessions": len(ended),
        "days_since_last_visit": None
        if last_visit is None
        else (oracle.today - oracle.calendar.local(last_visit)).days,
        "last_click_date": max(clicks, default=None),
        "engagement_tier": _tier(oracle, customer, [one["start"] for one in ended], clicks),
        "engagement_tier_opens": _tier_by_opens(oracle, who),
        **_origin(sessions, orders),
        "support_contacts": sum(at >= days_ago(oracle, 365) for at in contacts),
        "net_value": _net_value(oracle, who),
        "preferred_category": _preferred(oracle, who),
        "gift_buyer": any(_is_gift(order) for order in orders),
    }


def days_ago(oracle: Oracle, days: int) -> datetime:
    """The first instant of the day that many days before today."""
    return midnight(oracle.today - timedelta(days=days), oracle.shop.zone)


def _messages(oracle: Oracle, who: str) -> list[Row]:
    return [one for one in oracle.shop.messages if one["customer_id"] == who and one["occurred_at"] < oracle.now]


def _abandoned(oracle: Oracle, who: str) -> datetime | None:
    """The last checkout begun over an hour ago, unless an order came at its instant or later."""
    old = oracle.now - timedelta(hours=1)
    begun = [
        one["occurred_at"]
        for one in oracle.events_of[who]
        if one["name"] in EVENTS_OF["storefront.checkout_started"] and one["occurred_at"] < old
    ]
    last: datetime | None = max(begun, default=None)
    if last is None or any(order["ordered_at"] >= last for order in oracle.orders_of[who]):
        return None
    return last


def _tier(oracle: Oracle, customer: Row, visits: list[datetime], clicks: list[datetime]) -> str | None:
    """Super-active: 4 visits, 3 clicks or 2 orders in 30 days; dormant: no sign in 180 days, nor new in them."""
    orders = [order["ordered_at"] for order in oracle.orders_of[customer["customer_id"]]]
    month, half_year = days_ago(oracle, 30), days_ago(oracle, 180)
    signs = ((visits, 4), (clicks, 3), (orders, 2))
    if any(sum(at >= month for at in instants) >= enough for instants, enough in signs):
        return "super_active"
    if any(at >= half_year for instants, _ in signs for at in instants):
        return "moderate"
    is_new = customer.get("added_at") is not None and customer["added_at"] >= half_year
    return None if is_new else "dormant"


def _tier_by_opens(oracle: Oracle, who: str) -> str | None:
    """The share of e-mails of 180 days that a human opened, for those who agreed to noticing opens."""
    agreed = [
        row["status"] in {"granted", "imported"}
        for row in consent_rows(oracle, who)
        if (row["channel"], row["purpose"]) == ("email", "opens")
    ]
    recent = [
        one
        for one in _messages(oracle, who)
        if one["channel"] == "email" and one["occurred_at"] >= days_ago(oracle, 180)
    ]
    sent = {one["message_id"] for one in recent if one["kind"] == "accepted"}
    opened = {one["message_id"] for one in recent if one["kind"] == "opened" and one["verdict"] == "human"}
    if agreed != [True] or not sent:
        return None
    if len(opened) * 100 >= 75 * len(sent):
        return "super_active"
    return "moderate" if opened else "dormant"


def _origin(sessions: list[Row], orders: list[Row]) -> Row:
    """Source and campaign of the first visit, else of the first order."""
    first = min(sessions, key=lambda one: one["start"], default=None)
    if first is not None and first["source"] is not None:
        return {"acquisition_source": first["source"], "acquisition_campaign": first["campaign"]}
    order = orders[0] if orders else {"acquisition_source": None, "campaign": None}
    return {"acquisition_source": order["acquisition_source"], "acquisition_campaign": order["campaign"]}


def untaxed(order: Row) -> int | None:
    """What was paid without taxes, lowered by refunds in proportion."""
    if order["net"] is None or not order["gross"]:
        net: int | None = order["net"]
        return net
    return half_up(order["net"] * ((order["gross"] - (order["tax"] or 0)) / order["gross"]))


def kept_lines(oracle: Oracle, who: str) -> list[tuple[Row, int | None]]:
    """The lines of the customer's orders, each with its total less its own refunds; none in another currency."""
    found = []
    for order in oracle.orders_of[who]:
        for line in oracle.lines_of.get(order["order_id"], []):
            returned = sum(
                one["amount"]
                for one in oracle.shop.refunds
                if one["line_id"] == line["line_id"] and one["refunded_at"] < oracle.now
            )
            found.append((line, line["total"] - returned if order["gross"] is not None else None))
    return found


def _net_value(oracle: Oracle, who: str) -> int:
    """Orders without taxes, less refunds without order, less what the goods that were kept cost."""
    paid = sum(untaxed(order) or 0 for order in oracle.orders_of[who])
    lost = sum(
        one["amount"]
        for one in oracle.shop.refunds
        if one["order_id"] is None and one["customer_id"] == who and one["refunded_at"] < oracle.now
    )
    goods = 0.0
    for line, net in kept_lines(oracle, who):
        cost = next((one["cost"] for one in oracle.shop.products if one["product_id"] == line["product_id"]), None)
        if cost is not None and net is not None:
            goods += cost * line["quantity"] * (net / line["total"] if line["total"] else 1.0)
    worth: int = paid - lost - half_up(goods)
    return worth


def _preferred(oracle: Oracle, who: str) -> str | None:
    """The category on which most was spent; of equal ones the first by name."""
    spent: dict[str, int] = {}
    for line, net in kept_lines(oracle, who):
        if line["category"] is not None:
            spent[line["category"]] = spent.get(line["category"], 0) + (net or 0)
    return min(spent, key=lambda name: (-spent[name], name), default=None)


def _is_gift(order: Row) -> bool:
    """A tag says so, or a column of the file: a gift marked with yes, or a message that goes with it."""
    if any(tag.lower() in {"gift", "cadeau"} for tag in order["tags"] or []):
        return True
    extra = json.loads(order["extra"]) if order["extra"] else {}
    return extra.get("Gift") == "yes" or bool(extra.get("Gift message"))
