"""Whether an e-mail address can be written to: its form, its domain, who reads it, and what was probably meant.

Nothing is asked of the network here: a caller hands in who is to be asked about mail servers where a person wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
from email_validator import EmailNotValidError, validate_email

from relance.ingest.addresses import email_key, per_distinct

Finding = Literal["good", "role", "disposable", "typo", "no_mail_server", "domain", "syntax"]
# from what can stay to what cannot be written to
FINDINGS: Final[tuple[Finding, ...]] = ("good", "role", "disposable", "typo", "no_mail_server", "domain", "syntax")
UNUSABLE: Final[frozenset[Finding]] = frozenset({"no_mail_server", "domain", "syntax"})
LONGEST_LOCAL: Final = 64  # https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1
LONGEST: Final = 254
SHORT: Final = len("aol.com")  # names as short are like too many others to be what was meant
# the ordinary form (dot-atom, https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3); others are looked at one by one
ORDINARY: Final = (
    r"^(?P<local>[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)@(?P<domain>[A-Za-z0-9.-]+)$"
)
ENDINGS: Final = {"con": "com", "cmo": "com", "vom": "com", "ocm": "com", "comm": "com", "om": "com", "fre": "fr"}


def _listed(name: str) -> tuple[str, ...]:
    """The lines of a list in `address_lists`, without its remarks."""
    lines = (files("relance.ingest") / "address_lists" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


ROLES: Final = _listed("roles")
COMMON: Final = _listed("common")
DISPOSABLE: Final = frozenset(_listed("disposable"))


@dataclass(frozen=True)
class AddressVerdict:
    """What is to be said of an address: `finding` is the gravest, `key` the match key, null for what is no address.

    `suggestion` is what was probably meant, `can_be_used` whether a message could arrive as far as is known.
    """

    address: str
    finding: Finding
    key: str | None
    suggestion: str | None

    @property
    def can_be_used(self) -> bool:
        """Whether a message could arrive, as far as the address tells."""
        return self.finding not in UNUSABLE

    def as_json(self) -> dict[str, Any]:
        """Plain values for --json."""
        return {**asdict(self), "can_be_used": self.can_be_used}


def check_address(address: str, has_server: Callable[[str], bool] | None = None) -> AddressVerdict:
    """What is to be said of one address; `has_server`, such as `sending.takes_mail`, is asked about a sound domain."""
    (row,) = check_addresses(pa.array([address], pa.string())).to_pylist()
    verdict = AddressVerdict(**row)
    if has_server is None or verdict.key is None or not verdict.can_be_used:
        return verdict
    return verdict if has_server(verdict.key.rpartition("@")[2]) else replace(verdict, finding="no_mail_server")


def check_addresses(addresses: pa.Array) -> pa.Table:
    """The columns address, finding, key and suggestion; each distinct domain is looked at once. Null stays null."""
    trimmed = pc.utf8_trim_whitespace(addresses)
    keys = email_key(trimmed)
    parts = pc.extract_regex(keys, r"^(?P<local>[^@]+)@(?P<domain>[^@]+)$")
    local, domain = pc.struct_field(parts, "local"), pc.struct_field(parts, "domain")
    meant = per_distinct(domain, _meant)
    tests = {
        "syntax": pc.invert(_is_well_formed(trimmed, keys)),
        "domain": pc.equal(per_distinct(domain, _domain_fault), "domain"),
        "typo": pc.is_valid(meant),
        "disposable": pc.is_valid(per_distinct(domain, _disposable)),
        "role": pc.is_in(pc.replace_substring_regex(local, r"\+.*$", ""), pa.array(ROLES)),
    }
    finding = pa.array(["good"] * len(trimmed), pa.string())
    for name in reversed(tests):
        finding = pc.if_else(pc.fill_null(tests[name], False), name, finding)
    finding = pc.if_else(pc.is_null(trimmed), pa.scalar(None, pa.string()), finding)
    suggestion = pc.binary_join_element_wise(local, meant, "@")
    return pa.table({"address": addresses, "finding": finding, "key": keys, "suggestion": suggestion})


def _is_well_formed(addresses: pa.Array, keys: pa.Array) -> pa.Array:
    """Whether the part before the @ and the lengths are right; what is not of the ordinary form is asked about."""
    ordinary = pc.fill_null(pc.match_substring_regex(addresses, ORDINARY), False)
    lengths = pc.and_(
        pc.less_equal(pc.find_substring(keys, "@"), LONGEST_LOCAL), pc.less_equal(pc.binary_length(keys), LONGEST)
    )
    unusual = pc.if_else(pc.or_(ordinary, pc.is_null(keys)), pa.scalar(None, pa.string()), addresses)
    asked = pc.is_valid(per_distinct(unusual, _unusual))
    return pc.and_(pc.or_(ordinary, asked), pc.fill_null(lengths, False))


def _unusual(address: str) -> str | None:
    """The address when only its domain could be wrong; quotes and bracketed addresses are not written to."""
    local = address.rpartition("@")[0]
    try:
        validate_email(f"{local}@example.org", check_deliverability=False)
    except EmailNotValidError:
        return None
    return address


def _domain_fault(domain: str) -> str | None:
    try:
        validate_email(f"a@{domain}", check_deliverability=False)
    except EmailNotValidError:
        return "domain"
    return None


def _disposable(domain: str) -> str | None:
    """The listed domain that this one is, or lies under."""
    labels = domain.split(".")
    tails = (".".join(labels[place:]) for place in range(len(labels) - 1))
    return next((tail for tail in tails if tail in DISPOSABLE), None)


def _meant(domain: str) -> str | None:
    """The common domain that is one slip of the hand away; None for a common domain and for one that is like none."""
    if domain in COMMON or _disposable(domain):
        return None
    name, _, ending = domain.rpartition(".")
    if f"{name}.{ENDINGS.get(ending, ending)}" in COMMON:
        return f"{name}.{ENDINGS.get(ending, ending)}"
    if ending in {"con", "cmo", "vom", "ocm"}:
        return f"{name}.{ENDINGS[ending]}"
    return next((one for one in COMMON if len(one) > SHORT and _is_one_slip(domain, one)), None)


def _is_one_slip(written: str, meant: str) -> bool:
    """Whether one letter is missing, too many, another, or two neighbours have changed places."""
    if abs(len(written) - len(meant)) > 1 or written == meant:
        return False
    differing = (at for at, (one, other) in enumerate(zip(written, meant, strict=False)) if one != other)
    place = next(differing, min(len(written), len(meant)))
    left, right = written[place:], meant[place:]
    if len(written) == len(meant):
        return left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])
    return left[1:] == right or left == right[1:]
