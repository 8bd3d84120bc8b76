"""Twilio: SMS over HTTP, and what it tells afterwards.

https://www.twilio.com/docs/messaging/api/message-resource · https://www.twilio.com/docs/usage/webhooks/webhooks-security
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status · https://www.twilio.com/docs/api/errors/21610
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha1
from typing import Final
from urllib.parse import urlencode

from relance.channels.answers import answered, basic
from relance.channels.bounce_classes import BounceClass
from relance.channels.events import (
    Call,
    EventKind,
    ProviderEvent,
    Secrets,
    bare_id,
    parsed_form,
    refuse,
    same,
    text_of,
)
from relance.channels.protocol import Answered, Channel, Outgoing, Request

API: Final = "https://api.twilio.com"
# the sender's number or service, the account, its permission for a country
OUR_FAULT: Final = frozenset({20003, 20404, 21212, 21603, 21606, 21660, 21408, 21703, 21705, 30002})
# the person has sent STOP to this number, and we did not know
STOPPED: Final = 21610
KINDS: Final[dict[str, EventKind]] = {
    "queued": "accepted",
    "accepted": "accepted",
    "sending": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "bounced",
    "failed": "bounced",
}
# https://www.twilio.com/docs/api/errors: unreachable, blocked, unknown, landline, filtered as spam
BOUNCES: Final[dict[str, BounceClass]] = {
    "30003": "transient",
    "30004": "policy",
    "30005": "invalid_recipient",
    "30006": "invalid_recipient",
    "30007": "spam_block",
    "30008": "unknown",
}


@dataclass(frozen=True)
class Twilio:
    """SMS of one account; `sender` of a message is a number, a name or a messaging service (MG…)."""

    account: str
    token: str = field(repr=False)
    callback: str | None = None
    base: str = API
    name: str = "twilio"
    channel: Channel = "sms"
    idempotent_for: timedelta | None = None
    tells_events: bool = True

    def request(self, message: Outgoing) -> Request:
        """The request that hands one SMS over."""
        sender = "MessagingServiceSid" if message.sender.startswith("MG") else "From"
        form = {"To": message.recipient, sender: message.sender, "Body": message.text}
        if self.callback:
            form["StatusCallback"] = self.callback
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = f"{self.base}/2010-04-01/Accounts/{self.account}/Messages.json"
        secret = {"Authorization": basic(self.account, self.token)}
        return Request("POST", url, headers, urlencode(form).encode("ascii"), secret)

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means; code 21610 says that the person has sent STOP."""
        return answered(
            status,
            headers,
            body,
            read_id=lambda said: said["sid"],
            explain=lambda said: f"{said['code']}: {said['message']}",
            is_ours=lambda said: said["code"] in OUR_FAULT,
            waits=lambda said: said["code"] == 20429,
            stopped=lambda said: said["code"] == STOPPED,
        )


def events(call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a call says. Its signature covers the address as Twilio knows it: ours as it is seen from outside."""
    form = parsed_form(call.raw) if call.raw else {}
    expected = call_signature(secrets.get("token", ""), call.url, form)
    if not secrets.get("token") or not same(call.headers.get("x-twilio-signature", ""), expected):
        raise refuse()
    sid = bare_id(form.get("MessageSid") or form.get("SmsSid"))
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    if status == "received" or ("Body" in form and "From" in form and not form.get("MessageStatus")):
        # an opt-out that Twilio itself understood comes with its kind
        said: EventKind = "stopped" if form.get("OptOutType") == "STOP" else "replied"
        return (
            ProviderEvent(said, f"{sid}:{said}", call.now, recipient=form.get("From"), reply=text_of(form.get("Body"))),
        )
    kind = KINDS.get(status)
    if kind is None:
        return ()
    code = form.get("ErrorCode", "")
    if code == str(STOPPED):
        kind = "stopped"
    bounce = BOUNCES.get(code, "unknown") if kind == "bounced" else None
    return (
        ProviderEvent(
            kind,
            f"{sid}:{status}",
            call.now,
            provider_id=sid,
            recipient=form.get("To"),
            bounce_class=bounce,
            reply=text_of(f"{code} {form.get('ErrorMessage', '')}"),
        ),
    )


def call_signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """The signature of a call: HMAC-SHA1 over the address and the fields in order of their names."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return b64encode(hmac.new(token.encode(), signed.encode(), sha1).digest()).decode("ascii")
