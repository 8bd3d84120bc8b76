"""The few marks of a text: **strong**, *emphasis*, [a link](https://…), points after `- `, and blank lines.

Marks are read from what the author wrote, before any fact is put in: a name that holds them stays a name. What comes
out is cleaned once more, so that marks which a condition tears apart cannot spoil the mail around them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from typing import Final

import nh3

from relance.sending.blocks_text import fold, point
from relance.sending.links import is_web_address
from relance.sending.templates_liquid import IN_TAGS

ALLOWED: Final = {"strong", "em", "a", "br"}
ATTRIBUTES: Final = {"a": {"href"}}
SCHEMES: Final = {"http", "https", "mailto", "tel"}
STRONG: Final = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL)
EMPHASIS: Final = re.compile(r"(?<![*\w])\*(?=\S)([^*]+?)(?<=\S)\*(?![*\w])", re.DOTALL)
LINK: Final = re.compile(r"\[([^\]\n]{1,300})\]\(([^)\s]{1,500}(?:\{\{[^}]*\}\}[^)\s]*)?)\)")
ANCHOR: Final = re.compile(r'<a(?: href="([^"]*)")?>(.*?)</a>', re.DOTALL)
TAG: Final = re.compile(r"<[^>]*>")
HELD: Final = re.compile("\u2983([0-9]+)\u2984")


@dataclass(frozen=True)
class Fragment:
    """A paragraph, or a list of points, as markup and as plain text; links are marks of their targets."""

    markup: str
    points: tuple[str, ...]
    plain: str


def marked(source: str) -> str:
    """The author's text as markup with its Liquid untouched: everything else is escaped, then the marks are read."""
    kept: list[str] = []

    def hold(tag: str) -> str:
        kept.append(tag)
        return f"\u2983{len(kept) - 1}\u2984"

    source = source.replace("\u2983", "").replace("\u2984", "")
    pieces = IN_TAGS.split(source)
    text = "".join(hold(piece) if number % 2 else escape(piece, quote=False) for number, piece in enumerate(pieces))
    text = LINK.sub(r'<a href="\2">\1</a>', text)
    text = EMPHASIS.sub(r"<em>\1</em>", STRONG.sub(r"<strong>\1</strong>", text))
    return HELD.sub(lambda found: kept[int(found[1])], text)


def fragments(markup: str, target: Callable[[str], str]) -> tuple[Fragment, ...]:
    """The paragraphs and lists of a filled-in text. `target` gives the mark of a web address."""
    return tuple(_fragment(part, target) for part in re.split(r"\n\s*\n", markup.strip()) if part.strip())


def _fragment(part: str, target: Callable[[str], str]) -> Fragment:
    lines = part.strip().splitlines()
    if all(line.startswith("- ") for line in lines):
        points = [_cleaned(line[2:], target) for line in lines]
        return Fragment("", tuple(markup for markup, _ in points), "\n".join(point(plain) for _, plain in points))
    cleaned = [_cleaned(line, target) for line in lines]
    return Fragment("<br />".join(markup for markup, _ in cleaned), (), "\n".join(fold(plain) for _, plain in cleaned))


def _cleaned(line: str, target: Callable[[str], str]) -> tuple[str, str]:
    """One line as safe markup and as plain text."""
    if "<" not in line:
        return line, unescape(line)
    safe = nh3.clean(line, tags=ALLOWED, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None)
    plain: list[str] = []

    def link(found: re.Match[str]) -> str:
        url, label = unescape(found[1] or ""), found[2]
        if is_web_address(url):
            mark = target(url)
            plain.append(f"{label} ({mark})")
            return f'<a href="{mark}">{label}</a>'
        plain.append(f"{label} ({url.partition(':')[2]})" if url else label)
        return f'<a href="{escape(url)}">{label}</a>' if url else label

    markup = ANCHOR.sub(link, safe)
    written = iter(plain)
    return markup, unescape(TAG.sub("", ANCHOR.sub(lambda _: next(written), safe)))
