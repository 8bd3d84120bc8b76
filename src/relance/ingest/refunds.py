"""A refund line finds its order (S23): the customer's latest earlier one with item, price and enough unreturned."""

from __future__ import annotations

from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table

from relance.warehouse import Writer

KEYS: Final = ("customer_id", "product_id", "unit_price")
Numbers = np.ndarray[Any, Any]


def match_refunds(writer: Writer, refunds: Table) -> Table:
    """`refunds` (staged refund rows with a unit price) with the order and line that each belongs to, or null."""
    keys = writer.stage(
        refunds.filter(refunds.customer_id.notnull(), refunds.product_id.notnull(), refunds.quantity > 0)
        .select(*KEYS)
        .distinct()
        .mutate(key=ibis.row_number())
    )
    sold = writer.rows(_sold(writer.table("order_line"), keys).order_by("key", "at", "order_id"))
    back = writer.rows(_returned(refunds, keys).order_by("at", "refund_id"))
    places = match(_ints(back, "key"), _ints(back, "at"), _ints(back, "quantity"), *_three(sold))
    orders = pa.array(np.where(places < 0, 0, places), mask=places < 0)
    found = pa.table(
        {
            "matched": back["refund_id"],
            "its_order": sold["order_id"].combine_chunks().take(orders),
            "its_line": sold["line_id"].combine_chunks().take(orders),
        }
    )
    pairs = writer.stage(found)
    joined = refunds.drop("order_id", "line_id").left_join(pairs, refunds.refund_id == pairs.matched)
    return joined.rename(order_id="its_order", line_id="its_line").drop("matched")


def _sold(lines: Table, keys: Table) -> Table:
    """What each order sold of each key."""
    sales = lines.filter(lines.kind == "sale").join(keys, list(KEYS))
    return sales.group_by("key", "order_id").agg(
        at=sales.ordered_at.min(),
        quantity=sales.quantity.sum().cast("int64"),
        line_id=sales.line_id.min(),
    )


def _returned(refunds: Table, keys: Table) -> Table:
    pairs = refunds.join(keys, list(KEYS))
    return pairs.filter(pairs.quantity > 0).select("refund_id", "key", "quantity", at="refunded_at")


def _ints(table: pa.Table, name: str) -> Numbers:
    column = table[name].combine_chunks()
    return np.asarray(column.cast(pa.int64()))


def _three(sold: pa.Table) -> tuple[Numbers, Numbers, Numbers]:
    return _ints(sold, "key"), _ints(sold, "at"), _ints(sold, "quantity")


def match(
    back_key: Numbers, back_at: Numbers, back_quantity: Numbers, key: Numbers, at: Numbers, quantity: Numbers
) -> Numbers:
    """The place among the sales (sorted by key, then time) of each return (sorted by time), −1 for none.

    In rounds: the first open return of every key chooses at once, for keys do not share sales. A round costs the sales
    of the keys that still have returns.
    """
    chosen = np.full(len(back_key), -1)
    left = quantity.copy()
    turn = _turns(back_key)
    for number in range(int(turn.max()) + 1 if len(turn) else 0):
        now = np.flatnonzero(turn == number)
        owner = np.full(int(max(back_key.max(), key.max() if len(key) else 0)) + 1, -1)
        owner[back_key[now]] = now
        mine = owner[key]
        open_to = np.flatnonzero(mine >= 0)
        fits = (at[open_to] < back_at[mine[open_to]]) & (left[open_to] >= back_quantity[mine[open_to]])
        places = open_to[fits]
        chosen[mine[places]] = places  # of several the last one stays: the latest order
        taken = now[chosen[now] >= 0]
        left[chosen[taken]] -= back_quantity[taken]
    return chosen


def _turns(keys: Numbers) -> Numbers:
    """For each return how many of its key come before it."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1]))) if len(keys) else np.array([], int)
    sizes = np.diff(np.append(starts, len(keys)))
    turns = np.empty(len(keys), dtype=np.int64)
    turns[order] = np.arange(len(keys)) - np.repeat(starts, sizes)
    return turns
