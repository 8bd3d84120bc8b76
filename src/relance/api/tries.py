"""How often something may be tried: failures in a sliding window, by who tries."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from relance.errors import TooOften

FAILURES: Final = 5
WINDOW: Final = timedelta(minutes=5)
REMEMBERED: Final = 10_000


class Tries:
    """Counts failed sign-ins by network address; kept in memory, the oldest address forgotten first."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()

    def check(self, who: str, now: datetime) -> None:
        """Raises TooOften after five failures in five minutes."""
        with self._lock:
            recent = self._recent(who, now)
        if len(recent) >= FAILURES:
            wait = int((recent[0] + WINDOW - now).total_seconds()) + 1
            raise TooOften("api.too_often", seconds=wait)

    def failed(self, who: str, now: datetime) -> None:
        """Note a failure."""
        with self._lock:
            self._failures[who] = [*self._recent(who, now), now]
            self._failures.move_to_end(who)
            if len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, who: str) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures.pop(who, None)

    def _recent(self, who: str, now: datetime) -> list[datetime]:
        return [at for at in self._failures.get(who, []) if at > now - WINDOW]
