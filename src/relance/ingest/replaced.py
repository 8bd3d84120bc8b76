"""What orders and refunds that come one by one do to what was there: by a file, or under another of their ids."""

from __future__ import annotations

import pyarrow as pa
from ibis.expr.types import Table

from relance.warehouse import Writer


def drop_other_ids(writer: Writer, orders: Table) -> None:
    """Delete what stands under another id for staged `orders`: a shop's interface knows ids, its files only numbers."""
    there = writer.table("order")
    same = there.join(orders.select("source", "number", new_id="order_id"), ["source", "number"])
    others = writer.stage(same.filter(same.order_id != same.new_id).select("order_id").distinct())
    if not int(writer.rows(others.count().name("n").as_table())["n"][0].as_py()):
        return
    for table in ("order_line", "refund", "order"):
        writer.delete_matching(table, "order_id", others)


def whose_refunds(writer: Writer, refunds: pa.Table) -> pa.Table:
    """Refund rows with the customer and number of their order, where they name neither themselves."""
    if refunds["customer_id"].null_count == 0 and refunds["number"].null_count == 0:
        return refunds
    orders = writer.table("order").select("order_id", its_customer="customer_id", its_number="number")
    staged = writer.stage(refunds)
    both = staged.left_join(orders, "order_id").drop("order_id_right")
    filled = both.mutate(
        customer_id=both.customer_id.coalesce(both.its_customer), number=both.number.coalesce(both.its_number)
    )
    return writer.rows(filled.drop("its_customer", "its_number")).select(refunds.column_names)
