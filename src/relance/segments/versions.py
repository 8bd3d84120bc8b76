"""The versions of a saved segment: what each one said, how two differ, and going back to an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select

from relance.errors import NotFound, QueryError
from relance.segments.definitions import Segment, find, save
from relance.segments.difference import Change, Piece, changes, pieces
from relance.segments.fields import fields_with
from relance.segments.language.fields import Fields
from relance.segments.language.typed import Meaning
from relance.segments.query import understood
from relance.store import Shop
from relance.store.tables import segment_version as table


@dataclass(frozen=True)
class Version:
    """A definition as it was saved: its number, counted from 1, when and by whom."""

    number: int
    name: str
    query: str
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True)
class Difference:
    """How two versions differ: condition by condition, and in the text.

    `changes` is None when one of the queries no longer makes sense for this shop's fields; it is empty when both mean
    the same. `renamed`: the names differ.
    """

    old: Version
    new: Version
    changes: tuple[Change, ...] | None
    text: tuple[Piece, ...]

    @property
    def renamed(self) -> bool:
        """Whether the name changed."""
        return self.old.name != self.new.name


def versions(connection: Connection, shop: Shop, segment_id: str) -> list[Version]:
    """Every version of the segment, the newest first. Raises NotFound for an unknown segment."""
    find(connection, shop, segment_id)
    mine = table.c.shop_id == shop.shop_id, table.c.segment_id == segment_id
    rows = connection.execute(select(table).where(*mine).order_by(table.c.version.desc()))
    return [_version(row) for row in rows]


def version(connection: Connection, shop: Shop, segment_id: str, number: int) -> Version:
    """One version. Raises NotFound."""
    found = next((one for one in versions(connection, shop, segment_id) if one.number == number), None)
    if found is None:
        raise NotFound("history.unknown_version", segment=segment_id, number=number)
    return found


def diff(
    connection: Connection, shop: Shop, segment_id: str, old: int, new: int, *, fields: Fields | None = None
) -> Difference:
    """How version `new` differs from version `old`; `fields` as in `save`. Raises NotFound."""
    first, second = (version(connection, shop, segment_id, number) for number in (old, new))
    meanings = [_meaning(one.query, fields or fields_with()) for one in (first, second)]
    before, after = meanings
    found = None if before is None or after is None else changes(before, after)
    return Difference(first, second, found, pieces(first.query, second.query))


def roll_back(
    connection: Connection,
    shop: Shop,
    segment_id: str,
    number: int,
    now: datetime,
    by: str,
    *,
    fields: Fields | None = None,
) -> Segment:
    """Save the name and query of an old version as a new one, also of a segment that was put away.

    Raises NotFound, and QueryError when the old query no longer makes sense.
    """
    wanted = version(connection, shop, segment_id, number)
    return save(connection, shop, segment_id, wanted.name, wanted.query, now, by, fields=fields)


def _meaning(query: str, fields: Fields) -> Meaning | None:
    try:
        return understood(query, fields).meaning
    except QueryError:
        return None


def _version(row: Row[tuple[object, ...]]) -> Version:
    kept = row._mapping
    return Version(kept["version"], kept["name"], kept["query"], kept["saved_at"], kept["saved_by"])
