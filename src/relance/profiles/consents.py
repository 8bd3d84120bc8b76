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
ALLOWING: Final = ("granted", "imported")
OBJECTING: Final = ("objected", "withdrawn", "refused", "erased")


def _state(entries: Table, of: Column) -> Column:
    """The heaviest of the entries, as a struct with its `status`."""
    entry: Column = ibis.struct({"weight": entries.weight, "seq": entries.seq, "status": entries.status})
    return entry.max(where=of)


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
    erased = (row["_email_consent"]["status"] == "erased") | (row["_sms_consent"]["status"] == "erased")
    status = row[consent]["status"]
    told = ibis.cases(*((status == state, said) for state, said in SUBSCRIPTION.items()), else_=written)
    return erased.fill_null(False).ifelse("REDACTED", told)


def may_count_opens(row: Row) -> Column:
    """Whether the customer agreed that opened messages are noticed."""
    return row["_opens_consent"]["status"].isin(ALLOWING).fill_null(False)


def objectors(reading: Reading) -> Table:
    """The customers who object to profiling at the instant: one row each, `customer_id` (S19).

    The last word on the purpose `profiling` counts, whatever its channel.
    """
    about = reading.consents.filter(reading.consents.purpose == PROFILING)
    last: Column = _state(about, about.weight.notnull())
    people = about.group_by("customer_id").agg(last=last)
    return people.filter(people.last["status"].isin(OBJECTING)).select("customer_id")
