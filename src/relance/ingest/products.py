"""The catalogue: products and their variants as they stand, and what changed about them as events.

A record of kind `product` has the columns of the table `product`, and either a `variant_id` with those of
`product_variant` or a list of them under `variants`. What it does not say stays as it was; `"stock": null` says that
the pieces are not counted. Of two versions of one thing the one with the later `updated_at` holds, whatever came last.
A product with variants has the lowest of their prices, the highest of their costs and the sum of their stock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from relance.ingest.bodies import Body, arrays
from relance.ingest.product_changes import changes, laid_over, last_of_each
from relance.store import Shop
from relance.warehouse import TABLES, Writer

OF_VARIANTS: Final = ("price", "stock", "in_stock")  # what a product has from its variants only
KEYS: Final = "catalogue_keys"
LOW_STOCK: Final = 5


def load_products(writer: Writer, bodies: Sequence[Body], shop: Shop, batch: str) -> int:
    """Bring the catalogue up to these records; how many of them held something new."""
    flat = [part for body in bodies for part in _flat(body)]
    return apply_products(writer, _table(flat, shop), shop, batch)


def _flat(body: Body) -> list[Body]:
    """A body as rows: the product, then each of its variants."""
    if body.get("variant_id") is not None:
        return [body]
    own = {name: value for name, value in body.items() if name != "variants"}
    inherited = {name: body.get(name) for name in ("product_id", "source", "received_at", "updated_at")}
    return [own, *({**inherited, **variant} for variant in body.get("variants") or [])]


def _table(rows: Sequence[Body], shop: Shop) -> pa.Table:
    product = arrays("product", rows, shop.zone_name)
    variant = arrays("product_variant", rows, shop.zone_name)
    received = arrays("event", [{"received_at": row.get("received_at")} for row in rows], "UTC")["received_at"]
    uncounted = pa.array([row.get("stock", 0) is None for row in rows], pa.bool_())
    key = pc.binary_join_element_wise(product["product_id"], variant["variant_id"], ":")
    more = {"variant_id": variant["variant_id"], "variant_key": key, "received_at": received, "uncounted": uncounted}
    return pa.table({**product, **more})


def product_rows(rows: pa.Table, source: str, received_at: datetime) -> pa.Table:
    """The rows of a file in the columns that `apply_products` takes; an empty cell says nothing."""
    count = rows.num_rows
    at = pa.scalar(received_at.astimezone(UTC).replace(tzinfo=None), pa.timestamp("us"))
    key = pc.binary_join_element_wise(rows["product_id"], rows["variant_id"], ":")
    facts = {"source": pa.array([source] * count), "received_at": pa.repeat(at, count), "variant_key": key}
    facts["uncounted"] = pa.array([False] * count)
    have = {**{name: rows[name] for name in rows.column_names}, **facts}
    kinds = TABLES["product"].to_pyarrow()
    missing = {name: pa.nulls(count, kinds.field(name).type) for name in kinds.names if name not in have}
    return pa.table({**have, **missing})


def apply_products(writer: Writer, rows: pa.Table, shop: Shop, batch: str) -> int:
    """Bring the catalogue up to rows of products (`variant_id` null) and variants; how many held something new.

    Columns are those of `product`, with variant_id, received_at, and `uncounted` (the stock is said not to be counted).
    """
    cause, writer.cause = writer.cause, "import"  # no flow starts because a cost changed
    is_variant = pc.is_valid(rows["variant_id"])
    variants = rows.filter(is_variant)
    written = _apply(writer, "product_variant", "variant_key", variants, shop, batch) if variants.num_rows else 0
    products = _with_sums(writer, rows.filter(pc.invert(is_variant)), variants)
    written += _apply(writer, "product", "product_id", products, shop, batch)
    writer.cause = cause
    return written


def _with_sums(writer: Writer, own: pa.Table, variants: pa.Table) -> pa.Table:
    """The rows of products: their own, those that only variants tell of, and what the variants add up to."""
    touched = pa.concat_tables([own.select(["product_id"]), variants.select(["product_id"])])
    gone = pc.unique(own.filter(pc.is_valid(own["deleted_at"]))["product_id"])
    touched = touched.filter(pc.invert(pc.is_in(touched["product_id"], gone)))
    kept = writer.table("product_variant").semi_join(writer.stage(touched), "product_id")
    sums = writer.rows(
        kept.group_by("product_id").agg(
            price=kept.price.min(),
            cost=kept.cost.max(),
            stock=kept.stock.sum().cast("int64"),
            in_stock=kept.in_stock.any(),
            received_at=kept.updated_at.max(),
        )
    )
    of_sums = pc.is_in(own["product_id"], sums["product_id"].combine_chunks())
    bare = _without(own.filter(of_sums), OF_VARIANTS)
    known = writer.rows(writer.table("product").select("product_id"))["product_id"].combine_chunks()
    there = pa.concat_arrays([known, own["product_id"].combine_chunks().cast(pa.string())])
    orphans = variants.filter(pc.invert(pc.is_in(variants["product_id"], there)))
    made = _without(orphans, (*OF_VARIANTS, "cost", "updated_at", "variant", "sku"))
    latest = pc.max(variants["received_at"]).as_py() if variants.num_rows else pc.max(own["received_at"]).as_py()
    filled = pc.fill_null(sums["received_at"], pa.scalar(latest, sums["received_at"].type))
    sums = sums.set_column(sums.column_names.index("received_at"), "received_at", filled)
    parts = [own.filter(pc.invert(of_sums)), bare, made, sums]
    return pa.concat_tables(parts, promote_options="permissive").select(own.column_names)


def _without(rows: pa.Table, names: Sequence[str]) -> pa.Table:
    for name in names:
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, pa.nulls(rows.num_rows, rows.schema.field(name).type))
    return rows


def _apply(writer: Writer, name: str, key: str, rows: pa.Table, shop: Shop, batch: str) -> int:
    columns = [column for column in TABLES[name] if column != "batch_id"]
    keys = writer.stage(pa.table({key: pc.unique(rows[key])}))
    stored = writer.rows(writer.table(name).semi_join(keys, key).select(*columns))
    series = laid_over(stored, rows, key, columns)
    if not series.num_rows:
        return 0
    found = changes(series, int(shop.settings.get("low_stock", LOW_STOCK)))
    if found.num_rows:
        writer.insert("product_event", found.append_column("batch_id", pa.array([batch] * found.num_rows)))
    last = last_of_each(series).select(columns)
    last = last.append_column("batch_id", pa.array([batch] * last.num_rows))
    _replace(writer, name, key, stored, last)
    return int(last.num_rows)


def _replace(writer: Writer, name: str, key: str, stored: pa.Table, last: pa.Table) -> None:
    """Write the rows in the place of those that stood there; customers are looked at again only when it can matter."""
    keys = last.select([key])
    if name == "product" and not _matters(stored, last):
        writer.stage_arrow(KEYS, keys)
        writer.delete_staged(name, key, KEYS)
        writer.insert_arrow(name, last)
        return
    writer.delete_matching(name, key, writer.stage(keys))
    writer.insert(name, last)


def _matters(stored: pa.Table, last: pa.Table) -> bool:
    """Whether anything changed that features of customers are made of."""
    place = pc.index_in(last["product_id"].combine_chunks(), stored["product_id"].combine_chunks())
    cost_was, cost = stored["cost"].combine_chunks().take(place), last["cost"].combine_chunks()
    tags_was, tags = stored["tags"].combine_chunks().take(place), last["tags"].combine_chunks()
    return not (cost.equals(cost_was) and _texts(tags).equals(_texts(tags_was)))


def _texts(tags: pa.Array) -> pa.Array:
    """Each list as one text; no list is an empty one."""
    return pc.fill_null(pc.binary_join(tags.cast(pa.list_(pa.string())), "\x1f"), "")
