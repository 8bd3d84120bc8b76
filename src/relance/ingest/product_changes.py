"""What versions of products make of each other: gaps filled from what was known, and the changes as events.

Rows of one thing lie together, the stored one first and then those that came, by their version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Ints = np.ndarray[Any, Any]
PRICE_DROPPED: Final = "Price Dropped"
PRICE_RAISED: Final = "Price Raised"
BACK_IN_STOCK: Final = "Back In Stock"
OUT_OF_STOCK: Final = "Out Of Stock"
LOW_STOCK: Final = "Low Stock"
PRODUCT_RENAMED: Final = "Product Renamed"
PRODUCT_REMOVED: Final = "Product Removed"
PRODUCT_EVENTS: Final = (
    PRICE_DROPPED,
    PRICE_RAISED,
    BACK_IN_STOCK,
    OUT_OF_STOCK,
    LOW_STOCK,
    PRODUCT_RENAMED,
    PRODUCT_REMOVED,
)
INSTANT: Final = pa.timestamp("us")


def laid_over(stored: pa.Table, rows: pa.Table, key: str, columns: Sequence[str]) -> pa.Table:
    """The stored rows and those that came, in order, each filled with what was known before it.

    Rows of an older version than the stored one are left out, and things of which nothing came with them. Beside
    `columns` there are `group` (a number a thing), `is_new`, `at` (when it was so) and `received_at`.
    """
    both = pa.concat_tables(
        [
            stored.append_column("is_new", pa.array([False] * stored.num_rows, pa.bool_())),
            _with_stock(rows).append_column("is_new", pa.array([True] * rows.num_rows, pa.bool_())),
        ],
        promote_options="permissive",
    ).combine_chunks()
    group = _groups(both, key)
    both = both.filter(pa.array(_current(both, group)))
    group = _groups(both, key)
    versions = pc.fill_null(pc.coalesce(both["updated_at"], both["received_at"]).cast(pa.int64()), 0)
    is_new = np.asarray(both["is_new"])
    order = np.lexsort((np.arange(both.num_rows), np.asarray(versions), is_new, group))
    both, group = both.take(pa.array(order)), group[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    received = both["received_at"].combine_chunks()
    own = pc.coalesce(both["updated_at"].combine_chunks(), received)
    out = {name: _filled(_column(both, name), both, starts, name) for name in columns}
    out["added_at"] = _added(out["added_at"], received, starts)
    return pa.table(
        {
            **out,
            "group": pa.array(group),
            "is_new": both["is_new"],
            "at": pc.min_element_wise(own, received, skip_nulls=True),
            "received_at": received,
        }
    )


def last_of_each(series: pa.Table) -> pa.Table:
    """The last row of each thing."""
    groups = np.asarray(series["group"])
    return series.take(pa.array(np.flatnonzero(np.diff(groups, append=-1))))


def _with_stock(rows: pa.Table) -> pa.Table:
    """Whether it can be bought, also where only the pieces are told."""
    told = pc.coalesce(rows["in_stock"], pc.greater(rows["stock"], 0))
    return rows.set_column(rows.column_names.index("in_stock"), "in_stock", told)


def _groups(rows: pa.Table, key: str) -> Ints:
    return np.asarray(rows[key].combine_chunks().dictionary_encode().indices).astype(np.int64)


def _current(both: pa.Table, group: Ints) -> np.ndarray[Any, Any]:
    """Which rows are no older than what is stored, of things of which something new came."""
    least = np.iinfo(np.int64).min
    version = np.asarray(pc.fill_null(both["updated_at"].cast(pa.int64()), least))
    is_new = np.asarray(both["is_new"])
    kept = np.full(int(group.max(initial=-1)) + 1, least)
    kept[group[~is_new]] = version[~is_new]
    good = ~is_new | (version == least) | (version >= kept[group])
    news = np.zeros(len(kept), dtype=bool)
    news[group[is_new & good]] = True
    return np.asarray(good & news[group])


def _column(both: pa.Table, name: str) -> pa.Array:
    return both[name].combine_chunks()


def _filled(values: pa.Array, both: pa.Table, starts: Ints, name: str) -> pa.Array:
    """The values with those before them in the same thing where they say nothing."""
    said = np.asarray(pc.is_valid(values))
    if name == "stock":
        said = said | np.asarray(pc.fill_null(both["uncounted"], False))
    if name == "deleted_at":  # a newer version that does not say so is there again
        said = said | (np.asarray(pc.is_valid(both["updated_at"])) & np.asarray(both["is_new"]))
    places = np.where(said, np.arange(len(values)), -1)
    places[starts] = starts
    return values.take(pa.array(np.maximum.accumulate(places)))


def _added(values: pa.Array, received: pa.Array, starts: Ints) -> pa.Array:
    """When each thing was first seen: what it says itself, else when it came."""
    first = values.take(pa.array(starts)) if len(starts) else values
    came = pc.coalesce(first, received.take(pa.array(starts)))
    lengths = np.diff(np.append(starts, len(values)))
    return came.take(pa.array(np.repeat(np.arange(len(starts)), lengths)))


def changes(series: pa.Table, low: int) -> pa.Table:
    """The events between each row and the one before it: of things that a catalogue had told of before.

    Amounts are minor units, stock pieces; `low` is the stock from which on it is low.
    """
    after = np.flatnonzero(np.asarray(series["is_new"]))
    groups = np.asarray(series["group"])
    after = after[(after > 0) & (groups[after] == groups[after - 1])]
    was, now = series.take(pa.array(after - 1)), series.take(pa.array(after))
    known = pc.is_valid(was["source"])
    could, can = was["in_stock"], now["in_stock"]
    masks: dict[str, tuple[Any, str | None]] = {
        PRICE_DROPPED: (pc.less(now["price"], was["price"]), "price"),
        PRICE_RAISED: (pc.greater(now["price"], was["price"]), "price"),
        BACK_IN_STOCK: (pc.and_(can, pc.invert(could)), "stock"),
        OUT_OF_STOCK: (pc.and_(could, pc.invert(can)), "stock"),
        LOW_STOCK: (
            pc.and_(
                pc.and_(pc.less_equal(now["stock"], low), pc.greater(now["stock"], 0)), pc.greater(was["stock"], low)
            ),
            "stock",
        ),
        PRODUCT_REMOVED: (pc.and_(pc.is_valid(now["deleted_at"]), pc.is_null(was["deleted_at"])), None),
    }
    if "title" in series.column_names:
        masks[PRODUCT_RENAMED] = (pc.not_equal(now["title"], was["title"]), "title")
    parts = [
        _events(name, was.filter(mask), now.filter(mask), column)
        for name, (wanted, column) in masks.items()
        for mask in [pc.and_(known, pc.fill_null(wanted, False))]
    ]
    return pa.concat_tables(parts)


def _events(name: str, was: pa.Table, now: pa.Table, column: str | None) -> pa.Table:
    count = now.num_rows
    variants = now["variant_id"] if "variant_id" in now.column_names else pa.nulls(count, pa.string())
    numbers = column in {"price", "stock"}
    texts = pa.nulls(count, pa.string())
    at = now["at"].cast(INSTANT)
    identity = pc.binary_join_element_wise(
        now["product_id"], pc.fill_null(variants, ""), name, pc.strftime(at, "%Y-%m-%dT%H:%M:%S"), ":"
    )
    return pa.table(
        {
            "product_event_id": identity,
            "product_id": now["product_id"],
            "variant_id": variants,
            "name": pa.array([name] * count, pa.string()),
            "occurred_at": at,
            "received_at": now["received_at"].cast(INSTANT),
            "before": was[column].cast(pa.int64()) if numbers and column else pa.nulls(count, pa.int64()),
            "after": now[column].cast(pa.int64()) if numbers and column else pa.nulls(count, pa.int64()),
            "title_before": was[column] if column == "title" else texts,
            "title_after": now[column] if column == "title" else texts,
        }
    )
