"""The related rows behind a condition for one customer: the newest ones that pass, and the instants of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import ibis
from ibis.expr.types import Table

from relance.profiles import Aggregate, Column, Reading, Source, Thresholds, customers_with
from relance.segments.language.typed import Matching
from relance.segments.matches import Match, Matches, taken_apart
from relance.segments.passing import dates_of
from relance.segments.references import Names, is_membership
from relance.store import Shop
from relance.warehouse import rows_of
from relance.words import Language, day_text, say

SHOWN: Final = 3
# The column that tells a row of the source from others of its day.
TOLD_BY: Final[Mapping[Source, str]] = {
    "orders": "number",
    "lines": "title",
    "events": "name",
    "messages": "kind",
    "sessions": "source",
    "consent_states": "status",
}


@dataclass(frozen=True)
class Example:
    """A related row that passes: when it was, and what tells it from others, such as an order's number."""

    at: datetime | None
    what: str | None

    def say(self, language: Language, shop: Shop) -> str:
        """The row in words."""
        day = day_text(self.at.astimezone(shop.zone).date(), language) if self.at else ""
        if self.what and day:
            return say("history.example", language, what=self.what, day=day)
        return self.what or day


@dataclass(frozen=True)
class Seen:
    """What was found for one condition: a few rows that pass, and instants by part and parameter (`0.date`)."""

    examples: tuple[Example, ...] = ()
    instants: Mapping[str, tuple[datetime, ...]] | None = None


def seen_rows(reading: Reading, found: Thresholds, names: Names, conditions: Mapping[int, Matching]) -> dict[int, Seen]:
    """What was found for each of the conditions, by their numbers; `reading` has one customer."""
    asked = {number: names.by_id(one) for number, one in conditions.items() if not is_membership(one)}
    collector = _Collector(reading, found)
    for number, matching in asked.items():
        collector.ask(number, matching)
    if not collector.wanted:
        return {}
    table = customers_with(reading, [], found, collector.wanted)
    rows = rows_of(reading.engine, table.select(*(f"_{one.name}" for one in collector.wanted)))
    row = rows[0] if rows else {}
    return {number: _seen(row, f"_{number}") for number in asked}


class _Collector(Matches):
    """Collects rows where Matches counts them."""

    def __init__(self, reading: Reading, found: Thresholds) -> None:
        super().__init__(reading, found)
        self.wanted: list[Aggregate] = []

    def ask(self, number: int, matching: Matching) -> None:
        """Note what is to be shown of the condition of that number."""
        dated = {(part, check.field.name) for part, check in dates_of(matching)}
        for part, match in enumerate(taken_apart(matching)):
            self._want(f"{number}.shown.{part}", match, _newest(match))
            for name in sorted(name for of, name in dated if of == part):
                # A visit that goes on will have ended: its date counts then.
                passing = {check for check in match.rows if check.field.name not in {name, "current"}}
                loose = replace(match, rows=frozenset(passing))
                self._want(f"{number}.{part}.{name}", loose, _instants_of(match, name))

    def _want(self, name: str, match: Match, collect: Callable[[Table, Column | None], Column]) -> None:
        def compute(rows: Table, _reading: Reading) -> Column:
            return collect(rows, self._passing(rows, match))

        self.wanted.append(Aggregate(name, match.related.source, compute))


def _instants_of(match: Match, name: str) -> Callable[[Table, Column | None], Column]:
    return lambda rows, passing: match.related.column(rows, name).cast("timestamp").collect(where=passing)


def _newest(match: Match) -> Callable[[Table, Column | None], Column]:
    def newest(rows: Table, passing: Column | None) -> Column:
        nothing = ibis.null("timestamp")
        at: Column = match.related.column(rows, match.related.dates) if _is_dated(match) else nothing
        label = TOLD_BY.get(match.related.source) if isinstance(match.related.source, str) else None
        what = rows[label] if label in rows.columns else ibis.null("string")
        shown: Column = ibis.struct({"at": at.cast("timestamp"), "what": what})
        return shown.collect(where=passing, order_by=[at.desc(), what.asc()])[:SHOWN]

    return newest


def _is_dated(match: Match) -> bool:
    return match.related.dates in match.related.columns


def _seen(row: Mapping[str, Any], prefix: str) -> Seen:
    examples: list[Example] = []
    instants: dict[str, tuple[datetime, ...]] = {}
    for name, found in row.items():
        if not name.startswith(f"{prefix}."):
            continue
        key = name.removeprefix(f"{prefix}.")
        if key.startswith("shown."):
            examples += (Example(_aware(one["at"]), one["what"]) for one in found or ())
        else:
            instants[key] = tuple(aware for one in found or () if (aware := _aware(one)) is not None)
    return Seen(_first(examples), instants)


def _first(examples: Sequence[Example]) -> tuple[Example, ...]:
    return tuple(examples[:SHOWN])


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None
