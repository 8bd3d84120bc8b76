"""Records that arrive one by one, loaded as sets: events, message events, orders, refunds and customers.

Their bodies have the columns of the canonical table as JSON: instants as ISO 8601, money in minor units.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table
from sqlalchemy import Row

from relance.ingest import columns as read
from relance.ingest.addresses import email_key
from relance.ingest.bodies import Body, arrays
from relance.ingest.clock_skew import AHEAD, note_skew
from relance.ingest.fold_customers import merge_customers, one_row_each
from relance.ingest.fold_orders import COUNTED
from relance.ingest.identity import resolve
from relance.ingest.merges import decide
from relance.ingest.order_deleted import mark_deleted
from relance.ingest.products import load_products
from relance.ingest.property_types import learn, learn_traits
from relance.ingest.replaced import drop_other_ids, whose_refunds
from relance.ingest.sessions import note_due
from relance.ingest.translate import exponent_of
from relance.ingest.visitors import attach
from relance.store import DataFolder, Shop
from relance.warehouse import TABLES, Writer

KEY: Final = {
    "event": "event_id",
    "message_event": "message_event_id",
    "order": "order_id",
    "refund": "refund_id",
    "order_change": "order_id",
    "customer": "customer_id",
    "alias": "customer_id",
    "merge": "one_id",
    "product": "product_id",
    "order_deleted": "order_id",
}
SINGLE_KINDS: Final = frozenset(KEY)
OF_ORDER: Final = ("number", "customer_id", "carried_id", "ordered_at", "day", "batch")  # what a line has of its order
CUSTOMER_COLUMNS: Final = tuple(
    name for name in TABLES["customer"] if name not in {"customer_id", "source", "batch_id"}
)


def load_singles(
    writer: Writer, folder: DataFolder, shop: Shop, entries: Sequence[Row[Any]], batch: str
) -> tuple[int, pa.ChunkedArray]:
    """Load records of one kind that fit their tables; rows written, customers touched."""
    kind = entries[0].kind
    if kind == "product":
        return load_products(writer, bodies_of(entries), shop, batch), pa.chunked_array([], pa.string())
    found = resolve(writer, kind, bodies_of(entries), shop, folder.secret_key(), batch)
    written, people = _load(writer, kind, found.bodies, shop, batch)
    if found.restless is not None:
        attach(writer, found.restless)
    return written, people


def _load(writer: Writer, kind: str, bodies: list[Body], shop: Shop, batch: str) -> tuple[int, pa.ChunkedArray]:
    if kind == "alias":
        return len(bodies), pa.chunked_array([pa.array([body["customer_id"] for body in bodies], pa.string())])
    if kind == "merge":
        return len(bodies), decide(writer, bodies)
    if kind == "order_deleted":
        return len(bodies), mark_deleted(writer, bodies, batch)
    if kind == "customer":
        people = _load_customers(writer, bodies, batch)
        told = arrays("customer", bodies, "UTC")["metafields"], arrays("event", bodies, "UTC")["received_at"]
        said = writer.stage(pa.table(dict(zip(("metafields", "at"), told, strict=True))))
        learn_traits(writer, said, said["at"])
        return len(people), people
    if kind == "event":
        note_skew(writer, bodies, batch)
    rows = _table(kind, bodies, shop, batch)
    if kind == "refund":
        rows = whose_refunds(writer, rows)
    people = pa.chunked_array(rows["customer_id"])
    if kind == "message_event":
        rows = _instead(writer, rows, bodies)
    if kind in {"event", "message_event"}:
        return _load_new(writer, kind, rows), people
    return _load_replacing(writer, kind, rows, bodies, shop, batch), people


def bodies_of(entries: Sequence[Row[Any]]) -> list[Body]:
    """The bodies of inbox rows; what does not say when it was received was so when the inbox took it."""
    return [{"received_at": entry.received_at.isoformat(), **entry.body} for entry in entries]


def _table(kind: str, bodies: list[Body], shop: Shop, batch: str) -> pa.Table:
    last = list({body[KEY[kind]]: body for body in bodies}.values())
    filled = arrays(kind, last, shop.zone_name)
    filled["batch_id"] = pa.array([batch] * len(last))
    when = {"order": "ordered_at", "refund": "refunded_at"}.get(kind)
    if when:
        filled["day"] = read.local_day(filled[when], shop.zone_name)
        filled["batch"] = pa.array([body.get("batch") or kind for body in last])
    defaults: dict[str, dict[str, Any]] = {
        "order": {"currency": shop.currency, "status": "paid", "test": False, "discount": 0},
        "refund": {"dated": True},
    }
    if kind == "event":
        filled["occurred_at"] = _not_ahead(filled["occurred_at"], filled["received_at"])
    for name, value in defaults.get(kind, {}).items():
        filled[name] = filled[name].fill_null(value)
    if kind == "order":
        counted = [body.get("counted", _counted(body)) for body in last]
        filled["counted"] = pa.array(counted)
    return pa.table(filled)


def _not_ahead(occurred: pa.Array, received: pa.Array) -> pa.Array:
    """The instants of events; one that a client's clock puts over five minutes ahead is that of its receipt (S11)."""
    ahead = pc.greater(occurred, pc.add(received, pa.scalar(AHEAD)))
    return pc.if_else(ahead, received, occurred)


def _counted(body: Body) -> bool:
    return body.get("status", "paid") in COUNTED and not body.get("test", False)


def _instead(writer: Writer, rows: pa.Table, bodies: list[Body]) -> pa.Table:
    """The message events without those whose place another one takes (`replaces`), here and in the warehouse."""
    ids = pa.array([body["replaces"] for body in bodies if body.get("replaces")], pa.string())
    if not len(ids):
        return rows
    writer.delete_matching("message_event", "message_event_id", writer.stage(pa.table({"message_event_id": ids})))
    return rows.filter(pc.invert(pc.is_in(rows["message_event_id"], ids)))


def _load_new(writer: Writer, kind: str, rows: pa.Table) -> int:
    """Events are for ever: one that is there already is not written again (S11)."""
    fresh = writer.unseen(kind, writer.stage(rows))
    writer.insert(kind, fresh)
    if kind == "event":
        note_due(writer, fresh, "occurred_at")
        learn(writer, fresh.select("name", "properties", at="received_at"))
    return writer.count(fresh)


def _load_replacing(writer: Writer, kind: str, rows: pa.Table, bodies: list[Body], shop: Shop, batch: str) -> int:
    """Orders and refunds replace what stands under their id; an order with all its lines."""
    staged = writer.stage(rows)
    writer.delete_matching(kind, KEY[kind], staged)
    if kind == "order":
        drop_other_ids(writer, staged)
    writer.insert(kind, staged)
    if kind == "order":
        note_due(writer, staged, "ordered_at")
        writer.delete_matching("order_line", "order_id", staged)
        lines = _lines({body["order_id"]: body for body in bodies}, staged, shop, batch)
        if lines is not None:
            writer.insert("order_line", lines)
    return int(rows.num_rows)


def _lines(orders: dict[str, Body], staged: Table, shop: Shop, batch: str) -> Table | None:
    """The lines of orders, each with what its order says; a missing total is quantity × price − discount."""
    bodies = [
        {"line_id": f"{order_id}:{place}", "kind": "sale", **line, "order_id": order_id}
        for order_id, order in orders.items()
        for place, line in enumerate(order.get("lines") or [], start=1)
    ]
    if not bodies:
        return None
    filled = arrays("order_line", bodies, shop.zone_name)
    powers = pa.array(np.full(len(bodies), exponent_of(shop.currency)), pa.int64())
    computed = read.line_total(filled["quantity"], filled["unit_price"], None, powers)
    filled["discount"] = filled["discount"].fill_null(0)
    lines = ibis.memtable(pa.table({**filled, "computed": computed}))
    both = lines.drop(*OF_ORDER).join(staged.select("order_id", *OF_ORDER), "order_id")
    return both.mutate(total=both.total.fill_null(both.computed - both.discount), batch_id=ibis.literal(batch))


def _load_customers(writer: Writer, bodies: list[Body], batch: str) -> pa.ChunkedArray:
    """Customers are written as an import does it; the source of each decides which external ids are its own.

    Bodies with `fill` come last and say only what is not known yet, such as where a guest lives.
    """
    people: list[pa.Array] = []
    for fill, source in sorted({(bool(body.get("fill")), body["source"]) for body in bodies}):
        mine = [body for body in bodies if (bool(body.get("fill")), body["source"]) == (fill, source)]
        mine.sort(key=itemgetter("said_at"))
        filled = arrays("customer", mine, "UTC")
        columns = {name: filled[name] for name in CUSTOMER_COLUMNS}
        columns["email_key"] = email_key(columns["email"])
        places = pa.array(range(len(mine)), pa.int64())
        rows = pa.table({"row": places, "customer_id": filled["customer_id"], **columns})
        each = writer.stage(one_row_each(writer.stage(rows)))
        merge_customers(writer, each, source, batch, newer_wins=not fill)
        people += writer.rows(each.select("customer_id"))["customer_id"].chunks
    return pa.chunked_array(people, pa.string())
