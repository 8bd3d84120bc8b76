"""Resend: mail over HTTP, and what it tells afterwards.

https://resend.com/docs/api-reference/emails/send-email · https://resend.com/docs/api-reference/errors
https://resend.com/docs/dashboard/emails/idempotency-keys · https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from typing import Final

from relance.channels.answers import answered, json_body, passed_on, sender_of
from relance.channels.bounce_classes import BounceClass, classify
from relance.channels.events import (
    Call,
    EventKind,
    Json,
    ProviderEvent,
    Secrets,
    bare_id,
    instant_of,
    parsed,
    text_of,
)
from relance.channels.protocol import Answered, Channel, Outgoing, Request
from relance.channels.webhook import verify

API: Final = "https://api.resend.com"
KEY_LIVES: Final = timedelta(hours=24)
KINDS: Final[dict[str, EventKind]] = {
    "email.sent": "accepted",
    "email.delivered": "delivered",
    "email.delivery_delayed": "deferred",
    "email.bounced": "bounced",
    "email.failed": "bounced",
    "email.suppressed": "bounced",
    "email.complained": "complained",
    "email.opened": "opened",
    "email.clicked": "clicked",
}
OUR_FAULT: Final = frozenset(
    {
        "invalid_from_address",
        "invalid_access",
        "missing_api_key",
        "invalid_api_key",
        "restricted_api_key",
        "invalid_region",
    }
)
NOT_IN_TAGS: Final = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class Resend:
    """Mail of one account."""

    api_key: str = field(repr=False)
    base: str = API
    name: str = "resend"
    channel: Channel = "email"
    idempotent_for: timedelta | None = KEY_LIVES
    tells_events: bool = True

    def request(self, message: Outgoing) -> Request:
        """The request that hands one mail over."""
        body = {
            "from": sender_of(message),
            "to": [message.recipient],
            "subject": message.subject,
            "html": message.html,
            "text": message.text,
            "headers": passed_on(message),
            # a value has letters, digits, hyphens and underlines only
            "tags": [{"name": "relance_key", "value": NOT_IN_TAGS.sub("_", message.idempotency_key)}],
        }
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.idempotency_key}
        return Request(
            "POST", f"{self.base}/emails", headers, json_body(body), {"Authorization": f"Bearer {self.api_key}"}
        )

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means."""
        return answered(
            status,
            headers,
            body,
            read_id=lambda said: said["id"],
            explain=lambda said: f"{said['name']}: {said['message']}",
            is_ours=lambda said: said["name"] in OUR_FAULT or "domain is not verified" in said["message"],
        )


def events(call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a call says: signed as Standard Webhooks has it, under the names of Svix."""
    event_id = verify(call, secrets.get("signing_secret", ""), prefix="svix")
    said = parsed(call.raw)
    event = _event(said, event_id, call) if isinstance(said, dict) else None
    return () if event is None else (event,)


def _event(said: Json, event_id: str, call: Call) -> ProviderEvent | None:
    kind = KINDS.get(str(said.get("type", "")))
    data = said.get("data")
    if kind is None or not isinstance(data, dict):
        return None
    bounce, click = _part(data, "bounce"), _part(data, "click") or _part(data, "open")
    to = data.get("to")
    named = {str(one.get("name", "")).lower(): one.get("value") for one in _headers(data)}
    reply = text_of(bounce.get("message") or _part(data, "failed").get("reason"))
    return ProviderEvent(
        kind,
        event_id,
        instant_of(click.get("timestamp") or said.get("created_at"), call.now),
        provider_id=bare_id(data.get("email_id")),
        reference=bare_id(named.get("x-relance-ref")),
        recipient=parseaddr(str(to[0]))[1] or None if isinstance(to, list) and to else None,
        bounce_class=_bounce_class(bounce, reply) if kind == "bounced" else None,
        reply=reply,
        link=text_of(click.get("link")) or None,
        user_agent=text_of(click.get("userAgent")),
        address=text_of(click.get("ipAddress")),
    )


def _bounce_class(bounce: Json, reply: str) -> BounceClass:
    """Resend tells a type and a subtype where the receiving server told them: permanent, transient, undetermined."""
    if "suppress" in f"{bounce.get('subType', '')} {reply}".lower():
        return "policy"
    told = classify(None, None, reply)
    if told.layer != "none" and told.kind != "transient":
        return told.kind
    kind = str(bounce.get("type", "")).lower()
    if "hard bounce" in reply.lower() or kind == "permanent":
        return "invalid_recipient"
    return "transient" if kind == "transient" else "unknown"


def _headers(data: Json) -> list[Json]:
    found = data.get("headers")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _part(data: Json, name: str) -> Json:
    found = data.get(name)
    return found if isinstance(found, dict) else {}
