"""Templates, rendering, the gate, the outbox and its protocol."""

from __future__ import annotations

from relance.sending.caps import Cap
from relance.sending.clock import instant
from relance.sending.coupons import Coupon, add_coupon, coupons, missing_coupons
from relance.sending.coupons_files import codes_in
from relance.sending.coupons_offers import Offer, find_offer, minor_of, offers, save_offer
from relance.sending.coupons_pool import Added, Stock, add_codes, dry_offers, return_codes, stock, supply_waiting
from relance.sending.coupons_refill import Batch, batches, note_made, write_down
from relance.sending.coupons_used import measure_redemptions
from relance.sending.dead import DeadLetters, dead_letters, send_again
from relance.sending.devices import (
    DeviceFigures,
    device_figures,
    forget_nobodys,
    has_unknown_devices,
    link_devices,
    newest_devices,
    reachable,
    renew_device,
    subscribe,
    unknown_devices,
    unsubscribe,
)
from relance.sending.dkim import DkimKey, sign
from relance.sending.documents import EmailDoc, SharedDoc, as_data, read_document
from relance.sending.documents_library import TemplateTitle, templates, title_of
from relance.sending.documents_search import Found, replace_everywhere, search
from relance.sending.documents_store import (
    KeptShared,
    KeptTemplate,
    TemplateVersion,
    all_shared,
    all_templates,
    archive_shared,
    archive_template,
    find_template,
    save_shared,
    save_template,
    shared_of,
    template_version,
    template_versions,
    where_used,
)
from relance.sending.domain_checks import Health, check_domain, check_stale_domain, health_of
from relance.sending.domains import (
    DomainState,
    SigningKey,
    add_keys,
    allow_domain,
    disallow_domain,
    domain_state,
    known_domains,
    rotate_keys,
    signing_keys,
)
from relance.sending.doubt import Doubt, Evidence, Resolved, decide, doubt_count, doubts, presume_unsent, prove
from relance.sending.events import mark_bounced
from relance.sending.gate_facts import GateFacts
from relance.sending.gate_log import Asked, GateVerdict, asked_about
from relance.sending.gate_rules import GateRules, read_rules, rules_as_json, rules_of, save_rules
from relance.sending.guard import Incident, Rates, close_incident, keep_guard, open_incident, open_incidents, rates
from relance.sending.holding import EVERYTHING, hold, is_all_held, release
from relance.sending.intents import Intent, Planned, cancel, cancel_everything, cancel_source, plan
from relance.sending.layout import Rendered
from relance.sending.links import (
    HONEYPOT,
    Purpose,
    TrackedLink,
    click_url,
    confirm_url,
    find_link,
    make_token,
    open_mark,
    pixel_url,
    preferences_url,
    read_click,
    read_token,
    unsubscribe_url,
)
from relance.sending.mailboxes import learn_mailboxes, mail_exchanges, mailboxes_of, takes_mail
from relance.sending.naming import with_mail_domain
from relance.sending.outbox import STATES, conservation, states
from relance.sending.overview import OutboxLine, Overview, StateCount, metrics, outbox_lines, overview
from relance.sending.preflight import DomainFinding
from relance.sending.preview import preview
from relance.sending.provider_stops import hear_stops
from relance.sending.quiet_zones import whereabouts
from relance.sending.recommended import recommended
from relance.sending.relay_log import RelayLog, read_relay_log
from relance.sending.repeating import repeat_doubts
from relance.sending.route import HttpRoute, MailRoute, Route
from relance.sending.routes import (
    CHANNELS,
    RouteState,
    chosen_route,
    list_routes,
    push_key,
    remove_route,
    resume_route,
    routes_of,
    save_route,
    telling_providers,
    turn_on_push,
)
from relance.sending.searching import search_doubts
from relance.sending.send import SendReport, send_due
from relance.sending.senders import Recovered, recover
from relance.sending.sent import Sent, accepted
from relance.sending.sent_letters import SentLetter, sent_letter
from relance.sending.stale import Stale, renew, stale
from relance.sending.templates_checks import Remark
from relance.sending.templates_facts import FACTS, Fact, Needs, needs, sample_facts
from relance.sending.templates_fit import unfit
from relance.sending.templates_needs import Wanted, wanted_by, wanted_of
from relance.sending.templates_pictures import (
    Picture,
    fetch_picture,
    keep_fetched,
    keep_picture,
    likely_addresses,
    missing_pictures,
    pictures,
    read_picture,
    waiting_addresses,
)
from relance.sending.templates_try import Shown, check_template, look_at, plan_test
from relance.sending.throttle import Slowed, lift, slowed
from relance.sending.verp import read_return_path, return_path
from relance.sending.warm_up import WarmUp, start_warm_up, stop_warm_up

__all__ = [
    "CHANNELS",
    "EVERYTHING",
    "FACTS",
    "HONEYPOT",
    "STATES",
    "Added",
    "Asked",
    "Batch",
    "Cap",
    "Coupon",
    "DeadLetters",
    "DeviceFigures",
    "DkimKey",
    "DomainFinding",
    "DomainState",
    "Doubt",
    "EmailDoc",
    "Evidence",
    "Fact",
    "Found",
    "GateFacts",
    "GateRules",
    "GateVerdict",
    "Health",
    "HttpRoute",
    "Incident",
    "Intent",
    "KeptShared",
    "KeptTemplate",
    "MailRoute",
    "Needs",
    "Offer",
    "OutboxLine",
    "Overview",
    "Picture",
    "Planned",
    "Purpose",
    "Rates",
    "Recovered",
    "RelayLog",
    "Remark",
    "Rendered",
    "Resolved",
    "Route",
    "RouteState",
    "SendReport",
    "Sent",
    "SentLetter",
    "SharedDoc",
    "Shown",
    "SigningKey",
    "Slowed",
    "Stale",
    "StateCount",
    "Stock",
    "TemplateTitle",
    "TemplateVersion",
    "TrackedLink",
    "Wanted",
    "WarmUp",
    "accepted",
    "add_codes",
    "add_coupon",
    "add_keys",
    "all_shared",
    "all_templates",
    "allow_domain",
    "archive_shared",
    "archive_template",
    "as_data",
    "asked_about",
    "batches",
    "cancel",
    "cancel_everything",
    "cancel_source",
    "check_domain",
    "check_stale_domain",
    "check_template",
    "chosen_route",
    "click_url",
    "close_incident",
    "codes_in",
    "confirm_url",
    "conservation",
    "coupons",
    "dead_letters",
    "decide",
    "device_figures",
    "disallow_domain",
    "domain_state",
    "doubt_count",
    "doubts",
    "dry_offers",
    "fetch_picture",
    "find_link",
    "find_offer",
    "find_template",
    "forget_nobodys",
    "has_unknown_devices",
    "health_of",
    "hear_stops",
    "hold",
    "instant",
    "is_all_held",
    "keep_fetched",
    "keep_guard",
    "keep_picture",
    "known_domains",
    "learn_mailboxes",
    "lift",
    "likely_addresses",
    "link_devices",
    "list_routes",
    "look_at",
    "mail_exchanges",
    "mailboxes_of",
    "make_token",
    "mark_bounced",
    "measure_redemptions",
    "metrics",
    "minor_of",
    "missing_coupons",
    "missing_pictures",
    "needs",
    "newest_devices",
    "note_made",
    "offers",
    "open_incident",
    "open_incidents",
    "open_mark",
    "outbox_lines",
    "overview",
    "pictures",
    "pixel_url",
    "plan",
    "plan_test",
    "preferences_url",
    "presume_unsent",
    "preview",
    "prove",
    "push_key",
    "rates",
    "reachable",
    "read_click",
    "read_document",
    "read_picture",
    "read_relay_log",
    "read_return_path",
    "read_rules",
    "read_token",
    "recommended",
    "recover",
    "release",
    "remove_route",
    "renew",
    "renew_device",
    "repeat_doubts",
    "replace_everywhere",
    "resume_route",
    "return_codes",
    "return_path",
    "rotate_keys",
    "routes_of",
    "rules_as_json",
    "rules_of",
    "sample_facts",
    "save_offer",
    "save_route",
    "save_rules",
    "save_shared",
    "save_template",
    "search",
    "search_doubts",
    "send_again",
    "send_due",
    "sent_letter",
    "shared_of",
    "sign",
    "signing_keys",
    "slowed",
    "stale",
    "start_warm_up",
    "states",
    "stock",
    "stop_warm_up",
    "subscribe",
    "supply_waiting",
    "takes_mail",
    "telling_providers",
    "template_version",
    "template_versions",
    "templates",
    "title_of",
    "turn_on_push",
    "unfit",
    "unknown_devices",
    "unsubscribe",
    "unsubscribe_url",
    "waiting_addresses",
    "wanted_by",
    "wanted_of",
    "where_used",
    "whereabouts",
    "with_mail_domain",
    "write_down",
]
