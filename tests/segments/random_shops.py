"""Random small shops, each from one seed, and the warehouse filled with them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

import pyarrow as pa
from tests.segments.oracle_checks import midnight
from tests.segments.oracle_rows import weight_of
from tests.segments.random_behaviour import (
    CAMPAIGNS,
    SOURCES,
    add_consents,
    add_credits,
    add_events,
    add_journal,
    add_lists_and_tags,
    add_messages,
    naive_sessions,
)
from tests.segments.random_moments import SECOND, WINDOWS, ZONE, instant, nows_of
from tests.segments.segment_oracle import Oracle, Query, Row, Shop

from relance.warehouse import TABLES, Warehouse

PRODUCTS: Final[tuple[tuple[str, str | None, list[str] | None, int | None], ...]] = (
    ("p1", "Soap", ["Bath", "gift"], 450),
    ("p2", "Lamp", [], 0),
    ("p3", None, None, None),
)
PLACES: Final = (
    {"country": "FR", "region": "FR-75", "city": "Paris", "latitude": 48.8566, "longitude": 2.3522},
    {"country": "FR", "region": None, "city": "Saint Denis", "latitude": 48.9362, "longitude": 2.3574},
    {"country": "US", "region": "US-NY", "city": "New York City", "latitude": 40.7128, "longitude": -74.006},
    {"country": None, "region": None, "city": None, "latitude": None, "longitude": None},
)
# Other segments of the shop, of which the last one does not profile.
SEGMENTS: Final[dict[str, Query]] = {
    "VIP": ("field", "number_of_orders", ">=", 2),
    "Sleepers": ("field", "last_order_date", "<", ("offset", -30, "d")),
    "Readers": ("field", "customer_language", "STARTS WITH", "fr"),
}


def random_shop(seed: int, people: int = 12) -> Shop:
    """A shop of up to `people` customers; `instants_of(seed)` are those at which it is looked at."""
    dice = random.Random(seed)  # noqa: S311
    shop = Shop(ZONE, instants_of(seed, 1)[0])
    shop.products = [
        {"product_id": one, "category": category, "tags": tags, "cost": cost} for one, category, tags, cost in PRODUCTS
    ]
    shop.customers = [_customer(dice, number, shop.now) for number in range(dice.randrange(1, people + 1))]
    for number in range(dice.choice([0, 10, 25, 45, 60])):
        _order(dice, shop, number)
    for number in range(dice.choice([0, 8, 16, 24])):
        shop.refunds.append(_refund(dice, shop, number))
    add_events(dice, shop)
    _orders_of_sessions(dice, shop)
    add_messages(dice, shop)
    add_consents(dice, shop)
    add_credits(dice, shop)
    add_lists_and_tags(dice, shop)
    shop.segments = dict(SEGMENTS)
    add_journal(dice, shop)
    return shop


def instants_of(seed: int, count: int) -> list[datetime]:
    """That many instants of the shop's day, the first at an edge in most shops."""
    return nows_of(random.Random(f"instants {seed}"), count)  # noqa: S311


def edges_of(shop: Shop) -> set[datetime]:
    """The instants of the shop's day at which a row of it begins, or a window up to now passes one: aware UTC."""
    today = _local_day(shop.now)
    start, end = (midnight(today + timedelta(days=days), ZONE) for days in (0, 1))
    parts = (shop.orders, shop.refunds, shop.events, shop.messages, shop.consents, shop.credits, shop.journal)
    told = {value for part in parts for row in part for value in row.values() if isinstance(value, datetime)}
    passed = {at + window for at in told for window in WINDOWS}
    return {at.replace(tzinfo=UTC) for at in passed if start <= at < end}


def moments_of(shop: Shop, seed: int, count: int) -> list[datetime]:
    """That many instants of the shop's day, the one that its rows were drawn for first; half of the others at edges."""
    dice = random.Random(f"moments {seed}")  # noqa: S311
    edges = sorted(edges_of(shop))
    near = [edge + shift for edge in edges for shift in (-SECOND, timedelta(0), SECOND)]
    near = [at for at in near if _local_day(at) == _local_day(shop.now)]
    chosen = dice.sample(near, min(count // 2, len(near)))
    return list(dict.fromkeys([shop.now, *chosen, *instants_of(seed, 2 * count)]))[:count]


def _orders_of_sessions(dice: random.Random, shop: Shop) -> None:
    """Some orders move to the edges of a session: its first and last event, and 30 minutes after it."""
    seen = [event for event in shop.events if event["customer_id"] is not None]
    for order in shop.orders:
        if seen and dice.random() < 0.4:
            event = dice.choice(seen)
            order["customer_id"] = event["customer_id"]
            order["ordered_at"] = event["occurred_at"] + timedelta(
                seconds=dice.choice([0, 0, 1, 600, 1799, 1800, 1801])
            )
            order["day"] = _local(order["ordered_at"])


def _local(at: datetime) -> date:
    return _local_day(at.replace(tzinfo=UTC))


def _local_day(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def _customer(dice: random.Random, number: int, now: datetime) -> Row:
    email = dice.choice([f"person{number}@example.org", f"person{number}@gmail.com", None])
    return {
        "customer_id": f"c{number}",
        **dice.choice(PLACES),
        "email": email,
        "email_key": email,
        "phone": dice.choice([None, " ", "+33 1 23 45 67 89"]),
        "postcode": dice.choice([None, "75003", "97100", "20137", "20600", "SW1A"]),
        "company": dice.choice([None, "Atelier"]),
        "tags": dice.choice([None, [], ["VIP"], ["vip", "Gift"]]),
        "account_status": dice.choice(["ENABLED", "INVITED", None]),
        "email_status": dice.choice(["SUBSCRIBED", "UNSUBSCRIBED", None]),
        "sms_status": dice.choice(["SUBSCRIBED", "PENDING", None]),
        "subscription_status": dice.choice(["SUBSCRIBED", "PAUSED", None]),
        "created_by_app": dice.choice(["580111", None]),
        "companies": dice.choice([None, [], ["77"], ["77", "78"]]),
        "language": dice.choice(["fr", "fr-CA", "en", None]),
        "gender": dice.choice(["F", "M", None]),
        "added_at": dice.choice([None, instant(dice, now)]),
        "birth_date": dice.choice([None, date(1990, 2, 28), date(2000, 2, 29), now.date().replace(year=1984, day=28)]),
        "shop_total_spent": dice.choice([None, 0, 5000]),
        "shop_total_orders": dice.choice([None, 0, 2]),
        "metafields": _metafields(dice, now),
    }


def _metafields(dice: random.Random, now: datetime) -> str | None:
    written = {
        "facts.birth_date": dice.choice(["1988-02-29", "1990-12-31", now.date().isoformat()]),
        "facts.vip": dice.choice(["true", "false"]),
        "facts.note": dice.choice(["calls on Mondays", "Prefers Blue", ""]),
        "loyalty.points": dice.choice(["0", "10", "-3"]),
        "loyalty.rate": dice.choice(["0.5", "10", "12.25"]),
        "custom.interests": dice.choice(["soap, Lamps", '["Soap"]', "lamps;soap|Teas", " "]),
    }
    kept = {key: text for key, text in written.items() if dice.random() < 0.6}
    return json.dumps(kept) if kept or dice.random() < 0.5 else None


def _order(dice: random.Random, shop: Shop, number: int) -> None:
    at = instant(dice, shop.now)
    if shop.orders and dice.random() < 0.1:
        at = shop.orders[-1]["ordered_at"]
    total = dice.choice([0, 1000, 2500, 5000, 5000, 12_345])
    order_id = f"o{number:02}"
    shop.orders.append(
        {
            "order_id": order_id,
            "customer_id": dice.choice([one["customer_id"] for one in shop.customers] + [None]),
            "ordered_at": at,
            "day": at.replace(tzinfo=UTC).astimezone(ZONE).date(),
            "currency": "EUR" if dice.random() < 0.93 else "USD",
            "cancelled_at": at + timedelta(days=dice.randrange(0, 60)) if dice.random() < 0.12 else None,
            "counted": dice.random() < 0.85,
            "subtotal": dice.choice([None, total]),
            "tax": dice.choice([None, total // 6]),
            "discount": dice.choice([0, 0, 500, total // 9]),
            "total": total,
            "coupons": dice.choice([None, [], ["TEN"], ["ten", "SUMMER"]]),
            "tags": dice.choice([None, [], ["sale"], ["Gift", "sale"]]),
            "extra": dice.choice([None, None, '{"Gift": "yes"}', '{"Gift": "no"}', '{"Gift message": "For you"}']),
            "channel": dice.choice([None, "app", "web"]),
            "location": dice.choice([None, "31"]),
            "shipping_method": dice.choice([None, "Express", "Colissimo"]),
            "acquisition_source": dice.choice(SOURCES),
            "campaign": dice.choice(CAMPAIGNS),
            "payment_method": dice.choice([None, "card", "PayPal"]),
        }
    )
    for place in range(dice.randrange(0, 3)):
        product, category, _, _ = dice.choice(PRODUCTS)
        shop.lines.append(
            {
                "line_id": f"{order_id}/{place}",
                "order_id": order_id if dice.random() < 0.95 else None,
                "product_id": dice.choice([product, product, None]),
                "category": category,
                "sku": dice.choice([None, "A-1"]),
                "variant": dice.choice([None, "Large"]),
                "vendor": dice.choice([None, "Clairval"]),
                "title": dice.choice([None, "Soap of Aleppo", "Lamp"]),
                "kind": "sale" if dice.random() < 0.95 else "adjustment",
                "quantity": dice.randrange(1, 4),
                "discount": dice.choice([0, 100]),
                "total": dice.choice([0, 900, 2500]),
            }
        )


def _refund(dice: random.Random, shop: Shop, number: int) -> Row:
    order = dice.choice(shop.orders) if shop.orders and dice.random() < 0.8 else None
    lines = [line for line in shop.lines if order and line["order_id"] == order["order_id"]]
    customers = [one["customer_id"] for one in shop.customers]
    late = timedelta(seconds=dice.choice([0, 1, 3600, 86_400]))
    return {
        "refund_id": f"r{number}",
        "order_id": order["order_id"] if order else None,
        "line_id": dice.choice(lines)["line_id"] if lines and dice.random() < 0.7 else None,
        "customer_id": order["customer_id"] if order else dice.choice([*customers, None]),
        "amount": dice.choice([100, 1000, 2500]),
        "refunded_at": shop.now.replace(tzinfo=None) + late if dice.random() < 0.2 else instant(dice, shop.now),
    }


def fill(warehouse: Warehouse, shop: Shop) -> None:
    """Put the shop's rows into the warehouse instead of whatever was there."""
    with warehouse.write() as writer:
        for name, rows in tables_of(shop).items():
            writer.delete_where(name)
            if rows:
                writer.insert(name, typed(name, rows))


def tables_of(shop: Shop) -> dict[str, list[Row]]:
    """The shop's rows by canonical table; sessions are cut naively."""
    common = {"source": "test", "batch_id": "b", "batch": "b"}
    sessions, joined = naive_sessions(shop)
    lines = [
        {"number": "n", "customer_id": None, "unit_price": Decimal(1), **_moment(shop, one), **one}
        for one in shop.lines
    ]
    found = {
        "customer": shop.customers,
        "product": shop.products,
        "order": [{"number": one["order_id"], "status": "paid", "test": False, **one} for one in shop.orders],
        "order_line": lines,
        "refund": [{"dated": True, "day": one["refunded_at"].date(), **one} for one in shop.refunds],
        "event": shop.events,
        "session": sessions,
        "order_session": joined,
        "message_event": shop.messages,
        "consent_entry": _weighed(shop.consents),
        "store_credit": shop.credits,
        "journal": shop.journal,
        "list": [
            {"list_id": one, "name": name}
            for one, name in sorted({(row["list_id"], row["name"]) for row in shop.lists})
        ],
        "list_member": shop.lists,
        "customer_tag": shop.tags,
        "segment_name": _segment_names(shop),
        "membership": _memberships(shop),
    }
    return {name: [{**common, **row} for row in rows] for name, rows in found.items()}


def _segment_names(shop: Shop) -> list[Row]:
    return [
        {"segment_id": name.lower(), "name": name.lower(), "bit": bit, "profiling": name != "Readers"}
        for bit, name in enumerate(shop.segments)
    ]


def kept(shop: Shop) -> dict[str, set[str]]:
    """Who was in each other segment at the shop's first instant: what its last refresh left."""
    oracle = Oracle(shop) if shop.segments else None
    return {} if oracle is None else {name: oracle.members(query) for name, query in shop.segments.items()}


def _memberships(shop: Shop) -> list[Row]:
    inside = kept(shop)
    words = {
        one["customer_id"]: sum((one["customer_id"] in inside[name]) << bit for bit, name in enumerate(inside))
        for one in shop.customers
    }
    return [{"customer_id": one, "word": 0, "bits": bits} for one, bits in words.items() if bits]


def _weighed(entries: Sequence[Row]) -> list[Row]:
    """The entries with the weight that the ledger's order gives them; equal ones weigh the same."""
    order = sorted({weight_of(entry)[:3] for entry in entries})
    return [{**entry, "weight": order.index(weight_of(entry)[:3])} for entry in entries]


def _moment(shop: Shop, line: Row) -> Row:
    order = next((one for one in shop.orders if one["order_id"] == line["order_id"]), None)
    at = order["ordered_at"] if order else datetime(2020, 1, 1)  # noqa: DTZ001
    return {"ordered_at": at, "day": at.date()}


def typed(name: str, rows: Sequence[Row]) -> pa.Table:
    """The rows as the warehouse's table wants them; columns that no row has are left out."""
    schema = TABLES[name].to_pyarrow()
    columns = [column for column in schema if any(column.name in row for row in rows)]
    return pa.table({one.name: pa.array([row.get(one.name) for row in rows], one.type) for one in columns})
