"""May this person be written to, on this channel, for this purpose? The default is no."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from relance.consent.circumstances import NOBODY_KNOWN, Circumstances, circumstances
from relance.consent.rules import Case, deciding, statements
from relance.consent.state import State, states_of
from relance.profiles import PROFILING
from relance.store import Shop


@dataclass(frozen=True)
class Verdict:
    """`reason` is a key of the texts of this room; `basis` is what allows it in law, None when nothing does.

    `rule` is the row of the decision table that gave it (`rules.json`), with the source of that row there.
    """

    allowed: bool
    reason: str
    basis: str | None = None
    rule: str = ""


ERASED: Final = Verdict(False, "consent.erased", None, "erased")

Question = tuple[str, str, str]


def verdict(connection: Connection, shop: Shop, customer_id: str, channel: str, purpose: str) -> Verdict:
    """The verdict for one person."""
    return verdicts(connection, shop, [(customer_id, channel, purpose)])[customer_id, channel, purpose]


def verdicts(
    connection: Connection,
    shop: Shop,
    questions: Sequence[Question],
    known: Mapping[str, Circumstances] | None = None,
) -> dict[Question, Verdict]:
    """The verdict of each (customer, channel, purpose), read from the store as it is now.

    `known` are the circumstances of people; without it those count that the planner noted (`note_circumstances`).
    """
    people = {customer for customer, _, _ in questions}
    held: dict[str, list[State]] = defaultdict(list)
    for state in states_of(connection, shop, people):
        held[state.customer_id].append(state)
    about = circumstances(connection, shop, people) if known is None else known
    stated = statements(shop.settings)
    return {
        question: decide(
            held[question[0]], question[1], question[2], about.get(question[0], NOBODY_KNOWN), stated, shop
        )
        for question in questions
    }


def decide(
    states: Iterable[State],
    channel: str,
    purpose: str,
    known: Circumstances = NOBODY_KNOWN,
    stated: Mapping[str, date] | None = None,
    shop: Shop | None = None,
) -> Verdict:
    """The verdict from one person's states, by the decision table; nothing is written to somebody erased.

    Without `shop` no statement of the merchant's counts.
    """
    mine = []
    for state in states:
        if state.status == "erased":
            return ERASED
        # an objection to profiling is about every channel
        if state.purpose == purpose and (purpose == PROFILING or state.channel == channel):
            mine.append(state)
    own = max(mine, key=lambda state: state.order, default=None)
    told = stated if stated is not None and shop is not None else {}
    people = known.people(told, shop) if shop is not None else frozenset()
    said = "none" if own is None else own.status
    rule = deciding(Case(channel, purpose, said, known.country, people, frozenset(told)))
    basis = own.basis if own is not None and rule.basis == "consent" else None
    return Verdict(rule.allowed, rule.reason, (basis or rule.basis) if rule.allowed else None, rule.rule_id)
