"""Templates, rendering, the gate, the outbox and its protocol."""

from __future__ import annotations

from relance.sending.caps import Cap
from relance.sending.coupons import Coupon, add_coupon, coupons, missing_coupons
from relance.sending.dkim import DkimKey, sign
from relance.sending.documents_library import TemplateTitle, templates
from relance.sending.events import mark_bounced
from relance.sending.gate_facts import GateFacts
from relance.sending.gate_log import Asked, GateVerdict, asked_about
from relance.sending.gate_rules import GateRules, read_rules, rules_as_json, rules_of, save_rules
from relance.sending.holding import hold, release
from relance.sending.intents import Intent, Planned, cancel, plan
from relance.sending.layout import Rendered
from relance.sending.links import TrackedLink, click_url, find_link, make_token, read_token, unsubscribe_url
from relance.sending.naming import with_mail_domain
from relance.sending.outbox import STATES, conservation, states
from relance.sending.preview import preview
from relance.sending.route import MailRoute
from relance.sending.send import SendReport, send_due
from relance.sending.senders import Recovered, recover
from relance.sending.sent import Sent, accepted

__all__ = [
    "STATES",
    "Asked",
    "Cap",
    "Coupon",
    "DkimKey",
    "GateFacts",
    "GateRules",
    "GateVerdict",
    "Intent",
    "MailRoute",
    "Planned",
    "Recovered",
    "Rendered",
    "SendReport",
    "Sent",
    "TemplateTitle",
    "TrackedLink",
    "accepted",
    "add_coupon",
    "asked_about",
    "cancel",
    "click_url",
    "conservation",
    "coupons",
    "find_link",
    "hold",
    "make_token",
    "mark_bounced",
    "missing_coupons",
    "plan",
    "preview",
    "read_rules",
    "read_token",
    "recover",
    "release",
    "rules_as_json",
    "rules_of",
    "save_rules",
    "send_due",
    "sign",
    "states",
    "templates",
    "unsubscribe_url",
    "with_mail_domain",
]
