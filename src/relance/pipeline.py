"""The order in which the rooms are called: data flows down this page."""

from __future__ import annotations

from dataclasses import dataclass

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
