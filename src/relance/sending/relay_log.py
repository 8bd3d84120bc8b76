"""What a relay of one's own did with messages, read from its log: evidence that ends a doubt.

Postfix names the Message-ID when it has read a message's head, and puts the message into its queue only after the final
dot (`qmgr … queue active`): a head without a queue entry was never taken. What the log means is read from
https://www.postfix.org/OVERVIEW.html and https://www.postfix.org/cleanup.8.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Final

from relance.sending.doubt import Doubt, Evidence

# before and after the instant of the doubt for which a log must speak before its silence means something
BEFORE: Final = timedelta(minutes=5)
AFTER: Final = timedelta(minutes=15)
# `Nov 22 10:04:05 mail postfix/qmgr[71]: 4F2A: …`, or with the instant as RFC 3339 writes it
LINE: Final = re.compile(
    r"^(?:(?P<iso>\d{4}-\d\d-\d\dT\S+)|(?P<plain>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d))"
    r" \S+ postfix\S*/(?P<program>[a-z]+)\[\d+\]: (?P<queue>[0-9A-Za-z]{6,}): (?P<said>.*)$"
)
STATUS: Final = re.compile(r"\bstatus=(sent|deferred|bounced|expired)\b")


@dataclass
class RelayLog:
    """What a log says: the time it covers, the queue ids of each Message-ID, and which of those were taken."""

    first: datetime | None = None
    last: datetime | None = None
    heads: dict[str, set[str]] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)

    def about(self, doubt: Doubt) -> Evidence | None:
        """What became of a message in doubt; None when the log cannot tell."""
        for queue in self.heads.get(doubt.message_id, ()):
            if queue in self.taken:
                return Evidence(doubt.message_id, "accepted", "log", self.taken[queue])
        if self.first is None or self.last is None:
            return None
        covers = self.first <= doubt.doubt_at - BEFORE and self.last >= doubt.doubt_at + AFTER
        return Evidence(doubt.message_id, "not_taken", "log") if covers else None


def read_relay_log(lines: Iterable[str], zone: tzinfo, now: datetime) -> RelayLog:
    """A Postfix log. Times without a year are of `zone` and of the year before `now` that they fit."""
    log = RelayLog()
    for line in lines:
        found = LINE.match(line.rstrip("\n"))
        if found is None:
            continue
        at = _instant(found["iso"], found["plain"], zone, now)
        if at is None:
            continue
        log.first = at if log.first is None else min(log.first, at)
        log.last = at if log.last is None else max(log.last, at)
        queue, said = found["queue"], found["said"]
        if found["program"] == "cleanup" and said.startswith("message-id="):
            log.heads.setdefault(said.removeprefix("message-id=").strip(), set()).add(queue)
        elif "queue active" in said or STATUS.search(said):
            status = STATUS.search(said)
            log.taken[queue] = f"{queue} {status[1] if status else 'queued'}"
    return log


def _instant(iso: str | None, plain: str | None, zone: tzinfo, now: datetime) -> datetime | None:
    try:
        if iso is not None:
            read = datetime.fromisoformat(iso)
            return read if read.tzinfo else read.replace(tzinfo=zone)
        read = datetime.strptime(f"{now.year} {plain}", "%Y %b %d %H:%M:%S").replace(tzinfo=zone)
        return read.replace(year=now.year - 1) if read > now + timedelta(days=1) else read
    except ValueError:
        return None
