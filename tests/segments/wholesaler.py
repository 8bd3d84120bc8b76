"""The real wholesaler (UCI Online Retail II) as orders and credit notes, made with pyarrow and numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from relance.warehouse import Warehouse

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Sales:
    """One row an invoice: `number`, `customer` (null: anonymous), `at` (London wall time), `total` in pence."""

    orders: pa.Table
    credits: pa.Table


def read_sales(path: Path) -> Sales:
    """Invoices of the file; one that stands on both sheets is the second sheet's."""
    lines = pq.read_table(path)
    second = pc.equal(lines["Sheet"].cast(pa.string()), "Year 2010-2011")
    again = pc.and_(
        pc.invert(second), pc.is_in(lines["Invoice"], value_set=lines.filter(second)["Invoice"].combine_chunks())
    )
    lines = lines.filter(pc.invert(again))
    pence = np.asarray(lines["Price"].cast(pa.float64())) * 100 * np.asarray(lines["Quantity"])
    rounded = np.where(pence < 0, -np.floor(-pence + 0.5 + 1e-9), np.floor(pence + 0.5 + 1e-9)).astype("int64")
    table = pa.table(
        {
            "number": lines["Invoice"],
            "customer": lines["Customer ID"].cast(pa.string()),
            "at": lines["InvoiceDate"],
            "total": rounded,
            "positive": pc.and_(pc.greater(lines["Quantity"], 0), pc.greater(lines["Price"].cast(pa.float64()), 0)),
        }
    )
    first = pc.utf8_slice_codeunits(table["number"], 0, 1)
    is_credit, is_adjustment = pc.equal(first, "C"), pc.equal(first, "A")
    ordered = pc.and_(table["positive"], pc.invert(pc.or_(is_credit, is_adjustment)))
    return Sales(_invoices(table.filter(ordered)), _invoices(table.filter(is_credit)))


def _invoices(lines: pa.Table) -> pa.Table:
    grouped = lines.group_by("number").aggregate([("customer", "max"), ("at", "min"), ("total", "sum")])
    return grouped.rename_columns(["number", "customer", "at", "total"])


def load(warehouse: Warehouse, sales: Sales) -> None:
    """Put them into the canonical tables; credit notes match no order, and lower lifetime amounts only."""
    customers = pc.unique(pa.chunked_array([*sales.orders["customer"].chunks, *sales.credits["customer"].chunks]))
    ids = pc.drop_null(customers)
    with warehouse.write() as writer:
        writer.insert("customer", pa.table({"customer_id": ids, "external_id": ids, **_constant(len(ids))}))
        writer.insert("order", _canonical(sales.orders, "ordered_at", "order_id", "total", {"counted": True}))
        notes = _canonical(sales.credits, "refunded_at", "refund_id", "amount", {"dated": True}, sign=-1)
        writer.insert("refund", notes)


def _canonical(
    invoices: pa.Table, at: str, key: str, amount: str, extra: dict[str, bool], *, sign: int = 1
) -> pa.Table:
    utc = pc.assume_timezone(invoices["at"], "Europe/London").cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    count = invoices.num_rows
    constants = {"currency": "GBP", "status": "paid", "test": False, "discount": 0, **extra}
    return pa.table(
        {
            key: invoices["number"],
            "number": invoices["number"],
            "customer_id": invoices["customer"],
            at: utc,
            "day": invoices["at"].cast(pa.date32(), safe=False),
            amount: pc.multiply(invoices["total"], sign),
            **{name: pa.repeat(value, count) for name, value in constants.items()},
            **_constant(count),
        }
    )


def _constant(count: int) -> dict[str, pa.Array]:
    return {name: pa.repeat("uci", count) for name in ("source", "batch", "batch_id")}
