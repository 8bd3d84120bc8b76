"""What providers tell afterwards, in one vocabulary, and how their calls prove where they come from.

A provider's file verifies a call on its raw bytes before anything is parsed; what does not hold raises BadSignature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from relance.channels.bounce_classes import BounceClass
from relance.channels.errors import BadSignature, UnreadableCall

# accepted: the provider has it. bounced: given up for this message. stopped: a word such as STOP, or the provider
# knows of one. replied: an answer in words, which somebody has to read.
EventKind = Literal[
    "accepted",
    "delivered",
    "deferred",
    "bounced",
    "complained",
    "opened",
    "clicked",
    "unsubscribed",
    "stopped",
    "replied",
]
Json = dict[str, Any]
Secrets = Mapping[str, str]
# how far a signed time may be from ours: https://www.standardwebhooks.com asks for five minutes
TOLERANCE: Final = timedelta(minutes=5)
LONGEST_REPLY: Final = 500


def _no_certificate(_url: str) -> bytes:
    raise BadSignature("channels.bad_signature")


@dataclass(frozen=True)
class Call:
    """A call as it came: header names in lower case, the raw body, the public address that was called, when.

    `certificate` fetches a signer's certificate, from an address that was checked before it is asked.
    """

    headers: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)
    url: str = field(repr=False)
    now: datetime
    certificate: Callable[[str], bytes] = field(default=_no_certificate, repr=False)


@dataclass(frozen=True)
class ProviderEvent:
    """One thing that happened to one message.

    `event_id` is the same when it is told again. `provider_id` and `reference` name the message, in the provider's
    words and in ours. `is_machine` says that the provider knows the opening to be a program's.
    """

    kind: EventKind
    event_id: str
    occurred_at: datetime
    provider_id: str | None = None
    reference: str | None = None
    recipient: str | None = field(default=None, repr=False)
    bounce_class: BounceClass | None = None
    reply: str = field(default="", repr=False)
    link: str | None = field(default=None, repr=False)
    user_agent: str = ""
    address: str = field(default="", repr=False)
    is_machine: bool = False


def refuse() -> BadSignature:
    """What is raised for a call that does not prove where it comes from; says nothing of why."""
    return BadSignature("channels.bad_signature")


def fresh(seconds: str | float, now: datetime, tolerance: timedelta = TOLERANCE) -> None:
    """Raises BadSignature for a signed time, in seconds since 1970, that is too far from `now`."""
    try:
        at = datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise refuse() from None
    if abs(now - at) > tolerance:
        raise refuse()


def same(given: str, expected: str) -> bool:
    """Whether two texts are the same, in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), expected.encode())


def basic_password(headers: Mapping[str, str], user: str, password: str) -> None:
    """Raises BadSignature unless the call carries this name and password (RFC 7617)."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    try:
        named = b64decode(given, validate=True).decode()
    except ValueError:
        raise refuse() from None
    if scheme.lower() != "basic" or not password or not same(named, f"{user}:{password}"):
        raise refuse()


def parsed(raw: bytes) -> Any:
    """The JSON of a body. Raises UnreadableCall."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise UnreadableCall("channels.unreadable_call") from None


def parsed_form(raw: bytes) -> dict[str, str]:
    """The fields of a form. Raises UnreadableCall."""
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=200))
    except ValueError:
        raise UnreadableCall("channels.unreadable_call") from None


def mark_of(*parts: object) -> str:
    """A name for an event whose provider gives it none."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def instant_of(value: object, otherwise: datetime) -> datetime:
    """An instant written as seconds or milliseconds since 1970, or as ISO 8601."""
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and value.replace(".", "", 1).isdigit()):
            seconds = float(value)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return otherwise
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def text_of(value: object) -> str:
    """A text as one line that is not too long, without the sign that no database keeps."""
    return " ".join(str(value or "").replace("\0", "").split())[:LONGEST_REPLY]


def bare_id(value: object) -> str | None:
    """A message id without its brackets."""
    return str(value).strip().strip("<>") or None if value else None
