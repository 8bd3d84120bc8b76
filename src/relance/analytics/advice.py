"""What to do next: the few things that are worth a merchant's time now, the most urgent and the largest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from relance.analytics.figures import FADING_PHASES, KeyFigures
from relance.analytics.report import Money, money
from relance.flows import list_flows, preview_activation
from relance.segments import all_segments
from relance.store import Shop, tables
from relance.warehouse import Warehouse
from relance.words import Language, say

WIN_BACK: Final = "inactive-customers"
AT_RISK: Final = "phase-at-risk"
ONE_TIME: Final = "one-time-buyers"
OLD_DATA: Final = timedelta(days=14)
GIVING: Final = ("granted", "imported")
MANY_ONE_TIME: Final = 0.5


@dataclass(frozen=True)
class Advice:
    """One thing to do. `urgency` orders kinds of advice, `value` (what is at stake) those of one kind."""

    key: str
    urgency: int
    link: str
    facts: Mapping[str, object] = field(default_factory=dict)
    segment_id: str | None = None
    flow_id: str | None = None
    customers: int | None = None
    value: Money | None = None

    def say(self, language: Language) -> str:
        """The advice as a sentence."""
        return say(self.key, language, **self.facts)


def what_next(
    connection: Connection, warehouse: Warehouse, shop: Shop, figures: KeyFigures, now: datetime
) -> list[Advice]:
    """Advice for the shop as it stands, the first thing to do first."""
    found = [
        *_about_data(figures, now),
        *_about_consent(connection, shop, figures),
        *_about_flows(connection, warehouse, shop, figures, now),
        *_about_messages(connection, shop),
        *_about_customers(connection, shop, figures),
    ]
    return sorted(found, key=lambda advice: (advice.urgency, -(advice.value.minor if advice.value else 0)))


def _about_data(figures: KeyFigures, now: datetime) -> Iterator[Advice]:
    if not figures.buyers:
        yield Advice("analytics.next_import", 0, "/import")
    elif figures.last_order_at is not None and now - figures.last_order_at > OLD_DATA:
        days = (now - figures.last_order_at).days
        yield Advice("analytics.next_newer_data", 5, "/import", {"count": days})
    if figures.customers and not figures.with_address:
        yield Advice(
            "analytics.next_addresses", 1, "/import", {"count": figures.customers}, customers=figures.customers
        )


def _about_consent(connection: Connection, shop: Shop, figures: KeyFigures) -> Iterator[Advice]:
    """Addresses that nothing may be sent to because nobody said where their consent comes from (S16)."""
    state = tables.consent_state
    mine = (state.c.shop_id == shop.shop_id) & (state.c.channel == "email") & (state.c.purpose == "marketing")
    rows = connection.execute(select(state.c.status, func.count()).where(mine).group_by(state.c.status))
    counts: dict[str, int] = {row.status: row[1] for row in rows}
    unknown = counts.get("unknown", 0)
    if unknown:
        yield Advice("analytics.next_declare", 2, "/consent", {"count": unknown}, customers=unknown)
    elif figures.with_address and not any(counts.get(status) for status in GIVING):
        people = figures.with_address
        yield Advice("analytics.next_no_consent", 2, "/consent", {"count": people}, customers=people)


def _about_flows(
    connection: Connection, warehouse: Warehouse, shop: Shop, figures: KeyFigures, now: datetime
) -> Iterator[Advice]:
    """The win-back flow that does not run yet, and what the customers it would write to have spent."""
    rows = {row.flow_id: row for row in list_flows(connection, shop)}
    row = rows.get(WIN_BACK)
    if row is None or row.state == "active" or not figures.buyers:
        return
    link = f"/flows/{WIN_BACK}"
    preview = preview_activation(connection, warehouse, shop, WIN_BACK, now)
    fading = [phase for phase in figures.phases if phase.phase in FADING_PHASES]
    spent = money(shop, sum(phase.spent.minor for phase in fading))
    people = sum(phase.customers for phase in fading)
    if preview.people:
        facts = {"count": people, "amount": spent.said, "people": preview.people}
        yield Advice("analytics.next_activate", 3, link, facts, None, WIN_BACK, people, spent)


def _about_messages(connection: Connection, shop: Shop) -> Iterator[Advice]:
    outbox = tables.outbox
    doubtful = connection.scalar(
        select(func.count()).where(outbox.c.shop_id == shop.shop_id, outbox.c.state == "in_doubt")
    )
    if doubtful:
        yield Advice("analytics.next_in_doubt", 4, "/reports", {"count": doubtful})


def _about_customers(connection: Connection, shop: Shop, figures: KeyFigures) -> Iterator[Advice]:
    """Whom to win back or to keep, each with the ready-made segment that holds them while the shop has it."""
    kept = {segment.library: segment.segment_id for segment in all_segments(connection, shop) if segment.library}
    if figures.buyers and figures.one_time / figures.buyers >= MANY_ONE_TIME:
        share = round(100 * figures.one_time / figures.buyers)
        once: dict[str, object] = {"count": figures.one_time, "percent": share}
        yield Advice(
            "analytics.next_second_order", 6, "/segments", once, kept.get(ONE_TIME), customers=figures.one_time
        )
    if figures.at_risk.customers:
        people, spent = figures.at_risk.customers, figures.at_risk.spent
        facts: dict[str, object] = {"count": people, "amount": spent.said}
        yield Advice("analytics.next_at_risk", 6, "/segments", facts, kept.get(AT_RISK), customers=people, value=spent)
