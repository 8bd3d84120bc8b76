"""The journal of entries and exits: append-only rows with the instant, the recording and the cause (S8, S10).

Causes: `import` for the first refresh and for imported rows, `event` for a row of the customer (an order, a refund,
an event …), `session` when a session began or ended, `window` when only time has passed, `threshold` when an average
or a percentile of all customers changed, `definition` when the segment is new, changed or archived. `effective_at` is
the row's own instant, the window's edge, or the refresh; `detail` says which row, day or version it was. Late rows
add what they correct, never rewrite: what was recorded last holds.
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
from relance.segments.passes import Look
from relance.segments.words64 import place_of
from relance.store import Shop
from relance.warehouse import PLACEHOLDERS, Writer, rows_of


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


def write(look: Look, *, is_first: bool) -> tuple[int, int]:
    """Add one row for each bit that changed; returns how many entered and how many left."""
    if is_first:
        return _write_first(look)
    look.stage("look_rows", lambda: _rows(look, is_first=False))
    counts = _counted(look, "look_rows")
    if counts["entered"] or counts["left"]:
        look.insert("journal", lambda: look.table("look_rows"))
        _follow(look, "look_rows")
    return counts["entered"], counts["left"]


def _write_first(look: Look) -> tuple[int, int]:
    """The rows of everybody, dozens of each: they are not kept beside before they go to the journal."""
    before = _counted(look, "journal")
    look.insert("journal", lambda: _rows(look, is_first=True), "first")
    after = _counted(look, "journal")
    _follow(look, "journal")
    return after["entered"] - before["entered"], after["left"] - before["left"]


def _counted(look: Look, rows: str) -> dict[str, int]:
    (counts,) = look.ask(f"{rows} counted", lambda: _counts(look.table(rows)))
    return counts


def _follow(look: Look, rows: str) -> None:
    if look.definitions.followed:
        look.insert("agenda", lambda: _to_follow(look, rows), f"followed in {rows}")


def _to_follow(look: Look, rows: str) -> Table:
    """Who has to be looked at again after this look, because another segment asks for these entries and exits."""
    masks = look.table("look_masks")
    read = look.table(rows).semi_join(masks.filter(masks.is_read), "segment_id")
    noted: Table = read.select(
        "customer_id",
        at=instant_literal(PLACEHOLDERS["at"]),
        cause="cause",
        what=ibis.literal("segment:") + read.segment_id,
    ).distinct()
    return noted


def _counts(rows: Table) -> Table:
    return rows.agg(entered=rows.count(where=rows.entered), left=rows.count(where=~rows.entered))


def _rows(look: Look, *, is_first: bool) -> Table:
    changes, reasons, masks = look.table("look_changed"), look.table("look_reasons"), look.table("look_masks")
    why = reasons.rename(reason_of="customer_id")
    caused: Column = changes.left_join(why, changes.customer_id == why.reason_of)
    pairs: Column = caused.inner_join(masks, caused.word == masks.of_word)
    touched = pairs.filter((pairs.changed & pairs.mask) != 0)
    at, first = instant_literal(PLACEHOLDERS["at"]), ibis.literal(is_first)
    by_row = touched.cause.notnull() & (touched.edge.isnull() | (touched.row_at >= touched.edge))
    by_edge = touched.edge.notnull()
    cause = ibis.cases(
        (first, "import"),
        (touched.redefined, "definition"),
        (by_row, touched.cause),
        (by_edge, "window"),
        (touched.moved, "threshold"),
        else_="window",
    )
    defined = touched.redefined | first
    effective = ibis.cases((defined, at), (by_row, touched.row_at), (by_edge, touched.edge), else_=at)
    detail = ibis.cases(
        (first, ibis.null("string")),
        (touched.redefined, touched.version),
        (by_row, touched.what),
        else_=touched.day,
    )
    rows: Table = touched.select(
        "customer_id",
        "segment_id",
        entered=(touched.bits & touched.mask) != 0,
        effective_at=effective,
        recorded_at=instant_literal(PLACEHOLDERS["recorded"]),
        cause=cause,
        detail=detail,
    )
    return rows


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
        places = [place_of(segment.bit) for segment in segments]
        masks: Column = ibis.memtable(
            pa.table(
                {
                    "segment_id": [segment.segment_id for segment in segments],
                    "of_word": pa.array([word for word, _ in places], pa.int16()),
                    "mask": pa.array([mask for _, mask in places], pa.int64()),
                }
            )
        )
        inside: Column = replayed(writer.table("journal")).inner_join(masks, "segment_id")
        words = inside.group_by(["customer_id", "of_word"]).agg(bits=inside["mask"].bit_or())
        writer.insert("membership", words.rename(word="of_word"))


def replayed(journal: Table, before: datetime | None = None) -> Table:
    """Who is in which segment after all rows of the journal dated before an instant: (customer_id, segment_id)."""
    rows = journal if before is None else journal.filter(journal.effective_at < instant_literal(before))
    order = ibis.struct({"recorded": rows.recorded_at, "at": rows.effective_at})
    last = rows.group_by(["customer_id", "segment_id"]).agg(inside=rows.entered.argmax(order))
    return last.filter(last.inside).select("customer_id", "segment_id")
