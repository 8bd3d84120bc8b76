"""From filled blocks to HTML and to plain text: layout → MJML → HTML → styles inside the tags.

A layout is compiled once for each shape that mails have: which blocks stand in it, how many products, which of them
have a picture. What differs between people stands in numbered places that are filled in afterwards, so that nothing of
one person is in what another's mail is made from. No address of anybody else's server is in it: no picture, no font,
no style sheet is fetched by the reader's program but what this server keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from html import escape
from importlib.resources import files
from typing import Any, AnyStr, Final

import css_inline
import mrml
import msgspec
from liquid import BoundTemplate, FalsyStrictUndefined

from relance.errors import BadInput
from relance.sending.blocks import CLOSE, OPEN, one_line
from relance.sending.blocks_text import fold
from relance.sending.coding import quoted
from relance.sending.templates import Filled
from relance.sending.templates_liquid import Liquid
from relance.words import Language, say

PLACE: Final = re.compile(f"{OPEN}([a-z_]+|[0-9]+){CLOSE}")
MARK: Final = re.compile(f"{OPEN}([LI])([0-9a-f]+){CLOSE}")
# an address that the layout itself would make a mail program fetch
FETCHED: Final = re.compile(r"""(?:<link\b|@import|url\(|\b(?:src|background)=(?!["']?\u2983))""", re.IGNORECASE)
FRAME_PLACES: Final = (
    "subject", "preheader", "shop_name", "postal_address", "reason", "unsubscribe_url", "unsubscribe_label",
    "preferences_url", "preferences_label", "logo", "trap", "pixel",
)  # fmt: skip
INDENTED: Final = re.compile(r"\n\s+")
SHAPES_KEPT: Final = 1_000
SENTENCES_KEPT: Final = 1_000
# what old Outlooks need stays in the head, where they read it: in each tag it would be a third of the mail
RESET: Final = '<style type="text/css">'
KEPT_RESET: Final = '<style type="text/css" data-css-inline="ignore">'


@dataclass(frozen=True)
class Frame:
    """What every mail of one shop carries around its blocks; the recipient's own are the ways out, `trap` and `pixel`.

    `trap` is a link that no reader can see or reach: whoever follows it reads the markup. `images` is where kept
    pictures are fetched from; `logo` is one of them, `accent` the shop's colour.
    """

    shop_name: str
    postal_address: str
    unsubscribe_url: str
    preferences_url: str = ""
    trap: str = ""
    pixel: str = ""
    images: str = "https://example.org/i/"
    logo: str = ""
    accent: str = ""


@dataclass(frozen=True)
class Rendered:
    """A mail as it is read; `coded` is its HTML as it travels, quoted-printable (RFC 2045 §6.7)."""

    subject: str
    html: str
    text: str
    coded: bytes


@dataclass(frozen=True)
class Skeleton:
    """The HTML of a shape cut at its places: its markup, the same as it travels, and what stands after each piece."""

    markup: tuple[str, ...]
    coded: tuple[bytes, ...]
    places: tuple[int | str, ...]


def render(filled: Filled, links: Sequence[str], frame: Frame) -> Rendered:
    """The mail with `links` in the place of its targets. Raises BadInput when the markup cannot be made."""
    frame = replace(frame, shop_name=one_line(frame.shop_name), postal_address=one_line(frame.postal_address))
    own = frame_places(filled, frame)
    skeleton = _skeleton(_shape(filled, frame, own))
    named = {name: escape(text) for name, text in own.items()}
    slots = [
        MARK.sub(lambda found: escape(_address(found, links, frame)), one) if OPEN in one else one
        for one in filled.slots
    ]
    between = [slots[one] if isinstance(one, int) else named[one] for one in skeleton.places]
    return Rendered(
        filled.subject,
        "".join(_by_turns(skeleton.markup, between)),
        MARK.sub(lambda found: _address(found, links, frame), _text(filled, own, frame)),
        b"".join(_by_turns(skeleton.coded, [quoted(one) for one in between])),
    )


def frame_places(filled: Filled, frame: Frame) -> dict[str, str]:
    """What stands in the named places, as plain text."""
    reason = f"footer_{filled.because}" if filled.transactional else "footer_reason"
    language = filled.language
    return {
        "subject": filled.subject,
        "preheader": filled.preheader,
        "shop_name": frame.shop_name,
        "postal_address": frame.postal_address,
        "reason": _sentence(reason, language, frame.shop_name),
        "unsubscribe_url": frame.unsubscribe_url,
        "unsubscribe_label": _sentence("footer_unsubscribe", language, ""),
        "preferences_url": frame.preferences_url,
        "preferences_label": _sentence("footer_preferences", language, ""),
        "logo": frame.images + frame.logo if frame.logo else "",
        "trap": frame.trap,
        "pixel": frame.pixel,
    }


@lru_cache(maxsize=SENTENCES_KEPT)
def _sentence(name: str, language: Language, shop_name: str) -> str:
    """A sentence of the frame, which is the same in every mail of a shop."""
    return say(f"sending.{name}", language, shop=shop_name)


def shape_of(filled: Filled, frame: Frame) -> bytes:
    """All that the layout of this mail is made from, as one text: equal texts make equal layouts."""
    return _shape(filled, frame, frame_places(filled, frame))


def _shape(filled: Filled, frame: Frame, own: Mapping[str, str]) -> bytes:
    asked = {
        "language": filled.language,
        "accent": frame.accent or filled.accent,
        "blocks": filled.shapes,
        "there": [name for name, value in own.items() if value],
    }
    return msgspec.json.encode(asked, order="sorted")


def compiled(shape: bytes, places: Mapping[str, str] | None = None) -> str:
    """The HTML of a shape. With `places` these texts stand in it from the start, which only a test has reason to do.

    Raises BadInput when the markup cannot be made, or would make a mail program fetch something from elsewhere.
    """
    asked: dict[str, Any] = msgspec.json.decode(shape)
    named = {name: f"{OPEN}{name}{CLOSE}" if name in asked["there"] else "" for name in FRAME_PLACES}
    mjml = _layout().render(
        language=asked["language"], accent=asked["accent"], tint=tint(asked["accent"]), blocks=asked["blocks"], **named
    )
    if places is not None:
        mjml = PLACE.sub(lambda found: places[found[1]], mjml)
    try:
        html = mrml.to_html(mjml).content
    except (OSError, ValueError) as error:
        raise BadInput("sending.markup_error", reason=str(error)) from error
    html = _inliner().inline(html.replace(RESET, KEPT_RESET, 1)).replace(KEPT_RESET, RESET)
    if places is None and (fetched := FETCHED.search(html)) is not None:
        raise BadInput("sending.foreign_asset", part=html[fetched.start() : fetched.end() + 40])
    return html


def tint(accent: str) -> str:
    """A pale tone of a colour: one part of it in ten, the rest white."""
    parts = [int(accent[start : start + 2], 16) for start in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - part) * 0.09):02x}" for part in parts)


@lru_cache(maxsize=SHAPES_KEPT)
def _skeleton(shape: bytes) -> Skeleton:
    pieces = PLACE.split(compiled(shape))
    markup, places = pieces[::2], pieces[1::2]
    return Skeleton(
        tuple(markup), tuple(map(quoted, markup)), tuple(int(one) if one.isdigit() else one for one in places)
    )


def _by_turns(pieces: Sequence[AnyStr], between: Sequence[AnyStr]) -> Iterator[AnyStr]:
    """The pieces with what stands between them."""
    for piece, one in zip(pieces, between, strict=False):
        yield piece
        yield one
    yield pieces[-1]


def _address(found: re.Match[str], links: Sequence[str], frame: Frame) -> str:
    kind, value = found[1], found[2]
    return links[int(value)] if kind == "L" else frame.images + value


def _text(filled: Filled, own: Mapping[str, str], frame: Frame) -> str:
    footer = [frame.shop_name, frame.postal_address, *fold(own["reason"]).splitlines()]
    if frame.preferences_url:
        footer += [own["preferences_label"], frame.preferences_url]
    if frame.unsubscribe_url:
        footer += [own["unsubscribe_label"], frame.unsubscribe_url]
    return filled.text + "\n\n-- \n" + "\n".join(footer) + "\n"


@cache
def _layout() -> BoundTemplate:
    environment = Liquid(undefined=FalsyStrictUndefined, autoescape=False)
    source = (files("relance.sending") / "layout.mjml").read_text(encoding="utf-8")
    # its indentation would travel in every mail
    return environment.from_string(INDENTED.sub("\n", source))


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
