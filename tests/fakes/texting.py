"""The providers of text messages, answering as their documentation says."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.providers import E164, Brevo, Document, Provider
from tests.fakes.web_shop import Answered, Asked, as_json


class BrevoSms(Brevo):
    """https://developers.brevo.com/reference/sendtransacsms, search of
    https://developers.brevo.com/reference/get-sms-events"""

    events = "/v3/transactionalSMS/statistics/events"

    def tags(self, document: Document) -> list[str]:
        """An SMS has one tag."""
        return [document["tag"]] if document.get("tag") else []

    def given(self, _document: Document) -> Any:
        """A number."""
        return 1511882900176220

    def is_known(self, asked: Asked) -> bool:
        return asked.path == "/v3/transactionalSMS/send" and asked.headers.get("api-key") == "xkeysib-1"

    def fault_in(self, document: Document) -> str | None:
        if not re.fullmatch(r"[A-Za-z0-9 ]{1,11}|\d{1,15}", str(document.get("sender", ""))):
            return "sender"
        if not re.fullmatch(r"[1-9]\d{6,14}", str(document.get("recipient", ""))):
            return "recipient"
        return None if document.get("content") and document.get("type") in {"marketing", "transactional"} else "content"

    def accepted(self, _document: Document) -> Answered:
        told = {"reference": "ab1cde2fgh3i4jklmno", "messageId": self.given(_document), "smsCount": 2}
        return as_json(201, {**told, "usedCredits": 0.7, "remainingCredits": 82.85})


class Twilio(Provider):
    """https://www.twilio.com/docs/messaging/api/message-resource, errors of https://www.twilio.com/docs/api/errors

    Whoever is in `stopped` has answered STOP: https://www.twilio.com/docs/api/errors/21610
    """

    stopped: frozenset[str] = frozenset()

    def is_known(self, asked: Asked) -> bool:
        right = (asked.user, asked.password) == ("AC1", "token-1")
        return right and asked.path == "/2010-04-01/Accounts/AC1/Messages.json"

    def read(self, asked: Asked) -> Document:
        """The fields of a form."""
        return dict(parse_qsl(asked.body.decode()))

    def fault_in(self, document: Document) -> str | None:
        to = str(document.get("To", ""))
        return None if E164.match(to) and document.get("Body") and to not in self.stopped else to

    def accepted(self, _document: Document) -> Answered:
        return as_json(201, {"sid": "SM8b6f0d6f8f0e4a1b9a3c", "status": "queued", "error_code": None})

    def refused(self, wrong: str) -> Answered:
        if wrong in self.stopped:
            said = {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}
            return as_json(400, said | {"more_info": "https://www.twilio.com/docs/errors/21610"})
        return as_json(
            400, {"code": 21211, "message": f"The 'To' number {wrong} is not a valid phone number.", "status": 400}
        )

    def unknown(self) -> Answered:
        return as_json(401, {"code": 20003, "message": "Authenticate", "status": 401})

    def busy(self) -> Answered:
        return as_json(429, {"code": 20429, "message": "Too Many Requests", "status": 429}, Retry_After="7")


class Ovh(Provider):
    """https://docs.ovhcloud.com/en/guides/web-cloud/messaging/sms/api-sms-cookbook, signatures of
    https://help.ovhcloud.com/csm/en-api-getting-started-ovhcloud-api

    Whoever has answered STOP stands in `blacklist`: `GET /sms/{serviceName}/blacklists` of the cookbook.
    """

    blacklist: tuple[str, ...] = ()

    def searched(self, asked: Asked) -> Answered | None:
        """The list of those who have stopped."""
        if asked.path != "/sms/sms-ab12345-1/blacklists":
            return None
        return as_json(200, list(self.blacklist)) if self.is_signed(asked, "GET") else self.unknown()

    def is_signed(self, asked: Asked, method: str) -> bool:
        """Whether the request carries the account's signature."""
        moment = asked.headers.get("X-Ovh-Timestamp", "")
        signed = "+".join(("secret-1", "consumer-1", method, f"{self.url}{asked.path}", asked.body.decode(), moment))
        expected = "$1$" + hashlib.sha1(signed.encode()).hexdigest()  # noqa: S324 - as OVH asks for it
        return asked.headers.get("X-Ovh-Signature") == expected

    def is_known(self, asked: Asked) -> bool:
        return asked.path == "/sms/sms-ab12345-1/jobs" and self.is_signed(asked, "POST")

    def fault_in(self, document: Document) -> str | None:
        return None if document.get("message") and isinstance(document.get("receivers"), list) else "message"

    def accepted(self, document: Document) -> Answered:
        valid = [number for number in document["receivers"] if E164.match(number)]
        wrong = [number for number in document["receivers"] if number not in valid]
        told = {"totalCreditsRemoved": len(valid), "validReceivers": valid, "invalidReceivers": wrong}
        return as_json(200, {**told, "ids": [27814656 + place for place, _ in enumerate(valid)]})

    def refused(self, wrong: str) -> Answered:
        return as_json(400, {"class": "Client::BadRequest", "message": f"Missing {wrong} parameter"})

    def unknown(self) -> Answered:
        return as_json(
            403, {"errorCode": "INVALID_SIGNATURE", "httpCode": "403 Forbidden", "message": "Invalid signature"}
        )

    def busy(self) -> Answered:
        return as_json(429, {"class": "Client::TooManyRequests", "message": "Too many requests"}, Retry_After="7")
