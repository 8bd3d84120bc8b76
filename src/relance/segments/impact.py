"""What another query would change in a segment: who stays, who enters, who leaves, before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table
from sqlalchemy import Connection

from relance.errors import QueryError
from relance.profiles import Column, Reading, thresholds
from relance.segments import words64
from relance.segments.checks import Context
from relance.segments.definitions import Segment, find
from relance.segments.evaluate import answer, facts_needed, gathered
from relance.segments.fields import fields_of_shop
from relance.segments.language.fields import Fields
from relance.segments.language.typed import Meaning
from relance.segments.money import decimal_text
from relance.segments.people import Member, members_among
from relance.segments.query import understood
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

Against: TypeAlias = Literal["members", "query"]
GROUPS = ("stays", "enters", "leaves")


@dataclass(frozen=True)
class Group:
    """Some customers: how many, which part of all customers, their net spend in minor units, and a few of them."""

    count: int
    share: float
    revenue: int
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Impact:
    """Who would stay in the segment, enter it and leave it.

    `against`: compared with the members as the last refresh stored them, or, for a segment that no refresh has
    computed yet, with what its saved query finds now.
    """

    segment: Segment
    query: str
    as_of: datetime
    against: Against
    customers: int
    stays: Group
    enters: Group
    leaves: Group
    shop: Shop

    def as_json(self) -> dict[str, Any]:
        """Plain values for --json; money is a decimal string."""
        return {
            "segment_id": self.segment.segment_id,
            "query": self.query,
            "as_of": self.as_of.isoformat(),
            "against": self.against,
            "customers": self.customers,
            "currency": self.shop.currency,
            **{name: self._group(getattr(self, name)) for name in GROUPS},
        }

    def _group(self, group: Group) -> dict[str, Any]:
        return {
            "count": group.count,
            "share": group.share,
            "revenue": decimal_text(group.revenue, self.shop.currency),
            "members": [member.as_json(self.shop) for member in group.members],
        }


def impact(
    connection: Connection,
    warehouse: Warehouse,
    shop: Shop,
    segment_id: str,
    query: str,
    now: datetime,
    *,
    sample: int = 5,
    as_shopify: bool = False,
) -> Impact:
    """What saving `query` for the segment would change at `now`; the samples are those who spent most.

    Raises NotFound, and QueryError with the place of a fault. Never writes.
    """
    segment = find(connection, shop, segment_id)
    with warehouse.read() as engine:
        fields = fields_of_shop(engine)
        wanted = understood(query, fields, as_shopify=as_shopify).meaning
        is_stored = _is_stored(engine, segment)
        saved = None if is_stored else _meaning(segment.query, fields)
        people = _people(engine, shop, now, wanted, saved)
        if is_stored:
            people = _with_stored(engine, people, segment)
        row, samples = _figures(engine, people, sample)
        groups = {
            name: Group(
                row[name],
                row[name] / row["customers"] if row["customers"] else 0.0,
                row[f"{name}_revenue"],
                tuple(members_among(engine, shop, now, samples[name])),
            )
            for name in GROUPS
        }
    against: Against = "members" if is_stored else "query"
    return Impact(segment, query, now.astimezone(UTC), against, row["customers"], **groups, shop=shop)


def _is_stored(engine: BaseBackend, segment: Segment) -> bool:
    sizes = engine.table("segment_size")
    return bool(engine.to_pyarrow((sizes.segment_id == segment.segment_id).any()).as_py())


def _meaning(query: str, fields: Fields) -> Meaning | None:
    try:
        return understood(query, fields).meaning
    except QueryError:
        return None


def _people(engine: BaseBackend, shop: Shop, now: datetime, wanted: Meaning, saved: Meaning | None) -> Table:
    """Every customer with their net spend, whether they would be inside and, by the saved query, whether they are."""
    asked = [wanted] if saved is None else [wanted, saved]
    found = thresholds(engine, shop, now, facts_needed(asked))
    reading = Reading(engine, shop, now)
    table, matches = gathered(reading, asked, found, ["amount_spent"])
    context = Context(reading, found, table)
    was = ibis.literal(False) if saved is None else answer(saved, context, matches)
    return table.select("customer_id", "amount_spent", would=answer(wanted, context, matches), was=was)


def _with_stored(engine: BaseBackend, people: Table, segment: Segment) -> Table:
    inside = words64.members(engine.table("membership"), segment.bit).select(member="customer_id")
    joined: Column = people.left_join(inside, people.customer_id == inside.member)
    known: Table = joined.select("customer_id", "amount_spent", "would", was=joined.member.notnull())
    return known


def _figures(engine: BaseBackend, people: Table, sample: int) -> tuple[dict[str, int], dict[str, list[str]]]:
    """The totals of each group, and the ids of their samples, from one pass."""
    table: Column = people
    chosen = {"stays": table.was & table.would, "enters": ~table.was & table.would, "leaves": table.was & ~table.would}
    totals: dict[str, Column] = {"customers": table.count()}
    dearest = [table.amount_spent.desc(), table.customer_id.asc()]
    for name, group in chosen.items():
        totals[name] = table.count(where=group)
        totals[f"{name}_revenue"] = table.amount_spent.sum(where=group).fill_null(0).cast("int64")
        totals[f"{name}_sample"] = table.customer_id.collect(where=group, order_by=dearest)[:sample]
    (row,) = rows_of(engine, table.agg(**totals))
    return row, {name: row[f"{name}_sample"] or [] for name in chosen}
