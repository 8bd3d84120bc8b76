"""Erased people whom a shop or a file brings back: they are known by the keyed hash of their address, and by their id.

Only a new act of the person opens the address again (`confirm`, the preference centre); what others send of them is
not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis.expr.types import Table
from sqlalchemy import Connection, select

from relance.consent.erasing import CAUSED, ERASED, MARKETING
from relance.consent.suppression import SUPPRESSION, address_hmac
from relance.store import Shop, tables
from relance.warehouse import Warehouse, rows_of

STATE: Final = tables.consent_state
REQUEST: Final = tables.privacy_request
BY_THEMSELVES: Final = "form"  # the source of those who confirmed their address


def returned(
    connection: Connection, warehouse: Warehouse, shop: Shop, key: bytes, touched: pa.Table | None
) -> list[str]:
    """The ids of the erased people who are customers again, among those `touched` (customer_id) or among all.

    Whoever only asked to be erased, or whose consent the shop calls redacted, is none of them. A phone decides only
    where there is no e-mail address (S5): a family may share one.
    """
    said = (STATE.c.shop_id == shop.shop_id, STATE.c.purpose == MARKETING, STATE.c.status == ERASED)
    closed_ids = set(connection.execute(select(STATE.c.customer_id).where(*said)).scalars())
    gone = (SUPPRESSION.c.shop_id == shop.shop_id, SUPPRESSION.c.reason == ERASED)
    closed = set(connection.execute(select(SUPPRESSION.c.address_hmac).where(*gone)).scalars())
    if not closed_ids and not closed:
        return []
    rows = _people(warehouse, touched)
    by_id = {row["customer_id"] for row in rows if row["customer_id"] in closed_ids}
    by_address = {row["customer_id"] for row in rows if _hash(row, key) in closed}
    done = _erased(connection, shop, by_id | by_address)
    agreed = {row["customer_id"] for row in rows if row["source"] == BY_THEMSELVES} - by_address
    waiting = closed_ids | _asking(connection, shop, by_address)
    return sorted((done - agreed) | (by_address - waiting))


def _people(warehouse: Warehouse, touched: pa.Table | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    with warehouse.read() as engine:
        for name in ("customer", "customer_record"):
            people: Table = engine.table(name)
            if touched is not None:
                people = people.semi_join(ibis.memtable(touched.select(["customer_id"])), "customer_id")
            rows += rows_of(engine, people.select("customer_id", "source", "email", "phone").distinct())
    return rows


def _hash(row: Mapping[str, Any], key: bytes) -> str | None:
    if row["email"]:
        return address_hmac(key, "email", row["email"])
    return address_hmac(key, "sms", row["phone"]) if row["phone"] else None


def _erased(connection: Connection, shop: Shop, ids: set[str]) -> set[str]:
    """Those of the people whose data were erased here."""
    ledger, receipt = tables.consent_event, tables.erasure
    entries = select(ledger.c.customer_id).where(
        ledger.c.shop_id == shop.shop_id, ledger.c.customer_id.in_(ids), ledger.c.source.startswith(CAUSED)
    )
    receipts = select(receipt.c.customer_id).where(receipt.c.shop_id == shop.shop_id, receipt.c.customer_id.in_(ids))
    return set(connection.execute(entries.union(receipts)).scalars())


def _asking(connection: Connection, shop: Shop, ids: set[str]) -> set[str]:
    """Those of the people whose request waits for the merchant."""
    open_ones = (REQUEST.c.shop_id == shop.shop_id, REQUEST.c.settled_at.is_(None), REQUEST.c.customer_id.in_(ids))
    return set(connection.execute(select(REQUEST.c.customer_id).where(*open_ones)).scalars())
