"""Lists and tags that people keep by hand, of customers who were merged: the union, and apart again what each had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import ibis
from ibis.expr.types import Table

from relance.ingest.visitors import with_canonical
from relance.warehouse import Writer

# the tables, and the column that says which list or tag
BY_HAND: Final[Mapping[str, str]] = {"list_member": "list_id", "customer_tag": "tag"}


def move_by_hand(writer: Writer, holders: Table) -> None:
    """Lay the lists and tags of these holders (customer_id) where the merges put them.

    Of merged people `hand_kept` remembers who was on what. What a person added since belongs to whom it was given to;
    what was taken away since is gone for all.
    """
    facts = {name: writer.stage(_facts(writer, name, column, holders)) for name, column in BY_HAND.items()}
    writer.delete_matching("hand_kept", "holder_id", holders, "customer_id")
    groups = writer.table("merged").select(holder_id="into_id").distinct()
    for name, column in BY_HAND.items():
        rows = (
            facts[name]
            .group_by("holder_id", "name")
            .agg(added_at=facts[name].added_at.min(), added_by=facts[name].added_by.min())
        )
        writer.delete_matching(name, "customer_id", holders)
        writer.insert(name, writer.stage(rows.rename({"customer_id": "holder_id", column: "name"})))
        kept = facts[name].semi_join(groups, "holder_id")
        writer.insert("hand_kept", writer.stage(kept.mutate(of=ibis.literal(name))))


def _facts(writer: Writer, table: str, column: str, holders: Table) -> Table:
    """Who was put on what: `own_id`, `name`, when, by whom, and `holder_id`, with whom that one is now."""
    rows = writer.table(table).semi_join(holders, "customer_id").rename(holder_id="customer_id", name=column)
    rows = writer.stage(rows.mutate(added_by=rows.added_by if table == "customer_tag" else ibis.null("string")))
    remembered = writer.table("hand_kept")
    mine = remembered.filter(remembered.of == table)
    there = writer.stage(mine.semi_join(rows, ["holder_id", "name"]))
    columns = ("own_id", "name", "added_at", "added_by")
    own = rows.anti_join(there, ["holder_id", "name"]).mutate(own_id=ibis._.holder_id).select(*columns)
    every = writer.stage(own).union(writer.stage(there.select(*columns)))
    return with_canonical(writer, writer.stage(every).mutate(holder_id=ibis._.own_id), "holder_id")
