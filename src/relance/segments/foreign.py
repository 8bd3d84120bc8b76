"""Segments of other tools, put into Relance's language: what could be said, what could not, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from relance.errors import BadInput, NotAvailableYet, QueryError
from relance.segments.definitions import Segment, all_segments, save
from relance.segments.language.fields import Fields
from relance.segments.language.parser import Limits
from relance.segments.language.sentence import sentence
from relance.segments.language.typed import Note
from relance.segments.query import understood
from relance.store import Shop
from relance.words import Language, say


@dataclass(frozen=True)
class Obstacle:
    """A condition that cannot be expressed: its place in the source, and the text that says why."""

    path: str
    why: Note | QueryError

    def as_json(self, language: Language) -> dict[str, Any]:
        """Plain values; `waits` when this version has no data for it yet."""
        return {"path": self.path, "reason": self.why.say(language), "waits": isinstance(self.why, NotAvailableYet)}


@dataclass(frozen=True)
class ForeignSegment:
    """One segment of another tool. `query` is None when a condition cannot be expressed; `partial` is then the rest.

    A partial query finds other customers than the source, so it is shown and never saved. `notes` say how the source
    was read where that makes a difference.
    """

    name: str
    query: str | None
    partial: str | None = None
    notes: tuple[Note, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()

    def as_json(self, fields: Fields, currency: str, language: Language) -> dict[str, Any]:
        """Plain values for --json and the API."""
        said = self.query or self.partial
        return {
            "name": self.name,
            "query": self.query,
            "partial": self.partial,
            "sentence": said and sentence(understood(said, fields), language, currency),
            "notes": [note.say(language) for note in self.notes],
            "obstacles": [obstacle.as_json(language) for obstacle in self.obstacles],
        }


def within_limits(found: ForeignSegment, path: str, fields: Fields, limits: Limits) -> ForeignSegment:
    """The segment, refused when its whole query has a fault or is over a limit."""
    if found.query is None:
        return found
    try:
        understood(found.query, fields, limits=limits)
    except QueryError as error:
        return ForeignSegment(found.name, None, None, found.notes, (Obstacle(path, error),))
    return found


def foreign_summary(found: Iterable[ForeignSegment], language: Language) -> str:
    """How many segments can be kept, in words."""
    segments = list(found)
    able = sum(one.query is not None for one in segments)
    return say("foreign.summary", language, count=able, total=len(segments))


def keep(
    connection: Connection,
    shop: Shop,
    found: Iterable[ForeignSegment],
    fields: Fields,
    limits: Limits,
    now: datetime,
    by: str,
) -> list[Segment | None]:
    """Save the segments that can be expressed, each under its own name; None in the place of the others.

    A segment of the same name and query that is there already is left as it is.
    """
    standing = {(one.name, one.query): one for one in all_segments(connection, shop)}
    kept: list[Segment | None] = []
    for one in found:
        segment = standing.get((one.name, one.query or ""))
        if one.query is not None and segment is None:
            segment = save(connection, shop, None, one.name, one.query, now, by, fields=fields, limits=limits)
            standing[segment.name, segment.query] = segment
        kept.append(segment)
    return kept


def json_of(text: str) -> Any:
    """The values of a JSON text, decimals exact. Raises BadInput with the place of a fault."""
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise BadInput("foreign.not_json", line=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise BadInput("foreign.too_deep") from error
