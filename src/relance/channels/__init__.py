"""One file a provider, both directions; no database, no consent, no template."""

from __future__ import annotations

from relance.channels.bounce_classes import CLASSES, BounceClass, Effect, Refusal, classify, effect_of, is_hard
from relance.channels.bounces import Bounce, Report, read_report
from relance.channels.errors import ChannelError, ConnectionLost, NotReached, RouteRefused
from relance.channels.protocol import Answered, Channel, Outcome, Outgoing, Provider, ProviderKind, Request
from relance.channels.providers import PROVIDERS
from relance.channels.smtp import Connection, Server, Stage, Timeouts, connect

__all__ = [
    "CLASSES",
    "PROVIDERS",
    "Answered",
    "Bounce",
    "BounceClass",
    "Channel",
    "ChannelError",
    "Connection",
    "ConnectionLost",
    "Effect",
    "NotReached",
    "Outcome",
    "Outgoing",
    "Provider",
    "ProviderKind",
    "Refusal",
    "Report",
    "Request",
    "RouteRefused",
    "Server",
    "Stage",
    "Timeouts",
    "classify",
    "connect",
    "effect_of",
    "is_hard",
    "read_report",
]
