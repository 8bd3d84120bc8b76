"""What each source said of a customer, where two sources know the customer or two customers were merged.

Of most customers one source speaks, and the customer's row is what it said. Where a second one speaks, or the row is
of several merged people, each source's word is kept with its time, and the row is folded from them: of each attribute
the value that was said last, of a consent the strictest, of tags all; the ids stay those of whoever spoke first. What a
person said herself in the preference centre no shop overrides: an interest, a birthday, nor that she took it back.
"""

from __future__ import annotations

from typing import Any, Final

import ibis
from ibis.expr.types import Table, Value

from relance.ingest.strictness import CONSENT, strictest
from relance.ingest.visitors import with_canonical
from relance.ingest.weighed import beside, weighed
from relance.warehouse import TABLES, Writer

RECORD: Final = ("customer_id", "source")  # of a customer and source there is one record
NEVER: Final = ibis.literal("0001-01-01").cast("timestamp")
GIVEN: Final = frozenset({*RECORD, "said_at", "batch_id"})
# the source of what people say themselves, and the metafields of their interests and of their birthday there: one that
# is empty was taken back
HERSELF: Final = "relance"
INTERESTS: Final = "relance.interests"
BIRTHDAY: Final = "relance.birth_date"
# what is not taken from the record that spoke last
APART: Final = frozenset({*GIVEN, *CONSENT, "external_id", "added_at", "tags"})


def say(writer: Writer, people: Table, source: str, batch_id: str, *, newer_wins: bool) -> None:
    """Keep what a source says of staged `people` (one row an id) as its record, and fold their rows anew.

    With `newer_wins` the source's new word replaces its older one, unless it is dated before it.
    """
    _keep_rows(writer, people)
    records = writer.table("customer_record")
    mine = records.filter(records.source == source)
    both = beside(people, mine)
    values = {**weighed(both, people, batch_id, newer_wins=newer_wins), "source": ibis.literal(source)}
    if source == HERSELF:
        values["birth_date"] = _unless_taken_back(values["birth_date"], values["metafields"])
    told = writer.stage(both.select(*(values[name].name(name) for name in records.columns)))
    fresh = writer.stage(told.difference(writer.stage(mine.semi_join(people, "customer_id"))))
    others = writer.stage(records.semi_join(fresh, "customer_id").filter(ibis._.source != source))
    writer.delete_matching("customer_record", "customer_id", fresh)
    writer.insert("customer_record", others)
    writer.insert("customer_record", fresh)
    refold(writer, fresh.select("customer_id"))


def _keep_rows(writer: Writer, people: Table) -> None:
    """Make records of the rows of these customers who have none yet."""
    rows = writer.table("customer").semi_join(people.select("customer_id"), "customer_id")
    writer.insert("customer_record", writer.stage(rows.anti_join(writer.table("customer_record"), "customer_id")))


def refold(writer: Writer, people: Table) -> None:
    """Fold the rows of these customers, and of whom they are with, from the sources' records."""
    _keep_rows(writer, people)
    ids = people.select("customer_id")
    holders = writer.stage(with_canonical(writer, ids).union(ids, distinct=True))
    records = writer.table("customer_record")
    merged = writer.table("merged")
    members = merged.semi_join(holders, merged.into_id == holders.customer_id).select("customer_id")
    every = writer.stage(members.union(holders, distinct=True))
    theirs = records.semi_join(every, "customer_id").mutate(own_id=ibis._.customer_id)
    placed = writer.stage(with_canonical(writer, theirs))
    folded = writer.stage(_folded(placed).semi_join(holders, "customer_id"))
    writer.delete_matching("customer", "customer_id", every)
    writer.insert("customer", folded)


def _folded(records: Table) -> Table:
    """One row a customer from the records, which have the own id of each beside whom it is with."""
    said: Any = records.said_at.fill_null(NEVER)
    latest = ibis.struct({"said": said, "source": records.source, "own": records.own_id})
    first = ibis.struct(
        {"guest": (records.own_id != records.customer_id).cast("int8"), "said": said, "source": records.source}
    )
    values: dict[str, Value] = {
        name: records[name].argmax(latest, where=records[name].notnull())
        for name in TABLES["customer"]
        if name not in APART
    }
    values |= {name: strictest(records[name]) for name in CONSENT}
    herself: Any = records.source == HERSELF
    told: Any = records.metafields.argmax(latest, where=herself & records.metafields.notnull())
    born = records.birth_date.argmax(latest, where=herself & records.birth_date.notnull())
    values["birth_date"] = _unless_taken_back(ibis.coalesce(born, values["birth_date"]), told)
    values["metafields"] = _fields(records, latest, herself, told)
    values |= {
        "source": records.source.argmin(first),
        "external_id": records.external_id.argmin(first),
        "added_at": records.added_at.min(),
        "said_at": records.said_at.max(),
        "batch_id": records.batch_id.argmax(latest),
        "tags": _all_tags(records, latest),
    }
    return records.group_by("customer_id").agg(**values)


def _unless_taken_back(born: Any, told: Any) -> Value:
    """The birthday, or none where the person's own fields say that there is none any more."""
    said: Any = told.cast("json")[f'"{BIRTHDAY}"'].str
    kept: Value = (said == "").fill_null(False).ifelse(ibis.null("date"), born)
    return kept


def _fields(records: Table, latest: Value, herself: Any, told: Any) -> Value:
    """The shop's fields of a customer with what the person told, also that there is none."""
    fields: Any = records.metafields
    shown: Any = fields.argmax(latest, where=~herself & fields.notnull())
    for name in (INTERESTS, BIRTHDAY):
        said: Any = told.cast("json")[f'"{name}"']
        own = ibis.map(ibis.array([ibis.literal(name)]), ibis.array([said]))
        both = (shown.fill_null("{}").cast("json").map + own).cast("json").cast("string")
        shown = said.notnull().ifelse(both, shown)
    made: Value = shown
    return made


def _all_tags(records: Table, latest: Value) -> Value:
    tags: Any = records.tags
    together = tags.collect(where=tags.notnull()).flatten().unique().sort()
    alone = tags.argmax(latest, where=tags.notnull())
    speaking: Any = tags.notnull().sum()
    shown: Value = (speaking > 1).ifelse(together, alone)
    return shown
