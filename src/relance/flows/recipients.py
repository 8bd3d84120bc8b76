"""What the gate has to be told of recipients, because it has no warehouse (S3): phase, place, last reaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import ibis
from ibis.backends import BaseBackend

from relance.profiles import Reading, customers_with, facts_of, thresholds
from relance.sending import Cap, GateFacts, whereabouts
from relance.warehouse import rows_of

PHASE: Final = "lifecycle_phase"
FEATURES: Final = (PHASE, "last_order_date", "number_of_orders")


@dataclass(frozen=True)
class Recipient:
    """One recipient; `reacted_at` is the last order or visit."""

    phase: str | None
    number_of_orders: int
    country: str | None
    phone: str | None
    reacted_at: datetime | None


def recipients(group: Reading) -> dict[str, Recipient]:
    """The recipients of a group, by customer id, in two questions."""
    engine = group.engine
    facts = thresholds(engine, group.shop, group.now, facts_of([PHASE]))
    everyone = customers_with(group, FEATURES, facts)
    rows = rows_of(engine, everyone.select("customer_id", "country", "phone", *FEATURES))
    visits = _visits(engine, group)
    return {row["customer_id"]: _recipient(row, visits.get(row["customer_id"])) for row in rows}


def gate_facts(group: Reading, one: Recipient, channel: str, own_caps: tuple[Cap, ...] | None) -> GateFacts:
    """What an intent of a flow carries for the gate: flows come of orders and behaviour, which is profiling (S19)."""
    zones, country = whereabouts(group.shop, channel, one.country, one.phone)
    return GateFacts(one.phase, False, own_caps, zones, country, True, one.reacted_at)


def _visits(engine: BaseBackend, group: Reading) -> dict[str, datetime]:
    sessions = group.rows("sessions", frozenset())
    last = sessions.group_by("customer_id").agg(at=ibis._.ended_at.max())
    return {row["customer_id"]: row["at"] for row in rows_of(engine, last)}


def _recipient(row: Mapping[str, Any], visit: datetime | None) -> Recipient:
    reactions = [at.replace(tzinfo=UTC) for at in (row["last_order_date"], visit) if at is not None]
    return Recipient(
        row[PHASE], row["number_of_orders"] or 0, row["country"], row["phone"], max(reactions, default=None)
    )
