"""What a provider that is spoken to over HTTP looks like to the sender, whatever it sends: mail, SMS, push, webhooks.

A provider's file is pure: it makes requests and reads answers, and never opens a connection. The sender writes down
that a message is in doubt, sends the request, and lets the provider say what the answer means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable

Channel = Literal["email", "sms", "push", "webhook"]
# accepted: taken. deferred: certainly not taken, later perhaps. failed: certainly not taken, and never will be.
# doubt: nobody can know (a 5xx, a cut, a yes that cannot be read).
Outcome = Literal["accepted", "deferred", "failed", "doubt"]


@dataclass(frozen=True)
class Outgoing:
    """One rendered message for one recipient.

    `message_id` is the reference that events come back with, for mail the Message-ID in its brackets; it is the same
    on every try. `idempotency_key` is a UUID made from it. `sender` and `sender_name` are the mail's From, or the name
    that an SMS shows. `recipient` is an address, a number in E.164 or, for push, the subscription as JSON. `text` is
    the plain reading, the SMS, or what the push or webhook carries (JSON); `mime` is the whole mail as it would go over
    SMTP. `headers` are those of the mail that a provider has to pass on, such as List-Unsubscribe. After `not_after` it
    is of no use to anybody.
    """

    channel: Channel
    message_id: str
    idempotency_key: str
    sender: str
    sender_name: str
    recipient: str
    text: str
    subject: str = ""
    html: str = ""
    mime: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_marketing: bool = True
    not_after: datetime | None = None


@dataclass(frozen=True)
class Request:
    """An HTTP request, ready to be sent; `secret` headers prove who we are and are never shown."""

    method: str
    url: str
    headers: Mapping[str, str] = field(hash=False)
    body: bytes = field(repr=False)
    secret: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True)
class Answered:
    """What a provider's answer means.

    `reply` is its words for the merchant, without the recipient's address. `provider_id` is the provider's own name of
    the message, which its events carry. `retry_after` is how long it asks to be left alone. With `is_our_fault` the
    route is wrong (a key, a sender that is not verified): sending on it stops and the message waits. With `has_stopped`
    the provider knows that the person has taken their consent back: a STOP that we missed.
    """

    outcome: Outcome
    code: int
    reply: str
    provider_id: str | None = None
    retry_after: timedelta | None = None
    is_our_fault: bool = False
    has_stopped: bool = False


class Provider(Protocol):
    """One account at one provider, for one channel.

    `idempotent_for` is the shortest documented life of an idempotency key, None where there are no such keys: a request
    in doubt is repeated only within it. `tells_events` says whether the provider normally tells what became of each
    message, so that silence for a day means something.
    """

    @property
    def name(self) -> str:
        """The provider's name, as in the settings."""
        ...

    @property
    def channel(self) -> Channel:
        """What it sends."""
        ...

    @property
    def idempotent_for(self) -> timedelta | None:
        """The shortest documented life of an idempotency key."""
        ...

    @property
    def tells_events(self) -> bool:
        """Whether it normally tells what became of each message."""
        ...

    def request(self, message: Outgoing) -> Request:
        """The request that hands one message over. Raises ValueError for one that the provider can never take."""
        ...

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means; header names are in lower case. An answer that cannot be read is in doubt."""
        ...


@dataclass(frozen=True)
class Sought:
    """A message in doubt that is looked for at its provider; `since` is when it may first have come there."""

    message_id: str
    recipient: str
    is_marketing: bool
    since: datetime

    @property
    def reference(self) -> str:
        """Our reference, as it went along with the message."""
        return self.message_id.strip("<>")


@runtime_checkable
class Searching(Protocol):
    """A provider that can be asked what it knows of a message by our own reference.

    That nothing is found proves nothing: the message may still be on its way to what is searched.
    """

    def search(self, sought: Sought) -> Request:
        """The request that looks for one message."""
        ...

    def found(self, sought: Sought, body: bytes) -> str | None:
        """The provider's own id of the message, from a good answer; None when it is not there.

        Raises ValueError, LookupError or TypeError for an answer that cannot be read.
        """
        ...


@runtime_checkable
class Stopping(Protocol):
    """A provider that hears people's STOP itself and can be asked whose it has heard."""

    def stops(self) -> Request:
        """The request for all numbers that have stopped."""
        ...

    def stopped(self, body: bytes) -> tuple[str, ...]:
        """The numbers (E.164) in a good answer. Raises ValueError, LookupError or TypeError for an unreadable one."""
        ...


@dataclass(frozen=True)
class ProviderKind:
    """A provider that a shop can choose for a channel, and what its account needs.

    `settings` are its plain settings by name, `secrets` those that are kept sealed. `make` makes the account from both;
    it raises BadSetting, naming what is missing or wrong. `tells_events` is as that of its accounts.
    """

    name: str
    channel: Channel
    settings: tuple[str, ...]
    secrets: tuple[str, ...]
    make: Callable[[Mapping[str, str]], Provider] = field(repr=False)
    tells_events: bool = True
