"""What holds of a customer when a source says something anew: its word beside what was known, column by column.

The new word wins, unless it is dated before the known one or only fills in what is empty; nothing said takes nothing
away, and consents only become stricter (S5, S16).
"""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table, Value

from relance.ingest.strictness import CONSENT, rank, word
from relance.warehouse import TABLES


def beside(people: Table, known: Table) -> Table:
    """The people (one row an id), each with what is `known` of them in columns that begin with `old_`."""
    old = known.rename({f"old_{name}": name for name in known.columns})
    return people.left_join(old, people.customer_id == old.old_customer_id)


def weighed(both: Table, people: Table, batch_id: str, *, newer_wins: bool) -> dict[str, Value]:
    """The value of each column of a customer, but for the source; `both` are the people `beside` what was known."""
    wins: Any = ibis.literal(newer_wins)
    if newer_wins and "said_at" in people.columns:
        wins = (both.said_at >= both.old_said_at).fill_null(True)
    values: dict[str, Value] = {"customer_id": both.customer_id}
    for name, kind in TABLES["customer"].items():
        if name in {"customer_id", "source", "batch_id"}:
            continue
        known = both[f"old_{name}"]
        new = both[name].cast(kind) if name in people.columns else ibis.null(kind)
        if name in CONSENT:
            values[name] = word(ibis.greatest(rank(known), rank(new)))
        else:
            values[name] = wins.ifelse(ibis.coalesce(new, known), ibis.coalesce(known, new))
    batch = ibis.literal(batch_id)
    values["batch_id"] = batch if newer_wins else ibis.coalesce(both.old_batch_id, batch)
    return values
