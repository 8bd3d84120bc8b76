"""The fields of a customer, in plain Python over lists."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from tests.segments.oracle_behaviour import behaviour_of, untaxed
from tests.segments.oracle_rows import consent_rows, kilometres

if TYPE_CHECKING:
    from tests.segments.segment_oracle import Oracle

Row = dict[str, Any]

RFM: Final = {
    5: ["NEW", "ACTIVE", "ACTIVE", "CHAMPIONS", "CHAMPIONS"],
    4: ["PROMISING", "ACTIVE", "ACTIVE", "LOYAL", "LOYAL"],
    3: ["ALMOST_LOST", "ALMOST_LOST", "NEEDS_ATTENTION", "LOYAL", "LOYAL"],
    2: ["DORMANT", "DORMANT", "AT_RISK", "AT_RISK", "PREVIOUSLY_LOYAL"],
    1: ["DORMANT", "DORMANT", "AT_RISK", "AT_RISK", "PREVIOUSLY_LOYAL"],
}


SEAT: Final = "paris"
STORES: Final = ((48.85, 2.35), (45.76, 4.84))
INTERESTS: Final = ("relance.interests", "custom.interests", "facts.interests", "facts.interet")


def facts_of(oracle: Oracle, customer: Row) -> Row:
    """Everything that does not depend on other customers."""
    return {
        "customer_id": customer["customer_id"],
        **_who(oracle, customer),
        **_own(customer),
        **_orders(oracle, customer["customer_id"]),
        **behaviour_of(oracle, customer),
    }


def _one(value: Any) -> list[Any] | None:
    return None if value is None else [value]


def _who(oracle: Oracle, customer: Row) -> Row:
    get: Callable[[str], Any] = customer.get
    place = get("region") or get("country")
    city = f"{place}-{get('city').replace(' ', '')}" if place and get("city") else None
    return {
        "customer_added_date": get("added_at"),
        "customer_cities": _one(city),
        "customer_regions": _one(get("region")),
        "customer_countries": _one(get("country")),
        "customer_email_domain": get("email_key").split("@")[1] if get("email_key") else None,
        "customer_language": get("language"),
        "customer_tags": _tags(oracle, customer) or None,
        "list": _lists(oracle, customer["customer_id"]) or None,
        "customer_city": get("city"),
        "customer_postcode": get("postcode"),
        "customer_department": _department(customer),
        "local": get("city").strip().lower() == SEAT if get("city") is not None else None,
        "distance_to_store_km": _to_store(customer),
        "has_email": bool((get("email") or "").strip()),
        "has_phone": bool((get("phone") or "").strip()),
        "sample": _draw(customer["customer_id"]),
        "interests": _interests(customer) or None,
        "customer_account_status": get("account_status"),
        "email_subscription_status": _subscribed(oracle, customer, "email"),
        "sms_subscription_status": _subscribed(oracle, customer, "sms"),
        "product_subscription_status": {"ACTIVE": "SUBSCRIBED", None: "NEVER_SUBSCRIBED"}.get(
            get("subscription_status"), get("subscription_status")
        ),
        "created_by_app_id": get("created_by_app"),
        "companies": get("companies"),
        "company": get("company"),
        "gender": get("gender"),
        "birth_date": get("birth_date"),
        "age": _age(get("birth_date"), oracle.today),
        "shop_total_spent": get("shop_total_spent"),
        "shop_total_orders": get("shop_total_orders"),
    }


def _tags(oracle: Oracle, customer: Row) -> list[str]:
    """The imported tags, then those given in Relance that are not among them."""
    found = list(customer.get("tags") or [])
    for one in sorted(oracle.shop.tags, key=lambda row: row["tag"]):
        mine = one["customer_id"] == customer["customer_id"] and one["added_at"] < oracle.now
        if mine and one["tag"].lower() not in [tag.lower() for tag in found]:
            found.append(one["tag"])
    return found


def _lists(oracle: Oracle, customer: str) -> list[str]:
    rows = [one for one in oracle.shop.lists if one["customer_id"] == customer and one["added_at"] < oracle.now]
    return sorted({one["name"] for one in rows})


def _department(customer: Row) -> str | None:
    """The first two digits of a French postcode, three overseas; Corsica is 2A and 2B."""
    code = (customer.get("postcode") or "").strip()
    if customer.get("country") != "FR" or len(code) != 5 or not code.isdigit():
        return None
    if code[:2] in {"97", "98"}:
        return code[:3]
    if code[:2] == "20":
        return "2A" if code[2] in "01" else "2B"
    return code[:2]


def _to_store(customer: Row) -> float | None:
    if customer.get("latitude") is None or customer.get("longitude") is None:
        return None
    here = (customer["latitude"], customer["longitude"])
    return min(kilometres(here, store) for store in STORES)


def _draw(customer: str) -> float:
    """The first 24 bits of SHA-256 over "relance sample " and the id, from 0 to 100."""
    digest = sha256(f"relance sample {customer}".encode()).digest()
    return int.from_bytes(digest[:3], "big") * 100 / 2**24


def _interests(customer: Row) -> list[str]:
    texts = json.loads(customer.get("metafields") or "{}")
    text = next((texts[key] for key in INTERESTS if key in texts), "")
    plain = "".join("," if sign in ";|" else sign for sign in text if sign not in '[]"')
    return [part.strip() for part in plain.split(",") if part.strip()]


SUBSCRIPTION: Final = {
    **dict.fromkeys(("granted", "imported"), "SUBSCRIBED"),
    "doi_requested": "PENDING",
    **dict.fromkeys(("doi_expired", "refused"), "NOT_SUBSCRIBED"),
    **dict.fromkeys(("withdrawn", "objected"), "UNSUBSCRIBED"),
    "suppressed": "INVALID",
    "erased": "REDACTED",
}


def _subscribed(oracle: Oracle, customer: Row, channel: str) -> str | None:
    """The ledger's word on marketing, else the file's; erased on one channel is erased on both; SMS has no INVALID."""
    stands = {
        row["channel"]: row["status"]
        for row in consent_rows(oracle, customer["customer_id"])
        if row["purpose"] == "marketing"
    }
    if "erased" in (stands.get("email"), stands.get("sms")):
        return "REDACTED"
    said: str | None = SUBSCRIPTION.get(stands.get(channel, ""), customer.get(f"{channel}_status"))
    return "NOT_SUBSCRIBED" if channel == "sms" and said == "INVALID" else said


def _age(birth: date | None, today: date) -> int | None:
    if birth is None:
        return None
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


METAFIELDS: Final = {
    "metafields.facts.birth_date": "date",
    "metafields.facts.vip": "boolean",
    "metafields.facts.note": "text",
    "metafields.loyalty.points": "integer",
    "metafields.loyalty.rate": "decimal",
}


def _own(customer: Row) -> Row:
    texts = json.loads(customer.get("metafields") or "{}")
    read: dict[str, Callable[[str], Any]] = {
        "date": date.fromisoformat,
        "boolean": lambda text: text == "true",
        "text": str,
        "integer": int,
        "decimal": lambda text: float(Decimal(text)),
    }
    found: Row = {}
    for name, kind in METAFIELDS.items():
        text = texts.get(name.removeprefix("metafields."))
        found[name] = None if text is None or not text.strip() else read[kind](text)
    return found


def _orders(oracle: Oracle, customer: str) -> Row:
    orders = oracle.orders_of[customer]
    lost = sum(
        one["amount"]
        for one in oracle.shop.refunds
        if one["order_id"] is None and one["customer_id"] == customer and one["refunded_at"] < oracle.now
    )
    valued = [order for order in orders if order["gross"] is not None]
    gross = sum(order["gross"] for order in valued)
    returned = sum(order["returned"] for order in valued)
    days = sorted({order["day"] for order in orders})
    span = (days[-1] - days[0]).days if days else 0
    last = orders[-1] if orders else None
    return {
        "number_of_orders": len(orders),
        "amount_spent": gross - returned - lost,
        "gross_amount_spent": gross,
        "first_order_date": orders[0]["ordered_at"] if orders else None,
        "last_order_date": last["ordered_at"] if last else None,
        "days_since_last_order": (oracle.today - days[-1]).days if days else None,
        "average_order_value": (gross - returned) / len(valued) if valued else None,
        "average_days_between_orders": span / (len(days) - 1) if len(days) > 1 else None,
        "last_order_amount": last["net"] if last else None,
        "last_order_amount_excluding_tax": untaxed(last) if last else None,
        "orders_last_365_days": sum(order["day"] >= oracle.today - timedelta(days=365) for order in orders),
        "order_days": len(days),
        "refund_rate": (returned + lost) * 100 / gross if gross else None,
        "first_product": _first_product(oracle, orders),
        "_days": days,
        "_span": span,
    }


def _first_product(oracle: Oracle, orders: list[Row]) -> str | None:
    """The dearest line of the first order that has lines: its product, else SKU, else title."""
    for order in orders:
        lines = sorted(oracle.lines_of.get(order["order_id"], []), key=lambda line: (-line["total"], line["line_id"]))
        if lines:
            name: str | None = lines[0]["product_id"] or lines[0]["sku"] or lines[0]["title"]
            return name
    return None


def scored(oracle: Oracle, facts: Row) -> Row:
    """What depends on the other customers: scores, group and life phase."""
    found: Row = {"lifecycle_phase": "prospect", "rfm_group": "PROSPECTS", "usual_gap_days": None}
    found["predicted_spend_tier"] = None
    found |= dict.fromkeys(("rfm_recency", "rfm_frequency", "rfm_monetary"))
    if not facts["number_of_orders"]:
        return found

    def above(value: float, name: str) -> int:
        return sum(cut is not None and value > cut for cut in oracle.population.score_cuts(name))

    r = 5 - above(facts["days_since_last_order"], "rfm_recency")
    f = 1 if facts["number_of_orders"] == 1 else 2 + above(facts["number_of_orders"], "rfm_frequency")
    m = 1 + above(facts["amount_spent"], "rfm_monetary")
    gap = (2 * (oracle.population.gap() or 90) + facts["_span"]) / (2 + len(facts["_days"]) - 1)
    found |= {"rfm_recency": r, "rfm_frequency": f, "rfm_monetary": m, "usual_gap_days": max(1.0, gap)}
    found["predicted_spend_tier"] = _spend_tier(oracle, facts)
    found["rfm_group"] = RFM[r][math.floor((f + m) / 2 + 0.5) - 1]
    found["lifecycle_phase"] = _phase(facts, found["usual_gap_days"])
    return found


def _phase(facts: Row, usual: float) -> str:
    since = facts["days_since_last_order"]
    if since > 3 * usual:
        return "lost" if since > 365 else "inactive"
    if since > 2 * usual:
        return "at_risk"
    if facts["orders_last_365_days"] >= 3:
        return "loyal"
    return "repeat" if len(facts["_days"]) >= 2 else "first_time"


def _spend_tier(oracle: Oracle, facts: Row) -> str | None:
    """HIGH above the 70th percentile of spend, LOW under the 10th or with one order, else MEDIUM."""
    high, low = (oracle.population.border("amount_spent", "IN BOTTOM", percent) for percent in (70, 10))
    if high is None or low is None:
        return None
    if facts["amount_spent"] > high:
        return "HIGH"
    return "LOW" if facts["amount_spent"] < low or facts["number_of_orders"] == 1 else "MEDIUM"
