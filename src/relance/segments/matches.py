"""Functions over a customer's related rows: what their parameters read, and the aggregates that answer them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import ibis
from ibis.expr.types import Table

from relance.profiles import Aggregate, Column, Reading, Source, Thresholds
from relance.segments.checks import Context, holds
from relance.segments.language.fields import Function, Kind, Parameter
from relance.segments.language.tree import Op
from relance.segments.language.typed import Check, Matching, Scalar

POSITIONS: Final = ("first", "last", "every", "any")


def _rate(part: Column, whole: Column) -> Column:
    return part * 100.0 / whole.nullif(0)


def _order_discount(orders: Table) -> Column:
    """Percent of the price before discount: of the subtotal where it is known, else of the total."""
    return _rate(orders.discount, ibis.coalesce(orders.subtotal, orders.total) + orders.discount)


ORDER_COLUMNS: Final[Mapping[str, Callable[[Table], Column]]] = {
    "date": lambda o: o.ordered_at,
    "amount": lambda o: o.net,
    "location_id": lambda o: o.location,
    "discount_rate": _order_discount,
    "coupon": lambda o: o.coupons,
    "shipping_method": lambda o: o.shipping_method,
    "payment_method": lambda o: o.payment_method,
    "channel": lambda o: o.channel,
    "source": lambda o: o.acquisition_source,
    "campaign": lambda o: o.campaign,
    "refund_rate": lambda o: _rate(o.refunded, o.amount),
    "tag": lambda o: o.tags,
}

LINE_COLUMNS: Final[Mapping[str, Callable[[Table], Column]]] = {
    "id": lambda line: line.product_id,
    "sku": lambda line: line.sku,
    "variant": lambda line: line.variant,
    "vendor": lambda line: line.vendor,
    "title": lambda line: line.title,
    "category": lambda line: line.category,
    "tag": lambda line: line.product_tags,
    "date": lambda line: line.ordered_at,
    "quantity": lambda line: line.quantity,
    "amount": lambda line: line.net,
    "discount_rate": lambda line: _rate(line.discount, line.total + line.discount),
}

SUMS: Final = {"sum_amount": "net", "sum_quantity": "quantity"}
# Parameters that can be compared with the average of all rows.
AVERAGED: Final = frozenset({"amount", "quantity"})

_TEXTS: Final = ("coupon", "shipping_method", "payment_method", "channel", "source", "campaign", "tag")
ORDERS_PLACED: Final = Function(
    "orders_placed",
    (
        Parameter("date", Kind.DATE, nullable=False),
        Parameter("amount", Kind.MONEY),
        Parameter("sum_amount", Kind.MONEY, nullable=False),
        Parameter("count", Kind.INTEGER, nullable=False),
        Parameter("location_id", Kind.ID),
        Parameter("app_id", Kind.ID, available=False),
        Parameter("discount_rate", Kind.DECIMAL, unit="percent"),
        Parameter("refund_rate", Kind.DECIMAL, unit="percent"),
        *(Parameter(name, Kind.TEXT) for name in _TEXTS),
        Parameter("position", Kind.ENUM, nullable=False, values=POSITIONS),
    ),
)
PRODUCTS_PURCHASED: Final = Function(
    "products_purchased",
    (
        Parameter("id", Kind.ID),
        *(Parameter(name, Kind.TEXT) for name in ("sku", "variant", "vendor", "title", "category", "tag")),
        Parameter("date", Kind.DATE, nullable=False),
        Parameter("quantity", Kind.INTEGER, nullable=False),
        Parameter("sum_quantity", Kind.INTEGER, nullable=False),
        Parameter("count", Kind.INTEGER, nullable=False),
        Parameter("amount", Kind.MONEY),
        Parameter("sum_amount", Kind.MONEY, nullable=False),
        Parameter("discount_rate", Kind.DECIMAL, unit="percent"),
        Parameter("position", Kind.ENUM, nullable=False, values=POSITIONS),
    ),
)


@dataclass(frozen=True)
class Match:
    """A Matching taken apart: checks on each row, checks on the sums of the rows that pass, and which orders."""

    function: str
    rows: frozenset[Check]
    totals: tuple[Check, ...]
    position: str

    @property
    def source(self) -> Source:
        """The smallest table that answers it."""
        placed = self.position in {"first", "last"}
        if self.function == "orders_placed":
            return "orders"
        tagged = any(check.field.name == "tag" for check in self.rows)
        return "lines"

    def wanted(self) -> frozenset[str]:
        """What has to be counted or summed over the rows that pass."""
        names = {check.field.name for check in self.totals}
        if "count" not in names:
            names.add("count")
        if self.position == "every":
            names |= {"orders", "all_orders"}
        return frozenset(names)


def taken_apart(matching: Matching) -> Match:
    """The parts of a Matching, whatever the order of its parameters."""
    totals = tuple(check for check in matching.checks if check.field.name in {"count", *SUMS})
    places = [check for check in matching.checks if check.field.name == "position"]
    rows = frozenset(matching.checks) - frozenset(totals) - frozenset(places)
    return Match(matching.function.name, rows, totals, _place(places))


def _place(checks: Iterable[Check]) -> str:
    for check in checks:
        if check.operator == Op.EQ and isinstance(check.value, Scalar):
            return str(check.value.value)
    return "any"


class Matches:
    """The aggregates that a set of Matchings needs: each one once, however many segments ask for it."""

    def __init__(self, reading: Reading, thresholds: Thresholds) -> None:
        self.reading = reading
        self.thresholds = thresholds
        self.aggregates: dict[tuple[object, ...], Aggregate] = {}

    def add(self, matching: Matching) -> None:
        """Note what the Matching needs."""
        match = taken_apart(matching)
        for what in match.wanted():
            self._note(match, what)

    def answer(self, table: Table, matching: Matching) -> Column:
        """True or false for each customer of the table that carries the aggregates."""
        match = taken_apart(matching)
        columns = {what: table[f"_{self._note(match, what).name}"] for what in match.wanted()}
        met = [holds(columns[check.field.name], check, self._context(table)) for check in match.totals]
        if not any(check.field.name == "count" for check in match.totals):
            met.append(columns["count"] > 0)
        if match.position == "every":
            met.append((columns["all_orders"] > 0) & (columns["orders"] == columns["all_orders"]))
        found = ibis.and_(*met)
        return ~found if matching.negated else found

    def passing_rows(self, table: Table, matching: Matching) -> Column:
        """How many related rows pass the checks on rows."""
        return table[f"_{self._note(taken_apart(matching), 'count').name}"]

    def _note(self, match: Match, what: str) -> Aggregate:
        key = (match.source, "all" if what == "all_orders" else (match.rows, match.position), what)
        if key not in self.aggregates:
            name = f"match_{len(self.aggregates)}"
            self.aggregates[key] = Aggregate(name, match.source, lambda rows, _: self._total(rows, match, what), 0)
        return self.aggregates[key]

    def _total(self, rows: Table, match: Match, what: str) -> Column:
        passing = self._passing(rows, match)
        if what == "count":
            return rows.count(where=passing)
        if what == "orders":
            return rows.order_id.nunique(where=passing)
        if what == "all_orders":
            return rows.order_id.nunique()
        return rows[SUMS[what]].sum(where=passing).cast("int64")

    def _passing(self, rows: Table, match: Match) -> Column:
        columns = ORDER_COLUMNS if match.function == "orders_placed" else LINE_COLUMNS
        context = self._context(rows, match.function)
        checks = sorted(match.rows, key=repr)
        met = [holds(columns[check.field.name](rows), check, context) for check in checks]
        if match.position in {"first", "last"}:
            met.append(rows[f"is_{match.position}"])
        return ibis.and_(*met)

    def _context(self, table: Table, function: str = "") -> Context:
        return Context(self.reading, self.thresholds, table, function)
