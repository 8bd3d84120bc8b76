"""Reports; writes its own figures only."""

from __future__ import annotations
