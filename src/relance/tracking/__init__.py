"""Links and unsubscribe addresses of mails: who came, machine or human, told back to ingest as data."""

from __future__ import annotations

from relance.tracking.hits import Target, network_of, record_hit, settle_hits
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
from relance.tracking.unsubscribing import Recipient, Visit, mask, show_recipient, unsubscribe
from relance.tracking.verdicts import Hit, Message, Verdict, judge

__all__ = [
    "Heard",
    "Hit",
    "Message",
    "ProviderCall",
    "ProviderHook",
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
    "record_hit",
    "remove_hook",
    "save_hook",
    "settle_events",
    "settle_hits",
    "show_recipient",
    "take_call",
    "take_report",
    "take_return",
    "told_of",
    "unsubscribe",
]
