"""What keeping a segment up to date costs, what may change it next, and what went wrong with it last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from babel.dates import format_time
from ibis.backends import BaseBackend

from relance.segments.language.typed import Meaning
from relance.segments.passing import Moving, moving
from relance.segments.schedule import next_midnight
from relance.store import Shop
from relance.warehouse import rows_of
from relance.words import Language, day_text, number_text, say


@dataclass(frozen=True)
class Cost:
    """The last refresh: how long its pass took, how many segments shared it, and whether it looked at everybody."""

    seconds: float
    segments: int
    mode: str

    def say(self, language: Language) -> str:
        """The cost as a sentence."""
        return say("history.cost", language, seconds=number_text(round(self.seconds, 2), language), count=self.segments)


@dataclass(frozen=True)
class NextChange:
    """What may change the members first: new `data` alone, the next `midnight` (`at`), or any `moment`."""

    kind: Moving
    at: datetime | None

    def say(self, language: Language, shop: Shop) -> str:
        """The next change as a sentence."""
        if self.at is None:
            return say(f"history.next_{self.kind}", language)
        local = self.at.astimezone(shop.zone)
        time = format_time(local.time(), "short", locale=language)
        return say(f"history.next_{self.kind}", language, day=day_text(local.date(), language), time=time)


@dataclass(frozen=True)
class Problem:
    """Why the last refresh could not compute a segment: the key of a text and its facts."""

    as_of: datetime
    key: str
    facts: Mapping[str, Any]

    def say(self, language: Language) -> str:
        """What happened and what to do; the key where this version has no words for it."""
        try:
            return say(self.key, language, **self.facts)
        except (KeyError, ValueError):
            return self.key


def last_cost(engine: BaseBackend) -> Cost | None:
    """What the last refresh cost; None before the first."""
    refresh = engine.table("refresh")
    latest = refresh.order_by([refresh.as_of.desc(), refresh.recorded_at.desc()]).limit(1)
    rows = rows_of(engine, latest)
    return Cost(rows[0]["seconds"], rows[0]["segments"], rows[0]["mode"] or "full") if rows else None


def problems(engine: BaseBackend) -> dict[str, Problem]:
    """The segments that the last refresh could not compute, by their ids."""
    found: dict[str, Problem] = {}
    for row in rows_of(engine, engine.table("segment_problem").order_by("as_of")):
        told = json.loads(row["problem"])
        found[row["segment_id"]] = Problem(row["as_of"].replace(tzinfo=UTC), told["key"], told["facts"])
    return found


def next_change(meaning: Meaning, shop: Shop, as_of: datetime) -> NextChange:
    """What may change the members first after `as_of`."""
    kind = moving(meaning)
    return NextChange(kind, next_midnight(shop, as_of) if kind == "midnight" else None)
