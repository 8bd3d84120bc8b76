"""Links and unsubscribe addresses of mails: who came, machine or human, told back to ingest as data."""

from __future__ import annotations

from relance.consent import network_of
from relance.tracking.hits import Target, record_hit, settle_hits
from relance.tracking.opens import PIXEL, record_open
from relance.tracking.proofs import prove_clicks
from relance.tracking.provider_events import Told, forget_events, joined, keep_events, settle_events, told_of
from relance.tracking.provider_hooks import (
    Heard,
    ProviderCall,
    ProviderHook,
    confirm_subscription,
    hear,
    hook_path,
    list_hooks,
    remove_hook,
    save_hook,
    take_call,
)
from relance.tracking.returned import Return, take_report, take_return
from relance.tracking.unsubscribing import Recipient, Visit, mask, recipient_of, show_recipient, unsubscribe
from relance.tracking.verdicts import Hit, HitKind, Message, Verdict, judge
from relance.tracking.wishing import Reader, read_wishes, save_wishes

__all__ = [
    "PIXEL",
    "Heard",
    "Hit",
    "HitKind",
    "Message",
    "ProviderCall",
    "ProviderHook",
    "Reader",
    "Recipient",
    "Return",
    "Target",
    "Told",
    "Verdict",
    "Visit",
    "confirm_subscription",
    "forget_events",
    "hear",
    "hook_path",
    "joined",
    "judge",
    "keep_events",
    "list_hooks",
    "mask",
    "network_of",
    "prove_clicks",
    "read_wishes",
    "recipient_of",
    "record_hit",
    "record_open",
    "remove_hook",
    "save_hook",
    "save_wishes",
    "settle_events",
    "settle_hits",
    "show_recipient",
    "take_call",
    "take_report",
    "take_return",
    "told_of",
    "unsubscribe",
]
