"""People who are named by a segment, a list or a query: sets of customers, as expressions on whichever engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from ibis.backends import BaseBackend
from ibis.expr.types import Table
from sqlalchemy import Connection

from relance.errors import BadInput, Conflict
from relance.segments import words64
from relance.segments.definitions import Segment, find
from relance.segments.evaluate import evaluate
from relance.segments.fields import fields_of_shop
from relance.segments.kept_lists import find_list
from relance.segments.overview import last_as_of
from relance.segments.people import among
from relance.segments.query import understood
from relance.store import Shop
from relance.warehouse import Warehouse

# From an engine to a table with the column `customer_id`, each customer once.
People: TypeAlias = Callable[[BaseBackend], Table]
Kind = Literal["segment", "list", "query"]


@dataclass(frozen=True)
class Chosen:
    """A set of people: what names them, as of when, and the version of a segment.

    `text` is the id of the segment or list, or the query.
    """

    kind: Kind
    text: str
    name: str
    as_of: datetime
    people: People
    version: int | None = None

    @property
    def source(self) -> str:
        """What an audit line says: segment:<id>, list:<id>, or query."""
        return "query" if self.kind == "query" else f"{self.kind}:{self.text}"


def choose(
    connection: Connection,
    warehouse: Warehouse,
    shop: Shop,
    now: datetime,
    *,
    segment: str | None = None,
    customer_list: str | None = None,
    query: str | None = None,
) -> Chosen:
    """The people of one segment (as of the last refresh), one list, or a query as of `now`.

    Raises BadInput unless exactly one is named, NotFound, QueryError, and Conflict before the first refresh.
    """
    if sum(one is not None for one in (segment, customer_list, query)) != 1:
        raise BadInput("lists.name_one")
    if segment is not None:
        return _of_segment(warehouse, find(connection, shop, segment))
    if customer_list is not None:
        found = find_list(connection, warehouse, shop, customer_list)
        return Chosen("list", found.list_id, found.name, now, of_list(found.list_id))
    return Chosen("query", query or "", "", now, of_query(warehouse, shop, query or "", now))


def of_ids(ids: Sequence[str]) -> People:
    """These customers."""
    return lambda _engine: among(ids).distinct()


def of_segment(segment: Segment) -> People:
    """The members of the last refresh."""
    return lambda engine: words64.members(engine.table("membership"), segment.bit)


def of_list(list_id: str) -> People:
    """Who is on the list."""

    def people(engine: BaseBackend) -> Table:
        members = engine.table("list_member")
        return members.filter(members.list_id == list_id).select("customer_id")

    return people


def of_query(warehouse: Warehouse, shop: Shop, query: str, now: datetime) -> People:
    """Who meets the query at `now`. Raises QueryError at once."""
    with warehouse.read() as engine:
        meaning = understood(query, fields_of_shop(engine)).meaning

    def people(engine: BaseBackend) -> Table:
        answers = evaluate(engine, {"inside": meaning}, shop, now)
        return answers.filter(answers.inside).select("customer_id")

    return people


def _of_segment(warehouse: Warehouse, segment: Segment) -> Chosen:
    with warehouse.read() as engine:
        as_of = last_as_of(engine)
    if as_of is None:
        raise Conflict("lists.not_refreshed")
    return Chosen("segment", segment.segment_id, segment.name, as_of, of_segment(segment), segment.version)
