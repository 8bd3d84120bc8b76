"""A text message as phones take it: which signs it has, as how many messages it counts, and its links, which are short.

A message whose signs all stand in the phones' own alphabet holds 160 of them, any other 70 (3GPP TS 23.038,
https://www.etsi.org/deliver/etsi_ts/123000_123099/123038/). So signs of fine print are written as plain ones, and
accents that the alphabet lacks are left off, where that makes the whole text fit into it; where it does not (an emoji,
another script) the text stays as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from relance.sending.links import is_web_address

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# these take two places
EXTENDED: Final = frozenset("^{}\\[~]|€\f")
PLAIN: Final = str.maketrans({
    "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "−": "-", "‑": "-", "…": "...",
    "\u202f": " ", "\u00a0": " ", "\u2009": " ", "\u200b": "", "œ": "oe", "Œ": "OE", "•": "-", "·": ".", "×": "x",
})  # fmt: skip
# (signs of one message, signs of each of several): in the phones' alphabet, and in two bytes a sign
IN_BASIC: Final = (160, 153)
IN_WIDE: Final = (70, 67)
ADDRESS: Final = re.compile(r"https?://[^\s<>«»\"]+", re.IGNORECASE)
AFTER_ADDRESS: Final = ".,;:!?)]'’…"


def plain_signs(text: str) -> str:
    """The text in the phones' own alphabet, or as it was when that cannot be."""
    plain = "".join(sign if _fits(sign) else _without_accent(sign) for sign in text.translate(PLAIN))
    return plain if all(map(_fits, plain)) else text


def messages_in(text: str) -> int:
    """As how many messages a text counts."""
    if all(map(_fits, text)):
        signs, (alone, each) = sum(2 if sign in EXTENDED else 1 for sign in text), IN_BASIC
    else:
        signs, (alone, each) = len(text.encode("utf-16-be")) // 2, IN_WIDE
    return 1 if signs <= alone else -(-signs // each)


def web_addresses(text: str) -> tuple[str, ...]:
    """The web addresses that stand in a text, each once."""
    found = (one[0].rstrip(AFTER_ADDRESS) for one in ADDRESS.finditer(text))
    return tuple(dict.fromkeys(one for one in found if is_web_address(one)))


def with_addresses(text: str, places: Mapping[str, str]) -> str:
    """The text with other addresses in the place of its own; what is not in `places` stays."""

    def put(found: re.Match[str]) -> str:
        address = found[0].rstrip(AFTER_ADDRESS)
        return places.get(address, address) + found[0][len(address) :]

    return ADDRESS.sub(put, text)


def _fits(sign: str) -> bool:
    return sign in BASIC or sign in EXTENDED


def _without_accent(sign: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(one))
