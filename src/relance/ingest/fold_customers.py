"""Customers into the warehouse: rows that are one person become one row, the strictest consent wins."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import ibis
import pyarrow as pa
from ibis.expr.types import Table, Value

from relance.ingest.customer_records import say
from relance.ingest.people import resolve
from relance.ingest.strictness import CONSENT, strictest
from relance.ingest.weighed import beside, weighed
from relance.warehouse import TABLES, Writer

SET_ASIDE: Final = ("customer_id", "batch_id", "source")


def fold_customers(
    writer: Writer, rows: Table, source: str, batch_id: str, secret: bytes, now: datetime
) -> tuple[Table, Table]:
    """Write the customers of a file's rows, as said `now`; their ids, and what the file says of consents."""
    keys = writer.rows(rows.select("row", "external_id", "email_key", "phone").order_by("row"))
    ids = writer.stage(resolve(writer, keys, source, secret, now))
    said = rows.join(ids, "row").mutate(said_at=ibis.literal(now.astimezone(UTC).replace(tzinfo=None)))
    people = writer.stage(one_row_each(said))
    merge_customers(writer, people, source, batch_id, newer_wins=True)
    return people.select("customer_id"), consent_facts(people)


def one_row_each(rows: Table) -> Table:
    """One row a customer: of each attribute the last value in the file, of each consent the strictest."""
    again = rows.group_by("customer_id").having(ibis._.count() > 1).agg(last_row=ibis._.row.max())
    once = rows.anti_join(again, "customer_id")
    several = rows.semi_join(again, "customer_id")
    columns = [name for name in rows.columns if name not in {"customer_id", "row"}]
    merged = several.group_by("customer_id").agg(
        **{
            name: strictest(several[name])
            if name in CONSENT
            else several[name].argmax(several.row, where=several[name].notnull())
            for name in columns
        }
    )
    return once.select("customer_id", *columns).union(merged.select("customer_id", *columns))


def merge_customers(writer: Writer, people: Table, source: str, batch_id: str, *, newer_wins: bool) -> None:
    """Write staged `people` (one row an id) over the customers there are; `newer_wins` decides between two values.

    What is dated before what its source said last only fills in what was empty. Consents only become stricter (S16).
    Without `newer_wins` only customers that gain something are written. What a second source says of a customer is
    kept beside what the first one said.
    """
    contested = writer.stage(_contested(writer, people, source, newer_wins=newer_wins))
    if int(contested.count().to_pyarrow().as_py()):
        say(writer, writer.stage(people.semi_join(contested, "customer_id")), source, batch_id, newer_wins=newer_wins)
        people = writer.stage(people.anti_join(contested, "customer_id"))
    _merge_rows(writer, people, source, batch_id, newer_wins=newer_wins)


def _contested(writer: Writer, people: Table, source: str, *, newer_wins: bool) -> Table:
    """Those of whom more than one source speaks, and those who were merged."""
    kept = writer.table("customer_record").select("customer_id")
    ids = people.select("customer_id")
    held = ids.semi_join(kept, "customer_id")
    if not newer_wins:
        return held
    customers = writer.table("customer")
    others = customers.filter(customers.source != source).select("customer_id")
    return held.union(ids.semi_join(others, "customer_id"), distinct=True)


def _merge_rows(writer: Writer, people: Table, source: str, batch_id: str, *, newer_wins: bool) -> None:
    both = beside(people, writer.table("customer"))
    values = weighed(both, people, batch_id, newer_wins=newer_wins)
    values["source"] = ibis.coalesce(both.old_source, ibis.literal(source))
    merged = both.select(**values, is_new=both.old_customer_id.isnull(), **_gains(both, people, newer_wins=newer_wins))
    written = writer.stage(merged.filter(merged.is_new | merged.gains).drop("is_new", "gains"))
    writer.delete_matching("customer", "customer_id", written)
    writer.insert("customer", written)


def _gains(both: Table, people: Table, *, newer_wins: bool) -> dict[str, Value]:
    if newer_wins:
        return {"gains": ibis.literal(True)}
    gained: Value = ibis.literal(False)
    for name in people.columns:
        if name in TABLES["customer"] and name not in SET_ASIDE:
            gained = gained | (both[f"old_{name}"].isnull() & both[name].notnull())
    return {"gains": gained}


def consent_facts(people: Table) -> Table:
    """One row a customer and channel of which the file says something."""
    parts = [
        people.filter(people[column].notnull()).select(
            customer_id=people.customer_id,
            channel=ibis.literal(channel),
            status=people[column],
            occurred_at=people.consent_at if "consent_at" in people.columns else ibis.null("timestamp"),
        )
        for column, channel in CONSENT.items()
        if column in people.columns
    ]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def as_consent_piece(rows: pa.Table) -> pa.Table:
    """Consent facts in the columns of a `consent_piece`."""
    schema = pa.schema(
        [
            ("customer_id", pa.string()),
            ("channel", pa.string()),
            ("status", pa.string()),
            ("occurred_at", pa.timestamp("us")),
        ]
    )
    return rows.select(schema.names).cast(schema)
