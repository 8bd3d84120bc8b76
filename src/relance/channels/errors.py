"""What can go wrong between us and a provider.

ChannelError
├── NotReached      nobody answered; nothing was handed over
├── RouteRefused    the provider refuses us: encryption, password, sender
├── ConnectionLost  the connection broke before the message was complete; nothing was handed over
├── Unanswered      nobody answers what was asked of a name or a host
├── BadSignature    a call that does not prove where it comes from
└── UnreadableCall  a call that proved it, and cannot be read
"""

from __future__ import annotations

from relance.errors import RelanceError


class ChannelError(RelanceError):
    """A provider could not be used."""


class NotReached(ChannelError):
    """Nobody answered at the provider's address, or the answer came too late."""


class RouteRefused(ChannelError):
    """The provider refuses us, whatever the message: the settings are wrong."""


class ConnectionLost(ChannelError):
    """The connection broke before the message was complete, so that it was certainly not taken."""


class BadSignature(ChannelError):
    """A call does not prove that it comes from the provider."""


class UnreadableCall(ChannelError):
    """A call proved where it comes from, and has not the form that the provider documents."""


class Unanswered(ChannelError):
    """The name servers say nothing, or a host does not answer, so that nobody knows."""
