"""How a mail reads as plain text: folded lines, underlined titles, points."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

WIDTH: Final = 72


def fold(text: str, width: int = WIDTH) -> str:
    """A paragraph in lines that any program shows whole; words with hyphens and long addresses stay together."""
    return textwrap.fill(text, width, break_on_hyphens=False, break_long_words=False)


def underlined(text: str, small: bool) -> str:
    """A title with a line under it."""
    title = fold(text)
    return f"{title}\n{('-' if small else '=') * min(WIDTH, max(map(len, title.splitlines()), default=0))}"


def title_line(text: str) -> str:
    """The title over a list."""
    return fold(" ".join(text.split()))


def indented(lines: Iterable[str]) -> str:
    """Lines that stand out from the text around them."""
    return "\n".join(f"    {line}" for line in lines if line)


def point(text: str) -> str:
    """A point of a list."""
    return textwrap.fill(
        text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )
