"""The command line: composes the rooms, holds no rule."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
