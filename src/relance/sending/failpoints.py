"""The twelve places at which a test ends the sender without warning.

`RELANCE_FAILPOINT=doubt` ends the process with SIGKILL when it first reaches `doubt`; `doubt:3` at the third time.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import Final

VARIABLE: Final = "RELANCE_FAILPOINT"
FAILPOINTS: Final = (
    "planned",
    "claimed",
    "connected",
    "mail",
    "rcpt",
    "data",
    "mid_body",
    "body",
    "doubt",
    "dot",
    "replied",
    "settled",
)
_reached: Counter[str] = Counter()


def reach(name: str) -> None:
    """Die here if a test asked for it."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    point, _, count = wanted.partition(":")
    _reached[name] += 1
    if point == name and _reached[name] >= int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
