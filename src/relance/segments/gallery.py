"""From the library into the shop: the starters by themselves, everything else when somebody picks it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from relance.segments.definitions import Segment, all_segments, free_id, save
from relance.segments.language.fields import Fields
from relance.segments.ready_made import ReadyMade, Values, library, ready_made
from relance.store import Shop

_READ: Final = re.compile(r"\bsegment (!?=) '([a-z0-9-]+)'")


def install_library(connection: Connection, shop: Shop, now: datetime) -> int:
    """Save every available starter that the shop never had, under its name in the shop's language.

    Returns how many were new; what the merchant changed or archived stays as it is.
    """
    had = {segment.segment_id for segment in all_segments(connection, shop, archived=True)}
    wanted = [ready for ready in library() if ready.starter and ready.library_id not in had and ready.available]
    for ready in wanted:
        name = ready.names[shop.language]
        save(connection, shop, ready.library_id, name, ready.query, now, "library", library=ready.library_id)
    return len(wanted)


def add_from_library(
    connection: Connection,
    shop: Shop,
    library_id: str,
    values: Mapping[str, object],
    now: datetime,
    by: str,
    *,
    name: str | None = None,
    fields: Fields | None = None,
) -> Segment:
    """Keep a ready-made segment with these values, and the ready-made ones that it names.

    The same values give the same segment again, brought back if it was put away; other values another segment, whose id
    tells them. Raises NotFound for a row that is none, BadInput for values that do not fit.
    """
    ready = ready_made(library_id)
    chosen = ready.chosen(values)
    query = ready.with_values(values)
    for needed in ready.needs():
        if all(segment.segment_id != needed for segment in all_segments(connection, shop)):
            add_from_library(connection, shop, needed, {}, now, by)
    known = {segment.segment_id: segment for segment in all_segments(connection, shop, archived=True)}
    wanted = _id_for(ready, chosen, query, known)
    called = name or (known[wanted].name if wanted in known else ready.called(shop.language, shop.currency, chosen))
    return save(connection, shop, wanted, called, query, now, by, fields=fields, library=library_id)


def picked(listed: Iterable[Segment]) -> dict[str, list[tuple[Segment, Values | None]]]:
    """The segments that come from the library, by row, with their values; None for one whose query was changed."""
    rows = {ready.library_id: ready for ready in library()}
    found: dict[str, list[tuple[Segment, Values | None]]] = {}
    for segment in listed:
        if segment.library in rows:
            found.setdefault(segment.library, []).append((segment, rows[segment.library].values_of(segment.query)))
    return found


def standing_alone(query: str, kept: Collection[str]) -> str:
    """The query, with the ready-made segments that it names and that are not among the `kept` ids written out.

    So it can be counted before they are there. Conditions on entries and exits stay as they are.
    """
    rows = {ready.library_id: ready for ready in library()}

    def written_out(found: re.Match[str]) -> str:
        operator, needed = found.groups()
        if needed in kept or needed not in rows:
            return found[0]
        inner = standing_alone(rows[needed].query, kept)
        return f"NOT ({inner})" if operator == "!=" else f"({inner})"

    return _READ.sub(written_out, query)


def _id_for(ready: ReadyMade, chosen: Values, query: str, known: Mapping[str, Segment]) -> str:
    """The row's id with the values that are not the defaults: a free one, or that of the segment that is the same."""
    others = [chosen[choice.name] for choice in ready.choices if chosen[choice.name] != choice.default]
    called = " ".join([ready.library_id, *filter(None, others)])
    return free_id(called, {segment_id for segment_id, segment in known.items() if segment.query != query})
