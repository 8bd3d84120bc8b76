"""Reads shops, files and HTTP, translates to canonical records, appends to the inbox and loads it."""

from __future__ import annotations
