"""Which unique codes were used: the shop's orders say it, whatever the case of the letters (S18)."""

from __future__ import annotations

from datetime import UTC
from typing import Final

import ibis
import pyarrow as pa
from sqlalchemy import Connection, bindparam, select, update

from relance.store import Shop, tables
from relance.warehouse import Warehouse, rows_of

CODE: Final = tables.coupon_code


def measure_redemptions(connection: Connection, warehouse: Warehouse, shop: Shop) -> int:
    """Note on each code the first counted order that used it; how many were not known before."""
    held = select(CODE.c.id, CODE.c.code_key).where(
        CODE.c.shop_id == shop.shop_id, CODE.c.held_at.is_not(None), CODE.c.redeemed_at.is_(None)
    )
    waiting = {row.code_key: row.id for row in connection.execute(held)}
    if not waiting:
        return 0
    with warehouse.read() as engine:
        order = engine.table("order")
        used = order.filter(order.counted, order.cancelled_at.isnull(), order.coupons.notnull())
        each = used.select("order_id", "ordered_at", written=used.coupons.unnest())
        each = each.mutate(code_key=each.written.strip().lower())
        known = ibis.memtable(pa.table({"code_key": pa.array(sorted(waiting), pa.string())}))
        first = each.semi_join(known, "code_key").group_by("code_key")
        found = rows_of(engine, first.agg(order_id=each.order_id.argmin(each.ordered_at), at=each.ordered_at.min()))
    rows = [
        {"its_id": waiting[row["code_key"]], "its_order": row["order_id"], "its_at": row["at"].replace(tzinfo=UTC)}
        for row in found
    ]
    if rows:
        noted = update(CODE).where(CODE.c.id == bindparam("its_id"))
        connection.execute(noted.values(order_id=bindparam("its_order"), redeemed_at=bindparam("its_at")), rows)
    return len(rows)
