"""From the inbox into the warehouse: each row exactly once, also when the process dies between the two stores.

The warehouse notes in the same transaction the inbox id up to which it has loaded; the cursor of the store follows. A
run begins where the further of the two stands, and finishes what belongs to a load that the store has not seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, select, update

from relance.errors import FileProblem
from relance.ingest.aside import set_aside, sort_out
from relance.ingest.fold import fold
from relance.ingest.inbox import append, move, position
from relance.ingest.order_changes import with_changes
from relance.ingest.pieces import checked_piece, drop_pieces
from relance.ingest.property_types import learn, learn_traits
from relance.ingest.records import LoadResult, Progress, Record, Told
from relance.ingest.sessions import cut_due, note_due
from relance.ingest.single import SINGLE_KINDS, load_singles
from relance.store import DataFolder, Shop, Store, tables
from relance.warehouse import TABLES, Warehouse, Writer, aligned

READER: Final = "loader"
BATCH: Final = 20_000  # what a load costs whatever its size is shared by so many
MARK: Final = "inbox"
LOADED: Final = frozenset({*SINGLE_KINDS, "import_end", "table_piece"})
WHEN: Final = {"event": "occurred_at", "order": "ordered_at"}  # what sessions are made of, and when it was
Entry = Any  # a row of the inbox: id, kind, body, message_id, received_at


@dataclass
class _Sum:
    """What the run has moved so far."""

    rows: int = 0
    rejected: int = 0
    customers: list[pa.ChunkedArray] | None = None

    def touch(self, people: pa.ChunkedArray) -> None:
        """Note customers with new data."""
        self.customers = [*(self.customers or []), pc.unique(people.cast(pa.string()).drop_null())]

    def result(self) -> LoadResult:
        """The whole, each customer once."""
        chunks = [pa.chunked_array([part]) for part in self.customers or []]
        every = pa.chunked_array([chunk for part in chunks for chunk in part.chunks], pa.string())
        return LoadResult(self.rows, pa.table({"customer_id": pc.unique(every)}), self.rejected)


@dataclass(frozen=True)
class Loader:
    """One run of the loader over one shop."""

    store: Store
    warehouse: Warehouse
    folder: DataFolder
    shop: Shop
    now: datetime
    told: Told
    stop: Callable[[], bool]

    def run(self, limit: int | None) -> LoadResult:
        """Move what waits, at most `limit` inbox rows, or until `stop()` says so. What comes meanwhile waits."""
        done = _Sum()
        at = self._catch_up()
        with self.store.read() as connection:
            newest = newest_record(connection, self.shop)
        # what a run left undone the next one does
        cut_due(self.warehouse, self.shop, f"{MARK}:{at}")
        left = limit
        while (left is None or left > 0) and not self.stop():
            rows = self._waiting(at, BATCH if left is None else min(left, BATCH), newest)
            if not rows:
                break
            for unit in _units(rows):
                if self.stop():
                    break
                self._load(unit, done)
                at = unit[-1].id
            cut_due(self.warehouse, self.shop, f"{MARK}:{at}")
            left = None if left is None else left - len(rows)
            self.told(Progress("load", at, None))
        return done.result()

    def _waiting(self, after: int, limit: int, newest: int | None = None) -> Sequence[Entry]:
        inbox = tables.inbox.c
        asked = [inbox.shop_id == self.shop.shop_id, inbox.id > after]
        if newest is not None:
            asked.append(inbox.id <= newest)
        with self.store.read() as connection:
            return connection.execute(
                select(inbox.id, inbox.kind, inbox.body, inbox.message_id, inbox.received_at)
                .where(*asked)
                .order_by(inbox.id)
                .limit(limit)
            ).all()

    def _catch_up(self) -> int:
        """Finish in the store what the warehouse has already; where to go on."""
        with self.store.read() as connection:
            behind = position(connection, self.shop, READER)
        # what the warehouse has and the store has not seen still lies in the inbox
        ahead = _position_of(self.warehouse) if self._waiting(behind, 1) else behind
        while behind < ahead:
            rows = [row for row in self._waiting(behind, BATCH) if row.id <= ahead]
            if not rows:
                break
            self._settle(rows)
            behind = rows[-1].id
        return behind

    def _load(self, unit: Sequence[Entry], done: _Sum) -> None:
        kind = unit[0].kind
        if kind in LOADED:
            if kind == "import_end":
                self.told(Progress("fold", 0, None))
            moved: list[tuple[int, pa.ChunkedArray]] = []
            fit = self._without_misfits(unit, done) if kind in SINGLE_KINDS else unit
            batch = f"{MARK}:{unit[-1].id}"
            self.warehouse.load(batch, MARK, self.now, lambda writer: self._change(writer, kind, fit, batch, moved))
            for rows, people in moved:
                done.rows += rows
                done.touch(people)
        self._settle(unit)

    def _without_misfits(self, unit: Sequence[Entry], done: _Sum) -> Sequence[Entry]:
        """The records that fit their tables; the others are in the quarantine before anything is loaded."""
        fit, misfits = sort_out([row for row in unit if row.kind in SINGLE_KINDS])
        if misfits:
            with self.store.begin() as connection:
                set_aside(connection, self.shop, misfits, self.now, self.folder.secret_key())
            done.rejected += len(misfits)
        return fit

    def _change(
        self, writer: Writer, kind: str, unit: Sequence[Entry], batch: str, moved: list[tuple[int, pa.ChunkedArray]]
    ) -> int:
        writer.cause = "event" if kind in SINGLE_KINDS and not any(map(_fills_in, unit[:1])) else "import"
        if kind == "import_end":
            rows, touched = fold(writer, self.folder, self.shop, unit[0].body, unit[0].received_at)
            people = touched["customer_id"]
            if unit[0].body["of"] == "customers":
                written = writer.table("customer")
                mine = written.filter(written.batch_id == unit[0].body["import_id"])
                learn_traits(writer, mine, ibis.literal(self.now.replace(tzinfo=None)))
        elif kind == "table_piece":
            rows, people = load_table(writer, self.folder, unit[0].body, batch)
        else:
            return self._singles(writer, unit, batch, moved)
        moved.append((rows, people))
        return rows

    def _singles(
        self, writer: Writer, unit: Sequence[Entry], batch: str, moved: list[tuple[int, pa.ChunkedArray]]
    ) -> int:
        """Records of several kinds, each kind as one set in the order in which it came."""
        whole = with_changes(writer, unit)
        for kind in sorted(SINGLE_KINDS):
            mine = [row for row in whole if row.kind == kind]
            if mine:
                moved.append(load_singles(writer, self.folder, self.shop, mine, batch))
        return sum(rows for rows, _ in moved)

    def _settle(self, rows: Sequence[Entry]) -> None:
        """Move the cursor, finish imports, then delete the pieces that nobody needs any more."""
        pieces: list[str] = []
        with self.store.begin() as connection:
            for row in rows:
                if row.kind == "import_end":
                    self._finish(connection, row.body)
                    pieces += [piece["path"] for piece in row.body["pieces"]]
                elif row.kind == "table_piece":
                    pieces.append(row.body["path"])
            move(connection, self.shop, READER, rows[-1].id, self.now)
        drop_pieces(self.folder, pieces)

    def _finish(self, connection: Connection, end: dict[str, Any]) -> None:
        """Copy the figures to the import, and hand its consents on."""
        with self.warehouse.read() as engine:
            kept = engine.table("import_figure")
            found = engine.to_pyarrow(kept.filter(kept.import_id == end["import_id"]).select("figures"))
        stored = json.loads(found["figures"][0].as_py())
        runs = tables.import_run
        before = connection.execute(
            select(runs.c.figures).where(runs.c.import_id == end["import_id"])
        ).scalar_one_or_none()
        connection.execute(
            update(runs)
            .where(runs.c.import_id == end["import_id"])
            .values(state="loaded", figures={**(before or {}), **stored["figures"]}, finished_at=self.now)
        )
        if stored["consent_piece"] is not None:
            record = Record("consent_piece", f"consent:{end['import_id']}", stored["consent_piece"])
            append(connection, self.shop, [record], self.now)


def _units(rows: Sequence[Entry]) -> list[list[Entry]]:
    """Rows that are loaded together: runs of single records, runs that are skipped, each piece by itself.

    What is skipped breaks no run of single records: a shop tells of a customer and of consents in turn. What a sender
    fills in of the past is apart from what happens now: it starts no flow (S10).
    """
    units: list[list[Entry]] = []
    for row in rows:
        first = units[-1][0] if units else None
        single = first is not None and first.kind in SINGLE_KINDS
        same = single and row.kind in SINGLE_KINDS and _fills_in(first) == _fills_in(row)
        skipped = row.kind not in LOADED and (single or (first is not None and first.kind not in LOADED))
        if same or skipped:
            units[-1].append(row)
        else:
            units.append([row])
    return units


def _fills_in(row: Entry) -> bool:
    """Whether a record tells of the past, and starts no flow."""
    return row.body.get("backfill") is True


def _position_of(warehouse: Warehouse) -> int:
    """The inbox id up to which the warehouse has loaded."""
    with warehouse.read() as engine:
        loaded = engine.table("loaded_batch")
        mine = loaded.filter(loaded.kind == MARK)
        last = mine.batch_id.replace(f"{MARK}:", "").cast("int64").max()
        return int(engine.to_pyarrow(last).as_py() or 0)


def newest_record(connection: Connection, shop: Shop) -> int:
    """The id of the last record that the inbox took, 0 for none."""
    inbox = tables.inbox.c
    last = select(inbox.id).where(inbox.shop_id == shop.shop_id).order_by(inbox.id.desc()).limit(1)
    return connection.execute(last).scalar_one_or_none() or 0


def load_table(writer: Writer, folder: DataFolder, body: dict[str, Any], batch: str) -> tuple[int, pa.ChunkedArray]:
    """Add the rows of a table piece; how many, and the customers in them. Raises FileProblem for a damaged piece."""
    path = checked_piece(folder, body["path"], body["sha256"])
    if body["table"] not in TABLES:
        raise FileProblem("ingest.piece_damaged", path=str(path))
    rows = writer.pieces([path]).mutate(batch_id=ibis.literal(batch))
    writer.insert(body["table"], rows)
    if body["table"] in WHEN:
        note_due(writer, rows, WHEN[body["table"]])
    if body["table"] == "event":
        learn(writer, aligned("event", rows).select("name", "properties", at="received_at"))
    file = pq.ParquetFile(path)
    known = "customer_id" in file.schema_arrow.names
    people = file.read(columns=["customer_id"])["customer_id"] if known else pa.chunked_array([], pa.string())
    return file.metadata.num_rows, people


def load_inbox(
    store: Store,
    warehouse: Warehouse,
    folder: DataFolder,
    shop: Shop,
    now: datetime,
    progress: Told | None = None,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> LoadResult:
    """Move what waits in the inbox into the warehouse, each row exactly once; at most `limit` inbox rows.

    What comes while it moves is for the next call: a stream without end would keep whoever waits for this one. `stop()`
    is asked between batches: what waits then is moved by the next call. A second call at the same time waits.

    Raises NoRoom on a full disk and FileProblem for a damaged piece; what was loaded before stays loaded.
    """
    told = progress or (lambda _progress: None)
    with warehouse.loading:
        return Loader(store, warehouse, folder, shop, now.astimezone(UTC), told, stop).run(limit)
