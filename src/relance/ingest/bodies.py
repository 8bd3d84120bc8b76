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
    "refund": ("refund_id", "amount", "refunded_at"),
    "customer": ("source",),
    "alias": ("who", "previous"),
}
OF_SOMEBODY: Final = frozenset({"customer", "alias"})  # kinds that have to name a person
BY_WHO: Final = frozenset({"customer_id", "source"})  # what `who` says instead
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
        arrays("order_line", [line for body in bodies for line in body.get("lines") or []], "UTC")
    except WRONG:
        half = len(bodies) // 2
        return [*_readable(kind, bodies[:half]), *_readable(kind, bodies[half:])] if half else []
    return bodies


def fault_of(kind: str, body: Body) -> Fault | None:
    """What is wrong with one body; None when it fits."""
    if (lack := _lack(kind, body)) is not None:
        return lack
    lines = [(f"lines[{place}].", line) for place, line in enumerate(body.get("lines") or [])]
    for prefix, table, part in [("", kind, body), *((prefix, "order_line", line) for prefix, line in lines)]:
        for name, column in TABLES[table].items() if table in TABLES else ():
            try:
                _column(name, column, [part.get(name)], "UTC")
            except WRONG:
                return Fault("unreadable", f"{prefix}{name}")
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
    lines = body.get("lines") or []
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        return Fault("unreadable", "lines")
    for place, line in enumerate(lines):
        for name in NEEDED["order_line"]:
            if line.get(name) is None:
                return Fault("missing", f"lines[{place}].{name}")
    return None
