"""Rows of a shop written by hand: what a test does not say gets a value that does not matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import ibis.expr.datatypes as dt
import pyarrow as pa

from relance import profiles
from relance.profiles import Thresholds
from relance.store import Shop
from relance.warehouse import TABLES, Warehouse

PARIS: Final = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
LONG_AGO: Final = datetime(2020, 1, 1, 12)  # noqa: DTZ001

_numbers = iter(range(1 << 30))


def naive(instant: datetime) -> datetime:
    """As the warehouse writes it."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def put(warehouse: Warehouse, table: str, *rows: Mapping[str, Any]) -> None:
    """Add rows to a table; required columns that a row lacks are filled."""
    filled = [{**{name: _any(name, kind) for name, kind in TABLES[table].items()}, **row} for row in rows]
    schema = TABLES[table].to_pyarrow()
    with warehouse.write() as writer:
        writer.insert(table, pa.Table.from_pylist(filled, schema=schema))


def _any(name: str, kind: dt.DataType) -> Any:
    if kind.nullable:
        return None
    if name.endswith("_id") or name == "number":
        return f"{name}{next(_numbers)}"
    known = {"currency": "EUR", "counted": True, "test": False, "kind": "sale", "quantity": 1, "name": "x"}
    by_kind: list[tuple[Any, Any]] = [
        (dt.String, "x"),
        (dt.Timestamp, LONG_AGO),
        (dt.Date, LONG_AGO.date()),
        (dt.Boolean, True),
        (dt.Decimal, Decimal(1)),
        (dt.Integer, 0),
        (dt.Floating, 0.0),
    ]
    return known.get(name, next(value for of, value in by_kind if isinstance(kind, of)))


def features(
    warehouse: Warehouse,
    now: datetime,
    names: Sequence[str],
    shop: Shop = PARIS,
    thresholds: Thresholds | None = None,
) -> dict[str, tuple[Any, ...]]:
    """The named features of each customer, in the order of the names."""
    with warehouse.read() as engine:
        found = thresholds or profiles.thresholds(engine, shop, now, profiles.facts_of(names))
        rows = engine.to_pyarrow(profiles.features(engine, shop, now, names, found)).to_pylist()
    return {row["customer_id"]: tuple(row[name] for name in names) for row in rows}


def one(warehouse: Warehouse, now: datetime, name: str, shop: Shop = PARIS, customer: str = "ann") -> Any:
    """One feature of one customer."""
    return features(warehouse, now, [name], shop)[customer][0]
