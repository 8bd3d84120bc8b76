"""From filled blocks to HTML and to plain text: layout → MJML → HTML → styles inside the tags.

No address of anybody else's server is in it: no picture, no font, no style sheet is fetched by the reader's program.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

import css_inline
import mrml
from liquid import BoundTemplate, FalsyStrictUndefined

from relance.errors import BadInput
from relance.sending.templates import Filled, Liquid, clean
from relance.words import say

WIDTH: Final = 72


@dataclass(frozen=True)
class Frame:
    """What every mail of one shop carries around its blocks; `unsubscribe_url` is the recipient's own."""

    shop_name: str
    postal_address: str
    unsubscribe_url: str


@dataclass(frozen=True)
class Rendered:
    """A mail as it is read."""

    subject: str
    html: str
    text: str


def render(filled: Filled, links: Sequence[str], frame: Frame) -> Rendered:
    """The mail with `links` in the place of its targets. Raises BadInput when the markup cannot be made."""
    frame = replace(frame, shop_name=clean(frame.shop_name), postal_address=clean(frame.postal_address))
    return Rendered(filled.subject, _html(filled, links, frame), _text(filled, links, frame))


def _html(filled: Filled, links: Sequence[str], frame: Frame) -> str:
    mjml = _layout().render(
        language=filled.language,
        accent=filled.accent,
        subject=filled.subject,
        preheader=filled.preheader,
        blocks=filled.blocks,
        links=list(links),
        shop_name=frame.shop_name,
        postal_address=frame.postal_address,
        unsubscribe_url=frame.unsubscribe_url,
        reason=say("sending.footer_reason", filled.language, shop=frame.shop_name),
        unsubscribe_label=say("sending.footer_unsubscribe", filled.language),
    )
    try:
        html = mrml.to_html(mjml).content
    except (OSError, ValueError) as error:
        raise BadInput("sending.markup_error", reason=str(error)) from error
    return _inliner().inline(html)


def _text(filled: Filled, links: Sequence[str], frame: Frame) -> str:
    parts = [_block_text(block, links) for block in filled.blocks]
    footer = [
        frame.shop_name,
        frame.postal_address,
        *textwrap.wrap(say("sending.footer_reason", filled.language, shop=frame.shop_name), WIDTH),
        say("sending.footer_unsubscribe", filled.language),
        frame.unsubscribe_url,
    ]
    return "\n\n".join([*parts, "-- \n" + "\n".join(footer)]) + "\n"


def _block_text(block: Mapping[str, Any], links: Sequence[str]) -> str:
    match block["type"]:
        case "heading":
            title = textwrap.fill(block["text"], WIDTH)
            return f"{title}\n{'=' * min(WIDTH, max(map(len, title.splitlines()), default=0))}"
        case "text":
            return "\n\n".join(textwrap.fill(part, WIDTH, break_on_hyphens=False) for part in block["paragraphs"])
        case "button":
            return f"{block['label']}\n{links[block['link']]}"
        case "coupon":
            return "\n".join(f"    {line}" for line in (block["offer"], block["label"], block["code"], block["until"]))
        case "products":
            return "\n".join([block["title"], *(_item_text(item, links) for item in block["items"])])
        case _:
            return str(block["text"])


def _item_text(item: Mapping[str, Any], links: Sequence[str]) -> str:
    name = f"- {item['title']}" + (f", {item['price']}" if item["price"] else "")
    return name if item["link"] is None else f"{name}\n  {links[item['link']]}"


@cache
def _layout() -> BoundTemplate:
    environment = Liquid(undefined=FalsyStrictUndefined, autoescape=True)
    source = (files("relance.sending") / "layout.mjml").read_text(encoding="utf-8")
    return environment.from_string(source)


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
