"""The things of one page of a shop's interface, each translated by itself, so that one that is odd stops no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from relance.errors import BadInput
from relance.ingest.api_values import Json, version_of
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said, Unreadable, as_bytes

FAULTS: Final = (BadInput, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)
Translate = Callable[[Json], Sequence[Said]]


def _itself(thing: Json) -> Json:
    return thing


def read_each(
    topic: str,
    things: Sequence[Json],
    translate: Translate,
    origin: Origin,
    as_delivered: Callable[[Json], Json] = _itself,
) -> tuple[list[Said], list[Unreadable]]:
    """What the things say, and those that could not be read; the same one is set aside once.

    It is set aside as the webhook of the topic would have brought it, so that whoever repairs it can have it read.
    """
    said: list[Said] = []
    odd: list[Unreadable] = []
    for thing in things:
        try:
            said += translate(thing)
        except FAULTS as error:
            key = f"{origin.source}:{topic}:{version_of({'thing': thing})}"
            odd.append(Unreadable.because(topic, as_bytes(as_delivered(thing)), error, key))
    return said, odd


def as_backfill(said: Sequence[Said]) -> list[Said]:
    """The same as a past that starts no flow (S10)."""
    return [replace(one, records=tuple(_past(record) for record in one.records)) for one in said]


def _past(record: Record) -> Record:
    return replace(record, body={**record.body, "backfill": True})


def version(record: Record) -> datetime | None:
    """When the thing that a record is about was last changed, as the shop says."""
    written = record.body.get("updated_at")
    return datetime.fromisoformat(written) if written else None


def said_of(subject: str, record: Record, *others: Record) -> Said:
    """A thing's state with what follows from it, kept only when it is not older than what is known."""
    return Said((record, *others), subject, version(record))
