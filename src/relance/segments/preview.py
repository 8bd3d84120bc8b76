"""What a query finds at an instant, without keeping anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ibis.backends import BaseBackend
from ibis.expr.types import Table

from relance.profiles import FEATURES, Column, Reading, Thresholds, thresholds
from relance.segments.checks import Context
from relance.segments.evaluate import answer, facts_needed, gathered
from relance.segments.fields import fields_of_shop
from relance.segments.language.parser import DEFAULT_LIMITS, Limits
from relance.segments.language.sentence import sentence
from relance.segments.language.typed import Check, Meant
from relance.segments.language.warnings import warnings
from relance.segments.learned import asked_otherwise
from relance.segments.money import decimal_text
from relance.segments.people import Member, members_among
from relance.segments.query import understood
from relance.segments.sums_kept import sums_stand
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of
from relance.words import Language, say

# What the ledger says of e-mail, else what was imported.
SUBSCRIPTION: Final = "email_subscription_status"


@dataclass(frozen=True)
class Preview:
    """A query's members as of an instant; `share` is of all `customers`, `revenue` their net spend in minor units.

    `reachable` counts members with an e-mail address that are subscribed. `warnings` and `notes` are sentences.
    """

    query: str
    as_of: datetime
    sentence: str
    count: int
    customers: int
    revenue: int
    reachable: int
    members: tuple[Member, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    shop: Shop

    @property
    def share(self) -> float:
        """The part of all customers, from 0 to 1."""
        return self.count / self.customers if self.customers else 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain values for --json and the API; money is a decimal string."""
        return {
            "query": self.query,
            "as_of": self.as_of.isoformat(),
            "sentence": self.sentence,
            "count": self.count,
            "customers": self.customers,
            "share": self.share,
            "revenue": decimal_text(self.revenue, self.shop.currency),
            "currency": self.shop.currency,
            "reachable": self.reachable,
            "members": [member.as_json(self.shop) for member in self.members],
            "warnings": list(self.warnings),
            "notes": list(self.notes),
        }


def preview(
    warehouse: Warehouse,
    shop: Shop,
    text: str,
    now: datetime,
    *,
    sample: int = 8,
    as_shopify: bool = False,
    language: Language | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Preview:
    """Who meets the query at `now`; the sample is those who spent most, then by id; a count alone needs none of them.

    Raises QueryError with the place of a fault. Never writes (S24).
    """
    tongue = language or shop.language
    with warehouse.read() as engine:
        meant = understood(text, fields_of_shop(engine), as_shopify=as_shopify, limits=limits)
        found = thresholds(engine, shop, now, facts_needed([meant.meaning]))
        figures, ids = _figures(engine, shop, now, meant, found, sample)
        members = members_among(engine, shop, now, ids) if ids else []
        otherwise = asked_otherwise(meant, engine, tongue)
    return Preview(
        text,
        now,
        sentence(meant, tongue, shop.currency),
        figures["members"],
        figures["customers"],
        figures["revenue"],
        figures["reachable"],
        tuple(members),
        (*otherwise, *_warnings(meant, figures, tongue)),
        _notes(meant, found, tongue),
        shop,
    )


def _figures(
    engine: BaseBackend, shop: Shop, now: datetime, meant: Meant, found: Thresholds, sample: int
) -> tuple[dict[str, int], list[str]]:
    """The totals of the members, and the ids of the sample, from one pass."""
    reading = Reading(engine, shop, now, stands=sums_stand(engine, shop, now))
    table, matches = gathered(reading, [meant.meaning], found, ["amount_spent", SUBSCRIPTION])
    inside = answer(meant.meaning, Context(reading, found, table), matches)
    reachable = inside & table.email.notnull() & (table[SUBSCRIPTION].fill_null("") == "SUBSCRIBED")
    people: Column = table.select("customer_id", "amount_spent", inside=inside, reachable=reachable)
    totals: Column = people.agg(
        customers=people.count(),
        members=people.count(where=people.inside),
        revenue=people.amount_spent.sum(where=people.inside).fill_null(0).cast("int64"),
        reachable=people.count(where=people.reachable),
    )
    if sample:
        # it travels with the totals, so that the tables are read once
        totals = totals.cross_join(_first(people, sample))
    (row,) = rows_of(engine, totals)
    return row, row.get("first") or []


def _first(people: Column, sample: int) -> Table:
    order = [people.amount_spent.desc(), people.customer_id.asc()]
    first: Column = people.filter(people.inside).order_by(order).limit(sample)
    found: Table = first.agg(
        first=first.customer_id.collect(order_by=[first.amount_spent.desc(), first.customer_id.asc()])
    )
    return found


def _warnings(meant: Meant, figures: dict[str, int], language: Language) -> tuple[str, ...]:
    """What the query says without meaning it; else that it finds nobody, or everybody."""
    told = tuple(say(note.key, language, **dict(note.facts)) for note in warnings(meant))
    if told:
        return told
    if figures["members"] == 0:
        return (say("membership.nobody", language),)
    if figures["members"] == figures["customers"]:
        return (say("membership.everybody", language),)
    return ()


def _notes(meant: Meant, found: Thresholds, language: Language) -> tuple[str, ...]:
    notes = [say(note.key, language, **dict(note.facts)) for note in meant.notes]
    fields = {leaf.field.name for leaf in meant.leaves() if isinstance(leaf, Check)}
    undated = sorted(name for name in fields if name not in FEATURES or not FEATURES[name].dated)
    if undated:
        notes.append(say("membership.undated", language, fields=", ".join(undated)))
    if found.computed:
        notes.append(say("membership.own_thresholds", language))
    return tuple(notes)
