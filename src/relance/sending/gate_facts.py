"""What the planner writes into an intent for the gate, as of the instant it was read (S3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from relance.sending.caps import Cap

EVERYBODY: Final = "everybody"


@dataclass(frozen=True)
class GateFacts:
    """What the gate cannot read from the store.

    `phase` is the recipient's life phase, `everybody` whether the message's audience is everybody, `own_caps` the
    schedule of the flow, which replaces the phase's (S15). `zones` are the zones in which the recipient may be;
    none: the shop's. `profiled`: the message came of behaviour, orders or scores (S19). `reacted_at` is the
    recipient's last visit or order.
    """

    phase: str | None = None
    everybody: bool = False
    own_caps: tuple[Cap, ...] | None = None
    zones: tuple[str, ...] = ()
    country: str | None = None
    profiled: bool = False
    reacted_at: datetime | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The same as columns of the outbox."""
        own = None if self.own_caps is None else [cap.as_json() for cap in self.own_caps]
        rest = {
            "own_caps": own,
            "zones": list(self.zones),
            "country": self.country,
            "profiled": self.profiled,
            "reacted_at": None if self.reacted_at is None else self.reacted_at.isoformat(),
        }
        return {"phase": self.phase, "audience": EVERYBODY if self.everybody else None, "gate": rest}


NOTHING: Final = GateFacts()


def facts_from(phase: str | None, audience: str | None, rest: Mapping[str, Any] | None) -> GateFacts:
    """The facts that stand in the outbox's columns; an intent that says nothing has none."""
    held = rest or {}
    own, reacted = held.get("own_caps"), held.get("reacted_at")
    return GateFacts(
        phase,
        audience == EVERYBODY,
        None if own is None else tuple(Cap.from_json(cap) for cap in own),
        tuple(held.get("zones", ())),
        held.get("country"),
        bool(held.get("profiled")),
        None if reacted is None else datetime.fromisoformat(reacted),
    )
