"""Amazon SES: the whole mail over HTTP, and what SNS tells afterwards.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from relance.channels.answers import answered, json_body
from relance.channels.bounce_classes import BounceClass, classify
from relance.channels.events import (
    Call,
    EventKind,
    Json,
    ProviderEvent,
    Secrets,
    bare_id,
    instant_of,
    mark_of,
    parsed,
    text_of,
)
from relance.channels.protocol import Answered, Channel, Outgoing, Request
from relance.channels.sns import notification
from relance.clock import Clock, system_clock

WAITS: Final = frozenset({"TooManyRequestsException", "ThrottlingException", "LimitExceededException"})
OUR_FAULT: Final = frozenset(
    {
        "AccountSuspendedException",
        "SendingPausedException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
    }
)
KINDS: Final[dict[str, EventKind]] = {
    "Send": "accepted",
    "Delivery": "delivered",
    "DeliveryDelay": "deferred",
    "Bounce": "bounced",
    "Reject": "bounced",
    "Rendering Failure": "bounced",
    "Complaint": "complained",
    "Open": "opened",
    "Click": "clicked",
    "Subscription": "unsubscribed",
}
SIGNED: Final = "content-type;host;x-amz-content-sha256;x-amz-date"


@dataclass(frozen=True)
class Ses:
    """Mail of one account in one region. SES puts its own Message-ID and Date: our reference goes along as a tag."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    configuration_set: str | None = None
    base: str = ""
    clock: Clock = field(default=system_clock, repr=False)
    name: str = "ses"
    channel: Channel = "email"
    idempotent_for: timedelta | None = None
    tells_events: bool = True

    def request(self, message: Outgoing) -> Request:
        """The request that hands one mail over, signed with Signature Version 4."""
        content: Json = {
            "FromEmailAddress": message.sender,
            "Destination": {"ToAddresses": [message.recipient]},
            "Content": {"Raw": {"Data": b64encode(message.mime).decode("ascii")}},
            "EmailTags": [{"Name": "relance_ref", "Value": message.message_id.strip("<>")}],
        }
        if self.configuration_set:
            content["ConfigurationSetName"] = self.configuration_set
        body = json_body(content)
        base = self.base or f"https://email.{self.region}.amazonaws.com"
        url = f"{base}/v2/email/outbound-emails"
        headers = {
            "Content-Type": "application/json",
            "X-Amz-Content-Sha256": sha256(body).hexdigest(),
            "X-Amz-Date": self.clock().strftime("%Y%m%dT%H%M%SZ"),
        }
        return Request("POST", url, headers, body, {"Authorization": self._authorization(url, headers)})

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means; the kind of a refusal stands in a header."""
        kind = headers.get("x-amzn-errortype", "").partition(":")[0]
        return answered(
            status,
            headers,
            body,
            read_id=lambda said: said["MessageId"],
            explain=lambda said: f"{kind}: {said.get('message') or said.get('Message') or ''}",
            is_ours=lambda _said: kind in OUR_FAULT,
            waits=lambda _said: kind in WAITS,
        )

    def _authorization(self, url: str, headers: Mapping[str, str]) -> str:
        parts, moment = urlsplit(url), headers["X-Amz-Date"]
        held = {name.lower(): value for name, value in headers.items()} | {"host": parts.netloc}
        lines = [f"{name}:{held[name]}" for name in SIGNED.split(";")]
        canonical = "\n".join(["POST", parts.path, "", *lines, "", SIGNED, headers["X-Amz-Content-Sha256"]])
        scope = f"{moment[:8]}/{self.region}/ses/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = signing_key(self.secret_key, moment[:8], self.region, "ses")
        made = hmac.new(key, to_sign.encode(), sha256).hexdigest()
        return f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={SIGNED}, Signature={made}"


def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The key of a day, a region and a service, from which nothing else follows."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), sha256)
    return key


def events(call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a call of SNS says; raises BadSignature for one of another topic."""
    told = notification(call, secrets.get("topic_arn", ""))
    if told is None:
        return ()
    said = parsed(told.message.encode())
    kind = (
        KINDS.get(str(said.get("eventType") or said.get("notificationType") or "")) if isinstance(said, dict) else None
    )
    if kind is None:
        return ()
    mail = _part(said, "mail")
    return tuple(
        _event(kind, said, mail, recipient, f"{told.message_id}:{mark_of(recipient)[:16]}", call)
        for recipient in _recipients(said, mail)
    )


def _event(kind: EventKind, said: Json, mail: Json, recipient: Json, event_id: str, call: Call) -> ProviderEvent:
    detail = _part(said, str(said.get("eventType") or said.get("notificationType") or "").lower())
    tags = mail.get("tags")
    reference = tags.get("relance_ref") if isinstance(tags, dict) else None
    reply = text_of(recipient.get("diagnosticCode") or detail.get("smtpResponse") or detail.get("reason"))
    return ProviderEvent(
        kind,
        event_id,
        instant_of(detail.get("timestamp") or mail.get("timestamp"), call.now),
        provider_id=bare_id(mail.get("messageId")),
        reference=bare_id(reference[0]) if isinstance(reference, list) and reference else None,
        recipient=text_of(recipient.get("emailAddress")) or None,
        bounce_class=_bounce_class(detail, recipient, reply) if kind == "bounced" else None,
        reply=reply,
        link=text_of(detail.get("link")) or None,
        user_agent=text_of(detail.get("userAgent")),
        address=text_of(detail.get("ipAddress")),
    )


def _bounce_class(detail: Json, recipient: Json, reply: str) -> BounceClass:
    """By what the receiving server said, else by SES' own type; what SES itself withholds is no news of the person."""
    status = str(recipient.get("status") or "")
    told = classify(status, None, reply)
    if told.layer != "none":
        return told.kind
    kind, sub = str(detail.get("bounceType", "")), str(detail.get("bounceSubType", ""))
    if kind == "Permanent":
        return "policy" if "Suppress" in sub else "invalid_recipient"
    if kind == "Transient":
        by_detail: dict[str, BounceClass] = {"MailboxFull": "quota", "MessageTooLarge": "content"}
        return by_detail.get(sub, "content" if sub in {"ContentRejected", "AttachmentRejected"} else "transient")
    return "unknown" if kind else "policy"


def _recipients(said: Json, mail: Json) -> list[Json]:
    for part, name in (("bounce", "bouncedRecipients"), ("complaint", "complainedRecipients")):
        found = _part(said, part).get(name)
        if isinstance(found, list) and found:
            return [one for one in found if isinstance(one, dict)]
    told = _part(said, "delivery").get("recipients") or mail.get("destination") or [""]
    return [{"emailAddress": str(address)} for address in told] if isinstance(told, list) else [{}]


def _part(data: Json, name: str) -> Json:
    found = data.get(name)
    return found if isinstance(found, dict) else {}
