"""One import from file to figures: look, lay the mapping over, translate piece by piece, hand the end to the loader."""

from __future__ import annotations

import hashlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import babel.numbers
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import delete, insert, select, update

from relance.errors import BadInput, Conflict, FileProblem, Interrupted, MappingProblem
from relance.ingest import columns as read
from relance.ingest.faults import REJECT_SCHEMA
from relance.ingest.files import open_source
from relance.ingest.guess import Guess, guess_mapping
from relance.ingest.inbox import append
from relance.ingest.loader import load_inbox
from relance.ingest.mappings import Fit, Mapping, find_mapping, fit
from relance.ingest.pieces import drop_pieces, write_piece
from relance.ingest.records import ImportFigures, ImportRequest, Progress, Record, Told, figures_of, joined
from relance.ingest.rejects import counted, orphans, write_rejects
from relance.ingest.source import RawPiece, Source
from relance.ingest.translate import Carry, Plan, Translated, translate
from relance.store import DataFolder, Shop, Store, add_shop, find_shop, tables
from relance.warehouse import Warehouse
from relance.words import language_of

DEFAULT_CURRENCY: Final = "EUR"
DEFAULT_ZONE: Final = "Europe/Paris"
NUMBER_KINDS: Final = frozenset({"number", "whole", "money"})


@dataclass(frozen=True)
class _File:
    """One file of a request with its mapping laid over it."""

    source: Source
    fit: Fit

    @property
    def mapping(self) -> Mapping:
        return self.fit.mapping


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
    files = [_opened(path, mapping) for path, mapping in _wanted(request)]
    shop = _shop_for(store, request, files[0].mapping, now)
    with _listening() as stop:
        parts: list[ImportFigures] = []
        for file in files:
            beside = parts[-1].import_ids[0] if parts else None
            parts.append(_Run(store, warehouse, folder, shop, request, file, now, told, stop, beside).figures())
    return joined(parts, _together(store, parts))


def _wanted(request: ImportRequest) -> list[tuple[Path, str | None]]:
    if request.kind == "shopify":
        named = ((request.customers, "shopify-customers"), (request.orders, "shopify-orders"))
        files: list[tuple[Path, str | None]] = [(path, name) for path, name in named if path is not None]
    else:
        files = [(request.file, request.mapping)] if request.file is not None else []
    if not files:
        raise BadInput("ingest.no_file")
    return files


def _opened(path: Path, name: str | None) -> _File:
    source = open_source(path)
    if name is not None:
        return _File(source, fit(find_mapping(name), source.columns, path))
    guess = guess_file(path)
    if not guess.confident:
        raise MappingProblem(
            "ingest.guess_unsure",
            path=str(path),
            missing=", ".join(guess.missing) or "—",
            columns=", ".join(source.columns[:40]),
        )
    return _File(source, fit(guess.mapping, source.columns, path))


def guess_file(path: Path) -> Guess:
    """What the columns of a file may mean, from its names and first rows. Raises FileProblem."""
    source = open_source(path)
    first = next(source.pieces())
    return guess_mapping(source.columns, first.table.slice(0, 1_000))


def _together(store: Store, parts: list[ImportFigures]) -> int:
    if len(parts) == 1:
        return parts[0].customers
    with store.read() as connection:
        runs = tables.import_run.c
        last = connection.execute(select(runs.figures).where(runs.import_id == parts[-1].import_ids[0])).scalar_one()
    return int(last.get("customers_together", parts[-1].customers))


def _shop_for(store: Store, request: ImportRequest, mapping: Mapping, now: datetime) -> Shop:
    """The shop; made at the first import (S25). Raises Conflict when currency or zone differ later."""
    currency = request.currency.upper() if request.currency else None
    _check_money_and_zone(currency, request.zone)
    with store.begin() as connection:
        shop = find_shop(connection)
        if shop is None:
            shop = Shop(
                "main",
                request.shop_name or "Shop",
                currency or mapping.currency or DEFAULT_CURRENCY,
                request.zone or mapping.zone or DEFAULT_ZONE,
                language_of(request.language),
            )
            add_shop(connection, shop, now)
            return shop
    for name, wanted, fixed in (
        ("currency", currency or mapping.currency, shop.currency),
        ("zone", request.zone or mapping.zone, shop.zone_name),
    ):
        if wanted is not None and wanted != fixed:
            raise Conflict(f"ingest.other_{name}", wanted=wanted, fixed=fixed)
    return shop


def _check_money_and_zone(currency: str | None, zone: str | None) -> None:
    if currency is not None and currency not in babel.numbers.list_currencies():
        raise BadInput("ingest.unknown_currency", currency=currency)
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadInput("ingest.unknown_zone", zone=zone) from error


@dataclass
class _Run:
    """The import of one file."""

    store: Store
    warehouse: Warehouse
    folder: DataFolder
    shop: Shop
    request: ImportRequest
    file: _File
    now: datetime
    told: Told
    stop: _Stop
    beside: str | None

    @property
    def label(self) -> str:
        """The mapping's name, with its version where it is not a ready one."""
        mapping = self.file.mapping
        ready = self.request.kind == "shopify" or (self.request.mapping == mapping.name)
        return mapping.name if ready else f"{mapping.name}@{mapping.version}"

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
        runs = tables.import_run
        with self.store.read() as connection:
            row = connection.execute(select(runs).where(runs.c.import_id == self.import_id)).one_or_none()
        return None if row is None else dict(row._mapping)

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
        for number, raw in enumerate(source.pieces(self._tell)):
            plan = plan or self._plan(raw)
            self.stop.check()
            if number < len(bodies):
                continue
            done = translate(raw, plan, carry)
            bodies.append(self._keep(number, raw, done))
            carry = done.carry
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
        numbers = [column for column in by_kind["number"] if pa.types.is_string(column.type)]
        dates = [column for column in by_kind["date"] if pa.types.is_string(column.type)]
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
