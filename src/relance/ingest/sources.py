"""Every kind of shop that can be connected: its webhooks and its interface, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relance.ingest.connect import Connector
from relance.ingest.hooks import HookSource

HOOKS: Final[Mapping[str, HookSource]] = {}
CONNECTORS: Final[Mapping[str, Connector]] = {}
