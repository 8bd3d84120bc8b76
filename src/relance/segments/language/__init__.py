"""Text, tree, meaning and sentence of a segment; no store, no clock, no network."""

from __future__ import annotations
