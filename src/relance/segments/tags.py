"""Tags that people give customers in Relance; queries read them together with the imported ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import ibis
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.errors import BadInput
from relance.profiles import Column, Thresholds, features, instant_literal
from relance.segments.chosen import People
from relance.store import Shop
from relance.warehouse import Warehouse, Writer, rows_of

# As Shopify: at most so many tags a customer, and so many signs a tag.
MOST_TAGS: Final = 250
LONGEST_TAG: Final = 255


@dataclass(frozen=True)
class Tag:
    """A tag as it is written most often, how many customers carry it, and how many of them had it from here."""

    tag: str
    customers: int
    own: int


@dataclass(frozen=True)
class Tagged:
    """What giving a tag did: customers who got it, had it already, or have no room for another."""

    tag: str
    added: int
    already: int
    full: int

    def as_json(self) -> dict[str, Any]:
        """Plain values for --json."""
        return dict(self.__dict__)


def all_tags(warehouse: Warehouse, shop: Shop, now: datetime) -> list[Tag]:
    """Every tag, imported or given here, whatever its case; the most frequent first."""
    with warehouse.read() as engine:
        rows = rows_of(engine, _counted(engine, shop, now))
    return [Tag(row["tag"], row["customers"], row["own"] or 0) for row in rows]


def add_tag(warehouse: Warehouse, shop: Shop, tag: str, people: People, now: datetime, by: str) -> Tagged:
    """Give these customers the tag. Whoever carries it already, in any case, keeps theirs.

    Raises BadInput for an empty tag, a comma in it, or more than 255 signs.
    """
    tag = checked_tag(tag)
    with warehouse.write() as writer:
        table = writer.stage(_state(writer, shop, tag, people, now))
        fresh: Column = table.filter(~table.has, table.tags < MOST_TAGS)
        writer.insert(
            "customer_tag",
            fresh.select(
                "customer_id", tag=ibis.literal(tag), added_at=instant_literal(now), added_by=ibis.literal(by)
            ),
        )
        counts = table.agg(
            added=table.count(where=~table.has & (table.tags < MOST_TAGS)),
            already=table.count(where=table.has),
            full=table.count(where=~table.has & (table.tags >= MOST_TAGS)),
        )
        (row,) = rows_of(writer.engine, counts)
    return Tagged(tag, **row)


def remove_tag(warehouse: Warehouse, tag: str, people: People) -> int:
    """Take the tag, in any case, from these customers; how many had it from here. Imported tags stay."""
    tag = checked_tag(tag)
    with warehouse.write() as writer:
        tags = writer.table("customer_tag")
        same = writer.stage(tags.filter(tags.tag.lower() == tag.lower()))
        gone = writer.stage(same.semi_join(people(writer.engine), "customer_id"))
        kept = same.anti_join(gone, "customer_id")
        for written in rows_of(writer.engine, same.select("tag").distinct()):
            writer.delete_where("customer_tag", tag=written["tag"])
        writer.insert("customer_tag", kept)
        removed: Column = gone.customer_id.nunique()
        return int(writer.engine.to_pyarrow(removed).as_py())


def checked_tag(tag: str) -> str:
    """The tag without blanks around it. Raises BadInput."""
    plain = " ".join(tag.split())
    if not plain:
        raise BadInput("lists.tag_missing")
    if "," in plain or len(plain) > LONGEST_TAG:
        raise BadInput("lists.tag_form", longest=LONGEST_TAG)
    return plain


def _state(writer: Writer, shop: Shop, tag: str, people: People, now: datetime) -> Table:
    """For each customer: how many tags they carry, and whether this one is among them."""
    chosen = people(writer.engine)
    carried = features(writer.engine, shop, now, ["customer_tags"], Thresholds(), chosen)
    own = writer.table("customer_tag")
    mine = own.filter(own.tag.lower() == tag.lower()).select("customer_id").distinct().mutate(mine=True)
    joined: Column = carried.left_join(mine, "customer_id").drop("customer_id_right")
    among: Column = joined.customer_tags.map(lambda one: one.lower()).contains(tag.lower()).fill_null(False)
    return joined.select(
        "customer_id", has=among | joined.mine.fill_null(False), tags=joined.customer_tags.length().fill_null(0)
    )


def _counted(engine: BaseBackend, shop: Shop, now: datetime) -> Table:
    carried: Column = features(engine, shop, now, ["customer_tags"], Thresholds())
    each: Column = carried.select("customer_id", tag=carried.customer_tags.unnest())
    each = each.mutate(key=each.tag.lower())
    own = engine.table("customer_tag")
    given = own.group_by(own_key=own.tag.lower()).agg(own=own.customer_id.nunique())
    counted = each.group_by("key").agg(tag=each.tag.mode(), customers=each.customer_id.nunique())
    joined: Column = counted.left_join(given, counted.key == given.own_key)
    told: Column = joined.select("tag", "customers", "own")
    ordered: Table = told.order_by([told.customers.desc(), told.tag.asc()])
    return ordered
