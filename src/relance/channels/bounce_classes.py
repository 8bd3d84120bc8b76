"""What a refusal means: of the person's address, of a passing trouble, or of us.

The classes follow the enhanced status codes (RFC 3463, https://www.iana.org/assignments/smtp-enhanced-status-codes)
where they say something, and the words of the server where they do not: `5.0.0` and `5.7.1` are said of everything.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, cast, get_args

BounceClass = Literal[
    "invalid_recipient",
    "bad_domain",
    "inactive_mailbox",
    "quota",
    "transient",
    "expired",
    "authentication",
    "policy",
    "spam_block",
    "invalid_sender",
    "protocol",
    "content",
    "complaint",
    "automatic_reply",
    "unknown",
]
Effect = Literal["suppress", "count", "soft", "incident", "complaint", "none"]
Stage = Literal["mail", "recipient", "data"]
Layer = Literal["code", "phrase", "none"]
CLASSES: Final[tuple[BounceClass, ...]] = get_args(BounceClass)
# Never a suppression for what is our fault: those open an incident of the domain instead.
EFFECTS: Final[dict[BounceClass, Effect]] = {
    "invalid_recipient": "suppress",
    "bad_domain": "suppress",
    "inactive_mailbox": "count",
    "quota": "soft",
    "transient": "soft",
    "expired": "soft",
    "authentication": "incident",
    "policy": "incident",
    "spam_block": "incident",
    "invalid_sender": "incident",
    "protocol": "incident",
    "content": "incident",
    "complaint": "complaint",
    "automatic_reply": "none",
    "unknown": "soft",
}
ENHANCED: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
# a reply code as a server says it: at the beginning, after a colon or an arrow, never inside a number
REPLY: Final = re.compile(r"(?:^|[\s:;(<>\"'=#])([45]\d\d)(?=[\s\-:;,)]|$)")
BY_SUBJECT: Final[dict[str, BounceClass]] = {
    "1.1": "invalid_recipient",
    "1.2": "bad_domain",
    "1.3": "invalid_recipient",
    "1.4": "invalid_recipient",
    "1.6": "inactive_mailbox",
    "1.7": "invalid_sender",
    "1.8": "invalid_sender",
    "1.9": "protocol",
    "1.10": "bad_domain",
    "2.0": "inactive_mailbox",
    "2.1": "inactive_mailbox",
    "2.2": "quota",
    "2.3": "content",
    "2.4": "transient",
    "3.1": "quota",
    "3.4": "content",
    "4.7": "expired",
    "7.5": "authentication",
    "7.7": "authentication",
    "7.8": "authentication",
    "7.9": "policy",
    "7.13": "inactive_mailbox",
    "7.17": "invalid_recipient",
    "7.18": "bad_domain",
    "7.20": "authentication",
    "7.21": "authentication",
    "7.22": "authentication",
    "7.23": "authentication",
    "7.24": "authentication",
    "7.25": "authentication",
    "7.26": "authentication",
    "7.27": "bad_domain",
    "7.28": "spam_block",
    "7.509": "authentication",
    "7.515": "authentication",
}
BY_CLASS: Final[dict[str, BounceClass]] = {"5": "protocol", "6": "content", "7": "policy", "3": "transient"}
# codes that servers say whatever has happened: there the words decide
VAGUE: Final = frozenset(
    {"1.0", "1.10", "2.0", "2.1", "3.0", "3.2", "4.0", "4.1", "4.4", "5.0", "5.1", "7.0", "7.1", "7.27"}
)
BY_REPLY: Final[dict[int, BounceClass]] = {
    525: "inactive_mailbox",
    530: "authentication",
    535: "authentication",
    552: "quota",
}
ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:]{1,64}@[^\s<>()\[\],;:]{1,255}")
# said by hosts that take no mail at all: RFC 7504
NO_MAIL_HERE: Final = frozenset({521, 556})
# the domain itself publishes that it takes no mail: RFC 7505; a relay that tells of it as of a passing trouble is wrong
NULL_MX: Final = re.compile(r"\bnull mx\b", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """The meaning of a server's words, and which layer found it."""

    kind: BounceClass
    layer: Layer
    status: str | None
    code: int | None


def classify(status: str | None, code: int | None, text: str, stage: Stage = "recipient") -> Refusal:
    """The class of a refusal: `status` as RFC 3463 writes it, `code` of SMTP, and the server's words.

    A code inside the words is preferred over a status that says less. A refusal that the server calls passing (4xx)
    is never a reason to give an address up. `stage` is the command that was refused: at `mail` nobody was named yet
    but us, and at `data` the recipient was accepted before. Filters speak in the words of an unknown user, there or
    under a code of policy: then it takes two of them to give an address up.
    """
    status = _status(status, text)
    code = code if code is not None else _code(text)
    kind, layer = _kind(status, code, text)
    if stage == "mail" and EFFECTS[kind] in {"suppress", "count"}:
        kind = "invalid_sender"
    contradicted = stage == "data" or (status or "").startswith("5.7.")
    if contradicted and kind == "invalid_recipient" and layer == "phrase":
        kind = "inactive_mailbox"
    passes = _is_passing(status, code) and not NULL_MX.search(text)
    if (EFFECTS[kind] in {"suppress", "count"} or kind in {"protocol", "unknown"}) and passes:
        kind = "transient"
    return Refusal(kind, layer, status, code)


def effect_of(kind: BounceClass) -> Effect:
    """What a class means for the person and for sending."""
    return EFFECTS[kind]


def is_hard(kind: BounceClass) -> bool:
    """Whether the address is given up at once."""
    return EFFECTS[kind] == "suppress"


def _kind(status: str | None, code: int | None, text: str) -> tuple[BounceClass, Layer]:
    subject = status.partition(".")[2] if status else "0.0"
    coded = _coded(subject)
    # under a code of policy it is us whom the host takes no mail from
    if code in NO_MAIL_HERE and not subject.startswith("7."):
        return "bad_domain", "code"
    said = _said(text) if coded is None or coded == "expired" or subject in VAGUE else None
    # of a relay that gave up, what kept it waiting matters only where it was our fault, or a full mailbox
    if said is not None and (coded != "expired" or EFFECTS[said] == "incident" or said == "quota"):
        return said, "phrase"
    return _without_words(subject, coded, code, _is_passing(status, code))


def _without_words(
    subject: str, coded: BounceClass | None, code: int | None, passing: bool
) -> tuple[BounceClass, Layer]:
    if coded is not None:
        return coded, "code"
    if code in BY_REPLY:
        return BY_REPLY[code], "code"
    if passing or subject.startswith(("3.", "4.")):
        return "transient", "code"
    return "unknown", "none"


def _coded(subject: str) -> BounceClass | None:
    if subject in {"4.4", "1.0", "2.0", "3.2", "4.1"} or subject == "0.0":
        return BY_SUBJECT.get(subject)
    return BY_SUBJECT.get(subject) or BY_CLASS.get(subject.partition(".")[0])


def _is_passing(status: str | None, code: int | None) -> bool:
    if status is not None and status.partition(".")[2] != "0.0":
        return status.startswith("4.")
    if code is not None:
        return 400 <= code < 500
    return status is not None and status.startswith("4.")


def _status(status: str | None, text: str) -> str | None:
    given = ENHANCED.search(status or "")
    inside = next((found for found in ENHANCED.finditer(text) if found.group(1) != "2"), None)
    if inside is not None and (given is None or given.group(0) != inside.group(0)):
        says_more = inside.group(2) != "0" or given is None or given.group(2) == "0"
        # 4.4.7 is the relay's last word on a message that others had put off for their own reasons
        if says_more and (given is None or given.group(0) != "4.4.7"):
            return inside.group(0)
    return given.group(0) if given is not None else None


def _code(text: str) -> int | None:
    found = REPLY.search(text)
    return None if found is None else int(found.group(1))


@cache
def _phrases() -> tuple[tuple[BounceClass, re.Pattern[str]], ...]:
    rules = json.loads((files("relance.channels") / "bounce_phrases.json").read_text(encoding="utf-8"))["rules"]
    for rule in rules:
        if rule["class"] not in CLASSES:
            raise ValueError(rule["class"])
    compiled = ((rule["class"], re.compile("|".join(rule["says"]), re.IGNORECASE)) for rule in rules)
    return tuple((cast(BounceClass, kind), says) for kind, says in compiled)


def _said(text: str) -> BounceClass | None:
    # an address may hold any word, and its dots would end a sentence
    flat = ADDRESS.sub("…", " ".join(text.split()))
    return next((kind for kind, says in _phrases() if says.search(flat)), None)
