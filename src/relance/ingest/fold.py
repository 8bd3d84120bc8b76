"""The end of a file: its pieces become customers, orders, lines and refunds in one transaction, with its figures."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from relance.ingest.fold_customers import as_consent_piece, fold_customers
from relance.ingest.fold_orders import (
    Assembled,
    OrderFile,
    add_customers,
    add_lines,
    add_orders,
    add_products,
    add_refunds,
    assemble,
    drop_replaced,
    number_lines,
)
from relance.ingest.merges import settle
from relance.ingest.pieces import checked_piece, write_piece
from relance.ingest.products import apply_products, product_rows
from relance.ingest.records import EndBody, Row
from relance.ingest.translate import exponent_of
from relance.store import DataFolder, Shop
from relance.warehouse import Writer


def fold(writer: Writer, folder: DataFolder, shop: Shop, end: EndBody, received_at: datetime) -> tuple[int, pa.Table]:
    """Fold a complete file into the tables. The rows written and the customers touched."""
    paths = [checked_piece(folder, piece["path"], piece["sha256"]) for piece in end["pieces"]]
    rows = writer.pieces(paths)
    if end["of"] == "products":
        return _fold_products(writer, shop, end, rows, received_at)
    of = _fold_customers if end["of"] == "customers" else _fold_orders
    written, touched = of(writer, folder, shop, end, rows, received_at)
    settle(writer)
    return written, touched


def _fold_products(
    writer: Writer, shop: Shop, end: EndBody, rows: Table, received_at: datetime
) -> tuple[int, pa.Table]:
    """Bring the catalogue up to the file's rows, in their order; nobody is touched by them."""
    plain = writer.rows(rows.order_by("row").drop("row", "batch", "batch_rank"))
    written = apply_products(writer, product_rows(plain, end["source"], received_at), shop, end["import_id"])
    _keep(writer, end, _figures(end, shop, kept=plain.num_rows, replaced=0), None)
    return written, pa.table({"customer_id": pa.array([], pa.string())})


def _fold_customers(
    writer: Writer, folder: DataFolder, shop: Shop, end: EndBody, rows: Table, now: datetime
) -> tuple[int, pa.Table]:
    plain = writer.stage(rows.drop("batch", "batch_rank"))
    people, consents = fold_customers(writer, plain, end["source"], end["import_id"], folder.secret_key(), now)
    touched = writer.rows(people)
    figures = _figures(end, shop, kept=writer.count(plain), replaced=0)
    figures["customers"] = touched.num_rows
    _keep(writer, end, figures, _consent_piece(writer, folder, end, consents))
    return touched.num_rows, touched


def _fold_orders(
    writer: Writer, folder: DataFolder, shop: Shop, end: EndBody, rows: Table, now: datetime
) -> tuple[int, pa.Table]:
    file = OrderFile(end["source"], end["import_id"], end["file_name"], shop.currency, folder.secret_key(), now)
    orders = assemble(writer, rows, file)
    drop_replaced(writer, orders, file)
    people, consents = add_customers(writer, orders, file)
    written = add_orders(writer, orders, file)
    lines = number_lines(orders, file)
    add_lines(writer, lines, file)
    unknown_products = add_products(writer, orders, exponent_of(shop.currency), file)
    refunds = add_refunds(writer, orders, lines, written, file)
    touched = writer.rows(people)
    figures = _order_figures(writer, shop, end, orders, written, refunds)
    figures["customers"] = touched.num_rows
    figures["customers_together"] = _together(writer, people, end)
    figures["warnings"] += _warnings(writer, shop, people, written, unknown_products)
    _keep(writer, end, figures, _consent_piece(writer, folder, end, consents))
    return figures["rows_kept"], touched


def _figures(end: EndBody, shop: Shop, *, kept: int, replaced: int) -> Row:
    zero = f"{Decimal(0):.{len(str(exponent_of(shop.currency))) - 1}f}"
    return {
        "rows_read": end["rows_read"],
        "rows_kept": kept,
        "rows_replaced": replaced,
        "rows_rejected": end["rejected"],
        "customers": 0,
        "invoices": 0,
        "orders": 0,
        "lines": 0,
        "anonymous_orders": 0,
        "gross_revenue": zero,
        "refunds": zero,
        "net_revenue": zero,
        "first_day": None,
        "last_day": None,
        "currency": shop.currency,
        "zone": shop.zone_name,
        "warnings": [_notice(key, count=count) for key, count in sorted(end["odd"].items())],
        "import_ids": [end["import_id"]],
    }


def _notice(key: str, **facts: Any) -> Row:
    return {"key": f"ingest.{key}", "facts": facts}


def _order_figures(writer: Writer, shop: Shop, end: EndBody, orders: Assembled, written: Table, refunds: Table) -> Row:
    own = written.filter(written.counted & written.cancelled_at.isnull() & (written.currency == shop.currency))
    money_back = refunds.anti_join(written.anti_join(own, "order_id"), "order_id")
    numbers = orders.numbers
    whole = numbers.head_row.notnull()
    (file,) = writer.rows(
        numbers.agg(
            read=orders.rows.count().as_scalar(),
            kept=numbers["rows"].sum(where=whole).fill_null(0),
            orphans=numbers["rows"].sum(where=~whole).fill_null(0),
            invoices=numbers.count(where=whole),
            lines=numbers.sales.sum(where=whole).fill_null(0),
            orders=written.count().as_scalar(),
            anonymous=written.count(where=written.customer_id.isnull()).as_scalar(),
            gross=own.total.sum().fill_null(0).as_scalar(),
            back=money_back.amount.sum().fill_null(0).as_scalar(),
            first=ibis.least(numbers.day.min(where=whole), numbers.refund_day.min(where=whole)),
            last=ibis.greatest(numbers.day.max(where=whole), numbers.refund_day.max(where=whole)),
        )
    ).to_pylist()
    kept, gross, back = int(file["kept"]), int(file["gross"]), int(file["back"])
    figures = _figures(end, shop, kept=kept, replaced=file["read"] - kept - int(file["orphans"]))
    return figures | {
        "invoices": file["invoices"],
        "orders": file["orders"],
        "lines": int(file["lines"]),
        "anonymous_orders": file["anonymous"],
        "gross_revenue": _amount(gross, shop.currency),
        "refunds": _amount(back, shop.currency),
        "net_revenue": _amount(gross - back, shop.currency),
        "first_day": file["first"].isoformat() if file["first"] else None,
        "last_day": file["last"].isoformat() if file["last"] else None,
    }


def _amount(minor: int, currency: str) -> str:
    exponent = exponent_of(currency)
    return str(Decimal(minor).scaleb(-(len(str(exponent)) - 1)))


def _together(writer: Writer, people: Table, end: EndBody) -> int:
    """The customers in this file or in the customers' file beside it."""
    customers = writer.table("customer")
    beside = customers.filter(customers.batch_id == (end["beside"] or "")).select("customer_id")
    return writer.count(people) + writer.count(beside.anti_join(people, "customer_id"))


def _warnings(writer: Writer, shop: Shop, people: Table, written: Table, unknown_products: int) -> list[Row]:
    foreign = written.filter(written.currency != shop.currency)
    found = []
    if unknown_products:
        found.append(_notice("product_unknown", count=unknown_products))
    if count := writer.count(foreign):
        codes = sorted(row["currency"] for row in writer.rows(foreign.select("currency").distinct()).to_pylist())
        found.append(_notice("foreign_currency", count=count, currencies=", ".join(codes), shop=shop.currency))
    if count := _totals_that_differ(writer, shop, people):
        found.append(_notice("total_differs", count=count))
    return found


def _totals_that_differ(writer: Writer, shop: Shop, people: Table) -> int:
    """Customers whose own orders add up to neither the gross nor the net total that the shop states (S26)."""
    customers = writer.table("customer")
    stated = customers.filter(customers.shop_total_spent.notnull()).semi_join(people, "customer_id")
    orders = writer.table("order")
    mine = orders.filter(orders.counted & orders.cancelled_at.isnull() & (orders.currency == shop.currency))
    sums = mine.group_by("customer_id").agg(gross=ibis._.total.sum())
    back = writer.table("refund").semi_join(mine, "order_id").group_by("customer_id").agg(back=ibis._.amount.sum())
    both = stated.left_join(sums, "customer_id").drop("customer_id_right").left_join(back, "customer_id")
    gross, less = both.gross.fill_null(0), both.back.fill_null(0)
    odd = both.filter((both.shop_total_spent != gross) & (both.shop_total_spent != gross - less))
    return writer.count(odd)


def _consent_piece(writer: Writer, folder: DataFolder, end: EndBody, consents: Table) -> Row | None:
    """The file's consent facts as a piece for the consent room; written before the commit that names it."""
    rows = as_consent_piece(writer.rows(consents.order_by("customer_id", "channel")))
    if not rows.num_rows:
        return None
    name = f"{end['import_id']}-consent.parquet"
    return {
        "path": name,
        "sha256": write_piece(folder, name, rows),
        "import_id": end["import_id"],
        "declaration": end["declaration"],
    }


def _keep(writer: Writer, end: EndBody, figures: Row, consent: Row | None) -> None:
    stored = json.dumps({"figures": figures, "consent_piece": consent})
    writer.delete_where("import_figure", import_id=end["import_id"])
    writer.insert("import_figure", pa.table({"import_id": [end["import_id"]], "figures": [stored]}))
