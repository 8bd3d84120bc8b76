"""`relance demo`: the simulated shop is loaded, its follow-ups are sent for real, its customers click for real."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from relance import pipeline, sending
from relance.cli.commands import Report
from relance.clock import system_clock
from relance.errors import Conflict
from relance.pipeline import House
from relance.store import DataFolder

SEED: Final = 20_260
REPLAYED_DAYS: Final = 21
TRUTH: Final = "simulation.json"


@dataclass
class DemoClock:
    """The machine's clock, but for the replay of the last weeks, when it shows the replayed instant."""

    replayed: datetime | None = None

    def __call__(self) -> datetime:
        return self.replayed or system_clock()


def prepare_folder(folder: DataFolder, *, fresh: bool) -> None:
    """Empty a folder that holds an older or unfinished demo; refuse one that holds anything else."""
    if not folder.path.exists() or not any(folder.path.iterdir()):
        return
    folder.create()
    folder.lock()
    try:
        marked = (folder.path / "demo.json").exists()
        if not marked:
            raise Conflict("cli.not_a_demo", folder=str(folder.path))
        if fresh or not is_ready(folder):
            shutil.rmtree(folder.path)
    finally:
        folder.unlock()


def is_ready(folder: DataFolder) -> bool:
    """Whether the folder holds a complete demo made today."""
    mark = folder.path / "demo.json"
    return mark.exists() and json.loads(mark.read_text()).get("ready") == str(datetime.now(UTC).date())


def play(house: House, customers: int, report: Report, running: Callable[[], AbstractContextManager[None]]) -> None:
    """Make the shop, load it, and replay the last weeks of its follow-ups; nothing when that was done today."""
    if is_ready(house.folder):
        return
    mark = house.folder.path / "demo.json"
    mark.write_text(json.dumps({"ready": None}))
    shop = _shop(house)
    simulated = _simulate(house, shop, customers, report)
    _load(house, shop, simulated, report)
    with mailbox(house) as route, running():
        _replay(house, shop, simulated, sending.MailRoute(**route), report)
    pipeline.refresh(house, shop, house.clock(), rebuild=False, report=report)
    mark.write_text(json.dumps({"ready": str(datetime.now(UTC).date())}))
