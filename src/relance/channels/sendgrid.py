"""SendGrid: mail over HTTP, and what it tells afterwards.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
https://www.twilio.com/docs/sendgrid/for-developers/sending-email/getting-started-email-activity-api
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from relance.channels.answers import answered, json_body, passed_on
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
    mark_of,
    parsed,
    refuse,
    text_of,
)
from relance.channels.protocol import Answered, Channel, Outgoing, Request, Sought

API: Final = "https://api.sendgrid.com"
KINDS: Final[dict[str, EventKind]] = {
    "processed": "accepted",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "bounced",
    "dropped": "bounced",
    "spamreport": "complained",
    "open": "opened",
    "click": "clicked",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
# why SendGrid drops a mail without trying
DROPPED: Final[dict[str, BounceClass]] = {
    "invalid": "invalid_recipient",
    "bounced address": "invalid_recipient",
    "spam reporting address": "complaint",
    "unsubscribed address": "policy",
    "spam content": "content",
}


@dataclass(frozen=True)
class SendGrid:
    """Mail of one account."""

    api_key: str = field(repr=False)
    base: str = API
    name: str = "sendgrid"
    channel: Channel = "email"
    idempotent_for: timedelta | None = None
    tells_events: bool = True

    def request(self, message: Outgoing) -> Request:
        """The request that hands one mail over. Its own tracking of links and openings is switched off."""
        reference = message.message_id.strip("<>")
        body = {
            "personalizations": [{"to": [{"email": message.recipient}], "custom_args": {"relance_ref": reference}}],
            "from": {"email": message.sender, "name": message.sender_name},
            "subject": message.subject,
            "content": [
                {"type": "text/plain", "value": message.text},
                {"type": "text/html", "value": message.html},
            ],
            "headers": passed_on(message),
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
                "subscription_tracking": {"enable": False},
            },
        }
        secret = {"Authorization": f"Bearer {self.api_key}"}
        return Request(
            "POST", f"{self.base}/v3/mail/send", {"Content-Type": "application/json"}, json_body(body), secret
        )

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means: a yes has no body, and says 202 with the message's id in a header."""
        if status == 202 and headers.get("x-message-id"):
            return Answered("accepted", status, "", headers["x-message-id"])
        return answered(
            status,
            headers,
            body,
            read_id=lambda _said: None,
            explain=lambda said: said["errors"][0]["message"],
            is_ours=lambda said: str(said["errors"][0].get("field") or "").startswith("from"),
        )

    def search(self, sought: Sought) -> Request:
        """The request that looks for a mail by our argument. Accounts have to buy the history that it searches."""
        query = f"unique_args['relance_ref']=\"{sought.reference}\""
        url = f"{self.base}/v3/messages?{urlencode({'limit': '10', 'query': query})}"
        return Request("GET", url, {}, b"", {"Authorization": f"Bearer {self.api_key}"})

    def found(self, sought: Sought, body: bytes) -> str | None:
        """Its id of the mail, without what it adds for a machine; it shows the recipient but not our argument."""
        for one in json.loads(body)["messages"]:
            if str(one["to_email"]).lower() == sought.recipient.lower():
                return str(one["msg_id"]).split(".")[0]
        return None


def events(call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a call says: its signature (ECDSA on P-256) covers the time and the raw body."""
    moment = call.headers.get("x-twilio-email-event-webhook-timestamp", "")
    given = call.headers.get("x-twilio-email-event-webhook-signature", "")
    try:
        public = load_der_public_key(b64decode(secrets.get("public_key", ""), validate=True))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise refuse()
        public.verify(b64decode(given, validate=True), moment.encode() + call.raw, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        raise refuse() from None
    fresh(moment, call.now)
    said = parsed(call.raw)
    found = [_event(one, call) for one in said if isinstance(one, dict)] if isinstance(said, list) else []
    return tuple(event for event in found if event is not None)


def _event(said: Json, call: Call) -> ProviderEvent | None:
    name = str(said.get("event", ""))
    kind = KINDS.get(name)
    if kind is None:
        return None
    reply = text_of(said.get("reason") or said.get("response"))
    # its own id of a message goes on after a dot with the machine's
    provider_id = str(said.get("sg_message_id") or "").split(".")[0] or None
    return ProviderEvent(
        kind,
        str(said.get("sg_event_id") or mark_of(name, provider_id, said.get("email"), said.get("timestamp"))),
        instant_of(said.get("timestamp"), call.now),
        provider_id=provider_id,
        reference=bare_id(said.get("relance_ref")),
        recipient=text_of(said.get("email")) or None,
        bounce_class=_bounce_class(name, said, reply) if kind == "bounced" else None,
        reply=reply,
        link=text_of(said.get("url")) or None,
        user_agent=text_of(said.get("useragent")),
        address=text_of(said.get("ip")),
        is_machine=bool(said.get("sg_machine_open")),
    )


def _bounce_class(name: str, said: Json, reply: str) -> BounceClass:
    if name == "dropped":
        return DROPPED.get(reply.lower(), "policy")
    refusal = classify(str(said.get("status") or ""), None, reply)
    if said.get("type") == "blocked" and refusal.kind in {"invalid_recipient", "bad_domain", "unknown"}:
        return "policy"
    return refusal.kind
