"""One import from file to figures: look, lay the mapping over, translate piece by piece, hand the end to the loader."""

from __future__ import annotations

import hashlib
import json
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import and_, delete, insert, select, update

from relance.errors import BadInput, FileProblem, Interrupted, MappingProblem
from relance.ingest import columns as read
from relance.ingest.faults import REJECT_SCHEMA
from relance.ingest.inbox import append
from relance.ingest.loader import load_inbox
from relance.ingest.pieces import drop_pieces, write_piece
from relance.ingest.records import ImportFigures, ImportRequest, Progress, Record, Told, figures_of, joined
from relance.ingest.rejects import counted, orphans, write_rejects
from relance.ingest.request import File, drop_shop, files_of, shop_for
from relance.ingest.source import RawPiece
from relance.ingest.translate import Carry, Plan, Translated, translate
from relance.store import DataFolder, Shop, Store, tables
from relance.warehouse import Warehouse

DECLARED: Final = " declared "
NUMBER_KINDS: Final = frozenset({"number", "whole", "money"})


class _Stop:
    """Whether somebody asked to stop; signals are noted and obeyed between pieces."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, *_signal: object) -> None:
        self.asked = True

    def check(self) -> None:
        """Raises Interrupted when a stop was asked for."""
        if self.asked:
            raise Interrupted("interrupted")


@contextmanager
def _listening() -> Iterator[_Stop]:
    stop = _Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_import(
    store: Store,
    warehouse: Warehouse,
    folder: DataFolder,
    request: ImportRequest,
    now: datetime,
    progress: Told | None = None,
) -> ImportFigures:
    """Import the files of a request and load them; the figures that a merchant checks.

    A file that was imported before changes nothing. Raises FileProblem and MappingProblem (nothing is loaded),
    Conflict for another currency or zone than the shop's, NoRoom and Interrupted (run again to go on).
    """
    told = progress or (lambda _progress: None)
    files = files_of(request)
    shop, made = shop_for(store, request, files, now)
    parts: list[ImportFigures] = []
    try:
        with _listening() as stop:
            for file in files:
                beside = parts[-1].import_ids[0] if parts else None
                parts.append(_Run(store, warehouse, folder, shop, request, file, now, told, stop, beside).figures())
    except BadInput:
        if made:
            drop_shop(store, shop)
        raise
    return joined(parts, _together(store, parts))


def _together(store: Store, parts: list[ImportFigures]) -> int:
    if len(parts) == 1:
        return parts[0].customers
    with store.read() as connection:
        runs = tables.import_run.c
        last = connection.execute(select(runs.figures).where(runs.import_id == parts[-1].import_ids[0])).scalar_one()
    return int(last.get("customers_together", parts[-1].customers))


@dataclass
class _Run:
    """The import of one file."""

    store: Store
    warehouse: Warehouse
    folder: DataFolder
    shop: Shop
    request: ImportRequest
    file: File
    now: datetime
    told: Told
    stop: _Stop
    beside: str | None

    @property
    def label(self) -> str:
        """The mapping's label; with the declaration where there is one, so that it may be given later (S16)."""
        if self.request.declaration is None:
            return self.file.label
        declared = json.dumps(asdict(self.request.declaration), sort_keys=True)
        return f"{self.file.label}{DECLARED}{hashlib.sha256(declared.encode()).hexdigest()[:12]}"

    @property
    def import_id(self) -> str:
        """The same for the same shop, mapping and file: what makes a repeated import change nothing."""
        text = f"{self.shop.shop_id}\n{self.label}\n{self.file.source.sha256}"
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def figures(self) -> ImportFigures:
        """Import the file unless it was; its figures."""
        stored = self._stored()
        if stored is not None and stored["state"] == "loaded":
            return figures_of(stored["figures"], already=True)
        if stored is None:
            self._note_start()
        if stored is None or stored["state"] == "reading":
            self._read_file()
        load_inbox(self.store, self.warehouse, self.folder, self.shop, self.now, self.told)
        after = self._stored()
        if after is None or after["state"] != "loaded":
            raise FileProblem("ingest.piece_damaged", path=str(self.folder.pieces))
        return figures_of(after["figures"], already=False)

    def _stored(self) -> dict[str, Any] | None:
        """This import as the store knows it; without a declaration also the same file's that was loaded with one."""
        runs = tables.import_run
        same = runs.c.import_id == self.import_id
        if self.request.declaration is None:
            declared = runs.c.mapping.startswith(f"{self.file.label}{DECLARED}", autoescape=True)
            file = (runs.c.shop_id == self.shop.shop_id, runs.c.file_sha256 == self.file.source.sha256)
            same = same | (declared & and_(*file, runs.c.state == "loaded"))
        with self.store.read() as connection:
            rows = connection.execute(select(runs).where(same)).mappings().all()
        loaded_first = sorted(rows, key=lambda row: (row["state"] != "loaded", row["import_id"] != self.import_id))
        return dict(loaded_first[0]) if loaded_first else None

    def _note_start(self) -> None:
        with self.store.begin() as connection:
            connection.execute(
                insert(tables.import_run).values(
                    import_id=self.import_id,
                    shop_id=self.shop.shop_id,
                    mapping=self.label,
                    file_name=self.file.source.path.name,
                    file_sha256=self.file.source.sha256,
                    state="reading",
                    declaration={} if self.request.declaration is None else asdict(self.request.declaration),
                    pieces_done=0,
                    figures={},
                    started_at=self.now,
                )
            )

    def _read_file(self) -> None:
        """Translate what no earlier run has translated, then write the end. A broken file leaves nothing behind."""
        try:
            bodies = self._pieces()
            self._end(bodies)
        except (FileProblem, MappingProblem):
            self._forget()
            raise

    def _pieces(self) -> list[dict[str, Any]]:
        source = self.file.source
        bodies = self._pieces_done()
        carry = _carry_of(bodies[-1]) if bodies else Carry()
        plan: Plan | None = None
        # while one piece is written the next is translated, and the one after it read
        with ThreadPoolExecutor(max_workers=1) as keeper:
            kept: list[Future[dict[str, Any]]] = []
            for number, raw in enumerate(_ahead(source.pieces(self._tell))):
                plan = plan or self._plan(raw)
                self.stop.check()
                if number < len(bodies):
                    continue
                done = translate(raw, plan, carry)
                if kept:
                    kept[-1].result()
                kept.append(keeper.submit(self._keep, number, raw, done))
                carry = done.carry
            bodies += [one.result() for one in kept]
        self.stop.check()
        return bodies

    def _tell(self, done: int) -> None:
        self.told(Progress("read", done, self.file.source.total))

    def _plan(self, first: RawPiece) -> Plan:
        """How the file writes numbers and dates, from its first piece."""
        mapping, taken = self.file.mapping, self.file.fit.taken
        by_kind = {
            kind: [
                first.table[column].combine_chunks()
                for name, columns in taken.items()
                if mapping.fields[name] in kinds
                for column in columns
            ]
            for kind, kinds in (("number", NUMBER_KINDS), ("date", {"instant", "date"}))
        }
        numbers = [column for column in by_kind["number"] if read.is_text(column)]
        dates = [column for column in by_kind["date"] if read.is_text(column)]
        day_first = mapping.day_first if mapping.day_first is not None else read.day_comes_first(dates)
        if day_first is None:
            day_first = self.shop.zone_name.split("/")[0] != "America"
        decimal = mapping.decimal or read.decimal_style(numbers, self.file.source.separator)
        return Plan(self.file.fit, read.Style(decimal, day_first), self.shop.zone_name, self.shop.currency)

    def _pieces_done(self) -> list[dict[str, Any]]:
        inbox = tables.inbox.c
        with self.store.read() as connection:
            rows = connection.execute(
                select(inbox.body)
                .where(inbox.shop_id == self.shop.shop_id, inbox.message_id.startswith(f"import:{self.import_id}:"))
                .order_by(inbox.id)
            ).scalars()
            return [body for body in rows if "piece" in body]

    def _keep(self, number: int, raw: RawPiece, done: Translated) -> dict[str, Any]:
        """The piece on disk, then its row in the inbox."""
        name = f"{self.import_id}-{number:06d}.parquet"
        sha256 = write_piece(self.folder, name, done.rows)
        if done.rejects.num_rows:
            write_piece(self.folder, _rejects_name(name), done.rejects)
        body = {
            "import_id": self.import_id,
            "piece": number,
            "path": name,
            "sha256": sha256,
            "rows": raw.rows,
            "rejected": counted(done.rejects),
            "headless": done.headless,
            "odd": done.odd,
            "carry": asdict(done.carry),
        }
        with self.store.begin() as connection:
            append(connection, self.shop, [Record("import_piece", f"import:{self.import_id}:{number}", body)], self.now)
            runs = tables.import_run
            connection.execute(update(runs).where(runs.c.import_id == self.import_id).values(pieces_done=number + 1))
        return body

    def _end(self, bodies: list[dict[str, Any]]) -> None:
        """The rejects file, and the row that lets the loader fold the pieces."""
        rejects = self._rejects(bodies)
        declaration = self.request.declaration
        end = {
            "import_id": self.import_id,
            "of": self.file.mapping.of,
            "source": self.file.mapping.source,
            "file_name": self.file.source.path.name,
            "pieces": [{"path": body["path"], "sha256": body["sha256"]} for body in bodies],
            "rows_read": sum(body["rows"] for body in bodies),
            "rejected": counted(rejects),
            "odd": _summed([body["odd"] for body in bodies]),
            "beside": self.beside,
            "declaration": None if declaration is None else asdict(declaration),
        }
        path = None
        if rejects.num_rows:
            path = write_rejects(self.folder, self.file.source.path, self.import_id, rejects, self.shop.language)
        with self.store.begin() as connection:
            append(connection, self.shop, [Record("import_end", f"import:{self.import_id}:end", end)], self.now)
            runs = tables.import_run
            connection.execute(
                update(runs)
                .where(runs.c.import_id == self.import_id)
                .values(state="waiting", figures={"rejects_file": path})
            )
        drop_pieces(self.folder, [_rejects_name(body["path"]) for body in bodies])

    def _rejects(self, bodies: list[dict[str, Any]]) -> pa.Table:
        parts = [pq.read_table(self.folder.pieces / _rejects_name(body["path"])) for body in bodies if body["rejected"]]
        if sum(body["headless"] for body in bodies):
            parts.append(orphans(self.folder, [body["path"] for body in bodies]))
        return pa.concat_tables(parts) if parts else REJECT_SCHEMA.empty_table()

    def _forget(self) -> None:
        """Take back the pieces of a file that turned out to be broken."""
        bodies = self._pieces_done()
        prefix = f"import:{self.import_id}:"
        with self.store.begin() as connection:
            connection.execute(
                delete(tables.inbox).where(
                    tables.inbox.c.shop_id == self.shop.shop_id, tables.inbox.c.message_id.startswith(prefix)
                )
            )
            connection.execute(delete(tables.import_run).where(tables.import_run.c.import_id == self.import_id))
        names = [body["path"] for body in bodies]
        drop_pieces(self.folder, names + [_rejects_name(name) for name in names])


def _ahead(pieces: Iterator[RawPiece]) -> Iterator[RawPiece]:
    """The pieces; while one is worked on the next is read."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = reader.submit(next, pieces, None)
            yield piece


def _rejects_name(name: str) -> str:
    return name.replace(".parquet", ".rejects.parquet")


def _carry_of(body: dict[str, Any]) -> Carry:
    carry = body["carry"]
    return replace(Carry(), rows=carry["rows"], batches=tuple(carry["batches"]), number=carry["number"])


def _summed(parts: list[dict[str, int]]) -> dict[str, int]:
    out: dict[str, int] = {}
    for part in parts:
        for name, count in part.items():
            out[name] = out.get(name, 0) + count
    return out
