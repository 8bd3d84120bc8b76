"""The append-only ledger and the verdict it gives."""

from __future__ import annotations

from relance.consent.checkpoints import Checkpoint, Verified, checkpoints, make_checkpoint, verify
from relance.consent.circumstances import Circumstances, circumstances, note_circumstances, read_circumstances
from relance.consent.confirming import (
    Confirmation,
    confirm,
    expire_confirmations,
    find_confirmation,
    request_confirmation,
)
from relance.consent.copied import entries_after, entries_until
from relance.consent.erasing import Erased, erase_person, note_erased
from relance.consent.erasing_files import forget_files
from relance.consent.erasing_warehouse import forget_rows
from relance.consent.exporting import PersonalData, personal_data
from relance.consent.inbox import remove_taken_pieces, take_inbox
from relance.consent.journal import Replayed, exported_heads, is_behind, replay_journal, write_journal
from relance.consent.ledger import Entry, Recorded, broken
from relance.consent.merging import follow_people, join_people, part_people
from relance.consent.opens import OPEN_MODES, OpenMode, may_track_opens, setting_of
from relance.consent.people import ANY_CHANNEL, CHANNELS, history, object_to_profiling, record, withdraw
from relance.consent.persons import Whole, find_person, whole_person
from relance.consent.proof import Proof, keep_text, network_of, texts
from relance.consent.register import Declared, store_register, undeclared, warehouse_register
from relance.consent.requests import Request, open_requests, settle_request, take_requests
from relance.consent.retention import RetentionReport, Stale, retention
from relance.consent.returning import returned
from relance.consent.rules import Rule, rules
from relance.consent.state import rebuild
from relance.consent.stop_words import close_number, read_answer, stop_by_sms
from relance.consent.suppression import (
    address_hmac,
    ascii_domain,
    canonical_address,
    is_suppressed,
    lift,
    lock_addressees,
    suppress,
    suppressed,
)
from relance.consent.verdict import Verdict, verdict, verdicts
from relance.consent.visitors import forget_visitors, hand_on, visitor_name
from relance.consent.wishes import (
    FREQUENCIES,
    TOPICS,
    Agreed,
    Changed,
    Wishes,
    agree,
    agreed_of,
    keep_wishes,
    stop_everything,
    strictest_wishes,
    wishes_of,
)

__all__ = [
    "ANY_CHANNEL",
    "CHANNELS",
    "FREQUENCIES",
    "OPEN_MODES",
    "TOPICS",
    "Agreed",
    "Changed",
    "Checkpoint",
    "Circumstances",
    "Confirmation",
    "Declared",
    "Entry",
    "Erased",
    "OpenMode",
    "PersonalData",
    "Proof",
    "Recorded",
    "Replayed",
    "Request",
    "RetentionReport",
    "Rule",
    "Stale",
    "Verdict",
    "Verified",
    "Whole",
    "Wishes",
    "address_hmac",
    "agree",
    "agreed_of",
    "ascii_domain",
    "broken",
    "canonical_address",
    "checkpoints",
    "circumstances",
    "close_number",
    "confirm",
    "entries_after",
    "entries_until",
    "erase_person",
    "expire_confirmations",
    "exported_heads",
    "find_confirmation",
    "find_person",
    "follow_people",
    "forget_files",
    "forget_rows",
    "forget_visitors",
    "hand_on",
    "history",
    "is_behind",
    "is_suppressed",
    "join_people",
    "keep_text",
    "keep_wishes",
    "lift",
    "lock_addressees",
    "make_checkpoint",
    "may_track_opens",
    "network_of",
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
    "replay_journal",
    "request_confirmation",
    "retention",
    "returned",
    "rules",
    "setting_of",
    "settle_request",
    "stop_by_sms",
    "stop_everything",
    "store_register",
    "strictest_wishes",
    "suppress",
    "suppressed",
    "take_inbox",
    "take_requests",
    "texts",
    "undeclared",
    "verdict",
    "verdicts",
    "verify",
    "visitor_name",
    "warehouse_register",
    "whole_person",
    "wishes_of",
    "withdraw",
    "write_journal",
]
