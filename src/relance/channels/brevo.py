"""Brevo: mail and SMS over HTTP, and what it tells afterwards.

https://developers.brevo.com/reference/sendtransacemail · https://developers.brevo.com/reference/sendtransacsms
https://developers.brevo.com/reference/get-email-event-report · https://developers.brevo.com/reference/get-sms-events
https://developers.brevo.com/docs/transactional-webhooks · https://developers.brevo.com/docs/heterogenous-versions-batch-emails
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from relance.channels.answers import answered, json_body, passed_on
from relance.channels.bounce_classes import classify
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

API: Final = "https://api.brevo.com"
# the changelog says 15 minutes and the guide 30: the shorter holds
KEY_LIVES: Final = timedelta(minutes=15)
MAIL: Final[dict[str, EventKind]] = {
    "request": "accepted",
    "delivered": "delivered",
    "deferred": "deferred",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "invalid_email": "bounced",
    "blocked": "bounced",
    "error": "bounced",
    "spam": "complained",
    "complaint": "complained",
    "opened": "opened",
    "unique_opened": "opened",
    "proxy_open": "opened",
    "unique_proxy_open": "opened",
    "click": "clicked",
    "unsubscribe": "unsubscribed",
    "unsubscribed": "unsubscribed",
}
SMS: Final[dict[str, EventKind]] = {
    "sent": "accepted",
    "accepted": "accepted",
    "delivered": "delivered",
    "soft_bounce": "bounced",
    "hard_bounce": "bounced",
    "rejected": "bounced",
    "unsubscribe": "stopped",
    "blacklisted": "stopped",
    "replied": "replied",
}


def _explain(said: Any) -> object:
    return f"{said['code']}: {said['message']}"


def _is_ours(said: Any) -> bool:
    return said["code"] in {"unauthorized", "permission_denied", "not_enough_credits"} or "sender" in str(
        said["message"]
    )


@dataclass(frozen=True)
class Brevo:
    """Mail of one account; `api_key` opens it."""

    api_key: str = field(repr=False)
    base: str = API
    name: str = "brevo"
    channel: Channel = "email"
    idempotent_for: timedelta | None = KEY_LIVES
    tells_events: bool = True

    def request(self, message: Outgoing) -> Request:
        """The request that hands one mail over."""
        headers = passed_on(message) | {"X-Mailin-custom": message.message_id.strip("<>")}
        body = {
            "sender": {"name": message.sender_name or message.sender, "email": message.sender},
            "to": [{"email": message.recipient}],
            "subject": message.subject,
            "htmlContent": message.html,
            "textContent": message.text,
            "headers": headers | {"idempotencyKey": message.idempotency_key},
            # what Brevo's own record of a mail can be searched by
            "tags": [message.message_id.strip("<>")],
        }
        return _request("POST", f"{self.base}/v3/smtp/email", self.api_key, json_body(body))

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means."""
        return answered(
            status, headers, body, read_id=lambda said: bare_id(said["messageId"]), explain=_explain, is_ours=_is_ours
        )

    def search(self, sought: Sought) -> Request:
        """The request that looks for a mail's events by our tag."""
        return _search(f"{self.base}/v3/smtp/statistics/events", self.api_key, sought)

    def found(self, sought: Sought, body: bytes) -> str | None:
        """Its id of the mail."""
        return _found(sought, body)


@dataclass(frozen=True)
class BrevoSms:
    """SMS of one account."""

    api_key: str = field(repr=False)
    base: str = API
    name: str = "brevo"
    channel: Channel = "sms"
    idempotent_for: timedelta | None = None
    tells_events: bool = True

    def request(self, message: Outgoing) -> Request:
        """The request that hands one SMS over; a sender's name has at most 11 letters and digits."""
        body = {
            "type": "marketing" if message.is_marketing else "transactional",
            "sender": message.sender,
            "recipient": message.recipient.lstrip("+"),
            "content": message.text,
            "tag": message.message_id.strip("<>"),
        }
        return _request("POST", f"{self.base}/v3/transactionalSMS/send", self.api_key, json_body(body))

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means."""
        return answered(
            status, headers, body, read_id=lambda said: said["messageId"], explain=_explain, is_ours=_is_ours
        )

    def search(self, sought: Sought) -> Request:
        """The request that looks for an SMS' events by our tag."""
        return _search(f"{self.base}/v3/transactionalSMS/statistics/events", self.api_key, sought)

    def found(self, sought: Sought, body: bytes) -> str | None:
        """Its id of the SMS."""
        return _found(sought, body)


def _request(method: str, url: str, api_key: str, body: bytes = b"") -> Request:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(method, url, headers, body, {"api-key": api_key})


def _search(url: str, api_key: str, sought: Sought) -> Request:
    asked = {"limit": "10", "days": "30", "tags": json.dumps([sought.reference], separators=(",", ":"))}
    return _request("GET", f"{url}?{urlencode(asked)}", api_key)


def _found(sought: Sought, body: bytes) -> str | None:
    """The id in an event that bears our tag; an account without any events has no list of them."""
    for one in json.loads(body).get("events", []):
        if sought.reference in str(one["tag"]):
            return bare_id(one["messageId"])
    return None


def mail_events(call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a call of the webhook for mail says. It is not signed: the password in the address proves it."""
    basic_password(call.headers, secrets.get("user", "relance"), secrets.get("password", ""))
    said = parsed(call.raw)
    found = [_mail_event(one, call) for one in (said if isinstance(said, list) else [said]) if isinstance(one, dict)]
    return tuple(event for event in found if event is not None)


def sms_events(call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a call of the webhook for SMS says."""
    basic_password(call.headers, secrets.get("user", "relance"), secrets.get("password", ""))
    said = parsed(call.raw)
    kind = SMS.get(str(said.get("msg_status", "")).lower()) if isinstance(said, dict) else None
    if kind is None:
        return ()
    at = instant_of(said.get("ts_event") or said.get("date"), call.now)
    event_id = mark_of("sms", said.get("msg_status"), said.get("messageId"), said.get("to"), said.get("ts_event"))
    hard = said.get("msg_status") == "hard_bounce"
    return (
        ProviderEvent(
            kind,
            event_id,
            at,
            provider_id=bare_id(said.get("messageId")),
            reference=bare_id(said.get("tag")),
            recipient=_number(said.get("to")),
            bounce_class=("invalid_recipient" if hard else "transient") if kind == "bounced" else None,
            reply=text_of(said.get("reply") or said.get("description")),
        ),
    )


def _number(told: object) -> str | None:
    """A telephone number as the rest of the house writes it (E.164): Brevo leaves the sign in front out."""
    digits = text_of(told).lstrip("+")
    return f"+{digits}" if digits.isdigit() else None


def _mail_event(said: Json, call: Call) -> ProviderEvent | None:
    name = str(said.get("event", ""))
    kind = MAIL.get(name)
    if kind is None:
        return None
    # of its times only this one is in UTC for certain
    at = instant_of(said.get("ts_epoch") or said.get("ts_event"), call.now)
    provider_id = bare_id(said.get("message-id"))
    reply = text_of(said.get("reason"))
    event_id = mark_of(
        name, provider_id, said.get("email"), said.get("ts_epoch") or said.get("ts_event"), said.get("link")
    )
    return ProviderEvent(
        kind,
        event_id,
        at,
        provider_id=provider_id,
        reference=bare_id(said.get("X-Mailin-custom")),
        recipient=text_of(said.get("email")) or None,
        bounce_class=_bounce_class(name, reply) if kind == "bounced" else None,
        reply=reply,
        link=text_of(said.get("link")) or None,
        user_agent=text_of(said.get("user_agent")),
        address=text_of(said.get("ip")),
        is_machine=name in {"proxy_open", "unique_proxy_open"},
    )


def _bounce_class(name: str, reply: str) -> Any:
    if name == "invalid_email":
        return "invalid_recipient"
    if name in {"blocked", "error"}:
        return "policy"
    kind = classify(None, None, reply).kind
    if name == "soft_bounce":
        return "transient" if kind in {"invalid_recipient", "bad_domain", "inactive_mailbox", "unknown"} else kind
    return "invalid_recipient" if kind in {"unknown", "transient"} else kind
