"""MJML that developers write: its links are tracked, its pictures are ours, and nothing else is fetched."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Final, Protocol

from relance.errors import BadInput
from relance.sending.links import is_web_address

HREF: Final = re.compile(r"""(\bhref\s*=\s*)(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
OWN_IMAGE: Final = re.compile(r"""(\bsrc\s*=\s*)["']image:([0-9a-f]{32})["']""", re.IGNORECASE)
# what makes a mail program fetch something, or take what was typed
FOREIGN: Final = re.compile(
    r"""\b(?:src|srcset|background|background-url|poster|action|formaction|lowsrc|dynsrc)\s*=\s*["']?\s*[^"'\s\u2983>]
    |url\s*\(|@import|image-set\s*\(|<\s*(?:script|iframe|object|embed|link|form|base|meta|video|audio|svg|style
    |mj-(?:include|style|font|head|hero|carousel|social|raw))\b|\bon[a-z]+\s*=""",
    re.IGNORECASE | re.VERBOSE,
)
COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
BREAK: Final = re.compile(r"<(?:br|/p|/tr|/mj-[a-z-]+)\b[^>]*>", re.IGNORECASE)
TAG: Final = re.compile(r"<[^>]*>")


class Places(Protocol):
    """What keeps the places of links and pictures."""

    def link(self, url: str) -> str:
        """The place of a link."""

    def image(self, image_id: str) -> str:
        """The place of a picture."""


def own_addresses(code: str, page: Places) -> str:
    """The code with its links and pictures in places. Raises BadInput when it would fetch anything from elsewhere."""
    code = COMMENT.sub("", code)
    code = OWN_IMAGE.sub(lambda found: f'{found[1]}"{page.image(found[2])}"', code)
    code = HREF.sub(_tracked(page.link), code)
    foreign = FOREIGN.search(code)
    if foreign is not None:
        raise BadInput("sending.foreign_asset", part=" ".join(foreign[0].split())[:60])
    return code


def _tracked(link: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    def tracked(found: re.Match[str]) -> str:
        url = unescape(found[2] or found[3] or "").strip()
        if url.startswith(("mailto:", "tel:")):
            return f'{found[1]}"{escape(url)}"'
        if not is_web_address(url):
            raise ValueError("a link that leads to no web address")
        return f'{found[1]}"{link(url)}"'

    return tracked


def plain_of(code: str) -> str:
    """The words of the code, without its markup."""
    text = unescape(TAG.sub("", BREAK.sub("\n", COMMENT.sub("", code))))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
