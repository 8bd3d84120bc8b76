"""One file a provider, both directions; no database, no consent, no template."""

from __future__ import annotations

from relance.channels.errors import ChannelError, ConnectionLost, NotReached, RouteRefused
from relance.channels.smtp import Connection, Reply, Server, Stage, Timeouts, connect

__all__ = [
    "ChannelError",
    "Connection",
    "ConnectionLost",
    "NotReached",
    "Reply",
    "RouteRefused",
    "Server",
    "Stage",
    "Timeouts",
    "connect",
]
