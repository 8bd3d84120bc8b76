"""The journal of entries and exits: append-only rows with the instant, the recording and the cause (S8, S10).

Causes: `import` for the first refresh and for imported rows, `event` for a row of the customer (an order, a refund,
an event …), `session` when a session began or ended, `window` when only time has passed, `threshold` when an average
or a percentile of all customers changed, `definition` when the segment is new, changed or archived. `effective_at` is
the row's own instant, the window's edge, or the refresh; `detail` says which row, day or version it was. Late rows
add what they correct, never rewrite: what was recorded last holds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    mode: str = "full"


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
    return LastRefresh(
        rows[0]["as_of"].replace(tzinfo=UTC),
        rows[0]["recorded_at"].replace(tzinfo=UTC),
        versions,
        rows[0]["mode"] or "full",
    )


@dataclass(frozen=True)
class Passage:
    """What is the same for every row that one look at the customers writes.

    `redefined` are the segments that are new, changed or archived, `moved` those whose population facts changed.
    """

    at: datetime
    recorded_at: datetime
    segments: Sequence[Segment]
    redefined: Collection[str]
    moved: Collection[str]
    is_first: bool
    day: str


def write(writer: Writer, changes: Table, reasons: Table, passage: Passage) -> dict[str, tuple[int, int]]:
    """Add one row for each bit that changed; returns how many entered and left, by segment.

    `changes` has (customer_id, word, bits, changed), `reasons` what is known of the customers: (customer_id, row_at,
    cause, what, edge).
    """
    if not passage.segments:
        return {}
    masks: Column = ibis.memtable(_masks(passage.segments, passage.redefined, passage.moved))
    reason = reasons.rename(reason_of="customer_id")
    caused: Column = changes.left_join(reason, changes.customer_id == reason.reason_of)
    pairs: Column = caused.inner_join(masks, caused.word == masks.of_word)
    touched = pairs.filter((pairs.changed & pairs.mask) != 0)
    rows = writer.stage(_rows(touched, passage))
    counted = rows_of(
        writer.engine,
        rows.group_by("segment_id").agg(entered=rows.count(where=rows.entered), left=rows.count(where=~rows.entered)),
    )
    if counted:
        writer.insert("journal", rows)
    return {row["segment_id"]: (row["entered"], row["left"]) for row in counted}


def _rows(touched: Column, passage: Passage) -> Table:
    at = instant_literal(passage.at)
    is_defined = touched.redefined | ibis.literal(passage.is_first)
    by_row = touched.cause.notnull() & (touched.edge.isnull() | (touched.row_at >= touched.edge))
    by_edge = touched.edge.notnull()
    cause = ibis.cases(
        (ibis.literal(passage.is_first), "import"),
        (touched.redefined, "definition"),
        (by_row, touched.cause),
        (by_edge, "window"),
        (touched.moved, "threshold"),
        else_="window",
    )
    effective = ibis.cases((is_defined, at), (by_row, touched.row_at), (by_edge, touched.edge), else_=at)
    detail = ibis.cases(
        (ibis.literal(passage.is_first), ibis.null("string")),
        (touched.redefined, touched.version),
        (by_row, touched.what),
        else_=ibis.literal(passage.day),
    )
    rows: Table = touched.select(
        "customer_id",
        "segment_id",
        entered=(touched.bits & touched.mask) != 0,
        effective_at=effective,
        recorded_at=instant_literal(passage.recorded_at),
        cause=cause,
        detail=detail,
    )
    return rows


def _masks(segments: Sequence[Segment], redefined: Collection[str], moved: Collection[str]) -> pa.Table:
    places = [place_of(segment.bit) for segment in segments]
    ids = [segment.segment_id for segment in segments]
    return pa.table(
        {
            "segment_id": ids,
            "of_word": pa.array([word for word, _ in places], pa.int16()),
            "mask": pa.array([mask for _, mask in places], pa.int64()),
            "redefined": [one in redefined for one in ids],
            "moved": [one in moved for one in ids],
            "version": [f"version:{segment.version}" for segment in segments],
        }
    )


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
        masks: Column = ibis.memtable(_masks(segments, (), ()))
        inside: Column = replayed(writer.table("journal")).inner_join(masks, "segment_id")
        words = inside.group_by(["customer_id", "of_word"]).agg(bits=inside["mask"].bit_or())
        writer.insert("membership", words.rename(word="of_word"))


def replayed(journal: Table, before: datetime | None = None) -> Table:
    """Who is in which segment after all rows of the journal dated before an instant: (customer_id, segment_id)."""
    rows = journal if before is None else journal.filter(journal.effective_at < instant_literal(before))
    order = ibis.struct({"recorded": rows.recorded_at, "at": rows.effective_at})
    last = rows.group_by(["customer_id", "segment_id"]).agg(inside=rows.entered.argmax(order))
    return last.filter(last.inside).select("customer_id", "segment_id")
