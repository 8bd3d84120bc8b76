"""Postmark: mail over HTTP, and what it tells afterwards.

https://postmarkapp.com/developer/api/email-api · https://postmarkapp.com/developer/api/overview#error-codes
https://postmarkapp.com/developer/api/messages-api#outbound-message-search
https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from relance.channels.answers import answered, json_body, passed_on, sender_of
from relance.channels.bounce_classes import BounceClass, classify
from relance.channels.events import (
    Call,
    EventKind,
    Json,
    ProviderEvent,
    Secrets,
    bare_id,
    basic_password,
    instant_of,
    mark_of,
    parsed,
    text_of,
)
from relance.channels.protocol import Answered, Channel, Outgoing, Request, Sought

API: Final = "https://api.postmarkapp.com"
# of the server's token, the account, its credits, the sender
OUR_FAULT: Final = frozenset({10, 400, 401, 402, 405, 412, 413, 1235, 1236})
KINDS: Final[dict[str, EventKind]] = {
    "Delivery": "delivered",
    "Bounce": "bounced",
    "SpamComplaint": "complained",
    "Open": "opened",
    "Click": "clicked",
    "SubscriptionChange": "unsubscribed",
}
# https://postmarkapp.com/developer/api/bounce-api#bounce-types
BOUNCES: Final[dict[str, BounceClass]] = {
    "HardBounce": "invalid_recipient",
    "BadEmailAddress": "invalid_recipient",
    "Transient": "transient",
    "SoftBounce": "transient",
    "DnsError": "transient",
    "Blocked": "policy",
    "SpamNotification": "spam_block",
    "ISPBlock": "spam_block",
    "DMARCPolicy": "authentication",
    "SMTPApiError": "protocol",
    "VirusNotification": "content",
    "ManuallyDeactivated": "policy",
}
NOT_BOUNCES: Final[dict[str, EventKind]] = {"Unsubscribe": "unsubscribed", "SpamComplaint": "complained"}
SILENT: Final = frozenset({"AutoResponder", "AddressChange", "Subscribe", "ChallengeVerification", "OpenRelayTest"})


@dataclass(frozen=True)
class Postmark:
    """Mail of one server; marketing goes through a stream of its own."""

    token: str = field(repr=False)
    marketing_stream: str = "broadcast"
    other_stream: str = "outbound"
    base: str = API
    name: str = "postmark"
    channel: Channel = "email"
    idempotent_for: timedelta | None = None
    tells_events: bool = True

    def request(self, message: Outgoing) -> Request:
        """The request that hands one mail over; our Message-ID is kept."""
        headers = passed_on(message) | {"Message-ID": message.message_id, "X-PM-KeepID": "true"}
        body = {
            "From": sender_of(message),
            "To": message.recipient,
            "Subject": message.subject,
            "HtmlBody": message.html,
            "TextBody": message.text,
            "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
            "Metadata": {"relance_ref": message.message_id.strip("<>")},
            "MessageStream": self._stream(is_marketing=message.is_marketing),
            "TrackOpens": False,
            "TrackLinks": "None",
        }
        told = {"Content-Type": "application/json", "Accept": "application/json"}
        secret = {"X-Postmark-Server-Token": self.token}
        return Request("POST", f"{self.base}/email", told, json_body(body), secret)

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means."""
        return answered(
            status,
            headers,
            body,
            read_id=lambda said: said["MessageID"] if said["ErrorCode"] == 0 else None,
            explain=lambda said: f"{said['ErrorCode']}: {said['Message']}",
            is_ours=lambda said: said["ErrorCode"] in OUR_FAULT,
        )

    def search(self, sought: Sought) -> Request:
        """The request that looks for a mail by the reference in its metadata."""
        asked = {
            "count": "10",
            "offset": "0",
            "messagestream": self._stream(is_marketing=sought.is_marketing),
            "metadata_relance_ref": sought.reference,
        }
        secret = {"X-Postmark-Server-Token": self.token}
        url = f"{self.base}/messages/outbound?{urlencode(asked)}"
        return Request("GET", url, {"Accept": "application/json"}, b"", secret)

    def found(self, sought: Sought, body: bytes) -> str | None:
        """Its id of the mail, whatever became of it: sent, queued or bounced."""
        for one in json.loads(body)["Messages"]:
            if one["Metadata"].get("relance_ref") == sought.reference:
                return str(one["MessageID"])
        return None

    def _stream(self, *, is_marketing: bool) -> str:
        return self.marketing_stream if is_marketing else self.other_stream


def events(call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a call says. It is not signed: the password in the address proves it."""
    basic_password(call.headers, secrets.get("user", "relance"), secrets.get("password", ""))
    said = parsed(call.raw)
    event = _event(said, call) if isinstance(said, dict) else None
    return () if event is None else (event,)


def _event(said: Json, call: Call) -> ProviderEvent | None:
    record, detail = str(said.get("RecordType", "")), str(said.get("Type", ""))
    kind = NOT_BOUNCES.get(detail) or KINDS.get(record)
    if kind is None or detail in SILENT or (record == "SubscriptionChange" and not said.get("SuppressSending")):
        return None
    if said.get("SuppressionReason") in {"HardBounce", "SpamComplaint"}:
        kind = "bounced" if said["SuppressionReason"] == "HardBounce" else "complained"
    moment = next(
        (said[name] for name in ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt") if name in said), None
    )
    recipient = text_of(said.get("Email") or said.get("Recipient")) or None
    reply = text_of(said.get("Details") or said.get("Description"))
    provider_id = bare_id(said.get("MessageID"))
    metadata = said.get("Metadata")
    return ProviderEvent(
        kind,
        f"{record}:{said['ID']}" if said.get("ID") else mark_of(record, detail, provider_id, recipient, moment),
        instant_of(moment, call.now),
        provider_id=provider_id,
        reference=bare_id(metadata.get("relance_ref")) if isinstance(metadata, dict) else None,
        recipient=recipient,
        bounce_class=_bounce_class(detail, reply) if kind == "bounced" else None,
        reply=reply,
        link=text_of(said.get("OriginalLink")) or None,
        user_agent=text_of(said.get("UserAgent")),
    )


def _bounce_class(detail: str, reply: str) -> BounceClass:
    if detail in {"HardBounce", "SoftBounce", "Blocked", ""}:
        told = classify(None, None, reply)
        if told.layer != "none" and (detail != "SoftBounce" or told.kind not in {"invalid_recipient", "bad_domain"}):
            return told.kind
    return BOUNCES.get(detail, "invalid_recipient" if not detail else "unknown")
