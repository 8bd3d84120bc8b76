"""Errors that an evaluator could have with behaviour, messages, consent, other segments and objections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib import import_module
from typing import Any, Final

import ibis
import pytest
from ibis.expr.types import Table

from relance.profiles import Column, Reading
from relance.segments import funnel, matches
from relance.segments.checks import Context
from relance.segments.evaluate import OBJECTS, Linked
from relance.segments.language.typed import AllOf, AnyOf, Complement, Meaning
from relance.segments.related import Related

Fault = Callable[[pytest.MonkeyPatch], None]
# The error, a pattern of the conditions that can tell it and, where only some days can, which.
Planted = tuple[Fault, str] | tuple[Fault, str, tuple[date, ...]]
# The front door has a function of this name.
evaluation: Any = import_module("relance.segments.evaluate")
_sessions_with = Reading._sessions_with
_leaf = evaluation._answer
_member = evaluation._is_member


def _related(plant: pytest.MonkeyPatch, name: str, change: Callable[[Related], Related]) -> None:
    known = dict(matches.RELATED)
    for one, related in known.items():
        if one == name or one.endswith(f".{name}"):
            known[one] = change(related)
    plant.setattr(matches, "RELATED", known)


def machine_clicks_count(plant: pytest.MonkeyPatch) -> None:
    """A click by a machine is a click."""
    _related(plant, "clicked", lambda related: replace(related, usual=()))


def unknown_opens_count(plant: pytest.MonkeyPatch) -> None:
    """An open that nobody could judge is an open."""
    clicked = matches.RELATED["email.clicked"].usual
    _related(plant, "opened", lambda related: replace(related, usual=clicked))


def all_channels(plant: pytest.MonkeyPatch) -> None:
    """`email.delivered` looks at the messages of every channel."""
    _related(plant, "delivered", lambda related: replace(related, fixed=related.fixed[:1]))


def sessions_end_at_thirty(plant: pytest.MonkeyPatch) -> None:
    """A session has ended when its last event is exactly 30 minutes old."""

    def early(self: Reading, columns: frozenset[str]) -> Table:
        sessions = _sessions_with(self, columns)
        return sessions.mutate(current=sessions.ended_at > self.instant - ibis.interval(minutes=30))

    plant.setattr(Reading, "_sessions_with", early)


def sessions_of_all_time(plant: pytest.MonkeyPatch) -> None:
    """Without a date, sessions of any age are looked at."""
    _related(plant, "session", lambda related: replace(related, usual=related.usual[:1]))


def open_sessions_count(plant: pytest.MonkeyPatch) -> None:
    """Sessions that go on count as well."""
    _related(plant, "session", lambda related: replace(related, usual=related.usual[1:]))


def uncounted_orders_are_purchases(plant: pytest.MonkeyPatch) -> None:
    """The purchases of a session include cancelled and test orders."""

    def loose(self: Reading, columns: frozenset[str]) -> Table:
        sessions = _sessions_with(self, columns)
        if "purchases" not in columns:
            return sessions
        bought = self.engine.table("order_session").group_by(of="session_id").agg(made=ibis._.count())
        joined = sessions.left_join(bought, sessions.session_id == bought.of).drop("of")
        return joined.mutate(purchases=joined.made.fill_null(0)).drop("made")

    plant.setattr(Reading, "_sessions_with", loose)


def events_of_the_future(plant: pytest.MonkeyPatch) -> None:
    """Events are known before they happen."""

    def early(self: Reading) -> Table:
        event = self.engine.table("event")
        return self._of_touched(event.filter(event.customer_id.notnull()))

    plant.setattr(Reading, "_events", property(early))


def _funnel(plant: pytest.MonkeyPatch, *, at_the_edge: bool, decided: bool) -> None:
    def in_time(self: funnel.Tries, tries: Table, reading: Reading) -> Table:
        column: Column = tries
        if self.seconds is None:
            return tries.filter(column.forbidden.isnull())
        limit = column.moment + ibis.interval(seconds=self.seconds)
        ends = column.ends <= limit if at_the_edge else column.ends < limit
        kept = tries.filter(ends, column.forbidden.isnull() | (column.forbidden > limit))
        if not decided or not any(step.absent for step in self.steps):
            return kept
        return kept.filter(kept.moment + ibis.interval(seconds=self.seconds) < reading.instant)

    plant.setattr(funnel.Tries, "_in_time", in_time)


def funnel_without_its_edge(plant: pytest.MonkeyPatch) -> None:
    """A step exactly at the end of the time comes too late."""
    _funnel(plant, at_the_edge=False, decided=True)


def funnel_decided_too_early(plant: pytest.MonkeyPatch) -> None:
    """What has not happened yet is taken for what will not happen."""
    _funnel(plant, at_the_edge=True, decided=False)


def references_not_negated(plant: pytest.MonkeyPatch) -> None:
    """`segment != 'VIP'` is read as `segment = 'VIP'`."""

    def plain(leaf: Any, context: Context, **_negated: bool) -> Column:
        return _member(leaf, context, negated=False)

    plant.setattr(evaluation, "_is_member", plain)


def objections_ignored(plant: pytest.MonkeyPatch) -> None:
    """Who objects to profiling is profiled (S19)."""
    plant.setattr(evaluation, "is_profiling", lambda _meaning, _names: False)


def objections_by_condition(plant: pytest.MonkeyPatch) -> None:
    """An objection makes single conditions false, so that a negation makes it a member (S19)."""

    def each(condition: Meaning, context: Context, found: Linked) -> Column:
        match condition:
            case AllOf(terms=terms):
                return ibis.and_(*(each(term, context, found) for term in terms))
            case AnyOf(terms=terms):
                return ibis.or_(*(each(term, context, found) for term in terms))
            case Complement(term=term):
                return ~each(term, context, found)
        met = _leaf(condition, context, found)
        return met & ~context.table[OBJECTS] if evaluation.is_profiling(condition, found.names) else met

    plant.setattr(evaluation, "answer", each)
    plant.setattr("tests.segments.engines_under_test.answer", each)


def the_latest_consent_wins(plant: pytest.MonkeyPatch) -> None:
    """A file's later yes undoes what a person said."""

    def by_time(self: Reading) -> Table:
        entries = self._of_touched(self.engine.table("consent_entry"))
        known = entries.filter(entries["at"] < self.instant)
        return known.mutate(weight=known["at"].epoch_seconds().cast("int64"))

    plant.setattr(Reading, "consents", property(by_time))


def averages_of_every_category(plant: pytest.MonkeyPatch) -> None:
    """Inside a category, amounts are compared with the average of all lines."""
    plant.setattr(evaluation, "category_of", lambda _matching: None)
    plant.setattr(matches, "_category", lambda _checks: None)


# Each with a pattern of the queries that can tell it.
ROW_FAULTS: Final[tuple[Planted, ...]] = (
    (machine_clicks_count, r"clicked (NOT.)?MATCHES"),
    (unknown_opens_count, r"opened (NOT.)?MATCHES"),
    (all_channels, r"delivered"),
    (sessions_end_at_thirty, r"session (NOT.)?MATCHES"),
    (sessions_of_all_time, r"session (NOT.)?MATCHES"),
    (open_sessions_count, r"session (NOT.)?MATCHES"),
    (uncounted_orders_are_purchases, r"session (NOT.)?MATCHES \(([a-z_]+ >= 0, )?purchases"),
    (events_of_the_future, r"event (NOT.)?MATCHES"),
    (funnel_without_its_edge, r"funnel.*Product Viewed', 'Product Added'.*within"),
    (funnel_decided_too_early, r"funnel.*NOT '.*within"),
    (references_not_negated, r"segment !="),
    (objections_ignored, r"number_of_orders"),
    (objections_by_condition, r"NOT \("),
    (the_latest_consent_wins, r"consent|subscription"),
    (averages_of_every_category, r"category = .*AVERAGE|AVERAGE.*category ="),
)
