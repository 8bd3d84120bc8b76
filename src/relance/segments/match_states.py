"""What stands written about customers: `consent` and `segment MATCHES`."""

from __future__ import annotations

from typing import Final

from relance.segments.language.known import KNOWN
from relance.segments.related import Related, equals

CONSENT: Final = Related(
    KNOWN.functions["consent"],
    "consent_states",
    {
        "channel": lambda state: state.channel,
        "purpose": lambda state: state.purpose,
        "status": lambda state: state.status,
        "date": lambda state: state["at"],
    },
)


def _movement(way: str, entered: bool) -> Related:
    """The entries into segments, or the exits; `way` is the parameter that dates them."""
    return Related(
        KNOWN.functions["segment"],
        "journal",
        {
            "name": lambda entry: entry.segment_id,
            way: lambda entry: entry.effective_at,
            "is_entry": lambda entry: entry.entered,
        },
        (equals("is_entry", entered),),
        dates=way,
    )


ENTERED: Final = _movement("entered", True)
LEFT: Final = _movement("left", False)
