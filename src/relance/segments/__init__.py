"""The language, planning, refresh, membership, journal and the library of segments."""

from __future__ import annotations
