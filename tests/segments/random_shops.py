"""Random small shops and random queries, both from one seed; instants stand at the edges of days on purpose."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from tests.segments.segment_oracle import Query, Row, Shop, midnight

from relance.warehouse import TABLES, Warehouse

ZONE = ZoneInfo("Europe/Paris")
TODAYS = [
    date(2024, 3, 31),
    date(2024, 4, 1),
    date(2024, 10, 27),
    date(2024, 10, 28),
    date(2024, 2, 29),
    date(2025, 1, 1),
]
EDGES = [-365, -366, -90, -91, -30, -31, -7, -1, 0, 1]
PRODUCTS = [("p1", "Soap", ["Bath", "gift"]), ("p2", "Lamp", []), ("p3", None, None)]


def random_shop(seed: int) -> Shop:
    """A shop of up to a dozen customers."""
    dice = random.Random(seed)  # noqa: S311
    today = dice.choice(TODAYS)
    start = midnight(today, ZONE).replace(tzinfo=UTC)
    shift = dice.choice([-1, 0, 0, 1]) if dice.random() < 0.6 else dice.randrange(2, 80_000)
    now = start + timedelta(seconds=shift)
    shop = Shop(ZONE, now)
    shop.products = [{"product_id": one, "category": category, "tags": tags} for one, category, tags in PRODUCTS]
    shop.customers = [_customer(dice, number, now) for number in range(dice.randrange(1, 13))]
    for number in range(dice.randrange(0, 45)):
        _order(dice, shop, number)
    for number in range(dice.randrange(0, 14)):
        shop.refunds.append(_refund(dice, shop, number))
    return shop


def midnight_of(now: datetime) -> list[datetime]:
    """The first instants of the local day of `now` and of the next one."""
    today = now.astimezone(ZONE).date()
    return [midnight(today + timedelta(days=days), ZONE).replace(tzinfo=UTC) for days in (0, 1)]


def _instant(dice: random.Random, now: datetime) -> datetime:
    """Naive UTC: often within a second of a day's edge, sometimes after now."""
    today = now.astimezone(ZONE).date()
    days = dice.choice(EDGES) if dice.random() < 0.6 else -dice.randrange(0, 800)
    edge = midnight(today + timedelta(days=days), ZONE)
    shift = dice.choice([-1, 0, 0, 1]) if dice.random() < 0.7 else dice.randrange(0, 90_000)
    return edge + timedelta(seconds=shift)


def _customer(dice: random.Random, number: int, now: datetime) -> Row:
    return {
        "customer_id": f"c{number}",
        "country": dice.choice(["FR", "US", None]),
        "tags": dice.choice([None, [], ["VIP"], ["vip", "Gift"]]),
        "email_status": dice.choice(["SUBSCRIBED", "UNSUBSCRIBED", None]),
        "language": dice.choice(["fr", "fr-CA", "en", None]),
        "gender": dice.choice(["F", "M", None]),
        "added_at": dice.choice([None, _instant(dice, now)]),
        "birth_date": dice.choice([None, date(1990, 2, 28), date(2000, 2, 29), now.date().replace(year=1984)]),
    }


def _order(dice: random.Random, shop: Shop, number: int) -> None:
    at = _instant(dice, shop.now)
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
            "counted": dice.random() < 0.9,
            "subtotal": dice.choice([None, total]),
            "tax": dice.choice([None, total // 6]),
            "discount": dice.choice([0, 0, 500, total // 9]),
            "total": total,
            "coupons": dice.choice([None, [], ["TEN"], ["ten", "SUMMER"]]),
            "tags": dice.choice([None, ["gift"]]),
            "channel": dice.choice([None, "app", "web"]),
            "payment_method": dice.choice([None, "card", "PayPal"]),
        }
    )
    for place in range(dice.randrange(0, 3)):
        product, category, _ = dice.choice(PRODUCTS)
        shop.lines.append(
            {
                "line_id": f"{order_id}/{place}",
                "order_id": order_id if dice.random() < 0.95 else None,
                "product_id": dice.choice([product, product, None]),
                "category": category,
                "sku": dice.choice([None, "A-1"]),
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
    return {
        "refund_id": f"r{number}",
        "order_id": order["order_id"] if order else None,
        "line_id": dice.choice(lines)["line_id"] if lines and dice.random() < 0.7 else None,
        "customer_id": order["customer_id"] if order else dice.choice([*customers, None]),
        "amount": dice.choice([100, 1000, 2500]),
        "refunded_at": _instant(dice, shop.now),
    }


def fill(warehouse: Warehouse, shop: Shop) -> None:
    """Put the shop's rows into the warehouse instead of whatever was there."""
    common = {"source": "test", "batch_id": "b", "batch": "b"}
    orders = [{**common, "number": one["order_id"], "status": "paid", "test": False, **one} for one in shop.orders]
    lines = [
        {**common, "number": "n", "customer_id": None, "unit_price": Decimal(1), **_moment(shop, one), **one}
        for one in shop.lines
    ]
    refunds = [{**common, "dated": True, "day": one["refunded_at"].date(), **one} for one in shop.refunds]
    tables = {
        "customer": [{**common, **one} for one in shop.customers],
        "product": [{**common, **one} for one in shop.products],
        "order": orders,
        "order_line": lines,
        "refund": refunds,
    }
    with warehouse.write() as writer:
        for name, rows in tables.items():
            writer.delete_where(name)
            if rows:
                writer.insert(name, _typed(name, rows))


def _moment(shop: Shop, line: Row) -> Row:
    order = next((one for one in shop.orders if one["order_id"] == line["order_id"]), None)
    at = order["ordered_at"] if order else datetime(2020, 1, 1)  # noqa: DTZ001
    return {"ordered_at": at, "day": at.date()}


def _typed(name: str, rows: Sequence[Row]) -> pa.Table:
    schema = TABLES[name].to_pyarrow()
    columns = [column for column in schema if any(column.name in row for row in rows)]
    return pa.table({one.name: pa.array([row.get(one.name) for row in rows], one.type) for one in columns})


# ---- queries ----

NUMBERS = {
    "number_of_orders": [0, 1, 2, 3],
    "orders_last_365_days": [0, 1, 3],
    "days_since_last_order": [0, 1, 30, 90],
    "age": [23, 24, 40],
    "rfm_recency": [1, 3, 5],
    "rfm_frequency": [1, 2, 5],
    "rfm_monetary": [1, 3, 5],
}
AMOUNTS = [
    "amount_spent",
    "gross_amount_spent",
    "average_order_value",
    "last_order_amount",
    "last_order_amount_excluding_tax",
]
DECIMALS = ["average_days_between_orders", "refund_rate"]
DATES = ["first_order_date", "last_order_date", "customer_added_date", "birth_date"]
ENUMS = {
    "lifecycle_phase": ["prospect", "lost", "inactive", "at_risk", "loyal", "repeat", "first_time"],
    "rfm_group": ["CHAMPIONS", "LOYAL", "ACTIVE", "NEW", "AT_RISK", "DORMANT", "PROSPECTS"],
    "email_subscription_status": ["SUBSCRIBED", "UNSUBSCRIBED"],
}
TEXTS = {"customer_language": ["fr", "FR", "fr-CA", "en"], "gender": ["F", "M"]}
COMPARED = ["=", "!=", ">", ">=", "<", "<="]


def random_query(dice: random.Random, depth: int = 0) -> Query:
    """A query with the forms that have data."""
    roll = dice.random()
    if depth < 3 and roll < 0.3:
        terms = [random_query(dice, depth + 1) for _ in range(dice.randrange(2, 4))]
        return (dice.choice(["and", "or"]), *terms)
    if depth < 3 and roll < 0.38:
        return ("not", random_query(dice, depth + 1))
    if roll < 0.72:
        return _field(dice)
    return _match(dice)


def _field(dice: random.Random) -> Query:
    return ("field", *dice.choice(FIELDS)(dice))


def _list_field(dice: random.Random) -> tuple[str, str, Any]:
    name, values = dice.choice([("customer_tags", ["VIP", "gift", "none"]), ("customer_countries", ["FR", "us"])])
    op = dice.choice(["CONTAINS", "NOT CONTAINS", "IS NULL", "IS NOT NULL"])
    return name, op, None if "NULL" in op else dice.choice(values)


def _date_field(dice: random.Random) -> tuple[str, str, Any]:
    name = dice.choice(DATES)
    return name, *_date(dice, exact=name != "birth_date")


def _rank(dice: random.Random) -> tuple[str, str, Any]:
    return dice.choice(RANKED), dice.choice(["IN TOP", "IN BOTTOM"]), dice.choice([10, 20, 50, 80])


def _average(dice: random.Random) -> tuple[str, str, Any]:
    return dice.choice(RANKED), dice.choice([">", "<=", "!="]), ("average", dice.choice([80, 115]))


def _times(dice: random.Random) -> tuple[str, str, Any]:
    multiple = ("times", dice.choice([1, 2, 3]), "average_days_between_orders")
    return "days_since_last_order", dice.choice(COMPARED), multiple


def _number(dice: random.Random, name: str, values: Sequence[Any]) -> tuple[str, str, Any]:
    op = dice.choice([*COMPARED, "BETWEEN", "IN", "NOT IN", "IS NULL", "IS NOT NULL"])
    return name, *_numeric(dice, op, values)


def _numeric(dice: random.Random, op: str, values: Sequence[Any]) -> tuple[str, Any]:
    if "NULL" in op:
        return op, None
    if op == "BETWEEN":
        low, high = sorted(dice.choices(values, k=2))
        return op, (low, high)
    if op in {"IN", "NOT IN"}:
        return op, list(dict.fromkeys(dice.choices(values, k=2)))
    return op, dice.choice(values)


def _word(dice: random.Random, name: str, values: Sequence[str], *, texts: bool) -> tuple[str, str, Any]:
    ops = ["=", "!=", "IN", "NOT IN", "IS NULL", "IS NOT NULL"]
    op = dice.choice([*ops, "CONTAINS", "NOT CONTAINS", "STARTS WITH", "ENDS WITH"] if texts else ops)
    return name, *_numeric(dice, op, values)


def _date(dice: random.Random, *, exact: bool = True) -> tuple[str, Any]:
    op = dice.choice([*COMPARED, *COMPARED, "BETWEEN"])
    if op == "BETWEEN":
        return op, (_moment_of(dice, exact=exact), _moment_of(dice, exact=exact))
    return op, _moment_of(dice, exact=exact)


def _moment_of(dice: random.Random, *, exact: bool) -> tuple[Any, ...]:
    choices: list[tuple[Any, ...]] = [
        ("offset", dice.choice([-7, -30, -30, -90, -365]), "d"),
        ("offset", dice.choice([-1, -3, -13]), "m"),
        ("offset", dice.choice([-1, -2]), "y"),
        ("offset", -1, "w"),
        ("named", dice.choice(["today", "yesterday"])),
        ("day", dice.choice([date(2024, 3, 31), date(2024, 2, 29), date(2023, 10, 29), date(2024, 10, 27)])),
    ]
    if exact:
        choices += [
            ("offset", dice.choice([-4, -24]), "h"),
            ("offset", -15, "min"),
            ("named", "now"),
            ("instant", datetime(2024, 3, 30, 12, 0, 0)),  # noqa: DTZ001
        ]
    return dice.choice(choices)


def _match(dice: random.Random) -> Query:
    function = dice.choice(["orders_placed", "products_purchased"])
    makers = ORDER_CHECKS if function == "orders_placed" else LINE_CHECKS
    names = dice.sample(list(makers), k=dice.choice([0, 1, 1, 2, 3]))
    checks = [(name, *makers[name](dice)) for name in names]
    return ("match", function, dice.random() < 0.3, checks)


def _of(*values: Any, ops: Sequence[str] = (*COMPARED, "BETWEEN")) -> Any:
    return lambda dice: _numeric(dice, dice.choice(ops), values)


def _amount(dice: random.Random) -> tuple[str, Any]:
    if dice.random() < 0.2:
        return dice.choice([">", "<="]), ("average", 115)
    return _numeric(dice, dice.choice([*COMPARED, "BETWEEN"]), [0, 10, 25, 50])


WORDS = ("=", "!=", "IN", "NOT IN", "IS NULL", "IS NOT NULL", "CONTAINS", "STARTS WITH", "NOT CONTAINS")
ORDER_CHECKS: dict[str, Any] = {
    "date": _date,
    "amount": _amount,
    "sum_amount": _of(0, 50, 100),
    "count": _of(0, 1, 2, 3),
    "discount_rate": _of(0, 10, 15, 20),
    "refund_rate": _of(0, 20, 100),
    "coupon": _of("TEN", "ten", "SUM", ops=WORDS),
    "tag": _of("gift", "Gift", ops=WORDS),
    "channel": _of("app", "web", ops=WORDS),
    "payment_method": _of("card", "paypal", ops=WORDS),
    "position": lambda dice: ("=", dice.choice(["first", "last", "every", "any"])),
}
LINE_CHECKS: dict[str, Any] = {
    "id": _of("p1", "p2", ops=("=", "!=", "IN", "NOT IN")),
    "category": _of("Soap", "Lamp", ops=WORDS),
    "sku": _of("A-1", ops=WORDS),
    "tag": _of("gift", "bath", ops=WORDS),
    "date": _date,
    "quantity": _of(1, 2, 3),
    "sum_quantity": _of(0, 2, 4),
    "count": _of(0, 1, 2),
    "amount": _amount,
    "sum_amount": _of(0, 9, 25),
    "discount_rate": _of(0, 10),
    "position": lambda dice: ("=", dice.choice(["first", "last", "every", "any"])),
}


RANKED = ["amount_spent", "number_of_orders", "average_order_value"]
FIELDS: list[Any] = [
    lambda dice: _number(dice, *dice.choice(list(NUMBERS.items()))),
    lambda dice: _number(dice, dice.choice(AMOUNTS), [0, 10, 25, 50, Decimal("123.45"), 75]),
    lambda dice: _number(dice, dice.choice(DECIMALS), [0, 1, 20, 30, 50, 100]),
    lambda dice: _word(dice, *dice.choice(list(ENUMS.items())), texts=False),
    lambda dice: _word(dice, *dice.choice(list(TEXTS.items())), texts=True),
    *(_date_field, _date_field, _list_field, _rank, _average, _times),
]


def written(query: Query) -> str:
    """The query as text."""
    match query:
        case ("and" | "or" as word, *terms):
            return f" {word.upper()} ".join(f"({written(term)})" for term in terms)
        case ("not", term):
            return f"NOT ({written(term)})"
        case ("field", name, op, value):
            return f"{name} {op}{_value(op, value)}"
        case ("match", function, negated, checks):
            inside = ", ".join(f"{name} {op}{_value(op, value)}" for name, op, value in checks)
            return f"{function} {'NOT ' if negated else ''}MATCHES ({inside})"
    raise AssertionError(query)


def _value(op: str, value: Any) -> str:
    if value is None:
        return ""
    if op in {"IN TOP", "IN BOTTOM"}:
        return f" {value}%"
    if op == "BETWEEN":
        return f" {_literal(value[0])} AND {_literal(value[1])}"
    if isinstance(value, list):
        return f" ({', '.join(map(_literal, value))})"
    return f" {_literal(value)}"


def _literal(value: Any) -> str:  # noqa: PLR0911
    match value:
        case str():
            return f"'{value}'"
        case ("offset", amount, unit):
            return f"{amount:+d}{unit}"
        case ("named", name):
            return str(name)
        case ("day", day):
            return str(day.isoformat())
        case ("instant", at):
            return f"{at:%Y-%m-%dT%H:%M:%S}"
        case ("average", percent):
            return f"{percent}% OF AVERAGE"
        case ("times", factor, name):
            return f"{factor} * {name}"
        case _:
            return str(value)
