"""The providers that a shop can choose, by channel and name: each stands in a file of its own."""

from __future__ import annotations

from typing import Final

from relance.channels.protocol import ProviderKind

KINDS: Final[tuple[ProviderKind, ...]] = ()
PROVIDERS: Final[dict[tuple[str, str], ProviderKind]] = {(kind.channel, kind.name): kind for kind in KINDS}
