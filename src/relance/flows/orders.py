"""What a flow asks the warehouse about orders: everybody's last counted one, who may enter, who has to leave."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    """Each customer's last counted order (S12, S24): customer_id, order_id, ordered_at, day.

    Of two orders of one instant the greater id is the last.
    """
    order = reading.counted.select("customer_id", "order_id", "ordered_at", "day")
    place = ibis.row_number().over(
        group_by=order.customer_id, order_by=[order.ordered_at.desc(), order.order_id.desc()]
    )
    ranked = order.mutate(place=place)
    return ranked.filter(ranked.place == 0).drop("place")


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


def customers(ids: Collection[str]) -> Table:
    """Some customers as a table of one column, customer_id."""
    return ibis.memtable(pa.table({"customer_id": pa.array(sorted(set(ids)), pa.string())}))


def comings_and_goings(reading: Reading, since: datetime, known: Table, inside: Table) -> pa.Table:
    """Who enters and who leaves, in one question: customer_id, occurrence, day, anchor_at, why.

    `why` is null for a last order after `since` for which nobody is among the `known` positions. Of those `inside`
    it says why they leave: `ordered` after a newer order, `order_gone` when theirs no longer counts.
    """
    last = last_orders(reading)
    new = last.filter(last.ordered_at > ibis.literal(naive(since)))
    new = new.select("customer_id", "day", occurrence="order_id", anchor_at="ordered_at")
    new = new.anti_join(known, ["customer_id", "occurrence"])
    gone = _gone(last, inside).mutate(day=ibis.null("date"))
    columns = ["customer_id", "occurrence", "day", "anchor_at"]
    rows = new.select(*columns, why=ibis.null("string")).union(gone.select(*columns, "why"))
    found: pa.Table = reading.engine.to_pyarrow(rows.order_by("customer_id", "occurrence"))
    return found


def leavers(engine: BaseBackend, shop: Shop, now: datetime, inside: Table) -> dict[tuple[str, str], str]:
    """Of those inside, who leaves and why, by customer and occurrence."""
    reading = Reading(engine, shop, now, inside.select("customer_id").distinct())
    found = rows_of(engine, _gone(last_orders(reading), inside))
    return {(row["customer_id"], row["occurrence"]): row["why"] for row in found}


def _gone(last: Table, inside: Table) -> Table:
    """Those inside whose last counted order is another one, or none, with the reason."""
    last = last.select(customer="customer_id", order_id="order_id", ordered_at="ordered_at")
    both = inside.left_join(last, inside.customer_id == last.customer)
    gone = both.filter(both.order_id.isnull() | (both.order_id != both.occurrence))
    newer = (gone.ordered_at >= gone.anchor_at).fill_null(False)
    return gone.select("customer_id", "occurrence", "anchor_at", why=newer.ifelse("ordered", "order_gone"))
