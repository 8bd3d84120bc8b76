"""May this person be written to, on this channel, for this purpose? The default is no."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from relance.consent.state import STATUSES, State, states_of
from relance.store import Shop

TRANSACTIONAL: Final = "transactional"


@dataclass(frozen=True)
class Verdict:
    """`reason` is a key of the texts of this room; `basis` is what allows it in law, None when nothing does."""

    allowed: bool
    reason: str
    basis: str | None = None


Question = tuple[str, str, str]


def verdict(connection: Connection, shop: Shop, customer_id: str, channel: str, purpose: str) -> Verdict:
    """The verdict for one person."""
    return verdicts(connection, shop, [(customer_id, channel, purpose)])[customer_id, channel, purpose]


def verdicts(connection: Connection, shop: Shop, questions: Sequence[Question]) -> dict[Question, Verdict]:
    """The verdict of each (customer, channel, purpose), read from the store as it is now."""
    held: dict[str, list[State]] = defaultdict(list)
    for state in states_of(connection, shop, {customer for customer, _, _ in questions}):
        held[state.customer_id].append(state)
    return {question: decide(held[question[0]], question[1], question[2]) for question in questions}


def decide(states: Iterable[State], channel: str, purpose: str) -> Verdict:
    """The verdict from one person's states.

    A contract's own messages (an order's confirmation) need no consent and go to everybody but the erased. Any other
    purpose needs a grant of its own; a withdrawal, a refusal or silence on it is a no.
    """
    own: State | None = None
    for state in states:
        if state.status == "erased":
            return Verdict(False, "consent.erased")
        if (state.channel, state.purpose) == (channel, purpose):
            own = state
    if purpose == TRANSACTIONAL:
        if own is not None and own.status == "suppressed":
            return Verdict(False, "consent.suppressed")
        return Verdict(True, "consent.contract", "contract")
    if own is None:
        return Verdict(False, "consent.none")
    if STATUSES[own.status].gives:
        return Verdict(True, f"consent.{own.status}", own.basis or "consent")
    return Verdict(False, f"consent.{own.status}")
