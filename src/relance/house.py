"""What one process holds open for a shop, and how it tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from relance.clock import Clock
from relance.segments.language import DEFAULT_LIMITS, Limits
from relance.store import DataFolder, Store
from relance.warehouse import Bounds, Warehouse

PAGE: Final = Bounds(seconds=10, memory_mb=1024)
COMMAND: Final = Bounds(seconds=600, memory_mb=1024)
INBOX_LIMIT: Final = 1_000_000  # received records that may wait for the loader
EXPORTS_STAY: Final = timedelta(days=7)
BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class QueryLimits:
    """How large a query may be, what it may cost on a page and by a command, and how many pages count at once."""

    size: Limits = DEFAULT_LIMITS
    page: Bounds = PAGE
    command: Bounds = COMMAND
    at_once: int = 2


@dataclass(frozen=True)
class Fetching:
    """How connected shops are read: how often, and whether addresses of one's own network may be asked (SEC-13).

    `since` is when this process opened the house: a reading that another one began is dead.
    """

    every: timedelta = timedelta(minutes=15)
    private: bool = False
    since: datetime = BEGINNING


@dataclass(frozen=True)
class House:
    """What one process holds open for a shop. `exports_stay` is how long files of people are kept."""

    folder: DataFolder
    store: Store
    warehouse: Warehouse
    key: bytes
    clock: Clock
    public_url: str
    demo: bool = False
    postal_address: str = ""
    limits: QueryLimits = field(default_factory=QueryLimits)
    inbox_limit: int = INBOX_LIMIT
    exports_stay: timedelta = EXPORTS_STAY
    fetching: Fetching = Fetching()


class Report(Protocol):
    """Called with how far a step is."""

    def __call__(self, *, phase: str, done: int, total: int | None) -> None: ...


def silent(*, phase: str, done: int, total: int | None) -> None:
    """Report to nobody."""
