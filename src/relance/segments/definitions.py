"""Saved segments: definitions that are versioned, never overwritten."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from relance.errors import BadInput, Conflict, NotFound, QueryError
from relance.segments.fields import fields_with
from relance.segments.language.fields import Fields
from relance.segments.language.parser import WIDEST, Limits, parse
from relance.segments.language.tree import And, Condition, Items, Match, Not, Or, Text, Tree, Word
from relance.segments.query import understood
from relance.segments.references import SEGMENT
from relance.store import Shop
from relance.store.tables import segment as table
from relance.store.tables import segment_version as versions


@dataclass(frozen=True)
class Segment:
    """A saved segment; `bit` is its place in the packed memberships, `library` the ready-made one it comes from."""

    segment_id: str
    name: str
    query: str
    version: int
    bit: int
    library: str | None
    archived: bool
    changed_at: datetime


def all_segments(connection: Connection, shop: Shop, *, archived: bool = False) -> list[Segment]:
    """The shop's segments in the order in which they were made; with `archived` also those put away."""
    rows = connection.execute(select(table).where(table.c.shop_id == shop.shop_id).order_by(table.c.bit))
    found = [_segment(row) for row in rows]
    return found if archived else [segment for segment in found if not segment.archived]


def find(connection: Connection, shop: Shop, segment_id: str) -> Segment:
    """The segment of that id, archived or not. Raises NotFound."""
    row = connection.execute(select(table).where(*_key(shop, segment_id))).one_or_none()
    if row is None:
        raise NotFound("membership.unknown_segment", segment=segment_id)
    return _segment(row)


def called(segments: Iterable[Segment]) -> dict[str, str]:
    """The ids of the segments that are not archived, by their names and ids in lower case."""
    standing = [segment for segment in segments if not segment.archived]
    by_name = {segment.name.casefold(): segment.segment_id for segment in standing}
    return by_name | {segment.segment_id.casefold(): segment.segment_id for segment in standing}


def save(
    connection: Connection,
    shop: Shop,
    segment_id: str | None,
    name: str,
    query: str,
    now: datetime,
    by: str,
    *,
    fields: Fields | None = None,
    library: str | None = None,
    limits: Limits = WIDEST,
) -> Segment:
    """Keep a new segment (no id, or one that is not taken) or a new version of the one with that id.

    The query is resolved first, against `fields` (default: without metafields). Saving what is already there writes
    nothing. Raises QueryError, BadInput for an empty name, and Conflict for a new name while others read the old one.
    """
    if not name.strip():
        raise BadInput("membership.name_missing")
    known = {segment.segment_id: segment for segment in all_segments(connection, shop, archived=True)}
    understood(query, replace(fields or fields_with(), segments=called(known.values())), limits=limits)
    wanted = segment_id or free_id(name, known.keys())
    before = known.get(wanted)
    if before and (before.name, before.query, before.archived) == (name, query, False):
        return before
    if before and before.name.casefold() != name.casefold():
        _refuse_read(before, known.values(), by_name_only=True)
    if before:
        version = before.version + 1
        changes = {"name": name, "query": query, "version": version, "changed_at": now, "archived_at": None}
        connection.execute(update(table).where(*_key(shop, wanted)).values(changes))
    else:
        version = 1
        _insert(connection, shop, wanted, name, query, now, library)
    kept = {"shop_id": shop.shop_id, "segment_id": wanted, "version": version, "name": name, "query": query}
    connection.execute(insert(versions).values(**kept, saved_at=now, saved_by=by))
    return find(connection, shop, wanted)


def archive(connection: Connection, shop: Shop, segment_id: str, now: datetime) -> None:
    """Put a segment away: the next refresh empties it; its history stays.

    Raises NotFound, and Conflict while other segments read it.
    """
    segment = find(connection, shop, segment_id)
    _refuse_read(segment, all_segments(connection, shop))
    connection.execute(update(table).where(*_key(shop, segment_id)).values(archived_at=now, changed_at=now))


def _refuse_read(segment: Segment, others: Iterable[Segment], *, by_name_only: bool = False) -> None:
    """Raise Conflict when standing segments read this one; with `by_name_only`, when they call it by its name."""
    own_id, own_name = segment.segment_id.casefold(), segment.name.casefold()
    said = {own_name} - {own_id} if by_name_only else {own_name, own_id}
    standing = (other for other in others if not other.archived and other.segment_id != segment.segment_id)
    readers = [other.name for other in standing if said & set(_read_by(other))]
    if readers:
        raise Conflict("reference.still_read", segment=segment.name, readers=", ".join(readers))


def _read_by(segment: Segment) -> Iterator[str]:
    """What the segments that a saved query reads are called in it, also where its fields are not known here."""
    if SEGMENT in segment.query.casefold():
        with suppress(QueryError):
            yield from _said_in(parse(segment.query))


def _said_in(tree: Tree) -> Iterator[str]:
    match tree:
        case And(terms=terms) | Or(terms=terms):
            for term in terms:
                yield from _said_in(term)
        case Not(term=term):
            yield from _said_in(term)
        case Match(function=function, parameters=parameters) if function.name == SEGMENT:
            for parameter in parameters:
                yield from _texts(parameter)
        case Condition(subject=subject) if subject.name == SEGMENT:
            yield from _texts(tree)


def _texts(condition: Condition) -> Iterator[str]:
    value = condition.value
    for one in value.values if isinstance(value, Items) else (value,):
        if isinstance(one, Text | Word):
            yield (one.value if isinstance(one, Text) else one.name).casefold()


def _insert(
    connection: Connection, shop: Shop, segment_id: str, name: str, query: str, now: datetime, library: str | None
) -> None:
    highest = select(func.coalesce(func.max(table.c.bit), -1)).where(table.c.shop_id == shop.shop_id)
    connection.execute(
        insert(table).values(
            shop_id=shop.shop_id,
            segment_id=segment_id,
            name=name,
            query=query,
            version=1,
            bit=connection.execute(highest).scalar_one() + 1,
            library=library,
            changed_at=now,
        )
    )


def _key(shop: Shop, segment_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.shop_id == shop.shop_id, table.c.segment_id == segment_id


def _segment(row: Row[Any]) -> Segment:
    return Segment(
        row.segment_id,
        row.name,
        row.query,
        row.version,
        row.bit,
        row.library,
        row.archived_at is not None,
        row.changed_at,
    )


def free_id(name: str, taken: Collection[str]) -> str:
    """An id made from the name that is not taken: lower-case letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "segment"
    number, wanted = 1, slug
    while wanted in taken:
        number += 1
        wanted = f"{slug}-{number}"
    return wanted
