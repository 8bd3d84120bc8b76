"""What customers did besides ordering: visits, clicks, checkouts left, talks with the shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import ibis
from ibis.expr.types import Table

from relance.profiles import engagement
from relance.profiles.aggregates import Aggregate, Only
from relance.profiles.feature import Feature, Row
from relance.profiles.local_days import local_day, start_of
from relance.profiles.reading import Column, Reading
from relance.standard_events import STANDARD_EVENTS

# A checkout counts as abandoned when this much time passed without an order.
PATIENCE: Final = timedelta(hours=1)
CONTACT_DAYS: Final = 365
CHECKOUTS: Final = frozenset(STANDARD_EVENTS["storefront.checkout_started"])
CONTACTS: Final = frozenset({*STANDARD_EVENTS["support.chat_started"], *STANDARD_EVENTS["support.contacted"]})
CLICKS: Final = Only(frozenset({"clicked"}))
OPENS: Final = Only(frozenset({"opened"}))
SENT: Final = Only(frozenset({"accepted"}))


def _checkout(events: Table, reading: Reading) -> Column:
    ripe = events.occurred_at < reading.instant - ibis.interval(seconds=int(PATIENCE.total_seconds()))
    return events.occurred_at.max(where=events.name.isin(sorted(CHECKOUTS)) & ripe)


def _contacts(events: Table, reading: Reading, days: float | None) -> Column:
    contacts = events.name.isin(sorted(CONTACTS))
    return events.count(where=contacts if days is None else contacts & (events.occurred_at >= start_of(days, reading)))


def _clicks(messages: Table) -> Column:
    """Clicks by a human, unknown ones among them (S17)."""
    return (messages.kind == "clicked") & (messages.verdict.fill_null("unknown") != "machine")


def _opens(messages: Table) -> Column:
    """Opens by a human; unknown ones never count (S17)."""
    return (messages.kind == "opened") & (messages.verdict == "human") & (messages.channel == "email")


def _sent(messages: Table) -> Column:
    return (messages.kind == "accepted") & (messages.channel == "email")


def _since(at: Column, since: Column, of: Column) -> Column:
    return of & (at >= since)


BEHAVIOUR_AGGREGATES: Final = (
    Aggregate("checkout_at", "events", _checkout, only=Only(CHECKOUTS)),
    Aggregate("contacts", "events", lambda e, r: _contacts(e, r, None), 0, only=Only(CONTACTS)),
    Aggregate("recent_contacts", "events", lambda e, r: _contacts(e, r, CONTACT_DAYS), 0, only=Only(CONTACTS)),
    Aggregate("first_visit_at", "sessions", lambda s, _: s.started_at.min(where=~s.current)),
    Aggregate("last_visit_at", "sessions", lambda s, _: s.started_at.max(where=~s.current)),
    Aggregate("visits", "sessions", lambda s, _: s.count(where=~s.current), 0),
    Aggregate(
        "late_visits",
        "sessions",
        lambda s, r: s.count(where=_since(s.started_at, engagement.lately(r), ~s.current)),
        0,
    ),
    Aggregate(
        "recent_visits",
        "sessions",
        lambda s, r: s.count(where=_since(s.started_at, engagement.recently(r), ~s.current)),
        0,
    ),
    Aggregate("last_click_at", "messages", lambda m, _: m.occurred_at.max(where=_clicks(m)), only=CLICKS),
    Aggregate(
        "late_clicks",
        "messages",
        lambda m, r: m.count(where=_since(m.occurred_at, engagement.lately(r), _clicks(m))),
        0,
        only=CLICKS,
    ),
    Aggregate(
        "recent_clicks",
        "messages",
        lambda m, r: m.count(where=_since(m.occurred_at, engagement.recently(r), _clicks(m))),
        0,
        only=CLICKS,
    ),
    Aggregate(
        "recent_opens",
        "messages",
        lambda m, r: m.message_id.nunique(where=_since(m.occurred_at, engagement.recently(r), _opens(m))),
        0,
        only=OPENS,
    ),
    Aggregate(
        "recent_emails",
        "messages",
        lambda m, r: m.message_id.nunique(where=_since(m.occurred_at, engagement.recently(r), _sent(m))),
        0,
        only=SENT,
    ),
    Aggregate("late_orders", "orders", lambda o, r: o.count(where=o.ordered_at >= engagement.lately(r)), 0),
    Aggregate("recent_orders", "orders", lambda o, r: o.count(where=o.ordered_at >= engagement.recently(r)), 0),
)


def _abandoned(row: Row) -> Column:
    """The last checkout that is an hour old, when no order came at its instant or later."""
    checkout, order = row["_checkout_at"], row["_last_at"]
    return (order.isnull() | (order < checkout)).ifelse(checkout, ibis.null("timestamp"))


def _days_since_visit(row: Row) -> Column:
    last = local_day(row["_last_visit_at"], row.reading)
    return row.reading.day(0).delta(last, unit="day").cast("int64")


BEHAVIOUR_FEATURES: Final = (
    Feature("abandoned_checkout_date", "date", _abandoned, needs=("checkout_at", "last_at"), ripens=PATIENCE),
    Feature("first_session_date", "date", lambda row: row["_first_visit_at"], needs=("first_visit_at",)),
    Feature("last_session_date", "date", lambda row: row["_last_visit_at"], needs=("last_visit_at",)),
    Feature("number_of_sessions", "integer", lambda row: row["_visits"], nullable=False, needs=("visits",)),
    Feature("days_since_last_visit", "integer", _days_since_visit, unit="days", needs=("last_visit_at",)),
    Feature("last_click_date", "date", lambda row: row["_last_click_at"], needs=("last_click_at",)),
    Feature(
        "engagement_tier",
        "enum",
        engagement.tier,
        values=engagement.TIERS,
        needs=(
            *("late_visits", "recent_visits", "late_clicks", "recent_clicks"),
            *("late_orders", "recent_orders"),
        ),
    ),
    Feature(
        "engagement_tier_opens",
        "enum",
        engagement.tier_by_opens,
        values=engagement.TIERS,
        needs=("recent_opens", "recent_emails", "opens_consent"),
    ),
    Feature(
        "support_contacts", "integer", lambda row: row["_recent_contacts"], nullable=False, needs=("recent_contacts",)
    ),
)
