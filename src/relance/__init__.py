"""Relance: live customer segments and consented follow-ups for shops."""

from __future__ import annotations

__version__ = "0.1.0"
