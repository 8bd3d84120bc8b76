"""The append-only ledger and the verdict it gives."""

from __future__ import annotations

from relance.consent.circumstances import Circumstances, circumstances, note_circumstances, read_circumstances
from relance.consent.copied import entries_after, entries_until
from relance.consent.inbox import remove_taken_pieces, take_inbox
from relance.consent.ledger import Entry, Recorded, broken
from relance.consent.merging import follow_people, join_people, part_people
from relance.consent.people import ANY_CHANNEL, CHANNELS, history, object_to_profiling, record, withdraw
from relance.consent.requests import Request, open_requests, take_requests
from relance.consent.rules import Rule, rules
from relance.consent.state import rebuild
from relance.consent.stop_words import read_answer, stop_by_sms
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
    "ANY_CHANNEL",
    "CHANNELS",
    "Circumstances",
    "Entry",
    "Recorded",
    "Request",
    "Rule",
    "Verdict",
    "address_hmac",
    "ascii_domain",
    "broken",
    "canonical_address",
    "circumstances",
    "entries_after",
    "entries_until",
    "follow_people",
    "history",
    "is_suppressed",
    "join_people",
    "note_circumstances",
    "object_to_profiling",
    "open_requests",
    "part_people",
    "read_answer",
    "read_circumstances",
    "rebuild",
    "record",
    "remove_taken_pieces",
    "rules",
    "stop_by_sms",
    "suppress",
    "suppressed",
    "take_inbox",
    "take_requests",
    "verdict",
    "verdicts",
    "withdraw",
]
