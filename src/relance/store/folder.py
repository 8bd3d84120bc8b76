"""The data folder of one shop: what lies where, and the lock that one process holds (S3)."""

from __future__ import annotations

import fcntl
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from relance.errors import BadInput, FolderInUse, NoRoom

NETWORK_KINDS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs"}
)


@dataclass
class DataFolder:
    """One folder a shop. `lock()` makes this process the only one that opens the warehouse."""

    path: Path
    _held: IO[str] | None = field(default=None, repr=False)

    @property
    def store_file(self) -> Path:
        """The SQLite file of the operational store."""
        return self.path / "store.sqlite"

    @property
    def warehouse_file(self) -> Path:
        """The DuckDB file of the analytical store."""
        return self.path / "warehouse.duckdb"

    @property
    def pieces(self) -> Path:
        """Checksummed Parquet pieces of imports that are not loaded yet (S23)."""
        return self.path / "pieces"

    @property
    def rejects(self) -> Path:
        """Files of rejected rows, one an import."""
        return self.path / "rejects"

    @property
    def exports(self) -> Path:
        """Files of people that were taken out of the house."""
        return self.path / "exports"

    @property
    def rewrite_due(self) -> Path:
        """A mark that somebody was erased: the warehouse's file is to be written anew when nobody has it open."""
        return self.path / "rewrite.due"

    @property
    def journal_file(self) -> Path:
        """What people took back, outside the database, so that a restored backup can be told of it."""
        return self.path / "journal.jsonl"

    @property
    def socket(self) -> Path:
        """The local socket through which commands reach a running server."""
        return self.path / "relance.sock"

    @property
    def lock_file(self) -> Path:
        """The file whose lock the one process holds; its text is that process's id."""
        return self.path / "relance.lock"

    @property
    def key_file(self) -> Path:
        """The installation's secret key: signs links, keys the suppression hashes."""
        return self.path / "secret.key"

    def create(self) -> None:
        """Make the folder and its parts; refuse a network file system. Raises BadInput or NoRoom."""
        try:
            for part in (self.path, self.pieces, self.rejects, self.exports):
                part.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise NoRoom("disk_full", path=str(self.path)) from error
        kind = filesystem_kind(self.path)
        if kind in NETWORK_KINDS:
            raise BadInput("network_folder", folder=str(self.path), kind=kind)

    def lock(self) -> None:
        """Hold the folder until `unlock` or the end of the process. Raises FolderInUse when another holds it."""
        handle = self.lock_file.open("a+", encoding="ascii")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.seek(0)
            pid = handle.read().strip() or "?"
            handle.close()
            raise FolderInUse("folder_in_use", folder=str(self.path), pid=pid) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._held = handle

    def unlock(self) -> None:
        """Let the folder go."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def secret_key(self) -> bytes:
        """32 random bytes made at the first call and kept, readable by the owner only."""
        try:
            descriptor = os.open(self.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return bytes.fromhex(self.key_file.read_text(encoding="ascii"))
        key = secrets.token_bytes(32)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(key.hex())
        return key


def filesystem_kind(path: Path) -> str:
    """The kind of file system that holds `path`, as the kernel's mount table names it; empty when unknown."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return ""
    best, kind = "", ""
    resolved = str(path.resolve())
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _, where, what, *_ = line.split()
        inside = resolved == where or resolved.startswith(where.rstrip("/") + "/")
        if inside and len(where) >= len(best):
            best, kind = where, what
    return kind
