"""When a running server takes in what came: at once, but nothing is asked while nothing happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from relance import ingest, pipeline
from relance.house import House
from relance.store import find_shop

ASK_AGAIN: Final = 60.0  # seconds


class Receiver:
    """Receives when a record came or the warehouse was changed, and each minute for what time alone brings."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._done: tuple[int, int] | None = None
        self._done_at = 0.0

    def step(self, stop: Callable[[], bool]) -> None:
        """Receive as long as something comes, or until `stop()` says so."""
        while not stop() and self.look(stop):
            pass

    def look(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Receive once if there may be anything; whether there was reason to."""
        found, at = self._found(), time.monotonic()
        if found == self._done and at - self._done_at < ASK_AGAIN:
            return False
        pipeline.receive(self.house, stop)
        # what this look itself changed is looked at once more
        self._done, self._done_at = found, at
        return True

    def is_idle(self) -> bool:
        """Whether nothing has come since the last look."""
        return self._found() == self._done

    def _found(self) -> tuple[int, int]:
        with self.house.store.read() as connection:
            shop = find_shop(connection)
            newest = ingest.newest_record(connection, shop) if shop else 0
        return newest, self.house.warehouse.changes
