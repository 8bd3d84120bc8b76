"""`relance backup`, `restore` and `release`: a copy of store and warehouse in one file, and what a restored one may do.

The file is a tar archive of `manifest.json`, `warehouse.duckdb` and the store: `store.sqlite`, or `store.dump` as
pg_dump writes a PostgreSQL database. The secret key is not in it: it is what keeps the suppression list's hashes from
being guessed, and belongs in another place.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final

from relance import __version__, pipeline, sending
from relance.cli.asked import the_shop
from relance.errors import BadInput, Conflict, FileProblem, NotFound
from relance.house import House, Report
from relance.store import DataFolder, dump_database, find_shop, load_database, open_store, sqlite_url
from relance.warehouse.rewriting import copy_warehouse

MANIFEST: Final = "manifest.json"
STORE: Final = "store.sqlite"
DUMP: Final = "store.dump"
WAREHOUSE: Final = "warehouse.duckdb"
FORMAT: Final = 1
PIECE: Final = 1 << 20
Arguments = dict[str, Any]


def make_backup(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Write a consistent copy beside the running server.

    Raises BadInput for a file that is there, and what `dump_database` raises for a store on PostgreSQL.
    """
    shop, target = the_shop(house), Path(arguments["file"])
    if target.exists():
        raise BadInput("backup.file_there", path=str(target))
    pipeline.take_in(house, shop)
    pipeline.note_taken_back(house, shop)
    with tempfile.TemporaryDirectory(dir=house.folder.path) as folder:
        name = STORE if house.store.is_sqlite else DUMP
        parts = {name: Path(folder) / name, WAREHOUSE: Path(folder) / WAREHOUSE}
        # the store last: what the warehouse holds the store knows of, and not the other way round
        copy_warehouse(house.warehouse, parts[WAREHOUSE])
        if house.store.is_sqlite:
            house.store.copy_to(parts[STORE])
        else:
            dump_database(house.store.url, parts[DUMP])
        manifest = {
            "format": FORMAT,
            "version": __version__,
            "shop": shop.shop_id,
            "made_at": house.clock().isoformat(),
            "sha256": {name: _sum(path) for name, path in parts.items()},
        }
        (Path(folder) / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        with tarfile.open(target, "x") as archive:
            for part in (MANIFEST, *parts):
                archive.add(Path(folder) / part, part)
    target.chmod(0o600)
    return {"file": str(target), "bytes": target.stat().st_size, "made_at": manifest["made_at"]}


def restore_backup(folder: DataFolder, file: Path, store_url: str | None = None) -> dict[str, Any]:
    """Put a backup into a data folder without a store; from then on nothing is sent until it is released.

    With `store_url`, the address of a PostgreSQL database, the store goes there: the database must be empty. Raises
    NotFound without the file, FileProblem for one that is damaged, Conflict where there is a store already or where
    the backup is of the other kind of store.
    """
    is_dump = bool(store_url) and not str(store_url).startswith("sqlite")
    if not file.exists():
        raise NotFound("backup.no_file", path=str(file))
    folder.create()
    folder.lock()
    try:
        if folder.store_file.exists() or folder.warehouse_file.exists():
            raise Conflict("backup.store_there", folder=str(folder.path))
        manifest = _extract(file, folder, store_url if is_dump else None)
        store = open_store(store_url or sqlite_url(folder.store_file))
        with store.begin() as connection:
            shop = find_shop(connection)
            if shop is not None:
                sending.hold(connection, shop, sending.EVERYTHING)
        store.close()
    finally:
        folder.unlock()
    return {"made_at": manifest["made_at"], "journal": folder.journal_file.exists(), "held": True}


def release(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Apply what was taken back since the backup, and let messages go again.

    Raises NotFound without a journal, unless that is wanted.
    """
    shop = the_shop(house)
    if not house.folder.journal_file.exists() and not arguments.get("without_journal"):
        raise NotFound("backup.no_journal", path=str(house.folder.journal_file))
    done = pipeline.release(house, shop)
    return {"entries": done.entries, "addresses": done.addresses, "erased": len(done.erased)}


def _extract(file: Path, folder: DataFolder, database: str | None) -> dict[str, Any]:
    """Write the two files, checked against the manifest; by their names only, wherever the archive says they lie.

    A dump goes into the `database` instead, before the warehouse is put in its place.
    """
    name_of_store, other = (STORE, DUMP) if database is None else (DUMP, STORE)
    places = {name_of_store: folder.store_file, WAREHOUSE: folder.warehouse_file}
    try:
        with tarfile.open(file) as archive:
            told = archive.extractfile(MANIFEST)
            manifest = dict(json.loads(told.read())) if told else {}
            if other in manifest.get("sha256", {}):
                raise Conflict("backup.other_store", path=str(file))
            for name, place in places.items():
                source = archive.extractfile(name)
                if source is None or manifest.get("format") != FORMAT:
                    raise FileProblem("backup.damaged", path=str(file))
                beside = place.with_suffix(".part")
                with beside.open("wb") as target:
                    while piece := source.read(PIECE):
                        target.write(piece)
                if _sum(beside) != manifest["sha256"][name]:
                    raise FileProblem("backup.damaged", path=str(file))
            if database is not None:
                load_database(database, places.pop(DUMP).with_suffix(".part"))
            for place in places.values():
                place.with_suffix(".part").replace(place)
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise FileProblem("backup.damaged", path=str(file)) from error
    finally:
        for place in (folder.store_file, folder.warehouse_file):
            place.with_suffix(".part").unlink(missing_ok=True)
    return manifest


def _sum(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
