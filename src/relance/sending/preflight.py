"""What a sending domain's records must say, each finding with the record to paste (MAIL-04). It only asks.

SPF: RFC 7208. DKIM: RFC 6376. DMARC: RFC 9989, whose tree walk finds the organisation's domain by at most eight
questions and without a list of public suffixes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Protocol

from relance.channels import Unanswered
from relance.sending.dkim import DkimKey, public_bits

Level = Literal["ok", "warn", "bad", "unknown"]
MOST_LOOKUPS: Final = 10  # RFC 7208 §4.6.4
MOST_STEPS: Final = 8  # RFC 9989 §4.10
WEAK_BITS: Final = 1024
GOOD_BITS: Final = 2048
ED25519_BITS: Final = 256
# what a provider asks to be included in SPF, from its own pages
INCLUDES: Final[dict[str, str]] = {
    "brevo": "spf.brevo.com",
    "mailgun": "mailgun.org",
    "postmark": "spf.mtasv.net",
    "resend": "amazonses.com",
    "sendgrid": "sendgrid.net",
    "ses": "amazonses.com",
}


class Names(Protocol):
    """What is asked of the domain name system."""

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a name."""
        ...

    def addresses_of(self, name: str) -> tuple[str, ...]:
        """The addresses of a name."""
        ...

    def names_of(self, address: str) -> tuple[str, ...]:
        """The names of an address."""
        ...


@dataclass(frozen=True)
class DomainFinding:
    """One check. `key` names the sentence that explains it; the record to paste is of `name`, `kind` and `value`."""

    check: str
    level: Level
    key: str
    found: str = ""
    name: str = ""
    kind: str = ""
    value: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


@dataclass(frozen=True)
class Dmarc:
    """A DMARC record: where it stands, what it asks for, and the organisation's domain."""

    at: str
    policy: str
    organisation: str
    tags: dict[str, str]


def check_spf(names: Names, domain: str, provider: str) -> DomainFinding:
    """Whether the envelope's domain says who may send for it, in one record that can be followed."""
    records = [text for text in names.texts(domain) if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]
    include = INCLUDES.get(provider)
    wanted = f"v=spf1 include:{include} ~all" if include else "v=spf1 mx a ~all"
    paste = {"name": domain, "kind": "TXT", "value": wanted}
    if not records:
        return DomainFinding("spf", "bad", "spf_missing", **paste)
    found = records[0]
    if len(records) > 1:
        return DomainFinding("spf", "bad", "spf_twice", " | ".join(records)[:500], **paste)
    terms = found.split()[1:]
    if include and not any(term.lstrip("+").lower() == f"include:{include}" for term in terms):
        merged = " ".join(["v=spf1", f"include:{include}", *terms])
        return DomainFinding("spf", "bad", "spf_not_included", found, domain, "TXT", merged)
    if any(term.lower() in {"all", "+all"} for term in terms):
        closed = " ".join("~all" if term.lower() in {"all", "+all"} else term for term in found.split())
        return DomainFinding("spf", "bad", "spf_everybody", found, domain, "TXT", closed)
    if _lookups(names, found, 0) > MOST_LOOKUPS:
        return DomainFinding("spf", "bad", "spf_too_long", found)
    return DomainFinding("spf", "ok", "spf_good", found)


def check_dkim(names: Names, key: DkimKey) -> DomainFinding:
    """Whether the public half of a key stands where verifiers look for it."""
    paste = {"name": key.name, "kind": "TXT", "value": key.record}
    records = [text for text in names.texts(key.name) if "p=" in text]
    if not records:
        return DomainFinding("dkim", "bad", "dkim_missing", **paste)
    found = records[0]
    if _tags(found).get("p", "").replace(" ", "") != _tags(key.record)["p"]:
        return DomainFinding("dkim", "bad", "dkim_other", found[:500], **paste)
    return DomainFinding("dkim", "ok", "dkim_good", found[:500])


def check_published(names: Names, domain: str, selector: str) -> DomainFinding:
    """Whether a provider's key stands where it said, and is long enough."""
    name = f"{selector}._domainkey.{domain}"
    records = [text for text in names.texts(name) if "p=" in text]
    bits = public_bits(records[0]) if records else None
    if bits is None:
        return DomainFinding("dkim", "bad", "dkim_provider_missing", records[0][:500] if records else "", name, "TXT")
    if bits != ED25519_BITS and bits < WEAK_BITS:
        return DomainFinding("dkim", "bad", "dkim_weak", records[0][:500], name)
    if bits != ED25519_BITS and bits < GOOD_BITS:
        return DomainFinding("dkim", "warn", "dkim_short", records[0][:500], name)
    return DomainFinding("dkim", "ok", "dkim_good", records[0][:500], name)


def check_dmarc(names: Names, domain: str, signed_by: Sequence[str]) -> DomainFinding:
    """Whether a policy is told, and a signature is of the same organisation as the From, or of the same domain."""
    found = find_dmarc(names, domain)
    if found is None:
        value = f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}"
        return DomainFinding("dmarc", "bad", "dmarc_missing", "", f"_dmarc.{domain}", "TXT", value)
    told = f"{found.at}: p={found.policy}"
    strict = found.tags.get("adkim", "r").lower() == "s"
    if not any(_aligned(names, one, domain, found.organisation, strict=strict) for one in signed_by):
        return DomainFinding("dmarc", "bad", "dmarc_not_aligned", told)
    return DomainFinding(
        "dmarc", "ok" if "rua" in found.tags else "warn", "dmarc_good" if "rua" in found.tags else "dmarc_deaf", told
    )


def check_pointer(names: Names, address: str) -> DomainFinding:
    """Whether an address that sends by itself has a name that leads back to it."""
    pointed = names.names_of(address)
    if not pointed:
        return DomainFinding("ptr", "bad", "ptr_missing", address)
    if not any(address in names.addresses_of(name) for name in pointed):
        return DomainFinding("ptr", "bad", "ptr_not_back", f"{address} → {', '.join(pointed)}")
    return DomainFinding("ptr", "ok", "ptr_good", ", ".join(pointed))


def unanswered(check: str) -> DomainFinding:
    """What is said of a check whose question nobody answered."""
    return DomainFinding(check, "unknown", "unanswered")


def find_dmarc(names: Names, domain: str) -> Dmarc | None:
    """The policy of a domain by the tree walk of RFC 9989 §4.10: its own, else that of its organisation."""
    records = _walk(names, domain)
    if not records:
        return None
    organisation = _organisation(records, domain)
    own = records.get(domain) or records.get(organisation)
    if own is None:
        return None
    at = domain if domain in records else organisation
    policy = own.get("p", "none") if at == domain else own.get("sp", own.get("p", "none"))
    return Dmarc(at, policy.lower(), organisation, own)


def organisation_of(names: Names, domain: str) -> str:
    """The organisation's domain, by the same walk."""
    return _organisation(_walk(names, domain), domain)


def _organisation(records: dict[str, dict[str, str]], domain: str) -> str:
    for name, tags in records.items():
        if tags.get("psd") == "n":
            return name
        if tags.get("psd") == "y" and name != domain:
            # the organisation stands one label below a public suffix
            return ".".join(domain.split(".")[-(name.count(".") + 2) :])
    return min(records, key=lambda name: name.count("."), default=domain)


def _walk(names: Names, domain: str) -> dict[str, dict[str, str]]:
    """The records on the way up, the domain's own first; at most eight questions."""
    labels = domain.rstrip(".").lower().split(".")
    steps = [labels]
    rest = labels[1:] if len(labels) <= MOST_STEPS else labels[-(MOST_STEPS - 1) :]
    while rest:
        steps.append(rest)
        rest = rest[1:]
    found: dict[str, dict[str, str]] = {}
    for step in steps[:MOST_STEPS]:
        name = ".".join(step)
        records = [text for text in names.texts(f"_dmarc.{name}") if re.match(r"v\s*=\s*DMARC1\s*(?:;|$)", text)]
        if len(records) == 1:
            found[name] = _tags(records[0])
            if found[name].get("psd") in {"n", "y"}:
                break
    return found


def _aligned(names: Names, signer: str, domain: str, organisation: str, *, strict: bool) -> bool:
    if signer == domain:
        return True
    return not strict and organisation_of(names, signer) == organisation


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}


def _lookups(names: Names, record: str, depth: int) -> int:
    """How many questions a receiver must ask to follow an SPF record."""
    if depth > MOST_LOOKUPS:
        return MOST_LOOKUPS + 1
    count = 0
    for term in record.lower().split()[1:]:
        plain = term.lstrip("+-~?")
        include = re.match(r"(?:include:|redirect=)(\S+)", plain)
        if include is not None:
            count += 1
            inner = next((text for text in names.texts(include.group(1)) if text.lower().startswith("v=spf1")), "")
            count += _lookups(names, inner, depth + 1) if inner else 0
        elif re.match(r"(?:a|mx|ptr|exists)(?:[:/]|$)", plain):
            count += 1
        if count > MOST_LOOKUPS:
            break
    return count


def asked(check: str, question: Any) -> DomainFinding:
    """The finding of a question, or that nobody answered it."""
    try:
        found: DomainFinding = question()
    except Unanswered:
        return unanswered(check)
    return found
