"""The append-only ledger and the verdict it gives."""

from __future__ import annotations

from relance.consent.inbox import remove_taken_pieces, take_inbox
from relance.consent.ledger import Entry, Recorded, broken
from relance.consent.people import history, record, withdraw
from relance.consent.state import rebuild
from relance.consent.suppression import (
    address_hmac,
    ascii_domain,
    canonical_address,
    is_suppressed,
    suppress,
    suppressed,
)
from relance.consent.verdict import Verdict, verdict, verdicts

__all__ = [
    "Entry",
    "Recorded",
    "Verdict",
    "address_hmac",
    "ascii_domain",
    "broken",
    "canonical_address",
    "history",
    "is_suppressed",
    "rebuild",
    "record",
    "remove_taken_pieces",
    "suppress",
    "suppressed",
    "take_inbox",
    "verdict",
    "verdicts",
    "withdraw",
]
