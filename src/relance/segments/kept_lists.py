"""The lists that a shop keeps: what is known of each, and its size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from relance.errors import NotFound
from relance.store import Shop
from relance.store.tables import customer_list as table
from relance.warehouse import Warehouse, rows_of


@dataclass(frozen=True)
class CustomerList:
    """A list of customers, or the snapshot of a segment (`kind`), which nobody changes any more.

    A list that was made from a segment names it, its version and as of when.
    """

    list_id: str
    name: str
    kind: str
    size: int
    segment_id: str | None
    segment_version: int | None
    as_of: datetime | None
    made_at: datetime
    made_by: str
    changed_at: datetime

    def as_json(self) -> dict[str, Any]:
        """Plain values for --json."""
        instants = {name: getattr(self, name) for name in ("as_of", "made_at", "changed_at")}
        told = {name: one.isoformat() if one else None for name, one in instants.items()}
        return {**self.__dict__, **told}


def all_lists(connection: Connection, warehouse: Warehouse, shop: Shop) -> list[CustomerList]:
    """The shop's lists by name."""
    rows = connection.execute(select(table).where(table.c.shop_id == shop.shop_id).order_by(table.c.name))
    sizes = _sizes(warehouse)
    return [_list(row, sizes) for row in rows]


def find_list(connection: Connection, warehouse: Warehouse, shop: Shop, wanted: str) -> CustomerList:
    """The list of that id, or else of that name, whatever its case. Raises NotFound."""
    found = all_lists(connection, warehouse, shop)
    for one in found:
        if one.list_id == wanted:
            return one
    for one in found:
        if one.name.casefold() == wanted.strip().casefold():
            return one
    raise NotFound("lists.unknown", list=wanted)


def _sizes(warehouse: Warehouse) -> dict[str, int]:
    with warehouse.read() as engine:
        counted = engine.table("list_member").group_by("list_id").agg(size=lambda rows: rows.count())
        return {row["list_id"]: row["size"] for row in rows_of(engine, counted)}


def _list(row: Row[Any], sizes: dict[str, int]) -> CustomerList:
    return CustomerList(
        row.list_id,
        row.name,
        row.kind,
        sizes.get(row.list_id, 0),
        row.segment_id,
        row.segment_version,
        row.as_of,
        row.made_at,
        row.made_by,
        row.changed_at,
    )
