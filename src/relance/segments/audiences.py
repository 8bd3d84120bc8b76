"""Hashed audiences for ad platforms (R22): what each platform is given of a person, in its own form.

Google's Customer Match file has the headings Email, Phone, First Name, Last Name, Country and Zip; all but country and
postcode are hashed (https://support.google.com/google-ads/answer/7659867). Before hashing: e-mail in lower case without
any blank, in gmail.com and googlemail.com also without the dots before the @ and whatever follows a plus sign; phone as
E.164 with its plus sign; names in lower case, trimmed
(https://developers.google.com/data-manager/api/devguides/concepts/formatting).

Meta's customer list has the headings email, phone, fn, ln, zip and country
(https://www.facebook.com/business/help/2082575038703844); all are hashed. Before hashing: e-mail trimmed, in lower
case; phone as digits with the country's code and without leading zeros or signs; names in lower case without
punctuation; postcode in lower case without blanks and dashes, of the United States its first five digits, of the United
Kingdom area, district and sector; country as two letters in lower case
(https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash).

Hashes are SHA-256, written as 64 lower-case hexadecimal digits. Phones are E.164 since the import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends import BaseBackend
from ibis.expr.types import Table
from sqlalchemy import Connection

from relance.consent import Verdict, verdicts
from relance.profiles import Column, Reading, objectors
from relance.segments.chosen import Chosen
from relance.store import Shop

# The purpose of consent that allows it: nobody has it unless they were asked for it.
ADVERTISING: Final = "advertising"
# The purposes that an audience is usually for: whose wording of marketing covers advertising platforms may ask for it.
PURPOSES: Final = (ADVERTISING, "marketing")
IDENTIFIERS: Final = {"email": "email", "phone": "sms"}

Normal = Callable[[Table], Column]


@dataclass(frozen=True)
class Field:
    """One column of a platform's file: its heading, how the value is made normal, and whether it is hashed."""

    heading: str
    normal: Normal
    hashed: bool = True

    def value(self, people: Table) -> Column:
        """The value as the platform gets it; null where there is none."""
        plain: Column = self.normal(people)
        found = (plain.fill_null("") == "").ifelse(ibis.null("string"), plain)
        return found.hexdigest("sha256") if self.hashed else found


@dataclass(frozen=True)
class Platform:
    """A platform's file. The fields `email` and `phone` identify a person, the others only help."""

    name: str
    fields: Mapping[str, Field]

    @property
    def headings(self) -> list[str]:
        """The first line of the file."""
        return [field.heading for field in self.fields.values()]


def google_email(people: Table) -> Column:
    """Lower case, no blanks; Google's own domains without dots and suffix."""
    plain = people.email.lower().re_replace(r"\s+", "")
    local, domain = plain.split("@")[0], plain.split("@")[-1]
    own = local.re_replace(r"\+.*$", "").replace(".", "") + "@" + domain
    return domain.isin(["gmail.com", "googlemail.com"]).ifelse(own, plain)


def meta_postcode(people: Table) -> Column:
    """Lower case, no blanks and dashes; shortened where Meta asks for it."""
    whole = people.postcode.lower().re_replace(r"[\s\-]+", "")
    return ibis.cases(
        (people.country == "US", whole.substr(0, 5)),
        ((people.country == "GB") & (whole.length() > 4), whole.substr(0, whole.length() - 2)),
        else_=whole,
    )


def _lower(name: str) -> Normal:
    return lambda people: people[name].strip().lower()


def _without_punctuation(name: str) -> Normal:
    return lambda people: people[name].lower().re_replace(r"[\pP\pS]+", "").re_replace(r"\s+", " ").strip()


GOOGLE: Final = Platform(
    "google",
    {
        "email": Field("Email", google_email),
        "phone": Field("Phone", lambda people: people.phone.strip()),
        "first_name": Field("First Name", _lower("first_name")),
        "last_name": Field("Last Name", _lower("last_name")),
        "country": Field("Country", lambda people: people.country.strip().upper(), hashed=False),
        "postcode": Field("Zip", lambda people: people.postcode.strip(), hashed=False),
    },
)
META: Final = Platform(
    "meta",
    {
        "email": Field("email", _lower("email")),
        "phone": Field("phone", lambda people: people.phone.re_replace(r"\D+", "").re_replace(r"^0+", "")),
        "first_name": Field("fn", _without_punctuation("first_name")),
        "last_name": Field("ln", _without_punctuation("last_name")),
        "postcode": Field("zip", meta_postcode),
        "country": Field("country", _lower("country")),
    },
)
PLATFORMS: Final[Mapping[str, Platform]] = {platform.name: platform for platform in (GOOGLE, META)}


def audience(engine: BaseBackend, shop: Shop, chosen: Chosen, platform: Platform) -> Table:
    """Everybody chosen with the platform's values, and `objects`: who objects to profiling (S19)."""
    people = engine.table("customer").semi_join(chosen.people(engine), "customer_id")
    against = objectors(Reading(engine, shop, chosen.as_of)).select(objector="customer_id").distinct()
    joined: Column = people.left_join(against, people.customer_id == against.objector)
    values = {name: field.value(joined) for name, field in platform.fields.items()}
    table: Table = joined.select("customer_id", objects=joined.objector.notnull(), **values)
    return table.order_by("customer_id")


@dataclass
class Sieve:
    """Lets those through who allow it, and counts the others by reason.

    Consent is read from the store as it is now: the e-mail address needs the purpose on the channel e-mail, the phone
    number on SMS; names and addresses only go along with one of them.
    """

    connection: Connection
    shop: Shop
    platform: Platform
    purpose: str
    left_out: Counter[str]

    def passing(self, piece: pa.Table) -> pa.Table:
        """The rows of the file."""
        ids = piece["customer_id"].to_pylist()
        questions = [(one, channel, self.purpose) for one in ids for channel in IDENTIFIERS.values()]
        found = verdicts(self.connection, self.shop, questions)
        objects = piece["objects"].to_pylist()
        kept = {
            name: _where(piece[name], [found[one, channel, self.purpose].allowed for one in ids])
            for name, channel in IDENTIFIERS.items()
        }
        passes = pc.and_(pc.invert(piece["objects"]), pc.or_(pc.is_valid(kept["email"]), pc.is_valid(kept["phone"])))
        self._count(piece, ids, objects, passes, found)
        columns = {
            field.heading: kept.get(name, piece[name]).filter(passes) for name, field in self.platform.fields.items()
        }
        return pa.table(columns)

    def _count(
        self,
        piece: pa.Table,
        ids: Sequence[str],
        objects: Sequence[bool],
        passes: pa.ChunkedArray,
        found: Mapping[tuple[str, str, str], Verdict],
    ) -> None:
        known = {name: pc.is_valid(piece[name]).to_pylist() for name in IDENTIFIERS}
        for place, through in enumerate(passes.to_pylist()):
            if not through:
                had = [channel for name, channel in IDENTIFIERS.items() if known[name][place]]
                reason = found[ids[place], had[0], self.purpose].reason if had else "export.no_address"
                self.left_out["export.objects" if objects[place] else reason] += 1


def _where(values: pa.ChunkedArray, allowed: Sequence[bool]) -> pa.ChunkedArray:
    """The values of those who allow it."""
    return pc.if_else(pa.chunked_array([pa.array(allowed, pa.bool_())]), values, pa.scalar(None, pa.string()))
