"""The command line: composes the rooms, holds no rule."""

from __future__ import annotations

from relance.cli.app import main

__all__ = ["main"]
