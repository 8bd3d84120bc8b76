"""Records that arrive one by one, loaded as sets: events, message events, orders, refunds and customers.

Their bodies have the columns of the canonical table as JSON: instants as ISO 8601, money in minor units.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table
from sqlalchemy import Row

from relance.ingest import columns as read
from relance.ingest.addresses import email_key
from relance.ingest.fold_customers import fold_customers
from relance.ingest.fold_orders import COUNTED
from relance.ingest.pieces import write_text
from relance.ingest.sessions import note_due
from relance.ingest.translate import exponent_of
from relance.store import DataFolder, Shop
from relance.warehouse import TABLES, Writer

Body = dict[str, Any]
KEY: Final = {
    "event": "event_id",
    "message_event": "message_event_id",
    "order": "order_id",
    "refund": "refund_id",
    "customer": "customer_id",
}
SINGLE_KINDS: Final = frozenset(KEY)
AHEAD: Final = timedelta(minutes=5)
CUSTOMER_COLUMNS: Final = tuple(
    name for name in TABLES["customer"] if name not in {"customer_id", "source", "batch_id"}
)
NEEDED: Final = {
    "event": ("event_id", "name", "occurred_at"),
    "message_event": (
        "message_event_id",
        "message_id",
        "customer_id",
        "channel",
        "source",
        "step",
        "kind",
        "occurred_at",
    ),
    "order": ("order_id", "source", "number", "ordered_at", "total"),
    "refund": ("refund_id", "amount", "refunded_at"),
    "customer": ("source",),
}


def load_singles(
    writer: Writer, folder: DataFolder, shop: Shop, entries: Sequence[Row[Any]], batch: str
) -> tuple[int, int, pa.ChunkedArray]:
    """Load records of one kind; rows written, records set aside, customers touched.

    A record that does not fit its table is kept in a file of the rejects folder and stops no other.
    """
    kind = entries[0].kind
    bodies = [{"received_at": entry.received_at.isoformat(), **entry.body} for entry in entries]
    good = _readable(kind, [body for body in bodies if _is_whole(kind, body)])
    kept = {id(body) for body in good}
    bad = [body for body in bodies if id(body) not in kept]
    if bad:
        name = f"inbox-{entries[0].id}-{kind}.jsonl"
        write_text(folder.rejects / name, ((json.dumps(body) + "\n").encode() for body in bad))
    if not good:
        return 0, len(bad), pa.chunked_array([], pa.string())
    if kind == "customer":
        people = _load_customers(writer, folder, good, batch)
        return len(people), len(bad), people
    rows = _table(kind, good, shop, batch)
    people = pa.chunked_array(rows["customer_id"])
    if kind in {"event", "message_event"}:
        return _load_new(writer, kind, rows), len(bad), people
    return _load_replacing(writer, kind, rows, good, shop, batch), len(bad), people


def _is_whole(kind: str, body: Body) -> bool:
    """Whether a body has what its table cannot do without."""
    if any(body.get(name) is None for name in NEEDED[kind]):
        return False
    return kind != "customer" or any(body.get(name) for name in ("external_id", "email", "phone"))


def _readable(kind: str, bodies: list[Body]) -> list[Body]:
    """The bodies whose values are of their columns' types: all are tried at once, then each half of those that fail."""
    try:
        _arrays(kind, bodies, "UTC")
        _arrays("order_line", [line for body in bodies for line in body.get("lines", [])], "UTC")
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError, AttributeError):
        half = len(bodies) // 2
        return [*_readable(kind, bodies[:half]), *_readable(kind, bodies[half:])] if half else []
    return bodies


def _arrays(table: str, bodies: list[Body], zone: str) -> dict[str, pa.Array]:
    """The columns of a canonical table, from bodies. Raises ValueError for an instant that is none."""
    out: dict[str, pa.Array] = {}
    for name, kind in TABLES[table].items():
        values = [body.get(name) for body in bodies]
        if kind.is_timestamp():
            column = read.instant(pa.array(values, pa.string()), zone, read.Style())
            if any(column.wrong.to_pylist()):
                raise ValueError(name)
            out[name] = column.values
        elif name in {"properties", "extra", "metafields"}:
            out[name] = pa.array(
                [value if value is None or isinstance(value, str) else json.dumps(value) for value in values],
                pa.string(),
            )
        elif kind.is_date():
            out[name] = pa.array(values, pa.string()).cast(pa.date32())
        elif kind.is_decimal():
            out[name] = pa.array([None if value is None else str(value) for value in values]).cast(pa.decimal128(18, 6))
        else:
            out[name] = pa.array(values, kind.to_pyarrow())
    return out


def _table(kind: str, bodies: list[Body], shop: Shop, batch: str) -> pa.Table:
    last = list({body[KEY[kind]]: body for body in bodies}.values())
    arrays = _arrays(kind, last, shop.zone_name)
    arrays["batch_id"] = pa.array([batch] * len(last))
    when = {"order": "ordered_at", "refund": "refunded_at"}.get(kind)
    if when:
        arrays["day"] = read.local_day(arrays[when], shop.zone_name)
        arrays["batch"] = pa.array([body.get("batch") or kind for body in last])
    defaults: dict[str, dict[str, Any]] = {
        "order": {"currency": shop.currency, "status": "paid", "test": False, "discount": 0},
        "refund": {"dated": True},
    }
    if kind == "event":
        arrays["occurred_at"] = _not_ahead(arrays["occurred_at"], arrays["received_at"])
    for name, value in defaults.get(kind, {}).items():
        arrays[name] = arrays[name].fill_null(value)
    if kind == "order":
        counted = [body.get("counted", _counted(body)) for body in last]
        arrays["counted"] = pa.array(counted)
    return pa.table(arrays)


def _not_ahead(occurred: pa.Array, received: pa.Array) -> pa.Array:
    """The instants of events; one that a client's clock puts over five minutes ahead is that of its receipt (S11)."""
    ahead = pc.greater(occurred, pc.add(received, pa.scalar(AHEAD)))
    return pc.if_else(ahead, received, occurred)


def _counted(body: Body) -> bool:
    return body.get("status", "paid") in COUNTED and not body.get("test", False)


def _load_new(writer: Writer, kind: str, rows: pa.Table) -> int:
    """Events are for ever: one that is there already is not written again (S11)."""
    fresh = writer.stage(writer.stage(rows).anti_join(writer.table(kind), KEY[kind]))
    writer.insert(kind, fresh)
    if kind == "event":
        note_due(writer, fresh, "occurred_at")
    return int(fresh.count().to_pyarrow().as_py())


def _load_replacing(writer: Writer, kind: str, rows: pa.Table, bodies: list[Body], shop: Shop, batch: str) -> int:
    """Orders and refunds replace what stands under their id; an order with all its lines."""
    staged = writer.stage(rows)
    writer.delete_matching(kind, KEY[kind], staged)
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
        for place, line in enumerate(order.get("lines", []), start=1)
    ]
    if not bodies:
        return None
    arrays = _arrays("order_line", bodies, shop.zone_name)
    powers = pa.array(np.full(len(bodies), exponent_of(shop.currency)), pa.int64())
    computed = read.line_total(arrays["quantity"], arrays["unit_price"], None, powers)
    arrays["discount"] = arrays["discount"].fill_null(0)
    lines = ibis.memtable(pa.table({**arrays, "computed": computed}))
    both = lines.drop("number", "customer_id", "ordered_at", "day", "batch").join(
        staged.select("order_id", "number", "customer_id", "ordered_at", "day", "batch"), "order_id"
    )
    return both.mutate(total=both.total.fill_null(both.computed - both.discount), batch_id=ibis.literal(batch))


def _load_customers(writer: Writer, folder: DataFolder, bodies: list[Body], batch: str) -> pa.ChunkedArray:
    """Customers are found or made as an import does; the source of each decides which external ids are its own."""
    people: list[pa.Array] = []
    for source in sorted({body["source"] for body in bodies}):
        mine = [body for body in bodies if body["source"] == source]
        arrays = _arrays("customer", mine, "UTC")
        columns = {name: arrays[name] for name in CUSTOMER_COLUMNS}
        columns["email_key"] = email_key(columns["email"])
        rows = pa.table({"row": pa.array(range(len(mine)), pa.int64()), **columns})
        ids, _ = fold_customers(writer, writer.stage(rows), source, batch, folder.secret_key())
        people += writer.rows(ids)["customer_id"].chunks
    return pa.chunked_array(people, pa.string())
