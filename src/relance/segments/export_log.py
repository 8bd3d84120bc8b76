"""The audit of exports: who took which people out, and the files, which stay in the data folder for some days only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from relance.errors import NotFound
from relance.store import DataFolder, Shop
from relance.store.tables import export as table

FileState = Literal["kept", "removed", "elsewhere", "again"]


@dataclass(frozen=True)
class ExportRow:
    """A line of the audit.

    `query` is that of people who were named by one, `purpose` that of an audience, which has no `columns` of its own.
    `file` is the name of a file that is kept with the exports, None for one that was written elsewhere; `removed_at` is
    when it was deleted or its days were over. A line with `again_of` tells that the file of that line was taken again.
    """

    source: str
    version: int | None
    query: str | None
    as_of: datetime
    form: str
    purpose: str | None
    columns: tuple[str, ...] | None
    people: int
    left_out: Mapping[str, int]
    made_at: datetime
    made_by: str
    file: str | None
    removed_at: datetime | None = None
    again_of: int | None = None
    id: int = 0

    def place(self, folder: DataFolder) -> Path | None:
        """Where the file is, as long as it is kept."""
        if self.file is None or self.removed_at is not None:
            return None
        path = folder.exports / self.file
        return path if path.exists() else None

    def state(self, folder: DataFolder) -> FileState:
        """What became of the file."""
        if self.again_of is not None:
            return "again"
        if self.file is None:
            return "elsewhere"
        return "kept" if self.place(folder) else "removed"


def note(connection: Connection, shop: Shop, row: ExportRow) -> None:
    """Add a line to the audit; its id is a new one."""
    values = {name: value for name, value in asdict(row).items() if name != "id"}
    values["columns"] = None if row.columns is None else list(row.columns)
    connection.execute(insert(table).values(shop_id=shop.shop_id, **values))


def export_log(connection: Connection, shop: Shop, limit: int = 100) -> list[ExportRow]:
    """Who took which people out, the latest first."""
    wanted = select(table).where(table.c.shop_id == shop.shop_id).order_by(table.c.made_at.desc(), table.c.id.desc())
    return [_row(row._mapping) for row in connection.execute(wanted.limit(limit))]


def take_again(
    connection: Connection, shop: Shop, folder: DataFolder, export_id: int, now: datetime, by: str
) -> tuple[ExportRow, Path]:
    """The line and the file of an export that is still there; that it was taken again is a line of its own.

    Raises NotFound.
    """
    row, path = _kept(connection, shop, folder, export_id)
    note(connection, shop, replace(row, made_at=now, made_by=by, file=None, again_of=export_id))
    return row, path


def delete_export(connection: Connection, shop: Shop, folder: DataFolder, export_id: int, now: datetime) -> None:
    """Delete the file; its line stays. Raises NotFound for a file that is gone."""
    _, path = _kept(connection, shop, folder, export_id)
    _remove(connection, [export_id], [path], now)


def expire_exports(connection: Connection, shop: Shop, folder: DataFolder, now: datetime, life: timedelta) -> int:
    """Delete the files that are older than `life`, those that no line knows too; returns how many."""
    found = select(table.c.id, table.c.file, table.c.made_at).where(
        table.c.shop_id == shop.shop_id, table.c.file.is_not(None), table.c.removed_at.is_(None)
    )
    kept = {row.file: row for row in connection.execute(found)}
    old = [row for row in kept.values() if row.made_at <= now - life]
    unknown = [path for path in folder.exports.iterdir() if path.name not in kept and _written_at(path) <= now - life]
    paths = [folder.exports / row.file for row in old] + unknown
    _remove(connection, [row.id for row in old], paths, now)
    return len(paths)


def _kept(connection: Connection, shop: Shop, folder: DataFolder, export_id: int) -> tuple[ExportRow, Path]:
    wanted = select(table).where(table.c.shop_id == shop.shop_id, table.c.id == export_id)
    found = connection.execute(wanted).first()
    if found is None:
        raise NotFound("export.unknown", export=export_id)
    row = _row(found._mapping)
    path = row.place(folder)
    if path is None:
        raise NotFound("export.gone", export=export_id)
    return row, path


def _remove(connection: Connection, ids: list[int], paths: list[Path], now: datetime) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
    if ids:
        connection.execute(update(table).where(table.c.id.in_(ids)).values(removed_at=now))


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _row(row: Mapping[Any, Any]) -> ExportRow:
    facts = {name: row[name] for name in ExportRow.__dataclass_fields__}
    facts["columns"] = None if row["columns"] is None else tuple(row["columns"])
    return ExportRow(**facts)
