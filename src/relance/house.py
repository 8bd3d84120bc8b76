"""What one process holds open for a shop, and how it tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from relance.clock import Clock
from relance.store import DataFolder, Store
from relance.warehouse import Warehouse


@dataclass(frozen=True)
class House:
    """What one process holds open for a shop."""

    folder: DataFolder
    store: Store
    warehouse: Warehouse
    key: bytes
    clock: Clock
    public_url: str
    demo: bool = False


class Report(Protocol):
    """Called with how far a step is."""

    def __call__(self, *, phase: str, done: int, total: int | None) -> None: ...


def silent(*, phase: str, done: int, total: int | None) -> None:
    """Report to nobody."""
