"""The file of a bulk operation that somebody downloaded: imported piece by piece, resumed where it stopped, once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, and_, insert, select, update

from relance.errors import BadInput, FileProblem
from relance.ingest.mappings import is_currency, is_zone
from relance.ingest.records import Declaration, Progress, Told
from relance.ingest.said import Origin, Unreadable, keep_said
from relance.ingest.shopify_bulk import Lines, read_bulk, translated
from relance.store import DataFolder, Shop, Store, add_shop, find_shop, tables
from relance.words import language_of

MAPPING: Final = "shopify-bulk"
SOURCE: Final = "shopify"
runs: Final = tables.import_run


@dataclass(frozen=True)
class BulkRequest:
    """What to import; currency, zone and name are for the first import, as with other files (S25)."""

    file: Path
    declaration: Declaration | None = None
    currency: str | None = None
    zone: str | None = None
    language: str | None = None
    shop_name: str | None = None


@dataclass(frozen=True)
class BulkFigures:
    """What a file amounts to: its lines, the records that are new, what was older, what could not be read."""

    lines: int = 0
    offset: int = 0
    records: int = 0
    older: int = 0
    rejected: int = 0
    rejects_file: str | None = None
    already_imported: bool = False


def import_bulk(
    store: Store, folder: DataFolder, key: bytes, request: BulkRequest, now: datetime, told: Told
) -> BulkFigures:
    """Put what a bulk file says into the inbox. A file that was imported before changes nothing.

    Lines that cannot be read are written to a file of the rejects folder, each with its number and reason. Raises
    FileProblem, BadInput, NoRoom and Interrupted: run again, it goes on after the last piece.
    """
    digest, size = _digest(request.file), request.file.stat().st_size
    with store.begin() as connection:
        shop = find_shop(connection) or _new_shop(connection, request, now)
        import_id, done, finished = _begun(connection, shop, request, digest, now)
    if finished:
        return replace(done, already_imported=True)
    declared = {} if request.declaration is None else vars(request.declaration)
    origin = Origin(shop, SOURCE, "", now, declared, now)
    with request.file.open("rb") as file:
        file.seek(done.offset)
        for part in read_bulk(file, done.lines, done.offset):
            done = _kept(store, folder, key, origin, import_id, done, part)
            told(Progress("read", done.offset, size))
    with store.begin() as connection:
        connection.execute(update(runs).where(runs.c.import_id == import_id).values(state="loaded", finished_at=now))
    return done


def _kept(
    store: Store, folder: DataFolder, key: bytes, origin: Origin, import_id: str, done: BulkFigures, part: Lines
) -> BulkFigures:
    """Records and the place after them in one transaction; rejects are written under their lines, so twice is once."""
    said, wrong = translated(part.found, origin, past=True)
    rejects = [*part.wrong, *wrong]
    name = _write_rejects(folder, import_id, part.line, rejects) if rejects else done.rejects_file
    with store.begin() as connection:
        taken = keep_said(connection, origin, key, said)
        moved = replace(
            done,
            lines=part.line,
            offset=part.offset,
            records=done.records + taken.records,
            older=done.older + taken.older,
            rejected=done.rejected + len(rejects),
            rejects_file=name,
        )
        connection.execute(update(runs).where(runs.c.import_id == import_id).values(figures=vars(moved)))
    return moved


def _write_rejects(folder: DataFolder, import_id: str, line: int, rejects: Sequence[Unreadable]) -> str:
    """One JSON object a rejected line: its place, the reason and the text. The name of the last file."""
    path = folder.rejects / f"{import_id}-{line:010}.jsonl"
    path.write_text("".join(_told(rejects)), encoding="utf-8")
    return str(path)


def _told(rejects: Sequence[Unreadable]) -> Iterator[str]:
    for one in rejects:
        place = int((one.place or "line 0").removeprefix("line "))
        told = {"line": place, "reason": one.reason, "text": one.body.decode("utf-8", "replace")}
        yield json.dumps(told, ensure_ascii=False) + "\n"


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise FileProblem("file_missing", path=str(path)) from None
    except OSError as error:
        raise FileProblem("ingest.file_unreadable", path=str(path)) from error
    if path.stat().st_size == 0:
        raise FileProblem("ingest.file_empty", path=str(path))
    return digest


def _new_shop(connection: Connection, request: BulkRequest, now: datetime) -> Shop:
    """The shop, made by its first import."""
    currency, zone = (request.currency or "EUR").upper(), request.zone or "Europe/Paris"
    if not is_currency(currency):
        raise BadInput("ingest.unknown_currency", currency=currency)
    if not is_zone(zone):
        raise BadInput("ingest.unknown_zone", zone=zone)
    shop = Shop("main", request.shop_name or "Shop", currency, zone, language_of(request.language))
    add_shop(connection, shop, now)
    return shop


def _begun(
    connection: Connection, shop: Shop, request: BulkRequest, digest: str, now: datetime
) -> tuple[str, BulkFigures, bool]:
    """The run of this file: its id, how far it is, and whether it has ended."""
    same = and_(runs.c.shop_id == shop.shop_id, runs.c.mapping == MAPPING, runs.c.file_sha256 == digest)
    found = connection.execute(select(runs).where(same)).one_or_none()
    if found is not None:
        return found.import_id, BulkFigures(**found.figures), found.state == "loaded"
    import_id = f"{MAPPING}-{digest[:16]}"
    declared: dict[str, Any] = {} if request.declaration is None else vars(request.declaration)
    values = {"mapping": MAPPING, "file_name": request.file.name, "file_sha256": digest, "state": "reading"}
    connection.execute(
        insert(runs).values(
            import_id=import_id,
            shop_id=shop.shop_id,
            declaration=declared,
            pieces_done=0,
            figures=vars(BulkFigures()),
            started_at=now,
            **values,
        )
    )
    return import_id, BulkFigures(), False
