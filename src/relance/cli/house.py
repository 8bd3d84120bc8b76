"""Opens what one process needs of a data folder, and closes it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from relance.cli.demo import ADDRESS
from relance.clock import Clock, system_clock
from relance.config import Settings
from relance.house import Fetching, House, QueryLimits
from relance.segments.language import Limits
from relance.store import DataFolder, open_store, sqlite_url
from relance.warehouse import Bounds, Warehouse, rewrite_file


@dataclass(frozen=True)
class Opening:
    """How a house is to be opened."""

    settings: Settings
    clock: Clock = system_clock
    demo: bool = False

    @property
    def folder(self) -> DataFolder:
        """The data folder that the settings name."""
        return DataFolder(Path(self.settings.required("DATA")).expanduser().absolute())

    @property
    def public_url(self) -> str:
        """The address under which customers reach the server."""
        given = self.settings.text("PUBLIC_URL")
        return (given or f"http://{self.settings.required('HOST')}:{self.settings.number('PORT')}").rstrip("/")


@contextmanager
def open_house(opening: Opening) -> Iterator[House]:
    """The house, held by this process alone. Raises FolderInUse when another process holds the folder."""
    folder = opening.folder
    folder.create()
    folder.lock()
    try:
        with _opened(opening, folder) as house:
            yield house
    finally:
        folder.unlock()


@contextmanager
def _opened(opening: Opening, folder: DataFolder) -> Iterator[House]:
    settings = opening.settings
    store = open_store(settings.text("STORE_URL") or sqlite_url(folder.store_file))
    engine = {"memory_mb": settings.number("WAREHOUSE_MEMORY_MB"), "threads": settings.number("WAREHOUSE_THREADS")}
    _forget_deleted(folder, engine)
    warehouse = Warehouse(folder.warehouse_file, **engine)
    try:
        yield House(
            folder=folder,
            store=store,
            warehouse=warehouse,
            key=folder.secret_key(),
            clock=opening.clock,
            public_url=opening.public_url,
            demo=opening.demo,
            postal_address=settings.text("MAIL_POSTAL_ADDRESS") or (ADDRESS if opening.demo else ""),
            limits=query_limits(settings),
            inbox_limit=settings.number("INBOX_LIMIT"),
            exports_stay=timedelta(days=settings.number("EXPORT_DAYS")),
            fetching=Fetching(
                timedelta(minutes=settings.number("PULL_MINUTES")),
                settings.switch("PRIVATE_ADDRESSES"),
                opening.clock(),
            ),
        )
    finally:
        warehouse.close()
        store.close()
        _forget_deleted(folder, engine)


def _forget_deleted(folder: DataFolder, engine: dict[str, int]) -> None:
    """Write the warehouse's file anew after an erasure, while nobody has it open."""
    if folder.rewrite_due.exists():
        rewrite_file(folder.warehouse_file, **engine)
        folder.rewrite_due.unlink()


def query_limits(settings: Settings) -> QueryLimits:
    """The limits of queries that the settings give."""
    number, memory = settings.number, settings.number("QUERY_MEMORY_MB")
    return QueryLimits(
        Limits(number("QUERY_CONDITIONS"), number("QUERY_DEPTH"), number("QUERY_VALUES")),
        Bounds(number("QUERY_SECONDS"), memory),
        Bounds(number("COMMAND_SECONDS"), memory),
        number("QUERIES_AT_ONCE"),
    )
