"""A naive second opinion: what each customer is, in plain Python over lists. Shares no code with the product."""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Query = tuple[Any, ...]

RFM = {
    5: ["NEW", "ACTIVE", "ACTIVE", "CHAMPIONS", "CHAMPIONS"],
    4: ["PROMISING", "ACTIVE", "ACTIVE", "LOYAL", "LOYAL"],
    3: ["ALMOST_LOST", "ALMOST_LOST", "NEEDS_ATTENTION", "LOYAL", "LOYAL"],
    2: ["DORMANT", "DORMANT", "AT_RISK", "AT_RISK", "PREVIOUSLY_LOYAL"],
    1: ["DORMANT", "DORMANT", "AT_RISK", "AT_RISK", "PREVIOUSLY_LOYAL"],
}
MONEY = {
    "amount_spent",
    "gross_amount_spent",
    "average_order_value",
    "last_order_amount",
    "last_order_amount_excluding_tax",
    "amount",
    "sum_amount",
}


@dataclass
class Shop:
    """Every row of a shop, and the instant at which it is looked at."""

    zone: ZoneInfo
    now: datetime
    customers: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first second of a local day, found by looking at every second around it; naive UTC."""
    guess = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    low, high = guess, guess + timedelta(hours=30)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).date() >= day:
            high = middle
        else:
            low = middle
    return high.replace(tzinfo=None, microsecond=0)


def half_up(value: float) -> int:
    """Rounded, halves away from zero."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


class Oracle:
    """Answers queries for one shop at one instant."""

    def __init__(self, shop: Shop, *, edges: dict[str, Any] | None = None, now: datetime | None = None) -> None:
        self.shop = shop
        self.now = (now or shop.now).astimezone(UTC).replace(tzinfo=None)
        self.today = (now or shop.now).astimezone(shop.zone).date()
        self.orders_of: dict[str, list[Row]] = {row["customer_id"]: [] for row in shop.customers}
        for order in self._counted():
            self.orders_of.setdefault(order["customer_id"], []).append(order)
        for orders in self.orders_of.values():
            orders.sort(key=lambda order: (order["ordered_at"], order["order_id"]))
        self.facts = {row["customer_id"]: self._facts(row) for row in shop.customers}
        self.edges = edges if edges is not None else self._population()
        for facts in self.facts.values():
            self._score(facts)

    def _counted(self) -> list[Row]:
        found = []
        for order in self.shop.orders:
            cancelled = order["cancelled_at"] is not None and order["cancelled_at"] < self.now
            if order["customer_id"] and order["counted"] and order["ordered_at"] < self.now and not cancelled:
                returned = sum(
                    one["amount"]
                    for one in self.shop.refunds
                    if one["order_id"] == order["order_id"] and one["refunded_at"] < self.now
                )
                own = order["currency"] == "EUR"
                gross = order["total"] if own else None
                found.append(
                    {
                        **order,
                        "gross": gross,
                        "returned": returned if own else None,
                        "net": order["total"] - returned if own else None,
                    }
                )
        return found

    def _facts(self, customer: Row) -> Row:
        orders = self.orders_of[customer["customer_id"]]
        lost = sum(
            one["amount"]
            for one in self.shop.refunds
            if one["order_id"] is None
            and one["customer_id"] == customer["customer_id"]
            and one["refunded_at"] < self.now
        )
        valued = [order for order in orders if order["gross"] is not None]
        gross = sum(order["gross"] for order in valued)
        returned = sum(order["returned"] for order in valued)
        days = sorted({order["day"] for order in orders})
        span = (days[-1] - days[0]).days if days else 0
        last = orders[-1] if orders else None
        return {
            "customer_id": customer["customer_id"],
            "customer_countries": [customer["country"]] if customer["country"] else None,
            "customer_tags": customer["tags"],
            "email_subscription_status": customer["email_status"],
            "customer_language": customer["language"],
            "gender": customer["gender"],
            "customer_added_date": customer["added_at"],
            "birth_date": customer["birth_date"],
            "age": self._age(customer["birth_date"]),
            "number_of_orders": len(orders),
            "amount_spent": gross - returned - lost,
            "gross_amount_spent": gross,
            "first_order_date": orders[0]["ordered_at"] if orders else None,
            "last_order_date": last["ordered_at"] if last else None,
            "days_since_last_order": (self.today - days[-1]).days if days else None,
            "average_order_value": (gross - returned) / len(valued) if valued else None,
            "average_days_between_orders": span / (len(days) - 1) if len(days) > 1 else None,
            "last_order_amount": last["net"] if last else None,
            "last_order_amount_excluding_tax": self._untaxed(last) if last else None,
            "orders_last_365_days": sum(order["day"] >= self.today - timedelta(days=365) for order in orders),
            "refund_rate": (returned + lost) * 100 / gross if gross else None,
            "_days": days,
            "_span": span,
        }

    def _age(self, birth: date | None) -> int | None:
        if birth is None:
            return None
        return self.today.year - birth.year - ((self.today.month, self.today.day) < (birth.month, birth.day))

    def _untaxed(self, order: Row) -> int | None:
        if order["net"] is None or not order["gross"]:
            net: int | None = order["net"]
            return net
        return half_up(order["net"] * ((order["gross"] - (order["tax"] or 0)) / order["gross"]))

    def _population(self) -> dict[str, Any]:
        """The facts of the shop-day: everything as it stood at the day's first instant (S9)."""
        start = midnight(self.today, self.shop.zone).replace(tzinfo=UTC)
        then = Oracle(self.shop, edges={}, now=start)
        return {"buyers": [facts for facts in then.facts.values() if facts["number_of_orders"]], "then": then}

    def _cut(self, values: Sequence[float], part: tuple[int, int]) -> float | None:
        """The least value with at least part[0]/part[1] of the values at or below it."""
        for value in sorted(values):
            if sum(other <= value for other in values) * part[1] >= part[0] * len(values):
                return value
        return None

    def _score(self, facts: Row) -> None:
        facts["lifecycle_phase"] = "prospect"
        facts["rfm_group"] = "PROSPECTS"
        facts["rfm_recency"] = facts["rfm_frequency"] = facts["rfm_monetary"] = None
        if not facts["number_of_orders"] or not self.edges:
            return
        buyers = self.edges["buyers"]

        def above(value: float, values: list[float], parts: list[tuple[int, int]]) -> int:
            cuts = [self._cut(values, part) for part in parts]
            return sum(cut is not None and value > cut for cut in cuts)

        fifths, quarters = [(n, 5) for n in (1, 2, 3, 4)], [(n, 4) for n in (1, 2, 3)]
        r = 5 - above(facts["days_since_last_order"], [one["days_since_last_order"] for one in buyers], fifths)
        counts = [one["number_of_orders"] for one in buyers if one["number_of_orders"] > 1]
        f = 1 if facts["number_of_orders"] == 1 else 2 + above(facts["number_of_orders"], counts, quarters)
        m = 1 + above(facts["amount_spent"], [one["amount_spent"] for one in buyers], fifths)
        facts["rfm_recency"], facts["rfm_frequency"], facts["rfm_monetary"] = r, f, m
        facts["rfm_group"] = RFM[r][math.floor((f + m) / 2 + 0.5) - 1]
        facts["lifecycle_phase"] = self._phase(facts, buyers)

    def _phase(self, facts: Row, buyers: list[Row]) -> str:
        gaps = sum(len(one["_days"]) - 1 for one in buyers)
        shop_gap = sum(one["_span"] for one in buyers) / gaps if gaps else 90
        usual = max(1.0, (2 * (shop_gap or 90) + facts["_span"]) / (2 + len(facts["_days"]) - 1))
        since = facts["days_since_last_order"]
        if since > 3 * usual:
            return "lost" if since > 365 else "inactive"
        if since > 2 * usual:
            return "at_risk"
        if facts["orders_last_365_days"] >= 3:
            return "loyal"
        return "repeat" if len(facts["_days"]) >= 2 else "first_time"

    # ---- queries ----

    def members(self, query: Query) -> set[str]:
        """Who meets the query."""
        return {one for one in self.facts if self.meets(one, query)}

    def meets(self, customer: str, query: Query) -> bool:
        """Whether one customer meets the query."""
        match query:
            case ("and", *terms):
                return all(self.meets(customer, term) for term in terms)
            case ("or", *terms):
                return any(self.meets(customer, term) for term in terms)
            case ("not", term):
                return not self.meets(customer, term)
            case ("field", name, op, value):
                return self._field(customer, name, op, value)
            case ("match", function, negated, checks):
                return self._match(customer, function, checks) is not negated
        raise AssertionError(query)

    def _field(self, customer: str, name: str, op: str, value: Any) -> bool:
        facts = self.facts[customer]
        found = facts[name]
        if op in {"IN TOP", "IN BOTTOM"}:
            if not facts["number_of_orders"] or found is None:
                return False
            values = [one[name] for one in self.edges["buyers"] if one[name] is not None]
            cut = self._cut(values, (100 - value if op == "IN TOP" else value, 100))
            return cut is not None and (found > cut if op == "IN TOP" else found <= cut)
        if isinstance(value, tuple) and value[0] == "average":
            values = [one[name] for one in self.edges["buyers"] if one[name] is not None]
            value = ("raw", math.fsum(values) / len(values) * value[1] / 100 if values else None)
        if isinstance(value, tuple) and value[0] == "times":
            other = facts[value[2]]
            value = ("raw", None if other is None else other * float(value[1]))
        return self.holds(found, name, op, value)

    def holds(self, found: Any, name: str, op: str, value: Any) -> bool:  # noqa: C901, PLR0911
        """One operator on one value; a missing value meets only IS NULL and the negations."""
        opposite = {"!=": "=", "NOT IN": "IN", "NOT CONTAINS": "CONTAINS", "IS NOT NULL": "IS NULL"}
        if op in opposite:
            return not self.holds(found, name, opposite[op], value)
        if op == "IS NULL":
            return found is None or found == []
        if found is None:
            return False
        if isinstance(value, tuple) and value[0] in {"day", "instant", "offset", "named", "anniversary"}:
            return self._date(found, op, value)
        if op == "BETWEEN":
            if isinstance(value[0], tuple):
                return self.holds(found, name, ">=", value[0]) and self.holds(found, name, "<=", value[1])
            return bool(self.worth(name, value[0]) <= found <= self.worth(name, value[1]))
        if isinstance(found, list):
            return self._list(found, name, op, value)
        if op == "CONTAINS":
            return value.lower() in found.lower()
        if op == "STARTS WITH":
            return bool(found.lower().startswith(value.lower()))
        if op == "ENDS WITH":
            return bool(found.lower().endswith(value.lower()))
        if op == "IN":
            return any(found == self.worth(name, one) for one in value)
        wanted = self.worth(name, value)
        if wanted is None:
            return False
        tests: dict[str, Callable[[Any, Any], bool]] = {
            "=": lambda a, b: bool(a == b),
            ">": lambda a, b: bool(a > b),
            ">=": lambda a, b: bool(a >= b),
            "<": lambda a, b: bool(a < b),
            "<=": lambda a, b: bool(a <= b),
        }
        return tests[op](found, wanted)

    def _list(self, found: list[str], name: str, op: str, value: Any) -> bool:
        if op == "CONTAINS" and name in {"customer_tags", "customer_countries"}:
            return value.lower() in [one.lower() for one in found]
        return any(self.holds(one, name, op, value) for one in found)

    def worth(self, name: str, value: Any) -> Any:
        """A literal in the unit of the field: cents for money."""
        if isinstance(value, tuple) and value[0] == "raw":
            return value[1]
        return float(Decimal(str(value)) * 100) if name in MONEY else value

    def _date(self, found: datetime | date, op: str, value: tuple[Any, ...]) -> bool:
        if value[0] == "instant" or (value[0] == "offset" and value[2] in {"h", "min"}) or value == ("named", "now"):
            wanted = self._instant(value)
            return self.holds(found, "", op, ("raw", wanted))
        day = self._day(value)
        if not isinstance(found, datetime):
            return self.holds(found, "", op, ("raw", day))
        local = found.replace(tzinfo=UTC).astimezone(self.shop.zone).date()
        return self.holds(local, "", op, ("raw", day))

    def _instant(self, value: tuple[Any, ...]) -> datetime:
        if value[0] == "instant":
            local: datetime = value[1].replace(tzinfo=self.shop.zone)
            return local.astimezone(UTC).replace(tzinfo=None)
        if value[0] == "offset":
            return self.now + timedelta(minutes=value[1] * (60 if value[2] == "h" else 1))
        return self.now

    def _day(self, value: tuple[Any, ...]) -> date:
        if value[0] == "day":
            day: date = value[1]
            return day
        if value[0] == "named":
            return self.today - timedelta(days=value[1] == "yesterday")
        _, amount, unit = value
        if unit in {"d", "w"}:
            return self.today + timedelta(days=amount * (7 if unit == "w" else 1))
        months = self.today.year * 12 + self.today.month - 1 + amount * (12 if unit == "y" else 1)
        year, month = months // 12, months % 12 + 1
        return date(year, month, min(self.today.day, monthrange(year, month)[1]))

    def _match(self, customer: str, function: str, checks: Sequence[tuple[str, str, Any]]) -> bool:
        orders = self.orders_of[customer]
        rows = [self._order_row(one) for one in orders] if function == "orders_placed" else self._line_rows(orders)
        place = next((value for name, _, value in checks if name == "position"), "any")
        totals = [check for check in checks if check[0] in {"count", "sum_amount", "sum_quantity"}]
        plain = [check for check in checks if check not in totals and check[0] != "position"]
        passing = [row for row in rows if all(self._row_meets(row, function, *check) for check in plain)]
        if place in {"first", "last"} and orders:
            chosen = orders[0 if place == "first" else -1]["order_id"]
            passing = [row for row in passing if row["order_id"] == chosen]
        if place == "every" and (not rows or {row["order_id"] for row in passing} != {row["order_id"] for row in rows}):
            return False
        sums = {
            "count": len(passing),
            "sum_amount": sum(row["amount"] or 0 for row in passing),
            "sum_quantity": sum(row.get("quantity", 0) for row in passing),
        }
        if not any(name == "count" for name, _, _ in totals) and not passing:
            return False
        # A sum over rows without a value counts them as nothing.
        return all(self.holds(sums[name], name, op, value) for name, op, value in totals)

    def _row_meets(self, row: Row, function: str, name: str, op: str, value: Any) -> bool:
        if isinstance(value, tuple) and value[0] == "average":
            then: Oracle = self.edges["then"]
            everyone = [order for orders in then.orders_of.values() for order in orders]
            made = [then._order_row(one) for one in everyone]
            rows = made if function == "orders_placed" else then._line_rows(everyone)
            values = [one[name] for one in rows if one[name] is not None]
            value = ("raw", sum(values) / len(values) * value[1] / 100 if values else None)
        return self.holds(row[name], name, op, value)

    def _order_row(self, order: Row) -> Row:
        before = (order["subtotal"] if order["subtotal"] is not None else order["total"]) + order["discount"]
        return {
            "order_id": order["order_id"],
            "date": order["ordered_at"],
            "amount": order["net"],
            "discount_rate": order["discount"] * 100 / before if before else None,
            "refund_rate": order["returned"] * 100 / order["gross"] if order["gross"] else None,
            "coupon": order["coupons"],
            "tag": order["tags"],
            "channel": order["channel"],
            "payment_method": order["payment_method"],
        }

    def _line_rows(self, orders: Sequence[Row]) -> list[Row]:
        found = []
        for order in orders:
            for line in self.shop.lines:
                if line["order_id"] == order["order_id"] and line["kind"] == "sale":
                    returned = sum(
                        one["amount"]
                        for one in self.shop.refunds
                        if one["line_id"] == line["line_id"] and one["refunded_at"] < self.now
                    )
                    before = line["total"] + line["discount"]
                    tags = [one["tags"] for one in self.shop.products if one["product_id"] == line["product_id"]]
                    found.append(
                        {
                            "order_id": order["order_id"],
                            "date": order["ordered_at"],
                            "id": line["product_id"],
                            "category": line["category"],
                            "sku": line["sku"],
                            "tag": tags[0] if tags else None,
                            "quantity": line["quantity"],
                            "amount": line["total"] - returned if order["gross"] is not None else None,
                            "discount_rate": line["discount"] * 100 / before if before else None,
                        }
                    )
        return found
