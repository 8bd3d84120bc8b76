"""What exists at an instant: the customers, and the orders, lines and refunds that count (S12, S24)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles.phase_numbers import Numbers, numbers_of
from relance.store import Shop

# An Ibis value: what it can do depends on its type, which only Ibis knows.
Column: TypeAlias = Any


@dataclass(frozen=True)
class Reading:
    """A shop's warehouse as it stood just before `now` (aware UTC), for everyone or for the `touched` customers.

    `touched` is a table with the column `customer_id`. Amounts are minor units of the shop's currency; an order in
    another currency counts as an order and has no amount.
    """

    engine: BaseBackend
    shop: Shop
    now: datetime
    touched: Table | None = None

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
        return instant_literal(self.now)

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
        """The orders that count, each with `amount` (gross), `refunded` and `net`, null in another currency."""
        returned = self._refunds_by("order_id").rename(refunded_order="order_id")
        orders = self._standing_orders
        joined = orders.left_join(returned, orders.order_id == returned.refunded_order).drop("refunded_order")
        own = joined.currency == self.shop.currency
        amount = own.ifelse(joined.total, ibis.null("int64"))
        refunded = own.ifelse(joined.refunded.fill_null(0), ibis.null("int64"))
        return joined.mutate(amount=amount, refunded=refunded, net=amount - refunded)

    @cached_property
    def lines(self) -> Table:
        """The sale lines of the orders that count; `amount` and `net` as for orders."""
        line = self.engine.table("order_line")
        lines = line.filter(line.order_id.notnull(), line.kind == "sale")
        orders = self.orders.select("order_id", buyer="customer_id", placed_at="ordered_at", own="amount")
        joined = lines.inner_join(orders, "order_id").drop("customer_id", "ordered_at")
        joined = joined.rename(customer_id="buyer", ordered_at="placed_at")
        returned = self._refunds_by("line_id").rename(refunded_line="line_id")
        joined = joined.left_join(returned, joined.line_id == returned.refunded_line).drop("refunded_line")
        own = joined.own.notnull()
        amount = own.ifelse(joined.total, ibis.null("int64"))
        return joined.mutate(amount=amount, net=amount - joined.refunded.fill_null(0))

    @cached_property
    def placed_orders(self) -> Table:
        """The orders that count, with `is_first` and `is_last`: the customer's first and last one."""
        place: Column = ibis.struct({"at": self.orders.ordered_at, "id": self.orders.order_id})
        mine = ibis.window(group_by="customer_id")
        return self.orders.mutate(is_first=place == place.min().over(mine), is_last=place == place.max().over(mine))

    @cached_property
    def placed_lines(self) -> Table:
        """The sale lines, with `is_first` and `is_last` of their order, and their product's `product_tags`."""
        order = self.placed_orders.select("is_first", "is_last", placed="order_id")
        product = self.engine.table("product").select(tagged="product_id", product_tags="tags")
        joined = self.lines.inner_join(order, self.lines.order_id == order.placed).drop("placed")
        return joined.left_join(product, joined.product_id == product.tagged).drop("tagged")

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
        return table.semi_join(self.touched, "customer_id")


def instant_literal(instant: datetime) -> Column:
    """An aware instant as a naive UTC literal."""
    return ibis.literal(instant.astimezone(UTC).replace(tzinfo=None), type="timestamp")
