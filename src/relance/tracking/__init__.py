"""Links and unsubscribe addresses of mails: who came, machine or human, told back to ingest as data."""

from __future__ import annotations

from relance.tracking.hits import Target, network_of, record_hit, settle_hits
from relance.tracking.unsubscribing import Recipient, Visit, mask, show_recipient, unsubscribe
from relance.tracking.verdicts import Hit, Message, Verdict, judge

__all__ = [
    "Hit",
    "Message",
    "Recipient",
    "Target",
    "Verdict",
    "Visit",
    "judge",
    "mask",
    "network_of",
    "record_hit",
    "settle_hits",
    "show_recipient",
    "unsubscribe",
]
