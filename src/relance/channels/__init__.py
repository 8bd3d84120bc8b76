"""One file a provider, both directions; no database, no consent, no template."""

from __future__ import annotations

from relance.channels.errors import ChannelError, ConnectionLost, NotReached, RouteRefused
from relance.channels.protocol import Answered, Channel, Outcome, Outgoing, Provider, Request
from relance.channels.smtp import Connection, Reply, Server, Stage, Timeouts, connect

__all__ = [
    "Answered",
    "Channel",
    "ChannelError",
    "Connection",
    "ConnectionLost",
    "NotReached",
    "Outcome",
    "Outgoing",
    "Provider",
    "Reply",
    "Request",
    "RouteRefused",
    "Server",
    "Stage",
    "Timeouts",
    "connect",
]
