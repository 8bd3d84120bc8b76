"""What is known of saved segments since the last refresh: sizes, members, history, one customer's memberships."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ibis.backends import BaseBackend
from sqlalchemy import Connection

from relance.errors import QueryError
from relance.profiles import Column
from relance.segments import words64
from relance.segments.definitions import Segment, all_segments, find
from relance.segments.fields import fields_of_shop
from relance.segments.language.fields import Fields
from relance.segments.language.sentence import sentence
from relance.segments.language.typed import Meaning
from relance.segments.money import decimal_text
from relance.segments.people import Member, members_among
from relance.segments.query import understood
from relance.segments.ready_made import library
from relance.segments.upkeep import Cost, NextChange, Problem, last_cost, next_change, problems
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of
from relance.words import Language

CHANGE_OVER: Final = timedelta(days=30)


@dataclass(frozen=True)
class SizePoint:
    """A segment's size at a refresh; `share` from 0 to 1, `revenue` the members' net spend in minor units."""

    as_of: datetime
    members: int
    share: float
    revenue: int


@dataclass(frozen=True)
class SegmentSummary:
    """A saved segment with its sizes, oldest first; `family` of a ready-made one, None for one's own.

    `sentence` is empty and `next_change` None when the query no longer resolves. `cost` is that of the last refresh,
    which all segments shared; `problem` says why it could not compute this one.
    """

    segment: Segment
    sentence: str
    family: str | None
    history: tuple[SizePoint, ...]
    shop: Shop
    cost: Cost | None = None
    next_change: NextChange | None = None
    problem: Problem | None = None
    language: Language = "en"

    @property
    def latest(self) -> SizePoint | None:
        """The size at the last refresh that computed it."""
        return self.history[-1] if self.history else None

    @property
    def change(self) -> int | None:
        """Members more (or less) than 30 days before the latest size; None when the history is shorter."""
        if self.latest is None:
            return None
        edge = self.latest.as_of - CHANGE_OVER
        before = [point for point in self.history if point.as_of <= edge]
        return self.latest.members - before[-1].members if before else None

    def as_json(self) -> dict[str, Any]:
        """Plain values for --json and the API; money is a decimal string."""
        latest = self.latest
        return {
            "segment_id": self.segment.segment_id,
            "name": self.segment.name,
            "query": self.segment.query,
            "sentence": self.sentence,
            "family": self.family,
            "members": latest.members if latest else None,
            "share": latest.share if latest else None,
            "revenue": decimal_text(latest.revenue, self.shop.currency) if latest else None,
            "currency": self.shop.currency,
            "change": self.change,
            "as_of": latest.as_of.isoformat() if latest else None,
            "refresh_seconds": self.cost.seconds if self.cost else None,
            "refresh_segments": self.cost.segments if self.cost else None,
            "next_change": self.next_change.say(self.language, self.shop) if self.next_change else None,
            "problem": self.problem.say(self.language) if self.problem else None,
        }


@dataclass(frozen=True)
class MemberPage:
    """Members of the last refresh in the order of their ids; `after` asks for the following ones, None at the end."""

    members: tuple[Member, ...]
    total: int
    as_of: datetime | None
    after: str | None


@dataclass(frozen=True)
class CustomerMembership:
    """A segment that a customer is in, and since which instant."""

    segment_id: str
    name: str
    since: datetime | None


def summaries(
    connection: Connection, warehouse: Warehouse, shop: Shop, language: Language | None = None
) -> list[SegmentSummary]:
    """Every segment that is not archived, in the order in which they were made."""
    listed = all_segments(connection, shop)
    with warehouse.read() as engine:
        history = _history(engine, [segment.segment_id for segment in listed])
        fields = fields_of_shop(engine)
        cost, wrong, as_of = last_cost(engine), problems(engine), last_as_of(engine)
    families = {ready.library_id: ready.family for ready in library()}
    tongue = language or shop.language
    found = []
    for segment in listed:
        meaning = _meaning(segment.query, fields)
        found.append(
            SegmentSummary(
                segment,
                sentence(meaning, tongue, shop.currency) if meaning else "",
                families.get(segment.library or ""),
                tuple(history.get(segment.segment_id, ())),
                shop,
                cost,
                next_change(meaning, shop, as_of) if meaning and as_of else None,
                wrong.get(segment.segment_id),
                tongue,
            )
        )
    return found


def size_history(warehouse: Warehouse, segment_id: str) -> list[SizePoint]:
    """The segment's sizes, oldest first."""
    with warehouse.read() as engine:
        return _history(engine, [segment_id]).get(segment_id, [])


def members(
    connection: Connection,
    warehouse: Warehouse,
    shop: Shop,
    segment_id: str,
    *,
    limit: int = 50,
    after: str | None = None,
) -> MemberPage:
    """A page of the members of the last refresh. Raises NotFound."""
    segment = find(connection, shop, segment_id)
    with warehouse.read() as engine:
        inside = words64.members(engine.table("membership"), segment.bit)
        total = int(engine.to_pyarrow(inside.count()).as_py())
        following: Column = inside if after is None else inside.filter(inside.customer_id > after)
        rows = rows_of(engine, following.order_by("customer_id").limit(limit + 1))
        ids = [row["customer_id"] for row in rows]
        as_of = last_as_of(engine)
        shown = members_among(engine, shop, as_of, ids[:limit]) if as_of else []
    return MemberPage(tuple(shown), total, as_of, ids[limit - 1] if len(ids) > limit else None)


def customer_memberships(
    connection: Connection, warehouse: Warehouse, shop: Shop, customer_id: str
) -> list[CustomerMembership]:
    """The segments that the customer is in since the last refresh, in the order of the list."""
    with warehouse.read() as engine:
        words = engine.table("membership")
        found = rows_of(engine, words.filter(words.customer_id == customer_id))
        bits = {row["word"]: row["bits"] for row in found}
        since = _entries(engine, customer_id)
    return [
        CustomerMembership(segment.segment_id, segment.name, since.get(segment.segment_id))
        for segment in all_segments(connection, shop)
        if _inside(bits, segment.bit)
    ]


def last_as_of(engine: BaseBackend) -> datetime | None:
    """As of when the memberships stand; None before the first refresh."""
    found = engine.to_pyarrow(engine.table("refresh").as_of.max()).as_py()
    return found.replace(tzinfo=UTC) if found else None


def _inside(bits: Mapping[int, int], bit: int) -> bool:
    word, mask = words64.place_of(bit)
    return bool(bits.get(word, 0) & mask)


def _entries(engine: BaseBackend, customer_id: str) -> dict[str, datetime]:
    """When the customer last entered each segment."""
    journal = engine.table("journal")
    entered = journal.filter(journal.customer_id == customer_id, journal.entered)
    last = entered.group_by("segment_id").agg(since=entered.effective_at.max())
    return {row["segment_id"]: row["since"].replace(tzinfo=UTC) for row in rows_of(engine, last)}


def _history(engine: BaseBackend, segment_ids: Iterable[str]) -> dict[str, list[SizePoint]]:
    sizes = engine.table("segment_size")
    chosen = sizes.filter(sizes.segment_id.isin(list(segment_ids))).order_by("as_of")
    found: dict[str, list[SizePoint]] = {}
    for row in rows_of(engine, chosen):
        point = SizePoint(row["as_of"].replace(tzinfo=UTC), row["members"], row["share"], row["revenue"])
        found.setdefault(row["segment_id"], []).append(point)
    return found


def _meaning(query: str, fields: Fields) -> Meaning | None:
    try:
        return understood(query, fields).meaning
    except QueryError:
        return None
