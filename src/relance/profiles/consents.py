"""Where customers stand on consent at an instant, from the ledger's copy in the warehouse (S16, S19, S24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import ibis
from ibis.expr.types import Table

from relance.profiles.aggregates import Aggregate
from relance.profiles.feature import Row
from relance.profiles.reading import Column, Reading

EMAIL_STATUSES: Final = ("SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "REDACTED", "INVALID")
SMS_STATUSES: Final = EMAIL_STATUSES[:-1]
MARKETING: Final = "marketing"
PROFILING: Final = "profiling"
OPENS: Final = "opens"
# The ledger's states in the words of the language; `unknown`, a yes without declaration, says no more than the file.
SUBSCRIPTION: Final[Mapping[str, str]] = {
    "granted": "SUBSCRIBED",
    "imported": "SUBSCRIBED",
    "doi_requested": "PENDING",
    "doi_expired": "NOT_SUBSCRIBED",
    "refused": "NOT_SUBSCRIBED",
    "withdrawn": "UNSUBSCRIBED",
    "objected": "UNSUBSCRIBED",
    "suppressed": "INVALID",
    "erased": "REDACTED",
}
STATES: Final = (*SUBSCRIPTION, "unknown")
ALLOWING: Final = ("granted", "imported")
OBJECTING: Final = ("objected", "withdrawn", "refused", "erased")


def _state(entries: Table, of: Column) -> Column:
    """The heaviest of the entries as one whole number that ends in its place among the states: the fastest to find."""
    place = ibis.cases(*((entries.status == state, place) for place, state in enumerate(STATES)), else_=len(STATES) - 1)
    heaviest: Column = entries.weight * len(STATES) + place
    return heaviest.max(where=of)


def _is(entry: Column, *states: str) -> Column:
    """Whether the entry is of one of these states; false where there is none."""
    return (entry % len(STATES)).isin([STATES.index(state) for state in states]).fill_null(False)


def _marketing(name: str, channel: str) -> Aggregate:
    return Aggregate(
        name,
        "consents",
        lambda entries, _: _state(entries, (entries.channel == channel) & (entries.purpose == MARKETING)),
    )


CONSENT_AGGREGATES: Final = (
    _marketing("email_consent", "email"),
    _marketing("sms_consent", "sms"),
    Aggregate(
        "opens_consent",
        "consents",
        lambda entries, _: _state(entries, (entries.channel == "email") & (entries.purpose == OPENS)),
    ),
)


def email_status(row: Row) -> Column:
    """The ledger's state, else what the source said."""
    return _status(row, "_email_consent", row["email_status"])


def sms_status(row: Row) -> Column:
    """The same for SMS; a number that does not work is not subscribed."""
    return _status(row, "_sms_consent", row["sms_status"]).replace("INVALID", "NOT_SUBSCRIBED")


def _status(row: Row, consent: str, written: Column) -> Column:
    place = row[consent] % len(STATES)
    told = ibis.cases(*((place == STATES.index(state), said) for state, said in SUBSCRIPTION.items()), else_=written)
    erased = _is(row["_email_consent"], "erased") | _is(row["_sms_consent"], "erased")
    return erased.ifelse("REDACTED", told)


def may_count_opens(row: Row) -> Column:
    """Whether the customer agreed that opened messages are noticed."""
    return _is(row["_opens_consent"], *ALLOWING)


def objectors(reading: Reading) -> Table:
    """The customers who object to profiling at the instant: one row each, `customer_id` (S19).

    The last word on the purpose `profiling` counts, whatever its channel.
    """
    about = reading.consents.filter(reading.consents.purpose == PROFILING)
    people = about.group_by("customer_id").agg(last=_state(about, about.weight.notnull()))
    return people.filter(_is(people.last, *OBJECTING)).select("customer_id")
