"""One file an engine: how it opens, begins, commits and deletes."""

from __future__ import annotations
