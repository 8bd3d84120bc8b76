"""What exists at an instant: the customers, and the orders, lines and refunds that count (S12, S24)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final, TypeAlias

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles.phase_numbers import Numbers, numbers_of
from relance.store import Shop

# An Ibis value: what it can do depends on its type, which only Ibis knows.
Column: TypeAlias = Any

# Silence that ends a session is longer than this (S11).
SILENCE_MINUTES: Final = 30
PLACES: Final = frozenset({"is_first", "is_last"})
# What the rows of a source have only if it is asked for, because it costs a join.
EXTRAS: Final[Mapping[str, frozenset[str]]] = {
    "orders": PLACES | {"refunded", "net"},
    "lines": PLACES | {"net", "product_tags"},
    "events": frozenset({"product_tags"}),
    "sessions": frozenset({"purchases", "time_to_purchase"}),
}


@dataclass(frozen=True)
class Reading:
    """A shop's warehouse as it stood just before `now` (aware UTC), for everyone or for the `touched` customers.

    `touched` is a table with the column `customer_id`, and may have `bucket`. `moment` stands for `now` in an
    expression that is compiled for a whole day (`warehouse.statements`): only what is finer than the shop's day
    reads it. `stands`: nothing has come since the last refresh, whose sums of orders can be read (`STANDING`).
    Amounts are minor units of the shop's currency; an order in
    another currency counts as an order and has no amount.
    """

    engine: BaseBackend
    shop: Shop
    now: datetime
    touched: Table | None = None
    moment: datetime | None = None
    stands: bool = False

    @cached_property
    def today(self) -> date:
        """The day in the shop's zone."""
        return self.now.astimezone(self.shop.zone).date()

    @cached_property
    def numbers(self) -> Numbers:
        """The numbers of the life phases."""
        return numbers_of(self.shop)

    @cached_property
    def instant(self) -> Column:
        """`now` as the warehouse writes it: naive UTC."""
        return instant_literal(self.moment or self.now)

    def day(self, days_ago: float) -> Column:
        """The day that many whole days before today."""
        return ibis.literal(self.today - timedelta(days=days_ago))

    @cached_property
    def customers(self) -> Table:
        """Every customer, prospects included."""
        return self._of_touched(self.engine.table("customer"))

    @cached_property
    def counted(self) -> Table:
        """The orders that count, as they are in the warehouse."""
        order = self.engine.table("order")
        standing = order.cancelled_at.isnull() | (order.cancelled_at >= self.instant)
        known = order.filter(order.customer_id.notnull(), order.counted, order.ordered_at < self.instant, standing)
        return self._of_touched(known)

    @cached_property
    def orders(self) -> Table:
        """The orders that count, with all that `rows` adds."""
        return self.rows("orders", EXTRAS["orders"])

    @cached_property
    def lines(self) -> Table:
        """The sale lines of the orders that count, with all that `rows` adds."""
        return self.rows("lines", EXTRAS["lines"])

    @cached_property
    def events(self) -> Table:
        """What customers did before now, with all that `rows` adds."""
        return self.rows("events", EXTRAS["events"])

    @cached_property
    def sessions(self) -> Table:
        """The visits that customers began before now, with all that `rows` adds."""
        return self.rows("sessions", EXTRAS["sessions"])

    def rows(self, source: str, columns: Set[str]) -> Table:
        """The related rows of that name, joined to no more than these columns need.

        Orders and lines have `amount` (gross), null in another currency, and `discount_rate`, percent of the price
        before discount (of an order's subtotal where it is known, else of its total); if asked for, they have `net`,
        `refunded` (orders), `is_first` and `is_last`: whether it is the customer's first or last order. Lines and
        events have their product's `product_tags`, sessions `purchases` and `time_to_purchase` (seconds), if asked for.
        """
        if source == "orders":
            return self._orders_with(columns)
        if source == "lines":
            return self._lines_with(columns)
        if source == "events":
            return self._tagged(self._events, columns)
        if source == "sessions":
            return self._sessions_with(columns)
        found: Table = getattr(self, source)
        return found

    def _orders_with(self, columns: Set[str]) -> Table:
        orders = self._standing_orders
        own = orders.currency == self.shop.currency
        before = ibis.coalesce(orders.subtotal, orders.total) + orders.discount
        orders = orders.mutate(
            amount=own.ifelse(orders.total, ibis.null("int64")),
            discount_rate=orders.discount * 100.0 / before.nullif(0),
        )
        if columns & {"refunded", "net"}:
            returned = self._refunds_by("order_id").rename(refunded_order="order_id")
            joined = orders.left_join(returned, orders.order_id == returned.refunded_order).drop("refunded_order")
            orders = joined.mutate(
                refunded=joined.amount.notnull().ifelse(joined.refunded.fill_null(0), ibis.null("int64"))
            )
            orders = orders.mutate(net=orders.amount - orders.refunded)
        return self._placed(orders) if columns & PLACES else orders

    def _lines_with(self, columns: Set[str]) -> Table:
        line = self.engine.table("order_line")
        lines = line.filter(line.order_id.notnull(), line.kind == "sale").drop("customer_id", "ordered_at")
        placed = self._orders_with(columns & PLACES)
        places = sorted(columns & PLACES)
        orders = placed.select("order_id", "customer_id", "ordered_at", *places, own=placed.amount.notnull())
        joined = lines.inner_join(orders, "order_id")
        joined = joined.mutate(
            amount=joined.own.ifelse(joined.total, ibis.null("int64")),
            discount_rate=joined.discount * 100.0 / (joined.total + joined.discount).nullif(0),
        )
        if "net" in columns:
            returned = self._refunds_by("line_id").rename(refunded_line="line_id")
            joined = joined.left_join(returned, joined.line_id == returned.refunded_line).drop("refunded_line")
            joined = joined.mutate(net=joined.amount - joined.refunded.fill_null(0)).drop("refunded")
        return self._tagged(joined, columns)

    def _tagged(self, rows: Table, columns: Set[str]) -> Table:
        """The rows with the tags of their product."""
        if "product_tags" not in columns:
            return rows
        product = self.engine.table("product").select(tagged="product_id", product_tags="tags")
        return rows.left_join(product, rows.product_id == product.tagged).drop("tagged")

    def _placed(self, orders: Table) -> Table:
        """The orders with their place among the customer's; of two at one instant the greater id is the later."""
        place: Column = ibis.struct({"at": orders.ordered_at, "id": orders.order_id})
        ids: Column = orders.order_id
        ends = orders.group_by(whose="customer_id").agg(first_one=ids.argmin(place), last_one=ids.argmax(place))
        joined = orders.inner_join(ends, orders.customer_id == ends.whose)
        placed = joined.mutate(is_first=joined.order_id == joined.first_one, is_last=joined.order_id == joined.last_one)
        return placed.drop("whose", "first_one", "last_one")

    @cached_property
    def _events(self) -> Table:
        event = self.engine.table("event")
        return self._of_touched(event.filter(event.customer_id.notnull(), event.occurred_at < self.instant))

    def _sessions_with(self, columns: Set[str]) -> Table:
        session = self.engine.table("session")
        began = self._of_touched(session.filter(session.customer_id.notnull(), session.started_at < self.instant))
        sessions = began.mutate(
            current=began.ended_at >= self.instant - ibis.interval(minutes=SILENCE_MINUTES),
            duration=began.ended_at.epoch_seconds() - began.started_at.epoch_seconds(),
        )
        if not columns & {"purchases", "time_to_purchase"}:
            return sessions
        bought = self.engine.table("order_session").select("order_id", bought_in="session_id")
        made = bought.inner_join(self._standing_orders.select("order_id", "ordered_at"), "order_id")
        orders = made.group_by("bought_in").agg(purchases=made.count(), first_order=made.ordered_at.min())
        joined = sessions.left_join(orders, sessions.session_id == orders.bought_in).drop("bought_in")
        waited = joined.first_order.epoch_seconds() - joined.started_at.epoch_seconds()
        return joined.mutate(purchases=joined.purchases.fill_null(0), time_to_purchase=waited).drop("first_order")

    @cached_property
    def messages(self) -> Table:
        """What happened before now to the messages that customers were sent."""
        event = self.engine.table("message_event")
        return self._of_touched(event.filter(event.occurred_at < self.instant))

    @cached_property
    def consent_states(self) -> Table:
        """Where each customer stands now on each channel and purpose: `status`, and `at` when that began."""
        entries = self.consents
        entry: Column = ibis.struct({name: entries[name] for name in ("weight", "seq", "status", "at")})
        states: Column = entries.group_by("customer_id", "channel", "purpose").agg(last=entry.max())
        return states.mutate(status=states.last["status"], at=states.last["at"]).drop("last")

    @cached_property
    def journal(self) -> Table:
        """The entries into segments and the exits from them before now."""
        journal = self.engine.table("journal")
        return self._of_touched(journal.filter(journal.effective_at < self.instant))

    @cached_property
    def store_credit(self) -> Table:
        """The credit that customers have with the shop: their accounts as they are, whatever the instant."""
        return self._of_touched(self.engine.table("store_credit"))

    @cached_property
    def lost_refunds(self) -> Table:
        """Refunds that match no order: they lower a customer's lifetime amounts only."""
        refund = self.engine.table("refund")
        known = refund.filter(refund.order_id.isnull(), refund.customer_id.notnull(), refund.refunded_at < self.instant)
        return self._of_touched(known)

    @cached_property
    def listed(self) -> Table:
        """Who was put on which list before now, with the list's `name`."""
        members = self._of_touched(self.engine.table("list_member"))
        return members.filter(members.added_at < self.instant).inner_join(self.engine.table("list"), "list_id")

    @cached_property
    def tagged(self) -> Table:
        """The tags that people gave customers before now."""
        tags = self._of_touched(self.engine.table("customer_tag"))
        return tags.filter(tags.added_at < self.instant)

    @cached_property
    def consents(self) -> Table:
        """The entries of the consent ledger that were true before now, each with its `weight` among its like."""
        entries = self._of_touched(self.engine.table("consent_entry"))
        known = entries.filter(entries.at < self.instant)
        return known.mutate(weight=ibis.coalesce(known.weight, known.at.epoch_seconds().cast("int64")))

    @cached_property
    def _standing_orders(self) -> Table:
        order = self.engine.table("order")
        standing = order.cancelled_at.isnull() | (order.cancelled_at >= self.instant)
        return self._of_touched(
            order.filter(order.customer_id.notnull(), order.counted, order.ordered_at < self.instant, standing)
        )

    def _refunds_by(self, key: str) -> Table:
        """What was refunded before now, by order or by line."""
        refund = self.engine.table("refund")
        known = refund.filter(refund[key].notnull(), refund.refunded_at < self.instant)
        if self.touched is not None:
            known = known.semi_join(self._standing_orders, "order_id")
        return known.group_by(key).agg(refunded=known.amount.sum().cast("int64"))

    def _of_touched(self, table: Table) -> Table:
        if self.touched is None:
            return table
        # rows lie in the order of their buckets: the engine passes over those of the others
        keys = ["bucket", "customer_id"] if {"bucket"} <= {*table.columns} & {*self.touched.columns} else "customer_id"
        return table.semi_join(self.touched, keys)


def instant_literal(instant: datetime) -> Column:
    """An aware instant as a naive UTC literal."""
    return ibis.literal(instant.astimezone(UTC).replace(tzinfo=None), type="timestamp")
