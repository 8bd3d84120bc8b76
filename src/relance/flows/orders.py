"""What a flow asks the warehouse about orders: everybody's last counted one, who may enter, who has to leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Reading
from relance.store import Shop
from relance.warehouse import rows_of


def naive(instant: datetime) -> datetime:
    """An aware UTC instant as the warehouse keeps it."""
    return instant.replace(tzinfo=None)


def last_orders(reading: Reading) -> Table:
    """Each customer's last counted order (S12, S24): customer_id, order_id, ordered_at, day, net (minor units or null).

    Of two orders of one instant the greater id is the last.
    """
    order = reading.orders
    place = ibis.row_number().over(
        group_by=order.customer_id, order_by=[order.ordered_at.desc(), order.order_id.desc()]
    )
    ranked = order.mutate(place=place)
    return ranked.filter(ranked.place == 0).select("customer_id", "order_id", "ordered_at", "day", "net")


def occurrences(rows: Sequence[tuple[str, str, datetime]]) -> Table:
    """Positions as a table: customer_id, occurrence, anchor_at."""
    customers, names, anchors = zip(*rows, strict=True) if rows else ((), (), ())
    return ibis.memtable(
        pa.table(
            {
                "customer_id": pa.array(customers, pa.string()),
                "occurrence": pa.array(names, pa.string()),
                "anchor_at": pa.array([naive(anchor) for anchor in anchors], pa.timestamp("us")),
            }
        )
    )


def customers(ids: Sequence[str]) -> Table:
    """Some customers as a table of one column, customer_id."""
    return ibis.memtable(pa.table({"customer_id": pa.array(sorted(set(ids)), pa.string())}))


def newcomers(reading: Reading, since: datetime, known: Table) -> pa.Table:
    """Last orders after `since` for which nobody entered yet: customer_id, occurrence, day, anchor_at."""
    last = last_orders(reading)
    last = last.filter(last.ordered_at > ibis.literal(naive(since)))
    last = last.select("customer_id", "day", occurrence="order_id", anchor_at="ordered_at")
    new = last.anti_join(known, ["customer_id", "occurrence"]).order_by("customer_id")
    found: pa.Table = reading.engine.to_pyarrow(new)
    return found


def leavers(engine: BaseBackend, shop: Shop, now: datetime, waiting: Table) -> dict[tuple[str, str], str]:
    """Of the waiting, those whose last counted order is another one: why, by customer and occurrence.

    The reason is `ordered` after a newer order, `order_gone` when the order they entered for no longer counts.
    """
    reading = Reading(engine, shop, now, waiting.select("customer_id").distinct())
    last = last_orders(reading).select(customer="customer_id", order_id="order_id", ordered_at="ordered_at")
    both = waiting.left_join(last, waiting.customer_id == last.customer)
    gone = both.filter(both.order_id.isnull() | (both.order_id != both.occurrence))
    newer = (gone.ordered_at >= gone.anchor_at).fill_null(False)
    found = rows_of(engine, gone.select("customer_id", "occurrence", newer=newer))
    return {(row["customer_id"], row["occurrence"]): "ordered" if row["newer"] else "order_gone" for row in found}
