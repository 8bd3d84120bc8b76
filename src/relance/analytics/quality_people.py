"""Checks of customers: duplicates, addresses that reach nobody, consent that nobody knows."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from relance.analytics.quality_findings import EXAMPLES, Check, Finding, Looked
from relance.ingest import check_addresses

WRONG: Final = ("syntax", "domain", "typo")
WEAK: Final = ("disposable", "role")


def _people(looked: Looked) -> Table:
    """The customers who are not known to be somebody else."""
    return looked.table("customer").anti_join(looked.table("merged"), "customer_id")


def duplicates(looked: Looked, by: str) -> Finding:
    """Customers who share their e-mail (in any case), their phone, or their name and postcode with another one."""
    people = _people(looked)
    keyed: Any = people.mutate(same=_key(people, by))
    named = keyed.filter(keyed.same.notnull())
    groups = named.group_by("same").agg(people=named.count(), first=named.customer_id.min())
    several = looked.engine.to_pyarrow(groups.filter(groups.people > 1))
    extra = (pc.sum(several["people"]).as_py() or 0) - several.num_rows
    return Finding(
        f"duplicates_{by}",
        extra,
        looked.count(people),
        "customer",
        tuple(several["first"].sort().to_pylist()[:EXAMPLES]),
        {"groups": several.num_rows},
    )


def _key(people: Table, by: str) -> Any:
    if by == "email":
        return people.email_key
    if by == "phone":
        return people.phone
    name: Any = people.first_name.strip() + " " + people.last_name.strip() + " " + people.postcode.strip()
    named = (people.first_name.strip() != "") & (people.last_name.strip() != "") & (people.postcode.strip() != "")
    return ibis.ifelse(named, name.lower(), ibis.null("string"))


def _verdicts(looked: Looked) -> pa.Table:
    """What is to be said of each customer's address, in ids and findings."""
    people = _people(looked)
    rows = looked.engine.to_pyarrow(people.filter(people.email.notnull()).select("customer_id", "email"))
    return rows.append_column("finding", check_addresses(rows["email"].combine_chunks())["finding"])


def addresses(looked: Looked, name: str, findings: tuple[str, ...]) -> Finding:
    """Customers whose address cannot be right, or is one that nobody in particular reads."""
    rows = looked.kept("addresses", partial(_verdicts, looked))
    verdicts = rows["finding"].combine_chunks()
    bad = pc.is_in(verdicts, pa.array(findings))
    counts = {entry["values"]: int(entry["counts"]) for entry in verdicts.value_counts().to_pylist()}
    ids = rows.filter(bad)["customer_id"].sort().to_pylist()[:EXAMPLES]
    return Finding(
        name,
        int(pc.sum(bad).as_py() or 0),
        rows.num_rows,
        "customer",
        tuple(ids),
        {finding: counts.get(finding, 0) for finding in findings},
    )


def consent_unknown(looked: Looked) -> Finding:
    """Customers with an address of whom nobody knows whether they may be written to."""
    people = _people(looked)
    reachable = people.filter(people.email_key.notnull())
    entries = looked.table("consent_entry")
    told = entries.filter(entries.channel == "email", entries.purpose == "marketing", entries.status != "unknown")
    silent = reachable.filter(reachable.email_status.isnull()).anti_join(told, "customer_id")
    return Finding(
        "consent_unknown",
        looked.count(silent),
        looked.count(reachable),
        "customer",
        looked.examples(silent, "customer_id"),
    )


CHECKS: Final[tuple[Check, ...]] = (
    *(partial(duplicates, by=by) for by in ("email", "phone", "name")),
    partial(addresses, name="addresses_wrong", findings=WRONG),
    partial(addresses, name="addresses_weak", findings=WEAK),
    consent_unknown,
)
