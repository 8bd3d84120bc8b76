"""OVHcloud: SMS over HTTP, and what it tells afterwards.

https://docs.ovhcloud.com/en/guides/web-cloud/messaging/sms/api-sms-cookbook · https://eu.api.ovh.com/console/?section=%2Fsms
Requests are signed as https://help.ovhcloud.com/csm/en-api-getting-started-ovhcloud-api?id=kb_article_view says.

Its calls about deliveries are those of step 5 of
https://docs.ovhcloud.com/fr/guides/web-cloud/messaging/sms/tout-savoir-sur-les-utilisateurs-sms
They are not signed: the secret in the address that it calls is all that proves them, so that they may say what became
of a message, and never by themselves that a number is wrong. Neither a call nor a refusal tells of a STOP: code 23 is
said of wrong numbers as well as of those that are closed to us. Whose STOP it has heard has to be asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha1
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from relance.channels.answers import answered, json_body
from relance.channels.bounce_classes import BounceClass
from relance.channels.events import Call, EventKind, ProviderEvent, Secrets, mark_of, refuse, same, text_of
from relance.channels.protocol import Answered, Channel, Outgoing, Request
from relance.clock import Clock, system_clock

API: Final = "https://eu.api.ovh.com/1.0"
INVALID: Final = "invalid"
INTERNATIONAL: Final = re.compile(r"^(?:\+|00)?(?=\d)")
# states of a delivery receipt, which a call names in its field `description`
RECEIPTS: Final[dict[str, EventKind]] = {
    "0": "accepted",
    "1": "delivered",
    "2": "bounced",
    "4": "deferred",
    "8": "accepted",
    "16": "bounced",
}
# what the operator said, in the field `ptt`, where there is no state: retried, accepted, delivered, given up
SAID: Final[dict[str, EventKind]] = {
    "1": "deferred",
    "2": "deferred",
    "3": "accepted",
    "4": "delivered",
    **dict.fromkeys(("5", "8", "20", "21", "23", "24", "25", "26", "27", "28", "29", "33", "39"), "bounced"),
}
# given up for now: too late, no credit, absent, a trouble of the network or of the telephone; for our content
BOUNCES: Final[dict[str, BounceClass]] = {
    **dict.fromkeys(("8", "21", "24", "25", "26", "39"), "transient"),
    "28": "spam_block",
    "29": "content",
    "33": "content",
}


@dataclass(frozen=True)
class Ovh:
    """SMS of one service (`sms-ab12345-1`), with an application's keys."""

    service: str
    application_key: str
    application_secret: str = field(repr=False)
    consumer_key: str = field(repr=False)
    base: str = API
    clock: Clock = field(default=system_clock, repr=False)
    name: str = "ovh"
    channel: Channel = "sms"
    idempotent_for: timedelta | None = None
    tells_events: bool = False

    def request(self, message: Outgoing) -> Request:
        """The request that hands one SMS over; OVH adds its words of stopping to marketing."""
        body = json_body(
            {
                "message": message.text,
                "receivers": [message.recipient],
                "sender": message.sender,
                "charset": "UTF-8",
                "noStopClause": not message.is_marketing,
                "tag": mark_of(message.message_id)[:20],
            }
        )
        url = f"{self.base}/sms/{self.service}/jobs"
        moment = str(int(self.clock().timestamp()))
        headers = {"Content-Type": "application/json", "X-Ovh-Timestamp": moment}
        return Request("POST", url, headers, body, self._secret("POST", url, body, moment))

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer means; a yes that names the number as invalid is a no."""
        found = answered(
            status,
            headers,
            body,
            read_id=_taken_id,
            explain=lambda said: f"{said.get('errorCode') or said.get('class', '')}: {said['message']}",
            is_ours=lambda said: "sender" in said["message"].lower() or "credit" in said["message"].lower(),
        )
        return Answered("failed", status, "the number is not valid") if found.provider_id == INVALID else found

    def stops(self) -> Request:
        """The request for the numbers that have answered STOP: `GET /sms/{serviceName}/blacklists` of the cookbook."""
        url, moment = f"{self.base}/sms/{self.service}/blacklists", str(int(self.clock().timestamp()))
        return Request("GET", url, {"X-Ovh-Timestamp": moment}, b"", self._secret("GET", url, b"", moment))

    def stopped(self, body: bytes) -> tuple[str, ...]:
        """The numbers in a list of them, with the sign in front."""
        return tuple(INTERNATIONAL.sub("+", str(number)) for number in json.loads(body))

    def _secret(self, method: str, url: str, body: bytes, moment: str) -> dict[str, str]:
        return {
            "X-Ovh-Application": self.application_key,
            "X-Ovh-Consumer": self.consumer_key,
            "X-Ovh-Signature": self._signature(method, url, body, moment),
        }

    def _signature(self, method: str, url: str, body: bytes, moment: str) -> str:
        parts = (self.application_secret, self.consumer_key, method, url, body.decode(), moment)
        return "$1$" + sha1("+".join(parts).encode()).hexdigest()  # noqa: S324 - as OVH asks for it


def _taken_id(said: Any) -> object:
    if said["ids"]:
        return said["ids"][0]
    return INVALID if said["invalidReceivers"] else None


def events(call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a call says, by its fields `id`, `description` and `ptt`; the address carries our `token`."""
    query = dict(parse_qsl(urlsplit(call.url).query, max_num_fields=50))
    if not secrets.get("token") or not same(query.get("token", ""), secrets["token"]):
        raise refuse()
    said = query.get("ptt", "")
    kind = RECEIPTS.get(query.get("description", "")) or SAID.get(said)
    if kind is None or "id" not in query:
        return ()
    return (
        ProviderEvent(
            kind,
            mark_of(query["id"], kind),
            call.now,
            provider_id=query["id"],
            bounce_class=BOUNCES.get(said, "unknown") if kind == "bounced" else None,
            reply=text_of(f"{said} {query.get('descriptionDlr', '')}".strip()),
        ),
    )
