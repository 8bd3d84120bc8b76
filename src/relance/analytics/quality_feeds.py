"""Checks of what flows in: sources that fell silent, clocks that are wrong, types that clash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import ibis
from ibis.expr.types import Table

from relance.analytics.quality_findings import EXAMPLES, Check, Finding, Looked
from relance.ingest import known_properties
from relance.warehouse import rows_of
from relance.words import Phrase

RHYTHM: Final = timedelta(days=90)  # how far back the usual rhythm is looked for
LEAST_DAYS: Final = 5  # days with records from which on there is a rhythm
PATIENCE: Final = 2  # times the longest usual pause after which a source counts as silent
LATE: Final = timedelta(days=1)


@dataclass(frozen=True)
class Feed:
    """One source of one kind of record: when it was last heard, and its usual pause (the 95th percentile of days).

    `silent_days` are the whole days since the last record.
    """

    kind: str
    source: str
    last_at: datetime
    usual_days: int
    silent_days: int

    @property
    def is_silent(self) -> bool:
        """Whether it has been silent for longer than it ever usually is."""
        return self.silent_days > PATIENCE * self.usual_days

    @property
    def name(self) -> str:
        """The kind and its source."""
        return f"{self.kind}:{self.source}"


def feeds(looked: Looked) -> list[Feed]:
    """Every source that has a rhythm, by kind and name."""
    found: list[Feed] = []
    for kind, source, at in (
        ("order", "source", "ordered_at"),
        ("customer", "source", "added_at"),
        ("event", None, "occurred_at"),
        ("message_event", None, "occurred_at"),
    ):
        found += _feeds(looked, kind, source, at)
    return sorted(found, key=lambda feed: feed.name)


def _feeds(looked: Looked, kind: str, source: str | None, at: str) -> list[Feed]:
    table = looked.table(kind)
    named: Any = ibis.literal("all") if source is None else table[source]
    past = table.filter(table[at] <= looked.instant).mutate(feed=named, at=table[at])
    last: Any = past.group_by("feed").agg(last=past["at"].max())
    days = past.select("feed", day=past["at"].truncate("D")).distinct()
    recent = days.join(last, "feed")
    recent = recent.filter(recent.day >= recent["last"] - ibis.interval(days=RHYTHM.days))
    before = recent.day.lag().over(group_by="feed", order_by="day")
    gaps: Any = recent.mutate(gap=recent.day.epoch_seconds() - before.epoch_seconds())
    rows = gaps.group_by("feed", "last").agg(days=gaps.count(), usual=gaps.gap.quantile(0.95))
    return [
        Feed(
            kind,
            row["feed"],
            row["last"].replace(tzinfo=UTC),
            max(1, -(-int(row["usual"]) // 86_400)),
            (looked.now - row["last"].replace(tzinfo=UTC)).days,
        )
        for row in rows_of(looked.engine, rows)
        if row["days"] >= LEAST_DAYS
    ]


def feeds_silent(looked: Looked) -> Finding:
    """Sources from which nothing came for over twice their usual pause."""
    every = feeds(looked)
    silent = sorted((feed for feed in every if feed.is_silent), key=lambda feed: -feed.silent_days)
    worst = silent[0] if silent else None
    return Finding(
        "feeds_silent",
        len(silent),
        len(every),
        "source",
        tuple(feed.name for feed in silent[:EXAMPLES]),
        {
            "feed": Phrase(f"quality.feed_{worst.kind}", {"source": worst.source}) if worst else "",
            "days": worst.silent_days if worst else 0,
            "usual": worst.usual_days if worst else 0,
        },
    )


def clocks_wrong(looked: Looked) -> Finding:
    """Events whose sender's clock was over five minutes wrong; future ones have the instant of their receipt (S11)."""
    noted = looked.table("clock_skew")
    facts = looked.facts(noted.agg(ahead=noted.ahead.sum(), behind=noted.behind.sum(), most=noted.most_seconds.max()))
    return Finding(
        "clocks_wrong",
        int(facts["ahead"] + facts["behind"]),
        looked.count(looked.table("event")),
        "source",
        (),
        {"minutes": int(facts["most"]) // 60, "ahead": int(facts["ahead"]), "behind": int(facts["behind"])},
    )


def events_late(looked: Looked) -> Finding:
    """Events of the last 90 days that arrived over a day after they happened; a past that is filled in is no news."""
    events = looked.table("event")
    loaded = looked.table("loaded_batch")
    past = loaded.filter(loaded.cause == "import").select("batch_id")
    recent = events.filter(events.received_at > looked.instant - ibis.interval(days=RHYTHM.days))
    recent = recent.anti_join(past, "batch_id")
    late: Table = recent.filter(recent.received_at > recent.occurred_at + ibis.interval(days=LATE.days))
    return Finding("events_late", looked.count(late), looked.count(recent), "source", looked.examples(late, "name"))


def types_clash(looked: Looked) -> Finding:
    """Properties whose values have several types: nobody decides in silence which is meant."""
    every = known_properties(looked.engine)
    bad = [f"{one.event}.{one.name}".removeprefix(".") for one in every if one.clashes]
    return Finding("types_clash", len(bad), len(every), "property", tuple(bad[:EXAMPLES]))


CHECKS: Final[tuple[Check, ...]] = (feeds_silent, clocks_wrong, events_late, types_clash)
