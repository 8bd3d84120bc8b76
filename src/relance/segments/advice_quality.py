"""The six criteria of a good segment (R4), a number for each: identifiable, substantial, accessible, stable,
differentiable and actionable.

Each number goes from 0 to 1 and is computed so:

- identifiable: members with an e-mail address or a phone number, of all members;
- substantial: half for the members (full from 50 members and 1 % of the customers on), half for their part of the
  revenue (full from 1 % on);
- accessible: members who are subscribed by e-mail or SMS and have that address, of all members;
- stable: 1 less the part of those who were in 30 days ago and have left since, by what they did or by time passing;
  unknown while memberships were kept for less than 30 days;
- differentiable: 1 less the greatest likeness (Jaccard) with another segment;
- actionable: 1 when a flow, a campaign or another segment uses it, 1/2 when the library says what to do with it,
  else 0.

The score is 100 times the mean of the numbers that are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import ibis
import numpy as np
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import Column, Thresholds, features, instant_literal
from relance.segments.advice_overlap import pairs_of, refreshed
from relance.segments.advice_words import Combinations, combinations
from relance.segments.definitions import Segment
from relance.segments.movement import first_refresh
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of

PERIOD: Final = timedelta(days=30)
FEWEST_MEMBERS: Final = 50
LEAST_SHARE: Final = 0.01
SUBSCRIBED: Final = "SUBSCRIBED"
SUMS: Final = ("spent", "addressed", "reachable", "subscribed")
# What a person or time did; imports, merges and new definitions say nothing about a segment's steadiness.
MOVES: Final = ("event", "window", "session")

Uses = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Quality:
    """A segment's six numbers from 0 to 1 (None: not known yet), and the facts behind them as of the last refresh.

    `revenue` is the members' net spend in minor units, `spend_ratio` their mean spend over that of everybody else,
    `nearest` the segment most like it, `left` how many members of 30 days ago are out, `uses` what uses it,
    `empty_since` the refresh from which on it has had no member.
    """

    segment_id: str
    as_of: datetime
    members: int
    share: float
    revenue: int
    revenue_share: float
    with_address: int
    reachable: int
    left: int | None
    before: int | None
    nearest: str | None
    likeness: float
    spend_ratio: float | None
    uses: tuple[str, ...]
    suggested: bool
    empty_since: datetime | None

    @property
    def identifiable(self) -> float:
        """Part of the members with an address."""
        return _part(self.with_address, self.members)

    @property
    def substantial(self) -> float:
        """How near the segment comes to being large enough, in people and in money."""
        people = min(_part(self.members, FEWEST_MEMBERS), self.share / LEAST_SHARE, 1.0)
        return (people + min(max(self.revenue_share, 0.0) / LEAST_SHARE, 1.0)) / 2

    @property
    def accessible(self) -> float:
        """Part of the members who may be written to and have the address for it."""
        return _part(self.reachable, self.members)

    @property
    def stable(self) -> float | None:
        """Part of the members of 30 days ago who are still in."""
        if self.left is None or not self.before:
            return None
        return 1 - min(self.left / self.before, 1.0)

    @property
    def differentiable(self) -> float:
        """How unlike every other segment it is."""
        return 1 - self.likeness

    @property
    def actionable(self) -> float:
        """Whether something is done with it, or could be at once."""
        return 1.0 if self.uses else 0.5 if self.suggested else 0.0

    @property
    def numbers(self) -> dict[str, float | None]:
        """The six numbers by their names."""
        names = ("identifiable", "substantial", "accessible", "stable", "differentiable", "actionable")
        return {name: getattr(self, name) for name in names}

    @property
    def score(self) -> int:
        """From 0 to 100."""
        known = [number for number in self.numbers.values() if number is not None]
        return round(100 * sum(known) / len(known))

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        instants = {"as_of": self.as_of.isoformat(), "empty_since": self.empty_since and self.empty_since.isoformat()}
        return {**self.__dict__, **instants, **self.numbers, "score": self.score}


@dataclass(frozen=True)
class Everything:
    """What the advice is drawn from: every segment's quality, and the combinations of all of them."""

    as_of: datetime
    segments: tuple[Segment, ...]
    quality: Mapping[str, Quality]
    found: Combinations


def qualities(warehouse: Warehouse, shop: Shop, segments: Sequence[Segment], uses: Uses) -> Everything:
    """The quality of each of these segments against the others, from one pass. Raises Conflict before a refresh."""
    with warehouse.read() as engine:
        as_of = refreshed(engine)
        people = _people(engine, shop, as_of)
        found = combinations(engine, [one.bit for one in segments], people, SUMS)
        moves = _moves(engine, as_of)
        empty = _empty_since(engine)
    likest = _likest(found, segments)
    columns = {name: found.by_segment(name) for name in ("people", *SUMS)}
    told = {}
    for place, one in enumerate(segments):
        members, spent = columns["people"][place], columns["spent"][place]
        left, before = _turnover(moves, one.segment_id, members)
        nearest, likeness = likest.get(one.segment_id, (None, 0.0))
        told[one.segment_id] = Quality(
            one.segment_id,
            as_of,
            members,
            _part(members, found.total("people")),
            spent,
            spent / found.total("spent") if found.total("spent") > 0 else 0.0,
            columns["addressed"][place],
            columns["reachable"][place],
            left,
            before,
            nearest,
            likeness,
            _spend_ratio(found, place),
            tuple(uses.get(one.segment_id, ())),
            one.library is not None,
            empty.get(one.segment_id),
        )
    return Everything(as_of, tuple(segments), told, found)


def _people(engine: BaseBackend, shop: Shop, as_of: datetime) -> Table:
    """Everybody's net spend, and 1 for who has an address, may be reached at all, is subscribed by e-mail."""
    asked = ("amount_spent", "email_subscription_status", "sms_subscription_status")
    known = features(engine, shop, as_of, asked, Thresholds())
    customer = engine.table("customer").select(key="customer_id", email="email", phone="phone")
    joined: Column = known.inner_join(customer, known.customer_id == customer.key)
    by_mail = joined.email.notnull() & (joined.email_subscription_status.fill_null("") == SUBSCRIBED)
    by_phone = joined.phone.notnull() & (joined.sms_subscription_status.fill_null("") == SUBSCRIBED)
    addressed = joined.email.notnull() | joined.phone.notnull()
    people: Table = joined.select(
        "customer_id",
        addressed=addressed.cast("int64"),
        reachable=(by_mail | by_phone).cast("int64"),
        subscribed=by_mail.cast("int64"),
        spent=joined.amount_spent,
    )
    return people


def _moves(engine: BaseBackend, as_of: datetime) -> dict[str, tuple[int, int]] | None:
    """Who entered and who left each segment in the 30 days before; None when memberships are younger than that."""
    first = first_refresh(engine)
    if first is None or first > as_of - PERIOD:
        return None
    journal = engine.table("journal")
    recent = journal.filter(
        journal.effective_at > instant_literal(as_of - PERIOD),
        journal.effective_at <= instant_literal(as_of),
        journal.cause.isin(MOVES),
    )
    last = recent.group_by(["segment_id", "customer_id"]).agg(
        first=recent.entered.argmin(recent.effective_at), last=recent.entered.argmax(recent.effective_at)
    )
    # Who left and came back, or came and left again, is where they were.
    counted: Column = last.group_by("segment_id").agg(
        entered=last.count(where=last["first"] & last["last"]), left=last.count(where=~last["first"] & ~last["last"])
    )
    return {row["segment_id"]: (row["entered"], row["left"]) for row in rows_of(engine, counted)}


def _empty_since(engine: BaseBackend) -> dict[str, datetime]:
    """Since which refresh each segment that is empty has been so."""
    sizes: Column = engine.table("segment_size")
    last_full = sizes.as_of.max(where=sizes.members > 0).over(ibis.window(group_by=sizes.segment_id))
    after: Column = sizes.mutate(last_full=last_full)
    after = after.filter(after.last_full.isnull() | (after.as_of > after.last_full))
    rows = rows_of(engine, after.group_by("segment_id").agg(since=after.as_of.min()))
    return {row["segment_id"]: row["since"].replace(tzinfo=UTC) for row in rows}


def _turnover(
    moves: Mapping[str, tuple[int, int]] | None, segment_id: str, members: int
) -> tuple[int | None, int | None]:
    """How many left in 30 days, and how many were in before."""
    if moves is None:
        return None, None
    entered, left = moves.get(segment_id, (0, 0))
    return left, max(members - entered + left, left)


def _likest(found: Combinations, segments: Sequence[Segment]) -> dict[str, tuple[str, float]]:
    """For each segment the one most like it, and their Jaccard."""
    likest: dict[str, tuple[str, float]] = {}
    for pair in pairs_of(found, [one.segment_id for one in segments]):
        likest.setdefault(pair.first, (pair.second, pair.jaccard))
        likest.setdefault(pair.second, (pair.first, pair.jaccard))
    return likest


def _spend_ratio(found: Combinations, place: int) -> float | None:
    inside = found.inside[:, place]
    members, others = found.total("people", inside), found.total("people", np.logical_not(inside))
    theirs = found.total("spent", np.logical_not(inside))
    if not members or not others or theirs <= 0:
        return None
    return (found.total("spent", inside) / members) / (theirs / others)


def _part(some: int, of_all: int) -> float:
    return some / of_all if of_all else 0.0
