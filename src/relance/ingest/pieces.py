"""Parquet pieces in the data folder: written whole, named in the inbox with their checksum, read back checked."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from relance.errors import FileProblem, NoRoom
from relance.store import DataFolder

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def room_on(path: Path) -> Iterator[None]:
    """Tell a full disk as NoRoom."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL or "No space left" in str(error) or "File too large" in str(error):
            raise NoRoom("disk_full", path=str(path)) from error
        raise


def write_piece(folder: DataFolder, name: str, table: pa.Table) -> str:
    """Write a piece durably under its name; its SHA-256. Raises NoRoom on a full disk."""
    path = folder.pieces / name
    temporary = path.with_suffix(".part")
    with room_on(path):
        try:
            pq.write_table(table, temporary, compression="zstd", compression_level=1)
            _settle(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    return checksum(path)


def write_text(path: Path, parts: Iterator[bytes]) -> None:
    """Write a file whole or not at all. Raises NoRoom on a full disk."""
    temporary = path.with_suffix(".part")
    with room_on(path):
        try:
            with temporary.open("wb") as handle:
                for part in parts:
                    handle.write(part)
            _settle(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


def _settle(temporary: Path, path: Path) -> None:
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    temporary.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def checked_piece(folder: DataFolder, name: str, sha256: str) -> Path:
    """The path of a piece that is as it was written. Raises FileProblem when it is missing or damaged."""
    path = folder.pieces / name
    if not path.is_file() or checksum(path) != sha256:
        raise FileProblem("ingest.piece_damaged", path=str(path))
    return path


def drop_pieces(folder: DataFolder, names: list[str]) -> None:
    """Delete pieces that were loaded."""
    for name in names:
        (folder.pieces / name).unlink(missing_ok=True)
