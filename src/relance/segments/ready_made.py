"""The ready-made segments: data files in `library/`, one a family."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection

from relance.errors import NotAvailableYet
from relance.segments.definitions import Segment, all_segments, save
from relance.segments.fields import fields_with
from relance.segments.query import understood
from relance.store import Shop
from relance.words import Language


@dataclass(frozen=True)
class ReadyMade:
    """A segment of the library; `row` names the demand that it answers, `use` says what to do with it."""

    library_id: str
    family: str
    row: str
    query: str
    names: dict[Language, str]
    descriptions: dict[Language, str]
    uses: dict[Language, str]

    @property
    def available(self) -> bool:
        """Whether everything that its query reads has data in this version."""
        try:
            understood(self.query, fields_with())
        except NotAvailableYet:
            return False
        return True


@cache
def library() -> tuple[ReadyMade, ...]:
    """Every ready-made segment, family by family."""
    folder = files("relance.segments") / "library"
    found: list[ReadyMade] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            data = tomllib.loads(entry.read_text(encoding="utf-8"))
            found += (_ready_made(data["family"], item) for item in data["segment"])
    return tuple(found)


@dataclass(frozen=True)
class SegmentName:
    """What a segment is called, for readers of any language."""

    segment: Segment

    def say(self, language: Language) -> str:
        """Its name; of a ready-made one that nobody renamed, the name in the reader's language."""
        kept = self.segment.name
        names = _names().get(self.segment.library or "", {})
        return names.get(language, kept) if kept in names.values() else kept


@cache
def _names() -> dict[str, dict[Language, str]]:
    return {ready.library_id: ready.names for ready in library()}


def install_library(connection: Connection, shop: Shop, now: datetime) -> int:
    """Save every available ready-made segment that the shop never had, under its name in the shop's language.

    Returns how many were new; what the merchant changed or archived stays as it is.
    """
    had = {segment.segment_id for segment in all_segments(connection, shop, archived=True)}
    wanted = [ready for ready in library() if ready.library_id not in had and ready.available]
    for ready in wanted:
        name = ready.names[shop.language]
        save(connection, shop, ready.library_id, name, ready.query, now, "library", library=ready.library_id)
    return len(wanted)


def _ready_made(family: str, item: dict[str, str]) -> ReadyMade:
    def texts(name: str) -> dict[Language, str]:
        return {"en": item[f"{name}_en"], "fr": item[f"{name}_fr"]}

    return ReadyMade(
        item["id"],
        family,
        item["row"],
        item["query"],
        texts("name"),
        texts("description"),
        texts("use"),
    )
