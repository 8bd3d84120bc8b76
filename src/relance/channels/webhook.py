"""Webhooks out and in, as Standard Webhooks 1.0 has them: https://github.com/standard-webhooks/standard-webhooks

The signature covers the message's id, the time and the raw body. Several secrets at once let one be changed without a
gap. The id is the same on every try, so that a receiver takes a repeated message once.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final

from relance.channels.answers import retry_after
from relance.channels.events import Call, fresh, refuse
from relance.channels.protocol import Answered, Channel, Outgoing, Request
from relance.clock import Clock, system_clock

PREFIX: Final = "whsec_"
# receivers keep the ids of what they took: a repetition is safe as long as we go on trying
SAFE_FOR: Final = timedelta(days=3)
GONE: Final = 410


@dataclass(frozen=True)
class Webhook:
    """One receiver; the first of `secrets` is the newest. Whether its address may be called the sender checks."""

    url: str
    secrets: tuple[str, ...] = field(repr=False)
    clock: Clock = field(default=system_clock, repr=False)
    name: str = "webhook"
    channel: Channel = "webhook"
    idempotent_for: timedelta | None = SAFE_FOR
    tells_events: bool = False

    def request(self, message: Outgoing) -> Request:
        """The request that carries `message.text`, which is JSON."""
        event_id, body = message.message_id.strip("<>"), message.text.encode()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(self.clock().timestamp())),
        }
        signed = [signature(secret, event_id, headers["webhook-timestamp"], body) for secret in self.secrets]
        return Request("POST", self.url, headers, body, {"webhook-signature": " ".join(signed)})

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:  # noqa: ARG002
        """What an answer means: 2xx is a yes, 410 the wish to be called no more, anything else is tried again."""
        if 200 <= status < 300:
            return Answered("accepted", status, "")
        reply = f"HTTP {status}"
        if status == GONE:
            return Answered("failed", status, reply)
        return Answered("deferred", status, reply, retry_after=retry_after(headers))


def signature(secret: str, event_id: str, moment: str, body: bytes) -> str:
    """`v1,` and the signature in Base64. Raises ValueError for a secret that is not in Base64."""
    key = b64decode(secret.removeprefix(PREFIX), validate=True)
    return "v1," + b64encode(hmac.digest(key, f"{event_id}.{moment}.".encode() + body, sha256)).decode("ascii")


def verify(call: Call, secret: str, prefix: str = "webhook") -> str:
    """The id of a call that was signed with `secret`. Raises BadSignature, also for one of another time."""
    event_id = call.headers.get(f"{prefix}-id", "")
    moment = call.headers.get(f"{prefix}-timestamp", "")
    given = call.headers.get(f"{prefix}-signature", "").split()
    try:
        expected = signature(secret, event_id, moment, call.raw)
    except ValueError:
        raise refuse() from None
    held = [hmac.compare_digest(one.encode(), expected.encode()) for one in given]
    if not secret or not event_id or not any(held):
        raise refuse()
    fresh(moment, call.now)
    return event_id
