"""Every operational table: columns and keys only. The comment over each names the one room that writes it."""

from __future__ import annotations

from relance.store.tables.columns import BigId, Instant, metadata
from relance.store.tables.consent import (
    circumstance,
    confirmation,
    consent_checkpoint,
    consent_event,
    consent_state,
    consent_text,
    erasure,
    preference,
    privacy_request,
    suppression,
)
from relance.store.tables.coupons import coupon_code, coupon_offer
from relance.store.tables.flows import flow, flow_passage, flow_position, flow_version
from relance.store.tables.gate import gate_verdict
from relance.store.tables.house import (
    access_token,
    account,
    api_key,
    cursor,
    job,
    mailbox,
    recipient,
    repeatable_write,
    shop,
)
from relance.store.tables.ingest import connection, hook_seen, import_run, inbox, quarantine, source_version
from relance.store.tables.segments import customer_list, export, segment, segment_version
from relance.store.tables.sending import (
    coupon,
    held_source,
    mail_domain,
    outbox,
    route,
    sender,
    throttle,
    throttle_hit,
    tracked_link,
    tracking_hit,
)
from relance.store.tables.templates import picture, picture_source, template, template_version

__all__ = [
    "BigId",
    "Instant",
    "access_token",
    "account",
    "api_key",
    "circumstance",
    "confirmation",
    "connection",
    "consent_checkpoint",
    "consent_event",
    "consent_state",
    "consent_text",
    "coupon",
    "coupon_code",
    "coupon_offer",
    "cursor",
    "customer_list",
    "erasure",
    "export",
    "flow",
    "flow_passage",
    "flow_position",
    "flow_version",
    "gate_verdict",
    "held_source",
    "hook_seen",
    "import_run",
    "inbox",
    "job",
    "mail_domain",
    "mailbox",
    "metadata",
    "outbox",
    "picture",
    "picture_source",
    "preference",
    "privacy_request",
    "quarantine",
    "recipient",
    "repeatable_write",
    "route",
    "segment",
    "segment_version",
    "sender",
    "shop",
    "source_version",
    "suppression",
    "template",
    "template_version",
    "throttle",
    "throttle_hit",
    "tracked_link",
    "tracking_hit",
]
