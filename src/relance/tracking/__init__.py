"""Links, unsubscribes and provider events: back to ingest as data."""

from __future__ import annotations
