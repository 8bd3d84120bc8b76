"""A naive second opinion: what each customer is, in plain Python over lists. Shares no code with the product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.segments.oracle_checks import Calendar, Raw, midnight
from tests.segments.oracle_facts import facts_of, scored
from tests.segments.oracle_population import Population
from tests.segments.oracle_rows import KIND_OF, counts_as_human, kilometres, read_as, related, standing, walked

Row = dict[str, Any]
Query = tuple[Any, ...]
Asked = tuple[str, str, Any]

MONEY: Final = {
    "amount_spent",
    "gross_amount_spent",
    "average_order_value",
    "last_order_amount",
    "last_order_amount_excluding_tax",
    "shop_total_spent",
    "net_value",
}
LISTS: Final = {
    "customer_tags": "texts",
    "customer_countries": "texts",
    "customer_regions": "texts",
    "customer_cities": "texts",
    "companies": "ids",
}
TOTALS: Final = {"count", "sum_amount", "sum_quantity"}
# S19: what says nothing about behaviour.
NOT_PROFILING: Final = {
    *("customer_added_date", "customer_cities", "customer_regions", "customer_countries", "customer_email_domain"),
    *("customer_language", "customer_tags", "customer_account_status", "created_by_app_id", "companies", "company"),
    *("email_subscription_status", "sms_subscription_status", "sample", "customer_within_distance", "consent"),
    *("customer_city", "customer_postcode", "customer_department", "local", "distance_to_store_km", "list"),
    *("has_email", "has_phone"),
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
    events: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    credits: list[Row] = field(default_factory=list)
    journal: list[Row] = field(default_factory=list)
    lists: list[Row] = field(default_factory=list)
    tags: list[Row] = field(default_factory=list)
    segments: dict[str, Query] = field(default_factory=dict)


class Oracle:
    """Answers queries for one shop at one instant."""

    def __init__(
        self,
        shop: Shop,
        *,
        now: datetime | None = None,
        population: Population | None = None,
        kept: Mapping[str, set[str]] | None = None,
    ) -> None:
        self.shop = shop
        self.calendar = Calendar(shop.zone, (now or shop.now).astimezone(UTC).replace(tzinfo=None))
        self.now, self.today = self.calendar.now, self.calendar.today
        self._given = population
        self.orders_of = self._counted_orders()
        self.lines_of = self._sale_lines()
        self.events_of: dict[str, list[Row]] = {row["customer_id"]: [] for row in shop.customers}
        for event in shop.events:
            if event["occurred_at"] < self.now and event["customer_id"] is not None:
                self.events_of.setdefault(event["customer_id"], []).append(event)
        for events in self.events_of.values():
            events.sort(key=lambda one: (one["occurred_at"], one["event_id"]))
        self.facts = {row["customer_id"]: facts_of(self, row) for row in shop.customers}
        self._kept, self._found = kept, dict[str, set[str]]()

    def _counted_orders(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {row["customer_id"]: [] for row in self.shop.customers}
        for order in self.shop.orders:
            cancelled = order["cancelled_at"] is not None and order["cancelled_at"] < self.now
            if order["customer_id"] and order["counted"] and order["ordered_at"] < self.now and not cancelled:
                returned = sum(
                    one["amount"]
                    for one in self.shop.refunds
                    if one["order_id"] == order["order_id"] and one["refunded_at"] < self.now
                )
                own = order["currency"] == "EUR"
                amounts = (order["total"], returned, order["total"] - returned) if own else (None, None, None)
                named = dict(zip(("gross", "returned", "net"), amounts, strict=True))
                found.setdefault(order["customer_id"], []).append({**order, **named})
        for orders in found.values():
            orders.sort(key=lambda order: (order["ordered_at"], order["order_id"]))
        return found

    def _sale_lines(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for line in self.shop.lines:
            if line["order_id"] is not None and line["kind"] == "sale":
                found.setdefault(line["order_id"], []).append(line)
        return found

    def tags_of(self, product: str | None) -> list[str] | None:
        """The tags of a product, nothing for one that is not known."""
        found = [one["tags"] for one in self.shop.products if product is not None and one["product_id"] == product]
        return found[0] if found else None

    @cached_property
    def population(self) -> Population:
        """The facts of the shop-day: everything as it stood at the day's first instant, unless they were given."""
        if self._given is not None:
            return self._given
        return Population(Oracle(self.shop, now=midnight(self.today, self.shop.zone).replace(tzinfo=UTC)))

    @cached_property
    def scores(self) -> dict[str, Row]:
        """What depends on the other customers."""
        return {one: scored(self, facts) for one, facts in self.facts.items()}

    @cached_property
    def objectors(self) -> frozenset[str]:
        """Who objects to profiling: by the last word on that purpose, whatever its channel."""
        said = {one: standing(self, one, purposes={"profiling"}) for one in self.facts}
        against = {"objected", "withdrawn", "refused", "erased"}
        return frozenset(one for one, entry in said.items() if entry is not None and entry["status"] in against)

    def value(self, customer: str, name: str) -> Any:
        """A field of a customer."""
        facts = self.facts[customer]
        return facts[name] if name in facts else self.scores[customer][name]

    # ---- queries ----

    def members(self, query: Query) -> set[str]:
        """Who meets the query; whoever objects to profiling is in no segment that profiles (S19)."""
        profiles = any(name not in NOT_PROFILING for name in self._names(query))
        outside = self.objectors if profiles else frozenset()
        return {one for one in self.facts if one not in outside and self.meets(one, query)}

    def _names(self, query: Query) -> Iterator[str]:
        match query:
            case ("and" | "or" | "not", *terms):
                for term in terms:
                    yield from self._names(term)
            case ("field", "segment", _, value):
                for segment in [value] if isinstance(value, str) else value:
                    yield from self._names(self.shop.segments[segment])
            case ("match", "segment", _, checks):
                yield from self._names(self.shop.segments[checks[0][2]])
            case ("field", name, _, ("times", _, other)):
                yield from (name, other)
            case (_, name, *_):
                yield name

    def meets(self, customer: str, query: Query) -> bool:  # noqa: PLR0911
        """Whether one customer meets the query."""
        match query:
            case ("and", *terms):
                return all(self.meets(customer, term) for term in terms)
            case ("or", *terms):
                return any(self.meets(customer, term) for term in terms)
            case ("not", term):
                return not self.meets(customer, term)
            case ("field", "segment", op, value):
                return self._belongs(customer, op, value)
            case ("field", name, op, value):
                return self._field(customer, name, op, value)
            case ("anniversary", name, op, value):
                return self.calendar.anniversary(self.value(customer, name), op, value)
            case ("match", function, negated, checks):
                return self._match(customer, function, checks) is not negated
        raise AssertionError(query)

    def _belongs(self, customer: str, op: str, value: Any) -> bool:
        names = [value] if isinstance(value, str) else value
        inside = any(customer in self._inside(name) for name in names)
        return inside is (op in {"=", "IN"})

    def _inside(self, name: str) -> set[str]:
        """Who is in another segment: as the last refresh left it, or now when nothing was kept."""
        if self._kept is not None:
            return self._kept[name]
        if name not in self._found:
            self._found[name] = self.members(self.shop.segments[name])
        return self._found[name]

    def _field(self, customer: str, name: str, op: str, value: Any) -> bool:
        found = self.value(customer, name)
        if op in {"IN TOP", "IN BOTTOM"}:
            border = self.population.border(name, op, value)
            if not self.value(customer, "number_of_orders") or found is None or border is None:
                return False
            return bool(found > border) if op == "IN TOP" else bool(found <= border)
        if isinstance(value, tuple) and value[0] == "average":
            mean = self.population.mean(name)
            value = Raw(None if mean is None else mean * value[1] / 100)
        if isinstance(value, tuple) and value[0] == "times":
            other = self.value(customer, value[2])
            value = Raw(None if other is None else other * float(value[1]))
        kind = "money" if name in MONEY else LISTS.get(name, "")
        return self.calendar.holds(found, op, value, kind)

    def _match(self, customer: str, function: str, checks: Sequence[Asked]) -> bool:
        if function == "funnel":
            return self._funnel(customer, checks)
        if function == "customer_within_distance":
            return self._near(customer, {name: value for name, _, value in checks})
        if function == "segment":
            return self._moved(customer, checks)
        rows = self._chosen(related(self, customer, function), function, checks)
        place = next((value for name, _, value in checks if name == "position"), "any")
        totals = [check for check in checks if check[0] in TOTALS]
        plain = [check for check in checks if check not in totals and check[0] not in {"position", "current"}]
        passing = [row for row in rows if all(self._row_meets(row, function, checks, *check) for check in plain)]
        orders = self.orders_of[customer]
        if place in {"first", "last"} and orders:
            chosen = orders[0 if place == "first" else -1]["order_id"]
            passing = [row for row in passing if row["order_id"] == chosen]
        if place == "every" and (not rows or {row["order_id"] for row in passing} != {row["order_id"] for row in rows}):
            return False
        # A sum over rows without a value counts them as nothing.
        sums = {
            "count": len(passing),
            "sum_amount": sum(row.get("amount") or 0 for row in passing),
            "sum_quantity": sum(row.get("quantity") or 0 for row in passing),
        }
        if not any(name == "count" for name, _, _ in totals) and not passing:
            return False
        return all(self.calendar.holds(sums[name], op, value, KIND_OF.get(name, "")) for name, op, value in totals)

    def _chosen(self, rows: list[Row], function: str, checks: Sequence[Asked]) -> list[Row]:
        """What a function looks at when a parameter is left out: human reactions, ended sessions of 30 days."""
        asked = {name for name, _, _ in checks}
        if function == "session":
            current = next((value == (op == "=") for name, op, value in checks if name == "current"), False)
            rows = [row for row in rows if row["current"] is current]
            if "date" not in asked and not current:
                rows = [row for row in rows if self.calendar.holds(row["date"], ">=", ("offset", -30, "d"))]
        elif "." in function and "kind" in (rows[0] if rows else {}) and "verdict" not in asked:
            rows = [row for row in rows if counts_as_human(row)]
        return rows

    def _row_meets(self, row: Row, function: str, checks: Sequence[Asked], name: str, op: str, value: Any) -> bool:
        if isinstance(value, tuple) and value[0] == "average":
            inside = [wanted for one, how, wanted in checks if one == "category" and how == "="]
            mean = self.population.mean_of_rows(function, name, inside[0] if len(inside) == 1 else None)
            value = Raw(None if mean is None else mean * value[1] / 100)
        found = row.get(name)
        if name.startswith("properties."):
            found = read_as(found, value)
        return self.calendar.holds(found, op, value, KIND_OF.get(name, ""))

    def _funnel(self, customer: str, checks: Sequence[Asked]) -> bool:
        steps = next(value for name, _, value in checks if name == "steps")[1]
        within = next((timedelta(seconds=value[1]) for name, _, value in checks if name == "within"), None)
        dates = [(op, value) for name, op, value in checks if name == "date"]
        open_ended = any(forbidden for _, forbidden in steps)
        events = self.events_of[customer]
        for first in events:
            begun = first["occurred_at"]
            until = None if within is None else begun + within
            # While its window lasts, nobody knows what will not happen.
            undecided = open_ended and until is not None and until >= self.now
            dated = all(self.calendar.holds(begun, op, value) for op, value in dates)
            if first["name"] == steps[0][0] and dated and not undecided and walked(events, begun, steps[1:], until):
                return True
        return False

    def _near(self, customer: str, asked: Mapping[str, Any]) -> bool:
        row = next(one for one in self.shop.customers if one["customer_id"] == customer)
        if row["latitude"] is None or row["longitude"] is None:
            return False
        limit = float(asked["distance_km"]) if "distance_km" in asked else float(asked["distance_mi"]) * 1.609344
        return kilometres((row["latitude"], row["longitude"]), asked["coordinates"][1]) <= limit

    def _moved(self, customer: str, checks: Sequence[Asked]) -> bool:
        """Entries and exits that the journal has; with the name alone, being in the segment now."""
        segment = next(value for name, _, value in checks if name == "name")
        dated = [check for check in checks if check[0] != "name"]
        if not dated:
            return self._belongs(customer, "=", segment)
        moves = [row for row in self.shop.journal if (row["customer_id"], row["segment"]) == (customer, segment)]
        for what in {name for name, _, _ in dated}:
            asked = [(op, value) for name, op, value in dated if name == what]
            rows = [row["effective_at"] for row in moves if row["entered"] is (what == "entered")]
            known = [at for at in rows if at < self.now]
            if not any(all(self.calendar.holds(at, op, value) for op, value in asked) for at in known):
                return False
        return True
