"""The journal of entries and exits: append-only rows with the instant, the recording and the cause (S8, S10).

Causes: `import` for the first refresh and for rows that arrived after their time, `event` when the customer has an
order or a refund dated since the last refresh, `window` when only time has passed, `definition` when the segment is
new, changed or archived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from relance.profiles import Column, instant_literal
from relance.segments.definitions import Segment
from relance.segments.words64 import place_of
from relance.store import Shop
from relance.warehouse import Writer, rows_of


@dataclass(frozen=True)
class LastRefresh:
    """The refresh before: as of when, recorded when, and the version of each segment that it computed."""

    as_of: datetime
    recorded_at: datetime
    versions: dict[str, int]


def last_refresh(writer: Writer) -> LastRefresh | None:
    """The refresh with the latest "as of", None before the first."""
    table = writer.table("refresh")
    latest = table.order_by([table.as_of.desc(), table.recorded_at.desc()]).limit(1)
    rows = rows_of(writer.engine, latest)
    if not rows:
        return None
    sizes = writer.table("segment_size")
    seen = rows_of(writer.engine, sizes.filter(sizes.as_of == rows[0]["as_of"]).select("segment_id", "version"))
    versions = {row["segment_id"]: row["version"] for row in seen}
    return LastRefresh(rows[0]["as_of"].replace(tzinfo=UTC), rows[0]["recorded_at"].replace(tzinfo=UTC), versions)


def no_change() -> Table:
    """An empty table of changes."""
    schema = {"customer_id": "string", "word": "int16", "bits": "int64", "changed": "int64"}
    empty: Table = ibis.memtable([], schema=schema)
    return empty


def write(
    writer: Writer,
    changes: Table,
    segments: Sequence[Segment],
    last: LastRefresh | None,
    now: datetime,
    recorded_at: datetime,
) -> tuple[int, int]:
    """Add one row for each bit that changed; returns how many entered and how many left."""
    if not segments:
        return 0, 0
    masks: Column = ibis.memtable(_masks(segments, last))
    caused = _with_cause(writer, changes, last, now)
    pairs: Column = caused.inner_join(masks, caused.word == masks.of_word)
    touched = pairs.filter((pairs.changed & pairs.mask) != 0)
    rows = touched.select(
        "customer_id",
        "segment_id",
        entered=(touched.bits & touched.mask) != 0,
        effective_at=instant_literal(now),
        recorded_at=instant_literal(recorded_at),
        cause=touched.redefined.ifelse("definition", touched.cause),
    )
    before = _count_at(writer, now)
    writer.insert("journal", rows)
    after = _count_at(writer, now)
    return after[0] - before[0], after[1] - before[1]


def _count_at(writer: Writer, now: datetime) -> tuple[int, int]:
    """How many rows of that instant say entered, and how many left."""
    journal = writer.table("journal")
    rows = journal.filter(journal.effective_at == instant_literal(now))
    counted = rows.agg(entered=rows.count(where=rows.entered), left=rows.count(where=~rows.entered))
    (counts,) = rows_of(writer.engine, counted)
    return counts["entered"], counts["left"]


def forget_from(writer: Writer, edge: datetime, shop: Shop, segments: Sequence[Segment]) -> None:
    """Take back everything dated from `edge` on; memberships become those that the journal had before (S24)."""
    instant = instant_literal(edge)
    journal = writer.table("journal")
    writer.delete_matching("journal", "effective_at", journal.filter(journal.effective_at >= instant))
    for name in ("refresh", "segment_size"):
        table = writer.table(name)
        writer.delete_matching(name, "as_of", table.filter(table.as_of >= instant))
    facts = writer.table("threshold")
    day = ibis.literal(edge.astimezone(shop.zone).date())
    writer.delete_matching("threshold", "version", facts.filter(facts.version >= day))
    _restore_memberships(writer, segments)


def _restore_memberships(writer: Writer, segments: Sequence[Segment]) -> None:
    writer.delete_where("membership")
    if segments:
        masks: Column = ibis.memtable(_masks(segments, None))
        inside: Column = replayed(writer.table("journal")).inner_join(masks, "segment_id")
        words = inside.group_by(["customer_id", "of_word"]).agg(bits=inside["mask"].bit_or())
        writer.insert("membership", words.rename(word="of_word"))


def replayed(journal: Table) -> Table:
    """Who is in which segment after all rows of the journal: (customer_id, segment_id)."""
    last = journal.group_by(["customer_id", "segment_id"]).agg(
        inside=journal.entered.argmax(ibis.struct({"at": journal.effective_at, "recorded": journal.recorded_at}))
    )
    return last.filter(last.inside).select("customer_id", "segment_id")


def _masks(segments: Sequence[Segment], last: LastRefresh | None) -> pa.Table:
    places = [place_of(segment.bit) for segment in segments]
    return pa.table(
        {
            "segment_id": [segment.segment_id for segment in segments],
            "of_word": pa.array([word for word, _ in places], pa.int16()),
            "mask": pa.array([mask for _, mask in places], pa.int64()),
            "redefined": [_is_redefined(segment, last) for segment in segments],
        }
    )


def _is_redefined(segment: Segment, last: LastRefresh | None) -> bool:
    if last is None:
        return False
    return segment.archived or last.versions.get(segment.segment_id) != segment.version


def _with_cause(writer: Writer, changes: Table, last: LastRefresh | None, now: datetime) -> Table:
    """Each change with the cause that lies in the customer's data."""
    if last is None:
        return changes.mutate(cause=ibis.literal("import"))
    since = instant_literal(last.as_of)
    fresh = ibis.union(
        *(
            _customers(table, (table[at] >= since) & (table[at] < instant_literal(now)))
            for table, at in ((writer.table("order"), "ordered_at"), (writer.table("refund"), "refunded_at"))
        ),
        distinct=True,
    ).mutate(has_event=True)
    loaded = writer.table("loaded_batch")
    batches = loaded.filter(loaded.loaded_at > instant_literal(last.recorded_at)).batch_id
    late = ibis.union(
        *(
            _customers(table, table.batch_id.isin(batches))
            for table in map(writer.table, ("order", "refund", "customer"))
        ),
        distinct=True,
    ).mutate(has_import=True)
    joined: Column = changes.left_join(fresh, "customer_id").drop("customer_id_right")
    joined = joined.left_join(late, "customer_id").drop("customer_id_right")
    cause = ibis.cases((joined.has_event, "event"), (joined.has_import, "import"), else_="window")
    caused: Table = joined.mutate(cause=cause)
    return caused


def _customers(table: Table, condition: Column) -> Table:
    # Declared as possibly null everywhere, so that the tables can be put under one another.
    found = table.filter(condition, table.customer_id.notnull())
    return found.select(customer_id=found.customer_id.cast("string"))
