"""Writes the engine's file anew, so that nothing of what was deleted is left in it."""

from __future__ import annotations

from pathlib import Path

from relance.warehouse.engines.duckdb_copy import copy_database, copy_open_database
from relance.warehouse.warehouse import Warehouse


def rewrite_file(path: Path, *, memory_mb: int = 2048, threads: int = 2) -> None:
    """Copy everything that is in the file at `path` into a new one, and put that in its place.

    Nobody may have the file open. Cut short, the old file is still there.
    """
    if not path.exists():
        return
    beside = path.with_suffix(".rewritten")
    beside.unlink(missing_ok=True)
    copy_database(path, beside, memory_mb=memory_mb, threads=threads)
    beside.replace(path)
    for left in (path.with_name(f"{path.name}.wal"), beside.with_name(f"{beside.name}.wal")):
        left.unlink(missing_ok=True)


def copy_warehouse(warehouse: Warehouse, path: Path) -> None:
    """Write a consistent copy into a new file at `path`; nobody writes meanwhile."""
    with warehouse.write() as writer:
        copy_open_database(writer.engine, path)
