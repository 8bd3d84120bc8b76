"""Prints the reference page of the command line from its own help; a test compares it with the page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

from relance.cli.app import app


def sections(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    """The help of a command, then of those under it."""
    context = command.make_context(" ".join(path), ["--help"], resilient_parsing=True)
    if len(path) > 1:
        yield f"## `{' '.join(path)}`\n\n```text\n{context.get_help().strip()}\n```\n"
    for name in getattr(command, "commands", {}):
        yield from sections(command.commands[name], (*path, name))


def page() -> str:
    """The page, as Markdown."""
    head = (
        "# Command line\n\n"
        "Every command takes `--data DIR` before its name, and works beside a running server. With `--json` it prints\n"
        "one JSON object; an error is then a JSON object on the error stream. Exit codes: 0 done, 1 something\n"
        "unexpected, 2 bad input, 3 not found, 4 a conflict such as a port or a folder in use, 5 a full disk, 130\n"
        "stopped on request.\n"
    )
    return "\n".join([head, *sections(typer.main.get_command(app), ("relance",))])


if __name__ == "__main__":
    sys.stdout.write(page())
