"""How a mail reads as plain text: folded lines, underlined titles, points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

WIDTH: Final = 72
# a space that keeps words together is none to break at
SPACES: Final = re.compile(r"[ \t\n\r\v\f]+")


def fold(text: str, width: int = WIDTH) -> str:
    """A paragraph in lines that any program shows whole; words with hyphens and long addresses stay together."""
    return "\n".join(_lines(text, width))


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
    return "- " + "\n  ".join(_lines(text, WIDTH - 2))


def _lines(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in SPACES.split(text):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        elif word:
            line = f"{line} {word}" if line else word
    if line:
        yield line
