"""The quality of a shop's data: what is wrong with it, how much, what that costs and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from relance.analytics import quality_feeds, quality_orders, quality_people
from relance.analytics.quality_findings import Check, Finding, Looked
from relance.ingest import quarantine
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of
from relance.words import Language, Phrase

CHECKS: Final[tuple[Check, ...]] = (*quality_people.CHECKS, *quality_orders.CHECKS, *quality_feeds.CHECKS)
# Where in the web application what was found can be mended.
PAGES: Final = {
    "duplicates_email": "/merges",
    "duplicates_phone": "/merges",
    "duplicates_name": "/merges",
    "types_clash": "/properties",
    "quarantine": "/quarantine",
}


@dataclass(frozen=True)
class Quality:
    """Every check: what was found with the greatest share first, then what is in order."""

    as_of: datetime
    findings: tuple[Finding, ...]

    @property
    def found(self) -> tuple[Finding, ...]:
        """The checks that found something."""
        return tuple(one for one in self.findings if one.count)


def data_quality(connection: Connection, warehouse: Warehouse, shop: Shop, now: datetime) -> Quality:
    """Run every check as of `now`. A few seconds for a million orders."""
    with warehouse.read() as engine:
        looked = Looked(engine, shop, now)
        findings = [check(looked) for check in CHECKS]
    findings.append(_quarantined(connection, shop))
    return Quality(now, tuple(sorted(findings, key=lambda one: (not one.count, -one.share))))


def _quarantined(connection: Connection, shop: Shop) -> Finding:
    held = quarantine.contents(connection, shop)
    items = quarantine.waiting(connection, shop, limit=5)
    return Finding("quarantine", held.items, held.items, "item", tuple(str(one.item_id) for one in items))


def masked_addresses(warehouse: Warehouse, findings: Sequence[Finding]) -> dict[str, str]:
    """For customers among the examples, their address with all but its first letter and its domain hidden."""
    ids = sorted({one for found in findings if found.kind == "customer" for one in found.examples})
    with warehouse.read() as engine:
        customers = engine.table("customer")
        known = customers.filter(customers.customer_id.isin(ids or [""]), customers.email.notnull())
        rows = rows_of(engine, known.select("customer_id", "email"))
    return {row["customer_id"]: _masked(row["email"]) for row in rows}


def _masked(email: str) -> str:
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}" if local else "…"


def told_finding(one: Finding, language: Language) -> dict[str, Any]:
    """A finding with its sentences: what it is, what it costs, what to do, and the page where that is done."""
    facts = {**one.facts, "count": one.count, "total": one.total}
    texts = {
        part: Phrase(f"quality.{one.name}{ending}", facts).say(language)
        for part, ending in (("what", ""), ("cost", "_cost"), ("fix", "_fix"))
    }
    return {
        "name": one.name,
        "count": one.count,
        "total": one.total,
        "share": one.share,
        "kind": one.kind,
        "examples": list(one.examples),
        "page": PAGES.get(one.name),
        **texts,
    }
