"""One file a provider, both directions; no database, no consent, no template."""

from __future__ import annotations

from relance.channels.bounce_classes import CLASSES, BounceClass, Effect, Refusal, classify, effect_of, is_hard
from relance.channels.bounces import Bounce, Report, read_report
from relance.channels.dns import NameServers
from relance.channels.errors import (
    BadSignature,
    ChannelError,
    ConnectionLost,
    NotReached,
    RouteRefused,
    Unanswered,
    UnreadableCall,
)
from relance.channels.events import Call, EventKind, ProviderEvent, Secrets
from relance.channels.protocol import (
    Answered,
    Channel,
    Outcome,
    Outgoing,
    Provider,
    ProviderKind,
    Request,
    Searching,
    Sought,
    Stopping,
)
from relance.channels.providers import PROOFS, PROVIDERS, read_call
from relance.channels.push import LARGEST as LARGEST_PUSH
from relance.channels.push import WebPush, is_gone, new_vapid_key, read_subscription
from relance.channels.smtp import Connection, Server, Stage, Timeouts, connect
from relance.channels.sns import confirmation
from relance.channels.tls import Shown, look_at_tls

__all__ = [
    "CLASSES",
    "LARGEST_PUSH",
    "PROOFS",
    "PROVIDERS",
    "Answered",
    "BadSignature",
    "Bounce",
    "BounceClass",
    "Call",
    "Channel",
    "ChannelError",
    "Connection",
    "ConnectionLost",
    "Effect",
    "EventKind",
    "NameServers",
    "NotReached",
    "Outcome",
    "Outgoing",
    "Provider",
    "ProviderEvent",
    "ProviderKind",
    "Refusal",
    "Report",
    "Request",
    "RouteRefused",
    "Searching",
    "Secrets",
    "Server",
    "Shown",
    "Sought",
    "Stage",
    "Stopping",
    "Timeouts",
    "Unanswered",
    "UnreadableCall",
    "WebPush",
    "classify",
    "confirmation",
    "connect",
    "effect_of",
    "is_gone",
    "is_hard",
    "look_at_tls",
    "new_vapid_key",
    "read_call",
    "read_report",
    "read_subscription",
]
