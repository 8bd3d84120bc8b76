"""Who is written to and who is kept back to compare with: the same answer each time, by a keyed hash."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

TREATED: Final = "treated"
GLOBAL: Final = "holdout_global"
FLOW: Final = "holdout_source"
WHOLE: Final = 2**64


@dataclass(frozen=True)
class Holdout:
    """Percentages of customers who get nothing at all, or nothing of one source (`flow:<id>`, `campaign:<id>`).

    Another `round` draws other people.
    """

    percent: float = 0
    sources: Mapping[str, float] = field(default_factory=dict)
    round: int = 1


def arm(rules: Holdout, key: bytes, source: str, customer_id: str) -> str:
    """The arm of a customer for a source: `treated`, `holdout_global` or `holdout_source`.

    The two draws are independent: the share kept back from a source is of those who are not kept back from all.
    """
    if is_drawn(key, f"all {rules.round}", customer_id, rules.percent):
        return GLOBAL
    if is_drawn(key, f"{source} {rules.round}", customer_id, rules.sources.get(source, 0)):
        return FLOW
    return TREATED


def is_drawn(key: bytes, draw: str, customer_id: str, percent: float) -> bool:
    """Whether a customer is among the `percent` of a draw; who is stays in when the percentage grows."""
    own = hmac.digest(key, b"relance holdout", sha256)
    drawn = int.from_bytes(hmac.digest(own, f"{draw}\0{customer_id}".encode(), sha256)[:8], "big")
    return drawn / WHOLE * 100 < percent
