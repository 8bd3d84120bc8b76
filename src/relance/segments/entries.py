"""The journal as people read it: the entries and exits of a segment, or of a customer, with their causes in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.errors import BadInput
from relance.profiles import Column, instant_literal
from relance.segments.causes import BY_DATA, Timeless, cause_in_words, told_cause
from relance.segments.people import among
from relance.warehouse import Warehouse, rows_of
from relance.words import Language, catalogue, day_text, say


@dataclass(frozen=True)
class JournalEntry:
    """A customer entered a segment, or left it, as of `effective_at`; `recorded_at` is when that was found.

    `detail` says which event, day or version it was, such as order:1001, day:2026-03-10 or version:3; None where the
    cause says all.
    """

    customer_id: str
    name: str
    segment_id: str
    entered: bool
    effective_at: datetime
    recorded_at: datetime
    cause: str
    detail: str | None

    def why(self, language: Language, known: Timeless = MappingProxyType({})) -> str:
        """The cause in words; `known` are the segments that time alone does not change."""
        told, texts = told_cause(self.cause, self.segment_id, self.effective_at, known), catalogue(language)
        cause = cause_in_words(told, language)
        kind, _, value = (self.detail or "").partition(":")
        if not value or told == BY_DATA:
            return cause
        key = f"history.detail_{kind}"
        detail = say(key, language, value=_written(kind, value, language)) if key in texts else f"{kind} {value}"
        form = "history.cause_and_newest" if told == "event" else "history.cause_and_detail"
        return say(form, language, cause=cause, detail=detail)


@dataclass(frozen=True)
class JournalPage:
    """Entries and exits, the newest first; `after` asks for the older ones, None at the end."""

    entries: tuple[JournalEntry, ...]
    after: str | None


def segment_journal(
    warehouse: Warehouse, segment_id: str, *, entered: bool | None = None, limit: int = 50, after: str | None = None
) -> JournalPage:
    """A page of the segment's entries and exits; only entries (or exits) with `entered`.

    Raises BadInput for an `after` that no page gave.
    """
    with warehouse.read() as engine:
        journal: Column = engine.table("journal")
        rows: Column = journal.filter(journal.segment_id == segment_id)
        if entered is not None:
            rows = rows.filter(rows.entered == entered)
        if after is not None:
            rows = rows.filter(_comes_after(rows, *_place(after)))
        newest = [rows.effective_at.desc(), rows.recorded_at.desc(), rows.customer_id.asc(), rows.entered.asc()]
        found = rows_of(engine, _named(engine, rows.order_by(newest).limit(limit + 1)))
    found.sort(key=_newest)
    shown = tuple(_entry(row) for row in found[:limit])
    return JournalPage(shown, _cursor(shown[-1]) if len(found) > limit else None)


def customer_journal(warehouse: Warehouse, customer_id: str) -> list[JournalEntry]:
    """What the customer entered and left, the newest first."""
    with warehouse.read() as engine:
        journal = engine.table("journal")
        found = rows_of(engine, _named(engine, journal.semi_join(among([customer_id]), "customer_id")))
    return [_entry(row) for row in sorted(found, key=lambda row: (*_newest(row), row["segment_id"]))]


def _named(engine: BaseBackend, rows: Table) -> Table:
    """The rows with the customers' names."""
    people: Column = engine.table("customer").select("customer_id", "first_name", "last_name", "company")
    named: Table = rows.left_join(people, "customer_id").drop("customer_id_right")
    return named


def _newest(row: Mapping[str, Any]) -> tuple[float, float, str, bool]:
    instants = (row["effective_at"].replace(tzinfo=UTC), row["recorded_at"].replace(tzinfo=UTC))
    first, second = (-instant.timestamp() for instant in instants)
    return first, second, row["customer_id"], row["entered"]


def _entry(row: Mapping[str, Any]) -> JournalEntry:
    name = " ".join(part for part in (row["first_name"], row["last_name"]) if part) or row["company"]
    return JournalEntry(
        row["customer_id"],
        name or row["customer_id"],
        row["segment_id"],
        row["entered"],
        row["effective_at"].replace(tzinfo=UTC),
        row["recorded_at"].replace(tzinfo=UTC),
        row["cause"],
        row["detail"],
    )


def _cursor(entry: JournalEntry) -> str:
    return f"{entry.effective_at.isoformat()} {entry.recorded_at.isoformat()} {int(entry.entered)} {entry.customer_id}"


def _place(cursor: str) -> tuple[datetime, datetime, bool, str]:
    """The place that a cursor names."""
    try:
        effective, recorded, entered, customer_id = cursor.split(" ", 3)
        at, noted = (datetime.fromisoformat(text).astimezone(UTC) for text in (effective, recorded))
    except ValueError as error:
        raise BadInput("history.bad_cursor") from error
    return at, noted, entered == "1", customer_id


def _comes_after(rows: Column, effective: datetime, recorded: datetime, entered: bool, customer_id: str) -> Column:
    """Whether a row stands behind that place, the newest first."""
    at, noted = instant_literal(effective), instant_literal(recorded)
    same_instant = (rows.effective_at == at) & (rows.recorded_at == noted)
    same_person = same_instant & (rows.customer_id == customer_id)
    return (
        (rows.effective_at < at)
        | ((rows.effective_at == at) & (rows.recorded_at < noted))
        | (same_instant & (rows.customer_id > customer_id))
        | (same_person & (rows.entered > entered))
    )


def _written(kind: str, value: str, language: Language) -> str:
    if kind != "day":
        return value
    try:
        return day_text(date.fromisoformat(value), language)
    except ValueError:
        return value
