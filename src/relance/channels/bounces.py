"""Mails that come back: delivery reports (RFC 3464), complaints (RFC 5965) and what old servers write in plain words.

Three layers: the fields of a report, a status or reply code inside the text, phrases. Whatever comes, nothing raises:
what cannot be read is of class `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Final, Literal, cast

from relance.channels.bounce_classes import BounceClass, Refusal, Stage, classify

Found = Literal["fields", "code", "phrase", "none"]
Complaint = Literal["abuse", "fraud", "virus", "other", "not-spam", "auth-failure", "opt-out", "dmarc"]
LARGEST: Final = 5_000_000  # bytes that are looked at
LONGEST_TEXT: Final = 20_000
LONGEST_SAID: Final = 500
MOST_RECIPIENTS: Final = 100
STATUSES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
REPORTS: Final = STATUSES | {"message/feedback-report"}
WRITTEN_OUT: Final = re.compile(r"^(?:[A-Za-z][A-Za-z-]{1,40}:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}", re.MULTILINE)
RETURNED: Final = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"})
ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
# where a report ends and the mail that came back begins
END_OF_REPORT: Final = re.compile(
    r"^(?:>?\s*(?:Return-Path|Received|Message-ID):\s"
    r"|-{2,}[^\n]{0,60}(?:copy|original|returned|undelivered|unsent|header|message follows)"
    r"|[^\n]{0,60}\b(?:copy of (?:the|your)|original message|first \d+ lines|header of (?:the )?message))",
    re.IGNORECASE | re.MULTILINE,
)
OPENING: Final = re.compile(
    r"^[ \t>*-]*(?:(?:Recipient|To|Address|Final-Recipient|User)s?:[ \t]*)?"
    r"<?(?P<address>[^\s<>:;,]+@[^\s<>:;,]+\.[^\s<>:;,]+?)>?(?::|[ \t]*$|[ \t]+\W|\.\.\.)",
    re.IGNORECASE | re.MULTILINE,
)
AFTER_DATA: Final = re.compile(
    r"(?:in (?:reply|response) to|after) (?:the )?(?:end of )?(?:DATA|message)", re.IGNORECASE
)
AFTER_MAIL: Final = re.compile(r"(?:in (?:reply|response) to|after) (?:the )?(?:pipelined )?MAIL FROM", re.IGNORECASE)
# a transcript: what we said, then the first answer that refuses
TRANSCRIPT: Final = re.compile(r"^>>> *(\w+|\.)[^\n]*\n(?:[^\n>]*\n)??<<< *[45]\d\d", re.MULTILINE)
NO_RECIPIENT: Final = re.compile(r"need RCPT|no valid recipients|<<< 503", re.IGNORECASE)
# the server's own words begin at its reply code
SERVER_SAYS: Final = re.compile(r"(?:^|[\s:;(<>\"'=#\[])(?:[45]\d\d[ -]|[45]\.\d{1,3}\.\d{1,3} )")
SERVER_WORDS: Final = 600
REFERENCE: Final = re.compile(r"^X-Relance-Ref:\s*(\S{1,250})", re.IGNORECASE | re.MULTILINE)
MESSAGE_ID: Final = re.compile(r"^Message-ID:\s*<?([^<>\s]{1,250})>?", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Bounce:
    """What a report says of one recipient; `said` is the server's words, which may name the person."""

    kind: BounceClass
    found_by: Found
    recipient: str | None
    status: str | None
    code: int | None
    said: str


@dataclass(frozen=True)
class Report:
    """A mail that came back. `reference` is the id of the message that it is about, `sent_to` where it was sent."""

    bounces: tuple[Bounce, ...]
    reference: str | None
    sent_to: tuple[str, ...]
    complaint: str | None = None


def read_report(raw: bytes) -> Report | None:
    """The report in a mail; None for a mail that is none, such as an answer that a person has written."""
    message = message_from_bytes(raw[:LARGEST])
    sent_to = _sent_to(message)
    reference = _reference(raw[:LARGEST])
    if (complaint := _complaint(message)) is not None:
        kind, recipient = complaint
        # a report of a failed DMARC check is no person's complaint
        ours = kind in {"auth-failure", "dmarc"}
        bounce = Bounce("authentication" if ours else "complaint", "fields", recipient, None, None, kind)
        return Report((bounce,), reference, sent_to, kind)
    if _is_automatic(message):
        return Report((Bounce("automatic_reply", "fields", None, None, None, ""),), reference, sent_to)
    bounces = tuple(_from_fields(message)) or tuple(_from_text(message))
    return Report(bounces, reference, sent_to) if bounces else None


def _sent_to(message: Message) -> tuple[str, ...]:
    found = [
        value for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To") for value in message.get_all(name, [])
    ]
    return tuple(dict.fromkeys(address for _, address in getaddresses([str(value) for value in found]) if address))


def _reference(raw: bytes) -> str | None:
    """The id of our message: the last that stands in the mail is that of the part that came back."""
    text = raw.decode("latin-1")
    own = REFERENCE.findall(text)
    ids = MESSAGE_ID.findall(text)
    if own:
        return str(own[-1]).strip("<>")
    return str(ids[-1]) if len(ids) > 1 else None


def _complaint(message: Message) -> tuple[str, str | None] | None:
    for part in message.walk():
        if part.get_content_type() != "message/feedback-report":
            continue
        for fields in _blocks(part):
            kind = _plain(fields["Feedback-Type"]).lower()
            if kind:
                return kind, _bare(fields["Original-Rcpt-To"]) or _bare(fields["Removal-Recipient"])
    subject, sender = _plain(message["Subject"]).lower(), _plain(message["From"]).lower()
    if "complaint about message from" in subject or (subject == "unsubscribe" and "staff.hotmail" in sender):
        return "abuse", None
    if subject == "unsubscribe" or "fbl" in sender.partition("@")[0].split("-"):
        return "opt-out", None
    return None


def _is_automatic(message: Message) -> bool:
    """An answer by a machine for its owner, such as while away (RFC 3834)."""
    said = _plain(message["Auto-Submitted"]).lower()
    if message.get_content_type() == "multipart/report" or "mailer-daemon" in _plain(message["From"]).lower():
        return False
    subject = _plain(message["Subject"]).lower()
    away = ("auto:", "automatic reply", "auto reply", "autoreply", "auto-reply", "out of office", "out of the office")
    return said.startswith("auto-replied") or bool(message["X-Autoreply"]) or subject.startswith(away)


def _from_fields(message: Message) -> Iterator[Bounce]:
    parts = [part for part in message.walk() if part.get_content_type() in STATUSES]
    blocks = [fields for part in parts for fields in _blocks(part)] or _written_out(message)
    whole = ""
    for fields in blocks[: MOST_RECIPIENTS + 1]:
        action = _plain(fields["Action"]).lower().split(" ")[0]
        status = _plain(fields["Status"])
        if not (action or status) or action in {"delivered", "relayed", "expanded"}:
            continue
        whole = whole or _report_text(message)
        yield _from_block(fields, status, action, whole)


def _written_out(message: Message) -> list[Message]:
    """The blocks of fields of a report that stand in its text: its boundary was lost, or its type not understood."""
    leaves = [_text(part) for part in _own_parts(message)]
    found = (block.group(0) for text in leaves for block in WRITTEN_OUT.finditer(text))
    return [fields for fields in map(message_from_string, found) if fields["Final-Recipient"] and fields["Status"]]


def _from_block(fields: Message, status: str, action: str, whole: str) -> Bounce:
    said = _plain(fields["Diagnostic-Code"])
    recipient = _bare(fields["Final-Recipient"]) or _bare(fields["Original-Recipient"])
    kind_of_system, sign, words = said.partition(";")
    said = words.strip() if sign and re.fullmatch(r"[\w-]+\s*", kind_of_system) else said
    if kind_of_system.strip().lower() == "x-unix":
        # a program on the other machine failed; the code in front is a guess about it
        status = f"{status[:1]}.0.0"
    reason = re.search(r"\((.+)\)", status)
    words = said or (reason.group(1) if reason else "")
    about = _about(whole, recipient)
    stage = _stage(about or whole)
    refusal = classify(status, None, words, stage)
    if refusal.kind in {"unknown", "transient"} and refusal.layer != "phrase" and about:
        # the field says nothing: the report in words may
        told = _told(about)
        refusal = told if told.kind != "unknown" else refusal
    kind = refusal.kind
    if action == "delayed" and kind in {"invalid_recipient", "bad_domain", "inactive_mailbox", "unknown"}:
        kind = "transient"
    return Bounce(kind, "fields", recipient, refusal.status, refusal.code, words[:LONGEST_SAID])


def _from_text(message: Message) -> Iterator[Bounce]:
    text = _report_text(message)
    if not text or not _reads_as_report(message, text):
        return
    parts = _by_recipient(text) or [(None, text)]
    for recipient, about in parts[:MOST_RECIPIENTS]:
        refusal = _told(about)
        if refusal.kind == "unknown" and about is not text:
            refusal = _told(text)
        found = cast(Found, refusal.layer)
        said = " ".join(about.split())[:LONGEST_SAID]
        yield Bounce(refusal.kind, found, recipient, refusal.status, refusal.code, said)


def _reads_as_report(message: Message, text: str) -> bool:
    sender = _plain(message["From"]).lower()
    subject = _plain(message["Subject"]).lower()
    machine = ("mailer-daemon", "postmaster", "mail delivery", "mail administrator", "maildaemon", "mdaemon", "bounce")
    failed = ("undeliver", "fail", "return", "delivery", "error", "bounce", "delay", "reject", "not deliver", "warning")
    if message.get_content_type() == "multipart/report" or any(word in sender for word in machine):
        return True
    if _plain(message["Return-Path"]) == "<>" or any(word in subject for word in failed):
        return True
    return SERVER_SAYS.search(text) is not None


def _by_recipient(text: str) -> list[tuple[str | None, str]]:
    """The pieces of a report that each begin with an address on a line of its own."""
    found = list(OPENING.finditer(text))
    pieces: dict[str, str] = {}
    for place, match in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(text)
        address = match.group("address").strip("<>[]'\"").lower()
        pieces[address] = f"{pieces.get(address, '')} {text[match.start() : end]}".strip()
    telling = {address: piece for address, piece in pieces.items() if classify(None, None, piece).layer != "none"}
    return [(address, _without(piece, address)) for address, piece in telling.items()]


def _about(text: str, recipient: str | None) -> str:
    """What the words of a report say of one recipient; all of them where it names nobody."""
    pieces = _by_recipient(text)
    own = [piece for address, piece in pieces if recipient and address == recipient.lower()]
    return own[0] if own else ("" if len(pieces) > 1 else text)


def _told(text: str) -> Refusal:
    """The class of a refusal told in words: the server's own first, the whole report where they say nothing."""
    stage = _stage(text)
    said = SERVER_SAYS.search(text)
    if said is not None:
        words = text[said.start() : said.start() + SERVER_WORDS].strip()
        for some in (words.partition("\n")[0], words):
            refusal = classify(None, None, some, stage)
            if refusal.layer == "phrase" or (refusal.kind not in {"unknown", "transient"}):
                return refusal
    return classify(None, None, text, stage)


def _stage(text: str) -> Stage:
    """Which command the server refused, where the report says so."""
    transcript = TRANSCRIPT.search(text)
    command = transcript.group(1).upper() if transcript is not None else ""
    # with pipelined commands what answers DATA is that no recipient was left
    if command in {"DATA", "."} and NO_RECIPIENT.search(text):
        return "recipient"
    if command in {"DATA", "."} or AFTER_DATA.search(text):
        return "data"
    return "mail" if command == "MAIL" or AFTER_MAIL.search(text) else "recipient"


def _without(text: str, address: str) -> str:
    """The words without the address: `no-such-user@…` is a name, not a reason."""
    return re.sub(re.escape(address), "…", text, flags=re.IGNORECASE)


def _report_text(message: Message) -> str:
    """The words of a report without the mail that came back."""
    texts = []
    for part in _own_parts(message):
        # a multipart whose boundary is missing is text, too
        if part.get_content_maintype() in {"text", "multipart"}:
            texts.append(_text(part))
            if part.get_content_type() == "text/plain" and texts[-1].strip():
                break
    text = "\n".join(texts)[:LONGEST_TEXT]
    end = END_OF_REPORT.search(text, 1) if text else None
    kept = text[: end.start()] if end is not None else text
    return kept if len(kept.split()) > 5 else text


def _own_parts(message: Message) -> Iterator[Message]:
    if message.get_content_type() in RETURNED | REPORTS:
        return
    if message.is_multipart():
        for part in cast(Sequence[Message], message.get_payload()):
            yield from _own_parts(part)
    else:
        yield message


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else str(part.get_payload()).encode("utf-8", "replace")
    if b"\x1b$" in content:
        return content.decode("iso2022_jp", "replace")
    try:
        text = content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = content.decode("latin-1")
    return re.sub(r"<[^>@]{1,2000}>", " ", text) if part.get_content_subtype() == "html" else text


def _blocks(part: Message) -> list[Message]:
    """The blocks of fields of a report, which the library reads as messages without a body."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message)]
    return [message_from_bytes(str(payload).encode("utf-8", "replace"))]


def _plain(value: object) -> str:
    """A header as one line of text."""
    if value is None:
        return ""
    if "\x1b$" in str(value):
        return " ".join(str(value).encode("ascii", "replace").decode("iso2022_jp", "replace").split())
    try:
        return " ".join(str(make_header(decode_header(str(value)))).split())
    except (LookupError, ValueError, UnicodeError):
        return " ".join(str(value).split())


def _bare(value: object) -> str | None:
    """The address in a field such as `rfc822; julie@example.fr`."""
    found = ADDRESS.search(_plain(value).rpartition(";")[2])
    return found.group(0) if found else None
