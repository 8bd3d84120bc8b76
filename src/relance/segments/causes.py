"""Causes of the journal as they are told.

A look that covers much time at once, as after a rest, notes for each customer the newest of all that happened: an
event beside the order that made somebody a buyer, or the end of a window that another segment has. So the row is told
as the most recent one, and time is not named where a query knows no window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, TypeAlias

from relance.errors import QueryError
from relance.segments.definitions import Segment
from relance.segments.language.fields import Fields
from relance.segments.passing import moving
from relance.segments.query import understood
from relance.words import Language, catalogue, say

BY_TIME: Final = "window"
BY_DATA: Final = "data"
# The segments that time alone does not change, and since when their query is what it is.
Timeless: TypeAlias = Mapping[str, datetime]


def timeless(kept: Iterable[Segment], fields: Fields) -> dict[str, datetime]:
    """Those of the segments whose members only new data changes; one whose query has a fault is none of them."""
    found = {}
    for one in kept:
        try:
            meaning = understood(one.query, fields).meaning
        except QueryError:
            continue
        if moving(meaning) == "data":
            found[one.segment_id] = one.changed_at
    return found


def told_cause(cause: str, segment_id: str, at: datetime, known: Timeless) -> str:
    """The cause to tell of a row as of `at`: data where time cannot have been the cause."""
    since = known.get(segment_id)
    return BY_DATA if cause == BY_TIME and since is not None and at >= since else cause


def cause_in_words(cause: str, language: Language) -> str:
    """A cause of the journal in words, as it stands when nobody named it."""
    key = f"history.cause_{cause}"
    return say(key, language) if key in catalogue(language) else cause
