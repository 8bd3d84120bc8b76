"""One customer at a glance: who they are, what the shop knows of them, their segments and their consents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from sqlalchemy import Connection, select

from relance.analytics.report import Money, money
from relance.errors import NotFound
from relance.profiles import Reading, customers_with, facts_of, thresholds
from relance.segments import SegmentName, all_segments
from relance.store import Shop, tables
from relance.warehouse import Warehouse, rows_of

FEATURES: Final = (
    "number_of_orders",
    "amount_spent",
    "average_order_value",
    "first_order_date",
    "last_order_date",
    "days_since_last_order",
    "usual_gap_days",
    "refund_rate",
    "first_product",
    "lifecycle_phase",
    "rfm_recency",
    "rfm_frequency",
    "rfm_monetary",
    "rfm_group",
)
IDENTITY: Final = ("email", "phone", "first_name", "last_name", "company", "language", "country", "region", "city")


@dataclass(frozen=True)
class CardSegment:
    """A segment that the customer is in, and since when."""

    segment_id: str
    name: SegmentName
    since: datetime


@dataclass(frozen=True)
class CardConsent:
    """Where the customer stands on one channel and purpose; `status` is the consent room's."""

    channel: str
    purpose: str
    status: str
    basis: str | None
    since: datetime | None


@dataclass(frozen=True)
class CustomerCard:
    """The card. `identity` holds the plain attributes by name; `features` the computed ones, instants aware.

    `first_product` is what the product is called, its id when nothing names it.
    """

    customer_id: str
    identity: Mapping[str, str | None]
    tags: tuple[str, ...]
    features: Mapping[str, Any]
    first_product: str | None
    spent: Money
    segments: tuple[CardSegment, ...]
    consents: tuple[CardConsent, ...]

    @property
    def name(self) -> str:
        """First and last name, else the company, else the id."""
        parts = (self.identity["first_name"], self.identity["last_name"])
        full = " ".join(part for part in parts if part)
        return full or self.identity["company"] or self.customer_id


def customer_card(
    connection: Connection, warehouse: Warehouse, shop: Shop, customer_id: str, now: datetime
) -> CustomerCard:
    """The card of one customer as of `now`. Raises NotFound."""
    one = ibis.memtable(pa.table({"customer_id": pa.array([customer_id], pa.string())}))
    with warehouse.read() as engine:
        found = thresholds(engine, shop, now, facts_of(FEATURES))
        table = customers_with(Reading(engine, shop, now, one), FEATURES, found)
        rows = rows_of(engine, table.select("customer_id", "tags", *IDENTITY, *FEATURES))
        if not rows:
            raise NotFound("analytics.no_customer", customer=customer_id)
        row, since = rows[0], _entered(engine, customer_id, now)
        first_product = _title(engine, row["first_product"])
    features = {name: _aware(row[name]) for name in FEATURES}
    return CustomerCard(
        customer_id,
        {name: row[name] for name in IDENTITY},
        tuple(row["tags"] or ()),
        features,
        first_product,
        money(shop, int(features["amount_spent"] or 0)),
        _segments(connection, shop, since),
        _consents(connection, shop, customer_id),
    )


def _title(engine: BaseBackend, product_id: str | None) -> str | None:
    """What the product is called: in the catalogue, else on the lines that sold it; its id when nothing names it."""
    if product_id is None:
        return None
    for table in (engine.table("product"), engine.table("order_line")):
        named = table.filter(table.product_id == product_id, table.title.notnull())
        if found := rows_of(engine, named.select("title").limit(1)):
            return str(found[0]["title"])
    return product_id


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _entered(engine: BaseBackend, customer_id: str, now: datetime) -> dict[str, datetime]:
    """The segments that the journal last saw the customer enter, with the instant."""
    journal = engine.table("journal")
    until = ibis.literal(now.replace(tzinfo=None))
    mine = journal.filter(journal.customer_id == customer_id, journal.effective_at <= until)
    order = [mine.recorded_at.desc(), mine.effective_at.desc()]
    mine = mine.mutate(place=ibis.row_number().over(group_by=mine.segment_id, order_by=order))
    inside = mine.filter(mine.place == 0, mine.entered)
    return {row["segment_id"]: _aware(row["effective_at"]) for row in rows_of(engine, inside)}


def _segments(connection: Connection, shop: Shop, since: Mapping[str, datetime]) -> tuple[CardSegment, ...]:
    return tuple(
        CardSegment(one.segment_id, SegmentName(one), since[one.segment_id])
        for one in all_segments(connection, shop)
        if one.segment_id in since
    )


def _consents(connection: Connection, shop: Shop, customer_id: str) -> tuple[CardConsent, ...]:
    state = tables.consent_state
    rows = connection.execute(
        select(state)
        .where(state.c.shop_id == shop.shop_id, state.c.customer_id == customer_id)
        .order_by(state.c.channel, state.c.purpose)
    )
    return tuple(CardConsent(row.channel, row.purpose, row.status, row.basis, row.since) for row in rows)
