"""Mailgun: the whole mail over HTTP, and what it tells afterwards.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/events/get-v3-domain_name-events
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from relance.channels.answers import answered, basic
from relance.channels.bounce_classes import BounceClass, classify
from relance.channels.events import (
    Call,
    EventKind,
    Json,
    ProviderEvent,
    Secrets,
    bare_id,
    fresh,
    instant_of,
    parsed,
    refuse,
    same,
    text_of,
)
from relance.channels.protocol import Answered, Channel, Outgoing, Request, Sought

API: Final = "https://api.mailgun.net"
KINDS: Final[dict[str, EventKind]] = {
    "accepted": "accepted",
    "delivered": "delivered",
    "complained": "complained",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
    "rejected": "bounced",
}
# what Mailgun itself refuses to repeat: https://documentation.mailgun.com/docs/mailgun/user-manual/events/events
SUPPRESSED: Final[dict[int, BounceClass]] = {605: "invalid_recipient", 606: "policy", 607: "policy"}


@dataclass(frozen=True)
class Mailgun:
    """Mail of one sending domain; `base` is another for accounts in Europe."""

    api_key: str = field(repr=False)
    domain: str
    base: str = API
    name: str = "mailgun"
    channel: Channel = "email"
    idempotent_for: timedelta | None = None
    tells_events: bool = True

    def request(self, message: Outgoing) -> Request:
        """The request that hands one mail over, as it is: our headers and Message-ID stay."""
        boundary = sha256(message.message_id.encode()).hexdigest()
        fields = {
            "to": message.recipient,
            "o:tracking": "no",
            "v:relance_ref": message.message_id.strip("<>"),
        }
        if any("\r" in value or "\n" in value for value in fields.values()):
            raise ValueError("a field has one line")
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="message"; filename="message.eml"\r\n'
            "Content-Type: message/rfc822\r\n\r\n"
        )
        body = b"".join([*parts, head.encode(), message.mime, f"\r\n--{boundary}--\r\n".encode()])
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        secret = {"Authorization": basic("api", self.api_key)}
        return Request("POST", f"{self.base}/v3/{self.domain}/messages.mime", headers, body, secret)

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means."""
        return answered(
            status,
            headers,
            body,
            read_id=lambda said: bare_id(said["id"]),
            explain=lambda said: said["message"],
            is_ours=lambda said: "domain" in said["message"].lower() or "from" in said["message"].lower(),
        )

    def search(self, sought: Sought) -> Request:
        """The request that looks for a mail's events by its Message-ID, which is ours."""
        asked = {
            "begin": str(int(sought.since.timestamp())),
            "ascending": "yes",
            "limit": "10",
            "message-id": sought.reference,
        }
        url = f"{self.base}/v3/{self.domain}/events?{urlencode(asked)}"
        return Request("GET", url, {}, b"", {"Authorization": basic("api", self.api_key)})

    def found(self, sought: Sought, body: bytes) -> str | None:
        """The mail's Message-ID if Mailgun took it; what it refused afterwards it tells as an event."""
        for one in json.loads(body)["items"]:
            told = bare_id(_part(_part(one, "message"), "headers").get("message-id"))
            if told == bare_id(sought.message_id) and one["event"] in KINDS.keys() | {"failed"}:
                return told
        return None


def events(call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a call says. The signature stands inside and covers the time and a token, not what is told.

    So each token is taken once, by whoever keeps the events: it is their `event_id`.
    """
    said = parsed(call.raw)
    if not isinstance(said, dict) or not isinstance(signature := said.get("signature"), dict):
        raise refuse()
    moment, token = str(signature.get("timestamp", "")), str(signature.get("token", ""))
    key = secrets.get("signing_key", "").encode()
    expected = hmac.new(key, f"{moment}{token}".encode(), sha256).hexdigest()
    if not key or not token or not same(str(signature.get("signature", "")), expected):
        raise refuse()
    fresh(moment, call.now)
    data = said.get("event-data")
    event = _event(data, token, call) if isinstance(data, dict) else None
    return () if event is None else (event,)


def _event(data: Json, token: str, call: Call) -> ProviderEvent | None:
    name = str(data.get("event", ""))
    temporary = data.get("severity") == "temporary"
    kind: EventKind | None = ("deferred" if temporary else "bounced") if name == "failed" else KINDS.get(name)
    if kind is None:
        return None
    status, headers = _part(data, "delivery-status"), _part(_part(data, "message"), "headers")
    reply = text_of(f"{status.get('code', '')} {status.get('message') or status.get('description') or ''}")
    variables = _part(data, "user-variables")
    return ProviderEvent(
        kind,
        token,
        instant_of(data.get("timestamp"), call.now),
        provider_id=bare_id(headers.get("message-id")),
        reference=bare_id(variables.get("relance_ref")) or bare_id(headers.get("message-id")),
        recipient=text_of(data.get("recipient")) or parseaddr(str(headers.get("to") or ""))[1] or None,
        bounce_class=_bounce_class(name, status.get("code"), reply) if kind == "bounced" else None,
        reply=reply,
        link=text_of(data.get("url")) or None,
        user_agent=text_of(_part(data, "client-info").get("user-agent")),
        address=text_of(data.get("ip")),
    )


def _bounce_class(name: str, code: Any, reply: str) -> BounceClass:
    if name == "rejected":
        return "policy"
    if code in SUPPRESSED:
        return SUPPRESSED[code]
    return classify(None, code if isinstance(code, int) and code < 600 else None, reply).kind


def _part(data: Json, name: str) -> Json:
    found = data.get(name)
    return found if isinstance(found, dict) else {}
