"""Bodies of inbox records as columns of the canonical tables, and what is wrong with those that do not fit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
from ibis.expr.datatypes import DataType

from relance.ingest import columns as read
from relance.ingest.addresses import names_somebody
from relance.warehouse import TABLES

Body = dict[str, Any]
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
    "order_line": ("quantity", "unit_price"),
    "order_change": ("source", "number", "order_id", "changed_at"),
    "refund": ("refund_id", "amount", "refunded_at"),
    "order_deleted": ("order_id",),
    "product": ("product_id",),
    "product_variant": ("variant_id",),
    "customer": ("source",),
    "alias": ("who", "previous"),
    "merge": ("one_id", "other_id", "action", "why", "by"),
}
OF_SOMEBODY: Final = frozenset({"customer", "alias"})  # kinds that have to name a person
BY_WHO: Final = frozenset({"customer_id", "source"})  # what `who` says instead
# kinds whose bodies have parts: the name of their list, and the table of a part
PARTS: Final = {"order": ("lines", "order_line"), "product": ("variants", "product_variant")}
ALSO: Final = {"product": "product_variant"}  # a variant may come by itself, as a product with a `variant_id`
AS_JSON: Final = frozenset({"properties", "extra", "metafields"})
WRONG: Final = (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError, AttributeError, OverflowError)


@dataclass(frozen=True)
class Fault:
    """Why a body does not fit: missing, unreadable or nobody; `place` is the column, `lines[2].quantity` of a line."""

    reason: str
    place: str | None = None


def arrays(table: str, bodies: Sequence[Body], zone: str) -> dict[str, pa.Array]:
    """The columns of a canonical table, from bodies. Raises one of `WRONG` for a value of another type."""
    columns = TABLES[table].items() if table in TABLES else ()
    return {name: _column(name, kind, [body.get(name) for body in bodies], zone) for name, kind in columns}


def _column(name: str, kind: DataType, values: list[Any], zone: str) -> pa.Array:
    if kind.is_timestamp():
        column = read.instant(pa.array(values, pa.string()), zone, read.Style())
        if any(column.wrong.to_pylist()):
            raise ValueError(name)
        return column.values
    if name in AS_JSON:
        texts = [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
        return pa.array(texts, pa.string())
    if kind.is_date():
        return pa.array(values, pa.string()).cast(pa.date32())
    if kind.is_decimal():
        return pa.array([None if value is None else str(value) for value in values]).cast(pa.decimal128(18, 6))
    return pa.array(values, kind.to_pyarrow())


def readable(kind: str, bodies: Sequence[Body]) -> list[Body]:
    """The bodies that are whole and whose values are of their columns' types."""
    return _readable(kind, [body for body in bodies if _lack(kind, body) is None])


def _readable(kind: str, bodies: list[Body]) -> list[Body]:
    """All are tried at once, then each half of those that fail."""
    try:
        arrays(kind, bodies, "UTC")
        if kind in PARTS:
            name, table = PARTS[kind]
            arrays(table, [part for body in bodies for part in body.get(name) or []], "UTC")
        if kind in ALSO:
            arrays(ALSO[kind], bodies, "UTC")
    except WRONG:
        half = len(bodies) // 2
        return [*_readable(kind, bodies[:half]), *_readable(kind, bodies[half:])] if half else []
    return bodies


def fault_of(kind: str, body: Body) -> Fault | None:
    """What is wrong with one body; None when it fits."""
    if (lack := _lack(kind, body)) is not None:
        return lack
    name, table = PARTS.get(kind, ("", kind))
    parts = [(f"{name}[{place}].", part) for place, part in enumerate(body.get(name) or [])]
    whole = [("", kind, body), ("", ALSO.get(kind, kind), body)]
    for prefix, table_of, part in [*whole, *((prefix, table, part) for prefix, part in parts)]:
        for column, type_of in TABLES[table_of].items() if table_of in TABLES else ():
            try:
                _column(column, type_of, [part.get(column)], "UTC")
            except WRONG:
                return Fault("unreadable", f"{prefix}{column}")
    return None


def _lack(kind: str, body: Body) -> Fault | None:
    """What a body has to have and has not."""
    who = body.get("who")
    of_whom = who if isinstance(who, dict) else body
    for name in NEEDED[kind]:
        if body.get(name) is None and not (name in BY_WHO and isinstance(who, dict)):
            return Fault("missing", name)
    if kind in OF_SOMEBODY and not names_somebody(of_whom):
        return Fault("nobody")
    name, table = PARTS.get(kind, ("", kind))
    parts = body.get(name) or []
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        return Fault("unreadable", name)
    for place, part in enumerate(parts):
        for column in NEEDED[table]:
            if part.get(column) is None:
                return Fault("missing", f"{name}[{place}].{column}")
    return None
