"""What the law asks about a person besides their consent: where they are, whether a company, whether a customer.

The planner notes it for those whom it plans a message for, so that the gate, which has no warehouse, reads it live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, bindparam, delete, insert, select

from relance.ingest import check_addresses
from relance.store import Shop, among, tables
from relance.warehouse import Warehouse

TABLE: Final = tables.circumstance
CHUNK: Final = 5_000
_OF_PEOPLE: Final = select(TABLE).where(TABLE.c.shop_id == bindparam("shop_id"), among(TABLE.c.customer_id, "people"))
Column = Any


@dataclass(frozen=True)
class Circumstances:
    """`country` is an ISO code; `is_generic` an address such as contact@ of a company; `paid_at` the last paid order.

    The default is a private person in an unknown country who never bought: nothing but their consent counts.
    """

    country: str | None = None
    is_business: bool = False
    is_generic: bool = False
    paid_at: datetime | None = None

    def people(self, stated: Mapping[str, date], shop: Shop) -> frozenset[str]:
        """The words of the decision table for this person: a customer only by an order since the statement."""
        since = stated.get("soft_opt_in_since")
        told = since is not None and self.paid_at is not None and self.paid_at.astimezone(shop.zone).date() >= since
        flags = {"customer": told, "business": self.is_business, "generic": self.is_business and self.is_generic}
        return frozenset(name for name, is_so in flags.items() if is_so)


NOBODY_KNOWN: Final = Circumstances()


def note_circumstances(connection: Connection, shop: Shop, found: Mapping[str, Circumstances], now: datetime) -> None:
    """Note what `read_circumstances` found of people today, for the verdicts on their messages."""
    mine = TABLE.c.shop_id == shop.shop_id
    everyone = sorted(found)
    for start in range(0, len(everyone), CHUNK):
        chunk = everyone[start : start + CHUNK]
        connection.execute(delete(TABLE).where(mine, TABLE.c.customer_id.in_(chunk)))
        connection.execute(insert(TABLE), [_row(shop, name, found[name], now) for name in chunk])


def circumstances(connection: Connection, shop: Shop, customer_ids: Iterable[str]) -> dict[str, Circumstances]:
    """What was noted of these people; nobody whom nothing was noted of."""
    everyone = sorted(set(customer_ids))
    found: dict[str, Circumstances] = {}
    for start in range(0, len(everyone), CHUNK):
        chunk = {"shop_id": shop.shop_id, "people": everyone[start : start + CHUNK]}
        for row in connection.execute(_OF_PEOPLE, chunk):
            found[row.customer_id] = Circumstances(row.country, row.is_business, row.is_generic, row.paid_at)
    return found


def read_circumstances(warehouse: Warehouse, customer_ids: Iterable[str]) -> dict[str, Circumstances]:
    """The same from the warehouse. An order counts as paid when it counts at all and was not cancelled (S12)."""
    everyone = sorted(set(customer_ids))
    if not everyone:
        return {}
    wanted = ibis.memtable(pa.table({"customer_id": pa.array(everyone, pa.string())}))
    with warehouse.read() as engine:
        order = engine.table("order").semi_join(wanted, "customer_id")
        paid = order.filter(order.counted, order.cancelled_at.isnull(), order.status != "pending")
        last = paid.group_by("customer_id").agg(paid_at=paid.ordered_at.max(), sold_to=paid.country.max())
        person = engine.table("customer").semi_join(wanted, "customer_id")
        bought_from: Column = ibis.coalesce(person.country, last.sold_to)
        rows = person.left_join(last, "customer_id").select(
            "customer_id",
            "email",
            "paid_at",
            country=bought_from.upper(),
            company=(person.company.fill_null("") != "") | (person.companies.length().fill_null(0) > 0),
        )
        table = engine.to_pyarrow(rows)
    generic = pc.equal(check_addresses(table["email"].combine_chunks())["finding"], "role").to_pylist()
    return {
        row["customer_id"]: Circumstances(row["country"], row["company"], bool(is_role), _aware(row["paid_at"]))
        for row, is_role in zip(table.to_pylist(), generic, strict=True)
    }


def _row(shop: Shop, customer_id: str, known: Circumstances, now: datetime) -> dict[str, Any]:
    return {
        "shop_id": shop.shop_id,
        "customer_id": customer_id,
        "country": known.country,
        "is_business": known.is_business,
        "is_generic": known.is_generic,
        "paid_at": known.paid_at,
        "as_of": now,
    }


def _aware(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)
