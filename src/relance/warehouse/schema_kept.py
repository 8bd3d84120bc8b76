"""The tables that Relance works out and keeps: what segments, refreshes and recommendations found."""

from __future__ import annotations

from typing import Final

import ibis
from ibis.expr.schema import Schema


def table_of(**columns: str) -> Schema:
    """The columns of a table and their types, in their order; `!` stands before the type of one that is never null."""
    return ibis.schema(columns)


KEPT: Final[dict[str, Schema]] = {
    # how many rows of a table lay in the order of their buckets when it was last put in order
    "arranged": table_of(of="!string", rows="!int64"),
    # what a customer is worth, as the last refresh that looked at the customer found it
    # and what the customer's orders come to on that day: counts that are asked for read these instead of the orders
    "standing": table_of(
        customer_id="!string",
        amount_spent="!int64",
        orders="int64",
        valued_orders="int64",
        gross="int64",
        refunded="int64",
        lost="int64",
        first_at="timestamp",
        last_at="timestamp",
        first_day="date",
        last_day="date",
        days="int64",
        recent="int64",
        loyal="int64",
        last_net="int64",
        last_untaxed="int64",
        bucket="int32",
    ),
    # the segments' names and bits as of the last refresh: for queries that refer to them
    "segment_name": table_of(segment_id="!string", name="!string", bit="!int64", profiling="!boolean"),
    # products bought together more often than by chance, as of the last computation (`analytics.affinity`)
    "product_pair": table_of(
        product_id="!string",
        other_id="!string",
        together="!int64",
        support="!float64",
        confidence="!float64",
        lift="!float64",
        lift_low="!float64",
        as_of="!timestamp",
    ),
    # what to recommend to whom; kind: complement, next_version, viewed, popular; the best has place 0
    "recommendation": table_of(
        customer_id="!string",
        kind="!string",
        place="!int64",
        product_id="!string",
        because="string",  # the product or the category that it follows from
        as_of="!timestamp",
    ),
    # population facts of a shop-day (S9)
    "threshold": table_of(
        name="!string",
        version="!date",
        population="!string",
        edges="!array<float64>",
        computed_at="!timestamp",
    ),
    # features of every customer as of the last refresh; its columns come from profiles/
    "membership": table_of(customer_id="!string", word="!int16", bits="!int64", bucket="int32"),
    "journal": table_of(
        customer_id="!string",
        segment_id="!string",
        entered="!boolean",
        effective_at="!timestamp",
        recorded_at="!timestamp",
        cause="!string",
        detail="string",  # which event, window or version: order:1001, day:2026-03-10, version:3
        bucket="int32",
    ),
    "refresh": table_of(
        refresh_id="!string",
        as_of="!timestamp",
        recorded_at="!timestamp",
        segments="!int64",
        customers="!int64",
        entered="!int64",
        left="!int64",
        seconds="!float64",
        mode="string",  # full, incremental or live; null is full
    ),
    # a segment's size at each refresh: the list's change over 30 days
    "segment_size": table_of(
        segment_id="!string",
        version="!int64",  # of the definition
        as_of="!timestamp",
        members="!int64",
        share="!float64",
        revenue="!int64",
    ),
    # why a segment could not be computed at a refresh: the key and facts of the error, as JSON
    "segment_problem": table_of(segment_id="!string", as_of="!timestamp", problem="!string"),
}
