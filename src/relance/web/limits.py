"""How often the forms that need no login may be sent from one network; kept in memory, the oldest forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from starlette.requests import Request

from relance.consent import network_of

MOST: Final = 20
WINDOW: Final = timedelta(minutes=10)
REMEMBERED: Final = 10_000


class TooMany:
    """Counts requests by network in a sliding window."""

    def __init__(self, most: int = MOST, window: timedelta = WINDOW) -> None:
        self.most, self.window = most, window
        self._seen: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()

    def check(self, request: Request, now: datetime) -> bool:
        """Count this request; whether it is one too many, which does not count."""
        who = network_of(request.client.host if request.client else "")
        with self._lock:
            recent = [at for at in self._seen.get(who, []) if at > now - self.window]
            if is_one_too_many := len(recent) >= self.most:
                self._seen[who] = recent
            else:
                self._seen[who] = [*recent, now]
            self._seen.move_to_end(who)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return is_one_too_many
