"""The append-only ledger and the verdict it gives."""

from __future__ import annotations

from relance.consent.circumstances import Circumstances, circumstances, note_circumstances, read_circumstances
from relance.consent.copied import entries_after, entries_until
from relance.consent.erasing import Erased, erase_person, note_erased
from relance.consent.erasing_files import forget_files
from relance.consent.erasing_warehouse import forget_rows
from relance.consent.exporting import PersonalData, personal_data
from relance.consent.inbox import remove_taken_pieces, take_inbox
from relance.consent.ledger import Entry, Recorded, broken
from relance.consent.merging import follow_people, join_people, part_people
from relance.consent.people import ANY_CHANNEL, CHANNELS, history, object_to_profiling, record, withdraw
from relance.consent.persons import Whole, find_person, whole_person
from relance.consent.register import Declared, store_register, undeclared, warehouse_register
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
    "Declared",
    "Entry",
    "Erased",
    "PersonalData",
    "Recorded",
    "Request",
    "Rule",
    "Verdict",
    "Whole",
    "address_hmac",
    "ascii_domain",
    "broken",
    "canonical_address",
    "circumstances",
    "entries_after",
    "entries_until",
    "erase_person",
    "find_person",
    "follow_people",
    "forget_files",
    "forget_rows",
    "history",
    "is_suppressed",
    "join_people",
    "note_circumstances",
    "note_erased",
    "object_to_profiling",
    "open_requests",
    "part_people",
    "personal_data",
    "read_answer",
    "read_circumstances",
    "rebuild",
    "record",
    "remove_taken_pieces",
    "rules",
    "stop_by_sms",
    "store_register",
    "suppress",
    "suppressed",
    "take_inbox",
    "take_requests",
    "undeclared",
    "verdict",
    "verdicts",
    "warehouse_register",
    "whole_person",
    "withdraw",
]
