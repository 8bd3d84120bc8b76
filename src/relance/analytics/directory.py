"""The list of customers: by a part of what identifies them, a page at a time, in the order of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table
from sqlalchemy import Connection

from relance.analytics.report import Money, money
from relance.errors import NotFound
from relance.profiles import Column, Reading, customers_with, facts_of, thresholds
from relance.segments import find, words64
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

FACTS: Final = ("number_of_orders", "amount_spent", "last_order_date", "lifecycle_phase")
SEARCHED: Final = ("customer_id", "external_id", "email", "first_name", "last_name", "company")


@dataclass(frozen=True)
class ListedCustomer:
    """One line of the list."""

    customer_id: str
    name: str
    email: str | None
    phase: str
    orders: int
    spent: Money
    last_order_at: datetime | None


def list_customers(
    connection: Connection,
    warehouse: Warehouse,
    shop: Shop,
    now: datetime,
    *,
    search: str = "",
    segment_id: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[ListedCustomer]:
    """At most `limit` customers with ids above `after`.

    Each word of `search` must stand in the id, the e-mail address or the name, whatever its case; with a segment they
    are its members of the last refresh. Raises NotFound for an unknown segment.
    """
    bit = None if segment_id is None else find(connection, shop, segment_id).bit
    with warehouse.read() as engine:
        people = _matching(engine, search.split(), bit)
        following = people if after is None else people.filter(people.customer_id > after)
        ids = following.order_by("customer_id").limit(limit).select("customer_id")
        return _listed(engine, shop, now, ids)


def find_customer(warehouse: Warehouse, shop: Shop, now: datetime, text: str) -> ListedCustomer:
    """The customer with this id, or with this e-mail address. Raises NotFound."""
    with warehouse.read() as engine:
        people = engine.table("customer")
        same = (people.customer_id == text) | (people.email_key == text.strip().lower())
        found = _listed(engine, shop, now, people.filter(same).select("customer_id").limit(1))
    if not found:
        raise NotFound("analytics.no_customer", customer=text)
    return found[0]


def _matching(engine: BaseBackend, words: Sequence[str], bit: int | None) -> Table:
    people = engine.table("customer")
    for word in words:
        people = people.filter(ibis.or_(*(_holds(people[column], word) for column in SEARCHED)))
    if bit is None:
        return people
    return people.semi_join(words64.members(engine.table("membership"), bit), "customer_id")


def _holds(column: Column, word: str) -> Column:
    return column.fill_null("").lower().contains(word.lower())


def _listed(engine: BaseBackend, shop: Shop, now: datetime, ids: Table) -> list[ListedCustomer]:
    """These customers with their figures, in the order of their ids."""
    chosen = ibis.memtable(engine.to_pyarrow(ids))
    found = thresholds(engine, shop, now, facts_of(FACTS))
    table = customers_with(Reading(engine, shop, now, chosen), FACTS, found)
    wanted = table.select("customer_id", "email", "first_name", "last_name", "company", *FACTS)
    return [_line(shop, row) for row in rows_of(engine, wanted.order_by("customer_id"))]


def _line(shop: Shop, row: dict[str, Any]) -> ListedCustomer:
    full = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
    last = row["last_order_date"]
    return ListedCustomer(
        row["customer_id"],
        full or row["company"] or row["customer_id"],
        row["email"],
        row["lifecycle_phase"],
        row["number_of_orders"] or 0,
        money(shop, int(row["amount_spent"] or 0)),
        last and last.replace(tzinfo=UTC),
    )
