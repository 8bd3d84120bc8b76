"""Addresses, phone numbers and countries as keys that match, each distinct text looked at once."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import babel
import idna
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from relance.ingest.columns import unquoted

ADDRESS: Final = re.compile(r"^(?P<local>[^@\s]+)@(?P<domain>[^@\s]+)$")


def per_distinct(values: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """`change` applied once to each distinct text."""
    encoded = values.dictionary_encode()
    changed = pa.array([change(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return changed.take(encoded.indices)


def email_key(emails: pa.Array) -> pa.Array:
    """Match keys: lower case, IDNA domain (S5); null for what is no address."""
    encoded = emails.dictionary_encode()
    found = pc.extract_regex(pc.utf8_lower(encoded.dictionary), ADDRESS.pattern)
    domain = per_distinct(pc.struct_field(found, "domain"), _ascii_domain)
    return pc.binary_join_element_wise(pc.struct_field(found, "local"), domain, "@").take(encoded.indices)


def names_somebody(who: Mapping[str, Any]) -> bool:
    """Whether it has a key that a customer is found by: an external id, an address that can be one, or a phone."""
    email = who.get("email")
    mailed = isinstance(email, str) and (parts := ADDRESS.match(email.strip())) and _ascii_domain(parts["domain"])
    return bool(who.get("external_id") or mailed or who.get("phone"))


def _ascii_domain(domain: str) -> str | None:
    if domain.isascii():
        return domain.rstrip(".") or None
    try:
        return idna.encode(domain.rstrip("."), uts46=True).decode("ascii")
    except idna.IDNAError:
        return None


def e164(phones: pa.Array, countries: pa.Array, default_country: str) -> pa.Array:
    """Phone numbers as E.164, read in each row's country; null for what is no number."""
    plain = pc.replace_substring_regex(unquoted(phones), "[\\s().\\-/\u00a0]+", "")
    plain = pc.replace_substring_regex(plain, "^00", "+")
    full = pc.fill_null(pc.match_substring_regex(plain, r"^\+[1-9]\d{6,14}$"), False)
    national = pc.if_else(full, pa.scalar(None, pa.string()), plain)
    done = pc.if_else(full, plain, pa.scalar(None, pa.string()))
    if national.null_count == len(national):
        return done
    where = pc.fill_null(countries, default_country)
    keyed = pc.binary_join_element_wise(where, national, " ")
    return pc.coalesce(done, per_distinct(keyed, _national_e164))


def _national_e164(keyed: str) -> str | None:
    country, _, phone = keyed.partition(" ")
    try:
        parsed = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def country_of_zone(zone: str) -> str:
    """The country of an IANA zone, in which phone numbers without a prefix are read."""
    return str(babel.core.get_global("zone_territories").get(zone, "FR"))


COUNTRY_ALIASES: Final = {"EIRE": "IE", "RSA": "ZA", "USA": "US", "UK": "GB", "GREAT BRITAIN": "GB", "KOREA": "KR"}


def country_code(names: pa.Array) -> pa.Array:
    """ISO 3166-1 alpha-2 codes of codes or of names in English or French; null for what is no country."""
    return per_distinct(names, _country_code)


def _country_code(name: str) -> str | None:
    wanted = name.strip().upper()
    if len(wanted) == 2 and wanted.isalpha():
        return "GB" if wanted == "UK" else wanted
    return COUNTRY_ALIASES.get(wanted) or _country_names().get(wanted)


_names_read: dict[str, str] = {}


def _country_names() -> dict[str, str]:
    if not _names_read:
        for language in ("fr", "en"):
            for code, name in babel.Locale(language).territories.items():
                if len(code) == 2 and code.isalpha() and code not in {"ZZ", "EU", "EZ", "UN", "XA", "XB"}:
                    _names_read[name.upper()] = code
    return _names_read


def hidden_ids(keys: Iterable[str], secret: bytes) -> list[str]:
    """Customer ids that tell nothing: `c_` and 20 hex digits of a keyed hash."""
    return [f"c_{hmac.digest(secret, key.encode(), hashlib.sha256).hex()[:20]}" for key in keys]
