"""Providers of mail on a port of this machine; each answers as the page named in its class documents.

What a fake takes stands in `taken`, also where its answer is a fault: that is a 5xx after acceptance.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from abc import abstractmethod
from email import message_from_bytes
from typing import Any

from tests.fakes.web_shop import Answered, Asked, WebShop, as_json

Document = dict[str, Any]
ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
E164 = re.compile(r"^\+?[1-9]\d{6,14}$")


class Provider(WebShop):
    """Checks who asks, then the request by the documented schema, then takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Document] = []

    def answer(self, asked: Asked) -> Answered:
        """The documented answer."""
        if (found := self.searched(asked)) is not None:
            return found
        if not self.is_known(asked):
            return self.unknown()
        document = self.read(asked)
        wrong = self.fault_in(document)
        if wrong is not None:
            return self.refused(wrong)
        self.taken.append(document)
        return self.accepted(document)

    def read(self, asked: Asked) -> Document:
        """The request as a document; JSON unless the provider wants something else."""
        try:
            found = json.loads(asked.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def searched(self, _asked: Asked) -> Answered | None:
        """The answer to a search in what was taken; None where this asks for something else."""
        return None

    @abstractmethod
    def is_known(self, asked: Asked) -> bool:
        """Whether the request carries the account's key."""

    @abstractmethod
    def fault_in(self, document: Document) -> str | None:
        """What the schema refuses, by the name of the field."""

    @abstractmethod
    def accepted(self, _document: Document) -> Answered:
        """The answer to a request that was taken."""

    @abstractmethod
    def refused(self, wrong: str) -> Answered:
        """The answer to a request that the schema refuses."""

    @abstractmethod
    def unknown(self) -> Answered:
        """The answer to a wrong key."""

    @abstractmethod
    def busy(self) -> Answered:
        """The answer to too many requests."""


class Brevo(Provider):
    """https://developers.brevo.com/reference/sendtransacemail, errors of https://developers.brevo.com/docs/how-it-works,
    search of https://developers.brevo.com/reference/get-email-event-report"""

    events = "/v3/smtp/statistics/events"

    def searched(self, asked: Asked) -> Answered | None:
        """The events that bear one of the tags; an account without any has no list."""
        if asked.path != self.events:
            return None
        if asked.headers.get("api-key") != "xkeysib-1":
            return self.unknown()
        tags = json.loads(asked.query.get("tags", "[]"))
        events = [
            {"event": "requests", "messageId": self.given(document), "tag": tag, "date": "2017-03-12T12:30:00Z"}
            for document in self.taken
            for tag in self.tags(document)
            if not tags or tag in tags
        ]
        return as_json(200, {"events": events} if events else {})

    def tags(self, document: Document) -> list[str]:
        """The tags of what was taken."""
        return list(document.get("tags", []))

    def given(self, _document: Document) -> Any:
        """The id that was given to what was taken."""
        return "<201906041124.44340027797@smtp-relay.mailin.fr>"

    def is_known(self, asked: Asked) -> bool:
        return asked.path == "/v3/smtp/email" and asked.headers.get("api-key") == "xkeysib-1"

    def fault_in(self, document: Document) -> str | None:
        if not ADDRESS.match(str(document.get("sender", {}).get("email", ""))):
            return "sender"
        if not all(ADDRESS.match(str(one.get("email", ""))) for one in document.get("to", [{}])):
            return "to"
        if not document.get("subject") or not (document.get("htmlContent") or document.get("textContent")):
            return "htmlContent"
        key = document.get("headers", {}).get("idempotencyKey", "")
        return None if re.fullmatch(r"[0-9a-f-]{36}", key) else "idempotencyKey"

    def accepted(self, _document: Document) -> Answered:
        return as_json(201, {"messageId": self.given(_document)})

    def refused(self, wrong: str) -> Answered:
        return as_json(400, {"code": "invalid_parameter", "message": f"{wrong} is not valid"})

    def unknown(self) -> Answered:
        return as_json(401, {"code": "unauthorized", "message": "Key not found"})

    def busy(self) -> Answered:
        return as_json(429, {"code": "too_many_requests", "message": "rate limit"}, Retry_After="7")


class Mailgun(Provider):
    """https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages (the form `messages.mime`),
    search of https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/events"""

    def searched(self, asked: Asked) -> Answered | None:
        """The events of the mails whose Message-ID, without its brackets, is asked for."""
        if asked.path != "/v3/mail.boutique.example/events":
            return None
        if (asked.user, asked.password) != ("api", "key-1"):
            return self.unknown()
        if "end" not in asked.query and asked.query.get("ascending") not in {"yes", "no"}:
            return as_json(400, {"message": "'ascending' parameter is required"})
        wanted = asked.query.get("message-id")
        ids = re.findall(
            r"^Message-ID:\s*<(.+)>", "\n".join(one["message"] for one in self.taken), re.MULTILINE | re.IGNORECASE
        )
        items = [
            {"event": "accepted", "timestamp": 1529006854.3, "message": {"headers": {"message-id": bare}}}
            for bare in ids
            if wanted is None or bare == wanted
        ]
        return as_json(200, {"items": items, "paging": {"next": f"{self.url}/v3/mail.boutique.example/events/W3siY"}})

    def is_known(self, asked: Asked) -> bool:
        right = (asked.user, asked.password) == ("api", "key-1")
        return right and asked.path == "/v3/mail.boutique.example/messages.mime"

    def read(self, asked: Asked) -> Document:
        """The fields of a multipart form."""
        kind = asked.headers.get("Content-Type", "")
        whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + asked.body)
        parts = whole.get_payload() if whole.is_multipart() else []
        return {
            str(part.get_param("name", header="Content-Disposition")): part.as_bytes().decode("utf-8", "replace")
            if part.get_content_type() == "message/rfc822"
            else str(part.get_payload()).strip()
            for part in parts
            if not isinstance(part, str)
        }

    def fault_in(self, document: Document) -> str | None:
        if not ADDRESS.match(str(document.get("to", ""))):
            return "'to' parameter is not a valid address. please check documentation"
        return None if "Subject:" in str(document.get("message", "")) else "message is missing"

    def accepted(self, _document: Document) -> Answered:
        return as_json(
            200, {"id": "<20190604112444.1.44340027@mail.boutique.example>", "message": "Queued. Thank you."}
        )

    def refused(self, wrong: str) -> Answered:
        return as_json(400, {"message": wrong})

    def unknown(self) -> Answered:
        return Answered(401, b"Forbidden", {"Content-Type": "text/plain"})

    def busy(self) -> Answered:
        return as_json(429, {"message": "Too many requests"}, Retry_After="7")


class Postmark(Provider):
    """https://postmarkapp.com/developer/api/email-api#send-a-single-email, errors of …/api/overview#error-codes,
    search of https://postmarkapp.com/developer/api/messages-api#outbound-message-search"""

    def searched(self, asked: Asked) -> Answered | None:
        """The mails of a stream whose metadata has the value that is asked for."""
        if asked.path != "/messages/outbound":
            return None
        if asked.headers.get("X-Postmark-Server-Token") != "server-1":
            return self.unknown()
        if not {"count", "offset"} <= asked.query.keys():
            return self.refused("count and offset are required")
        stream = asked.query.get("messagestream", "outbound")
        wanted = {name.partition("_")[2]: text for name, text in asked.query.items() if name.startswith("metadata_")}
        found = [
            {"MessageID": "0a129aee-e1cd-480d-b08d-4f48548ff48d", "MessageStream": stream, "Status": "Sent"}
            | {"Recipients": [one["To"]], "Metadata": one.get("Metadata", {})}
            for one in self.taken
            if one["MessageStream"] == stream and wanted.items() <= one.get("Metadata", {}).items()
        ]
        return as_json(200, {"TotalCount": len(found), "Messages": found[: int(asked.query["count"])]})

    def is_known(self, asked: Asked) -> bool:
        return asked.path == "/email" and asked.headers.get("X-Postmark-Server-Token") == "server-1"

    def fault_in(self, document: Document) -> str | None:
        if not ADDRESS.match(str(document.get("To", ""))):
            return "Invalid 'To' address"
        if not isinstance(document.get("Headers"), list) or document.get("TrackLinks") not in {"None", "HtmlOnly"}:
            return "Invalid JSON"
        return None if document.get("HtmlBody") or document.get("TextBody") else "Provide either TextBody or HtmlBody"

    def accepted(self, document: Document) -> Answered:
        told = {"To": document["To"], "SubmittedAt": "2014-02-17T07:25:01.4178645-05:00"}
        return as_json(
            200, {**told, "MessageID": "0a129aee-e1cd-480d-b08d-4f48548ff48d", "ErrorCode": 0, "Message": "OK"}
        )

    def refused(self, wrong: str) -> Answered:
        return as_json(422, {"ErrorCode": 300, "Message": wrong})

    def unknown(self) -> Answered:
        return as_json(401, {"ErrorCode": 10, "Message": "Request does not contain a valid Server token."})

    def busy(self) -> Answered:
        return as_json(429, {"ErrorCode": 429, "Message": "Rate limit exceeded"}, Retry_After="7")


class SendGrid(Provider):
    """https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send and …/mail-send/errors, search of
    https://www.twilio.com/docs/sendgrid/for-developers/sending-email/getting-started-email-activity-api"""

    def searched(self, asked: Asked) -> Answered | None:
        """The messages whose unique argument has the value that is asked for."""
        if asked.path != "/v3/messages":
            return None
        if asked.headers.get("Authorization") != "Bearer SG.1":
            return self.unknown()
        query = re.fullmatch(r"unique_args\['(\w+)'\]=\"([^\"]*)\"", asked.query.get("query", ""))
        if query is None or not asked.query.get("limit", "").isdigit():
            return self.refused("query")
        people = [person for one in self.taken for person in one["personalizations"]]
        found = [
            {"msg_id": "14c5d75ce93dfd64b469.filter0307p1las1-16816-5A023E36-1.0", "status": "delivered"}
            | {"to_email": person["to"][0]["email"], "subject": "Votre panier", "opens_count": 0}
            for person in people
            if person.get("custom_args", {}).get(query[1]) == query[2]
        ]
        return as_json(200, {"messages": found})

    def is_known(self, asked: Asked) -> bool:
        return asked.path == "/v3/mail/send" and asked.headers.get("Authorization") == "Bearer SG.1"

    def fault_in(self, document: Document) -> str | None:
        for person in document.get("personalizations") or [{}]:
            if not all(ADDRESS.match(str(one.get("email", ""))) for one in person.get("to", [{}])):
                return "personalizations.0.to.0.email"
        kinds = [part.get("type") for part in document.get("content", [])]
        # the plain part has to stand first
        return None if kinds == ["text/plain", "text/html"] else "content"

    def accepted(self, _document: Document) -> Answered:
        return Answered(202, b"", {"X-Message-Id": "14c5d75ce93dfd64b469"})

    def refused(self, wrong: str) -> Answered:
        return as_json(
            400, {"errors": [{"message": "Does not contain a valid address.", "field": wrong, "help": None}]}
        )

    def unknown(self) -> Answered:
        said = "The provided authorization grant is invalid, expired, or revoked"
        return as_json(401, {"errors": [{"field": None, "message": said}]})

    def busy(self) -> Answered:
        return as_json(429, {"errors": [{"field": None, "message": "too many requests"}]}, Retry_After="7")


class Resend(Provider):
    """https://resend.com/docs/api-reference/emails/send-email, errors of https://resend.com/docs/api-reference/errors"""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Answered] = {}

    def answer(self, asked: Asked) -> Answered:
        """A key that was seen gets its first answer again, and nothing is taken."""
        key = asked.headers.get("Idempotency-Key", "")
        if self.is_known(asked) and key in self.answers:
            return self.answers[key]
        found = super().answer(asked)
        if found.status == 200:
            self.answers[key] = found
        return found

    def is_known(self, asked: Asked) -> bool:
        return asked.path == "/emails" and asked.headers.get("Authorization") == "Bearer re_1"

    def fault_in(self, document: Document) -> str | None:
        if not all(ADDRESS.match(str(one)) for one in document.get("to", [""])):
            return "Invalid `to` field."
        tags = [str(value) for tag in document.get("tags", []) for value in tag.values()]
        if not all(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", tag) for tag in tags):
            return "Tags should only contain ASCII letters, numbers, underscores, or dashes."
        return None if document.get("html") or document.get("text") else "Missing `html` or `text` field."

    def accepted(self, _document: Document) -> Answered:
        return as_json(200, {"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"})

    def refused(self, wrong: str) -> Answered:
        return as_json(422, {"statusCode": 422, "name": "validation_error", "message": wrong})

    def unknown(self) -> Answered:
        return as_json(401, {"statusCode": 401, "name": "missing_api_key", "message": "Missing API key"})

    def busy(self) -> Answered:
        said = {"statusCode": 429, "name": "rate_limit_exceeded", "message": "Too many requests."}
        return as_json(429, said, Retry_After="7")


class Ses(Provider):
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html"""

    def is_known(self, asked: Asked) -> bool:
        given = asked.headers.get("Authorization", "")
        signed = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\d{8})/eu-west-3/ses/aws4_request, "
            r"SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}",
            given,
        )
        digest = asked.headers.get("X-Amz-Content-Sha256") == hashlib.sha256(asked.body).hexdigest()
        day = asked.headers.get("X-Amz-Date", "")[:8]
        named = signed is not None and {"host", "x-amz-date"} <= set(signed.group(2).split(";"))
        return named and digest and signed is not None and signed.group(1) == day

    def fault_in(self, document: Document) -> str | None:
        to = document.get("Destination", {}).get("ToAddresses", [""])
        if not all(ADDRESS.match(str(one)) for one in to):
            return "Illegal address"
        raw = base64.b64decode(document.get("Content", {}).get("Raw", {}).get("Data", ""))
        return None if message_from_bytes(raw)["Subject"] else "Missing final '@domain'"

    def accepted(self, _document: Document) -> Answered:
        return as_json(200, {"MessageId": "0102018c5f6b1a2e-7c191be4-5e9a-4ed1-a02f-9fe4d1200000-000000"})

    def refused(self, wrong: str) -> Answered:
        return as_json(400, {"message": wrong}, x_amzn_ErrorType="BadRequestException")

    def unknown(self) -> Answered:
        said = "The request signature we calculated does not match the signature you provided."
        return as_json(403, {"message": said}, x_amzn_ErrorType="InvalidSignatureException")

    def busy(self) -> Answered:
        said = {"message": "Maximum sending rate exceeded."}
        return as_json(429, said, x_amzn_ErrorType="TooManyRequestsException", Retry_After="7")
